//go:build unix

package lab

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"redline/lab/probe"
	"redline/lab/record"
	"redline/lab/workload"
)

// loadOf is a workload of one measured phase.
func loadOf(t *testing.T, mix string, d time.Duration) workload.Spec {
	t.Helper()
	s := spec(t).Workload
	ops, err := workload.ParseMix(mix)
	if err != nil {
		t.Fatal(err)
	}
	s.Ops = ops
	s.Phases = []workload.Phase{{Name: record.PhaseMeasure, Duration: d, RateFrom: 500, RateTo: 500}}
	return s
}

// TestSessionOnTarget makes several loads in one run and leaves nothing behind.
func TestSessionOnTarget(t *testing.T) {
	t.Parallel()
	r := redis(t)
	s := spec(t)
	s.Kind, s.Target, s.Workload = "scenario", r.target, workload.Spec{}
	restored := false
	dir, err := Attend(t.Context(), s, func(ctx context.Context, s *Session) error {
		s.Undo(func(*probe.Client) error { restored = true; return nil })
		if err := s.Fill(ctx, loadOf(t, "set", time.Second), 500); err != nil {
			return err
		}
		if n, err := s.Client().Keys(); err != nil || n != 500 {
			t.Errorf("%d keys after filling (%v)", n, err)
		}
		m, err := s.Load(ctx, loadOf(t, "get=0.5,set=0.5", 300*time.Millisecond))
		if err != nil {
			return err
		}
		if m.Counts.Completed == 0 || m.Counts.Errors != 0 || m.Response.Count() != m.Counts.Completed || m.Connections != 5 {
			t.Errorf("%+v", m)
		}
		m, err = s.During(ctx, loadOf(t, "get", 0), func(ctx context.Context) error {
			_, err := s.Aside(ctx, loadOf(t, "incr", 300*time.Millisecond))
			return err
		})
		if err == nil && (m.Counts.Completed == 0 || m.DurationS < 0.2) {
			t.Errorf("%+v", m)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := dial(t, r.target).Keys(); err != nil || n != 0 || !restored {
		t.Errorf("%d keys are left (%v), restored: %v", n, err, restored)
	}
	checkDir(t, dir, record.StateComplete)
}

// TestSessionErrors returns what the caller's function or a load fails with.
func TestSessionErrors(t *testing.T) {
	t.Parallel()
	s := spec(t)
	s.Server, s.Workload = &Server{Path: redisPath(t)}, workload.Spec{}
	mine := errors.New("mine")
	_, err := Attend(t.Context(), s, func(ctx context.Context, s *Session) error {
		if _, err := s.During(ctx, loadOf(t, "get", 0), func(context.Context) error { return mine }); !errors.Is(err, mine) {
			t.Errorf("%v", err)
		}
		bad := loadOf(t, "get", 0)
		bad.Connections = -1
		if _, err := s.During(ctx, bad, func(context.Context) error { return nil }); err == nil || !strings.Contains(err.Error(), "connections is -1") {
			t.Errorf("%v", err)
		}
		if _, err := s.Client().Do("SHUTDOWN", "NOSAVE"); err == nil {
			t.Error("SHUTDOWN was answered")
		}
		<-s.r.server.done
		return nil
	})
	if !errors.Is(err, ErrServerEnded) {
		t.Errorf("%v", err)
	}
}

package drive

import (
	"testing"
	"time"

	"redline/lab/record"
)

// liveSlice is slice i of a load of 10 requests of 1 ms each in 100 ms.
func liveSlice(i int, phase string) *Slice {
	s := newSlice(2)
	s.TNs, s.DurNs, s.Phase = int64(i)*1e8, 1e8, phase
	for range 10 {
		s.Ops[0].Response.Record(1e6)
		s.Ops[0].Service.Record(1e6)
		s.Pacing.Record(20_000)
	}
	s.Ops[0].Counts = record.OpCounts{Intended: 11, Sent: 11, Completed: 10, Errors: 1}
	s.Errors[Server], s.ConnectErrors = 1, 2
	s.Backlog, s.InFlight, s.Connections, s.AreaNs = int64(i), 2, 10, 5e8
	s.ThreadCPUNs, s.SpinNs = 6e7, 1e7
	return s
}

func TestLive(t *testing.T) {
	var seen []Snapshot
	l := NewLive(openLoop(100, time.Second), time.Second, func(s *Snapshot) { seen = append(seen, *s) })
	for i := range 25 {
		phase := record.PhaseWarmup
		if i >= 12 {
			phase = record.PhaseMeasure
		}
		l.Add(liveSlice(i, phase))
	}
	l.Close()
	l.Close() // shows nothing twice
	type span struct {
		tNs, durNs int64
		phase      string
	}
	want := []span{{0, 1e9, "warmup"}, {10e8, 2e8, "warmup"}, {12e8, 1e9, "measure"}, {22e8, 3e8, "measure"}}
	if len(seen) != len(want) {
		t.Fatalf("%d snapshots, want %d", len(seen), len(want))
	}
	for i, s := range seen {
		if got := (span{s.TNs, s.DurNs, s.Phase}); got != want[i] {
			t.Errorf("snapshot %d is %+v, want %+v", i, got, want[i])
		}
		if s.AskedPerS < 109.9 || s.AskedPerS > 110.1 || s.GotPerS < 99.9 || s.GotPerS > 100.1 || s.Concurrency != 5 || s.CPURatio != 0.5 {
			t.Errorf("snapshot %d: %+v", i, s)
		}
		if s.Response.Count != s.DurNs/1e7 || s.Response.P99 < 1e6 || s.Response.P99 > 1.01e6 || s.Pacing.P50 < 20_000 || s.Service != s.Response {
			t.Errorf("snapshot %d: response %+v, pacing %+v", i, s.Response, s.Pacing)
		}
		if n := s.DurNs / 1e8; s.ErrorClasses["server"] != n || s.ErrorClasses["connect"] != 2*n || len(s.ErrorClasses) != 2 {
			t.Errorf("snapshot %d: %v", i, s.ErrorClasses)
		}
		if s.Connections != 10 || s.Backlog != (s.TNs+s.DurNs)/1e8-1 {
			t.Errorf("snapshot %d: %d connections, backlog %d", i, s.Connections, s.Backlog)
		}
	}
	if total := seen[3].Total; total.Completed != 250 || total.ConnectErrors != 50 {
		t.Errorf("total %+v", total)
	}
}

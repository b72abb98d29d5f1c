package history

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"redline/lab/analysis/changepoint"
	"redline/lab/analysis/summary"
	"redline/lab/record"
)

// group makes a history in which the CPU per request slides up and throughput rises once.
func group() *Group {
	rng := rand.New(rand.NewPCG(1, 1))
	g := &Group{Name: "g"}
	for i := range 40 {
		cpu := (10 + float64(i)/20) * (1 + 0.01*rng.NormFloat64())
		x := 1000 * (1 + 0.005*rng.NormFloat64())
		if i >= 25 {
			x *= 1.1
		}
		sum := &summary.Summary{ThroughputPerS: x, ServerCPUUs: &cpu}
		sum.ResponseNs.P50 = 100_000
		g.Runs = append(g.Runs, Run{ID: fmt.Sprint("run", i), sum: sum})
	}
	return g
}

func TestFollow(t *testing.T) {
	g := group()
	g.follow(changepoint.Options{MinChange: 0.03})
	got := map[string]Series{}
	for _, s := range g.Series {
		got[s.Metric] = s
	}
	if s := got["throughput"]; len(s.Changes) != 1 || s.Changes[0].Run != "run25" || s.Changes[0].Worse {
		t.Errorf("throughput: %+v", s.Changes)
	}
	if s := got["server_cpu_per_request"]; len(s.Changes) == 0 || !s.Changes[0].Worse {
		t.Errorf("CPU: %+v", s.Changes)
	}
	if s := got["response_p50"]; len(s.Changes) != 0 {
		t.Errorf("p50: %+v", s.Changes)
	}
	if _, ok := got["memory_per_key"]; ok {
		t.Error("a figure that no run has is followed")
	}
	if h := (&History{Groups: []Group{*g}}); !h.Worse() {
		t.Error("the slide of the CPU time is not seen as worse")
	}
}

func TestReadNothing(t *testing.T) {
	if _, err := Read([]string{t.TempDir()}, changepoint.Options{}); !errors.Is(err, ErrNone) {
		t.Errorf("%v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, record.RunFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read([]string{dir}, changepoint.Options{}); !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), dir) {
		t.Errorf("%v", err)
	}
}

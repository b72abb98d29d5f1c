// Package history follows the figures of many runs of the same thing over time and finds where they changed: slow drifts
// that no comparison of two neighbours sees. It reads run directories only.
package history

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"redline/lab/analysis/changepoint"
	"redline/lab/analysis/summary"
	"redline/lab/record"
)

// Run is one run in a history.
type Run struct {
	ID      string `json:"id"`
	Started string `json:"started"` // RFC 3339
	Version string `json:"version"` // of the target
	Dir     string `json:"dir"`

	sum       *summary.Summary
	startedNs int64
	group     string
}

// Series is one figure over all comparable runs.
type Series struct {
	Metric  string    `json:"metric"`
	Better  string    `json:"better"` // lower or higher
	Values  []float64 `json:"values"`
	Changes []Change  `json:"changes"`
}

// Change is a change of level.
type Change struct {
	changepoint.Change
	Run   string `json:"run"`   // the first at the new level
	Worse bool   `json:"worse"` // by the metric's direction
}

// Group are runs that can be compared: same kind, target and workload.
type Group struct {
	Name   string   `json:"name"`
	Runs   []Run    `json:"runs"`
	Series []Series `json:"series"`
}

// History is all that was read.
type History struct {
	Format  int      `json:"format"`
	Groups  []Group  `json:"groups"`
	Skipped []string `json:"skipped"` // directories that could not be used, and why
}

// metrics are the figures followed.
var metrics = []struct {
	name, better string
	of           func(*summary.Summary) float64
}{
	{"throughput", "higher", func(s *summary.Summary) float64 { return s.ThroughputPerS }},
	{"server_cpu_per_request", "lower", func(s *summary.Summary) float64 { return value(s.ServerCPUUs) }},
	{"response_p50", "lower", func(s *summary.Summary) float64 { return float64(s.ResponseNs.P50) }},
	{"response_p99", "lower", func(s *summary.Summary) float64 { return float64(s.ResponseNs.P99) }},
	{"response_max", "lower", func(s *summary.Summary) float64 { return float64(s.ResponseNs.Max) }},
	{"memory_per_key", "lower", func(s *summary.Summary) float64 {
		if s.Memory == nil {
			return 0
		}
		return value(s.Memory.BytesPerKey)
	}},
}

func value(p *float64) float64 {
	if p == nil {
		return 0
	}
	return *p
}

// ErrNone says that there is nothing to follow.
var ErrNone = errors.New("no run directories found: name them, or a folder that holds them")

// Read reads run directories, and those in folders that are none themselves, and finds the changes.
func Read(paths []string, o changepoint.Options) (*History, error) {
	h := &History{Format: 1, Groups: []Group{}, Skipped: []string{}}
	var runs []Run
	for _, dir := range Expand(paths) {
		r, err := read(dir)
		if err != nil {
			h.Skipped = append(h.Skipped, fmt.Sprintf("%s: %v", dir, err))
			continue
		}
		runs = append(runs, r)
	}
	if len(runs) == 0 {
		if len(h.Skipped) > 0 {
			return nil, fmt.Errorf("%w (%s)", ErrNone, h.Skipped[0])
		}
		return nil, ErrNone
	}
	slices.SortStableFunc(runs, func(a, b Run) int { return cmp.Compare(a.startedNs, b.startedNs) })
	for _, r := range runs {
		i := slices.IndexFunc(h.Groups, func(g Group) bool { return g.Name == r.group })
		if i < 0 {
			i = len(h.Groups)
			h.Groups = append(h.Groups, Group{Name: r.group})
		}
		h.Groups[i].Runs = append(h.Groups[i].Runs, r)
	}
	for i := range h.Groups {
		h.Groups[i].follow(o)
	}
	return h, nil
}

// Expand replaces folders by the run directories in them.
func Expand(paths []string) (dirs []string) {
	for _, p := range paths {
		if _, err := os.Stat(filepath.Join(p, record.RunFile)); err == nil {
			dirs = append(dirs, p)
			continue
		}
		found, _ := filepath.Glob(filepath.Join(p, "*", record.RunFile))
		for _, f := range found {
			dirs = append(dirs, filepath.Dir(f))
		}
		if len(found) == 0 {
			dirs = append(dirs, p) // to be named as unusable
		}
	}
	return dirs
}

func read(dir string) (Run, error) {
	d, err := record.Open(dir)
	if err != nil {
		return Run{}, err
	}
	sum, err := summary.Compute(d)
	if err != nil {
		return Run{}, err
	}
	if sum.Verdict == summary.Undecided || sum.Operations == 0 {
		return Run{}, errors.New("nothing usable was measured: " + strings.Join(sum.Reasons, "; "))
	}
	r := d.Run()
	w := r.Workload
	return Run{ID: r.ID, Started: time.Unix(0, r.StartedUnixNs).UTC().Format(time.RFC3339Nano), Version: r.Target.Version, Dir: dir, sum: sum, startedNs: r.StartedUnixNs,
		group: fmt.Sprintf("%s of %s: %s loop at %.0f/s, %d connections, pipeline %d, %d keys, %d B values, %v", r.Kind, r.Target.Kind,
			w.Loop, w.RatePerS, w.Connections, w.Pipeline, w.Keys, w.ValueBytes, w.Mix)}, nil
}

// follow finds the changes of every figure that all runs of the group have.
func (g *Group) follow(o changepoint.Options) {
	g.Series = []Series{}
	for _, m := range metrics {
		s := Series{Metric: m.name, Better: m.better, Changes: []Change{}}
		for _, r := range g.Runs {
			if v := m.of(r.sum); v > 0 {
				s.Values = append(s.Values, v)
			}
		}
		if len(s.Values) != len(g.Runs) {
			continue
		}
		for _, c := range changepoint.Find(s.Values, o, rand.New(rand.NewPCG(1, 2))) { // the same history, the same changes
			s.Changes = append(s.Changes, Change{Change: c, Run: g.Runs[c.Index].ID, Worse: (c.After > c.Before) == (m.better == "lower")})
		}
		g.Series = append(g.Series, s)
	}
}

// Worse tells whether the newest change of any figure is for the worse.
func (h *History) Worse() bool {
	for _, g := range h.Groups {
		for _, s := range g.Series {
			if n := len(s.Changes); n > 0 && s.Changes[n-1].Worse {
				return true
			}
		}
	}
	return false
}

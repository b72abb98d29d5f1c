package compare

import (
	"math"
	"slices"

	"redline/lab/record"
)

// windowNs is the stretch of time the bootstrap draws: long enough that what a
// server does in one hardly depends on the one before.
const windowNs = int64(1e9)

// window is one stretch of the measured phase of a run.
type window struct {
	durNs     float64
	completed float64
	cpuNs     float64 // of the server; NaN when unknown
	// counts are the response times, in the order of latencies.bounds.
	counts []int32
}

// latencies numbers the buckets that occur in any run, so that windows are plain
// arrays that add up quickly.
type latencies struct {
	index  map[int64]int
	bounds []int64 // highest value of each bucket
	values []float64
}

// extract cuts the measured phase of a run into windows.
func extract(d *record.Dir, l *latencies) ([]window, error) {
	from, to, windows, err := measured(d)
	if err != nil || len(windows) == 0 {
		return nil, err
	}
	at := func(ns int64) int { return min(int((ns-from)/windowNs), len(windows)-1) }
	for lat, err := range d.Latencies() {
		if err != nil {
			return nil, err
		}
		if lat.Kind != record.KindResponse || lat.TNs < from {
			continue
		}
		w := &windows[at(lat.TNs)] // what the cooldown answers belongs to the last one
		for b := range lat.Hist.Buckets() {
			i := l.of(b.FromNs, b.ToNs)
			if i >= len(w.counts) {
				w.counts = append(w.counts, make([]int32, i+1-len(w.counts))...)
			}
			w.counts[i] += int32(b.Count)
		}
	}
	return windows, serverCPU(d, from, to, windows)
}

// of returns the number of the bucket, a new one if it was not seen before.
func (l *latencies) of(from, to int64) int {
	if i, ok := l.index[to]; ok {
		return i
	}
	i := len(l.bounds)
	l.index[to] = i
	l.bounds = append(l.bounds, to)
	l.values = append(l.values, float64(from+to)/2)
	return i
}

// order returns the buckets' numbers in ascending order of value.
func (l *latencies) order() []int {
	out := make([]int, len(l.bounds))
	for i := range out {
		out[i] = i
	}
	slices.SortFunc(out, func(a, b int) int { return int(min(max(l.bounds[a]-l.bounds[b], -1), 1)) })
	return out
}

// measured finds the measured phase and counts what was completed in each of its
// windows. A remainder of less than half a window joins the last one.
func measured(d *record.Dir) (from, to int64, windows []window, err error) {
	var phase []record.Slice
	for s, err := range d.Slices() {
		if err != nil {
			return 0, 0, nil, err
		}
		if s.Phase == record.PhaseMeasure {
			phase = append(phase, s)
		}
	}
	if len(phase) == 0 {
		return 0, 0, nil, nil
	}
	last := phase[len(phase)-1]
	from, to = phase[0].TNs, last.TNs+last.DurNs
	n := max(1, int(math.Round(float64(to-from)/float64(windowNs))))
	windows = make([]window, n)
	for i := range windows {
		windows[i].cpuNs = math.NaN()
	}
	for _, s := range phase {
		w := &windows[min(int((s.TNs-from)/windowNs), n-1)]
		w.durNs += float64(s.DurNs)
		w.completed += float64(s.Total().Completed)
	}
	return from, to, windows, nil
}

// serverCPU spreads the server's CPU time over the windows, interpolating
// between samples.
func serverCPU(d *record.Dir, from, to int64, windows []window) error {
	var ts, cpu []float64
	for s, err := range d.Samples() {
		if err != nil {
			return err
		}
		if s.Source == "server_proc" {
			ts = append(ts, float64(s.TNs))
			cpu = append(cpu, s.Values["cpu_user_ns"]+s.Values["cpu_system_ns"])
		}
	}
	if len(ts) < 2 || ts[0] > float64(from)+float64(windowNs) || ts[len(ts)-1] < float64(to)-float64(windowNs) {
		return nil
	}
	start := float64(from)
	for i := range windows {
		end := start + windows[i].durNs
		windows[i].cpuNs = interpolate(ts, cpu, end) - interpolate(ts, cpu, start)
		start = end
	}
	return nil
}

// interpolate reads the line through the points (xs, ys) at x; xs ascend.
func interpolate(xs, ys []float64, x float64) float64 {
	i, found := slices.BinarySearch(xs, x)
	switch {
	case found:
		return ys[i]
	case i == 0:
		return ys[0]
	case i == len(xs):
		return ys[len(ys)-1]
	}
	share := (x - xs[i-1]) / (xs[i] - xs[i-1])
	return ys[i-1] + share*(ys[i]-ys[i-1])
}

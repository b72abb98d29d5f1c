package scenario

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"redline/lab"
	"redline/lab/probe"
	"redline/lab/record"
	"redline/lab/workload"
)

// bench is what a scenario works on: a session, its parameters, and the result
// it fills. Figures are for one goroutine; failf and doubtf for any.
type bench struct {
	*lab.Session
	params
	result *Result
	say    func(string)
	series *series

	mu       sync.Mutex
	failures []string // beside figures out of bounds
	doubts   []string // why timed figures may be the generator's
}

// figure notes a value that has no bound.
func (b *bench) figure(name string, v float64, unit string) {
	b.result.Figures = append(b.result.Figures, Figure{Name: name, Value: v, Unit: unit})
}

func (b *bench) bounded(name string, v float64, unit string, bound Bound) {
	met := bound.met(v)
	b.result.Figures = append(b.result.Figures, Figure{Name: name, Value: v, Unit: unit, Bound: &bound, Met: &met})
}

// most notes a value that must not be above limit.
func (b *bench) most(name string, v float64, unit string, limit float64) {
	b.bounded(name, v, unit, Bound{"<=", limit})
}

// least notes a value that must not be below limit.
func (b *bench) least(name string, v float64, unit string, limit float64) {
	b.bounded(name, v, unit, Bound{">=", limit})
}

// exactly notes a number that must be want.
func (b *bench) exactly(name string, v, want float64) { b.bounded(name, v, "", Bound{"=", want}) }

// failf notes something that a pass does not allow and that is no figure.
func (b *bench) failf(format string, args ...any) { b.note(&b.failures, format, args) }

// doubtf notes why timed figures may be those of the generator.
func (b *bench) doubtf(format string, args ...any) { b.note(&b.doubts, format, args) }

func (b *bench) note(list *[]string, format string, args []any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	*list = append(*list, fmt.Sprintf(format, args...))
}

func (b *bench) caveatf(format string, args ...any) {
	b.result.Caveats = append(b.result.Caveats, fmt.Sprintf(format, args...))
}

func (b *bench) advise(format string, args ...any) {
	b.result.Advice = append(b.result.Advice, fmt.Sprintf(format, args...))
}

func (b *bench) skip(what, why string) {
	b.result.Skipped = append(b.result.Skipped, Skipped{what, why})
}

// tell says what is going on, to the user and in the run's events.
func (b *bench) tell(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	_ = b.Writer().Event("note", text, nil) // a write error shows at the end
	if b.say != nil {
		b.say(text)
	}
}

// pacingShare is how much of a bound on latency the generator's own lateness may
// take before it is in doubt.
const pacingShare = 0.5

// trust notes doubts about the generator in m, for a bound on its latency (0
// without one). The limits are those of the verdict on a run.
func (b *bench) trust(name string, m *lab.Measured, bound time.Duration) {
	const cpuRatioMax = 0.9
	if m.CPURatio >= cpuRatioMax && m.Spec.Loop == workload.Open {
		b.doubtf("%s: the generator's threads used %.0f %% of their CPUs: lower the load", name, 100*m.CPURatio)
	}
	if p := m.Pacing.Quantile(0.99); bound > 0 && float64(p) > pacingShare*float64(bound) {
		b.doubtf("%s: 1 %% of requests were sent more than %s late although a connection was free: the machine does not let the generator run", name, durationText(time.Duration(p)))
	}
}

// latencies notes mean-free figures of a load: its p99 with a bound, and max.
func (b *bench) latencies(name string, m *lab.Measured, p99Most time.Duration) {
	b.most(name+": response time p99", float64(m.Response.Quantile(0.99)), "ns", float64(p99Most))
	b.figure(name+": worst response", float64(m.Response.Max()), "ns")
	b.trust(name, m, p99Most)
}

// worst notes the longest response time of a load, with a bound. It is in doubt if
// the generator's own lateness has added to it, or if only what hiccups of the
// machine reach is above the bound.
func (b *bench) worst(figure string, m *lab.Measured, bound time.Duration) {
	b.most(figure, float64(m.Response.Max()), "ns", float64(bound))
	name, _, _ := strings.Cut(figure, ":")
	if len(m.Hiccups) > 0 {
		b.figure(figure+", without hiccups of the machine", float64(m.CalmMaxNs), "ns")
	}
	if late := m.Pacing.Max(); float64(late) > pacingShare*float64(bound) {
		b.doubtf("%s: the generator itself was up to %s late, the worst response time without that is %s",
			name, durationText(time.Duration(late)), durationText(time.Duration(m.Service.Max())))
	}
	if len(m.Hiccups) > 0 && m.Response.Max() > int64(bound) && m.CalmMaxNs <= int64(bound) {
		b.doubtf("%s: the machine had %s, the worst response time where they do not reach is %s", name, hiccupsText(m.Hiccups), durationText(time.Duration(m.CalmMaxNs)))
	}
}

// hiccupsText says how many there were, and how long.
func hiccupsText(list []record.Hiccup) string {
	longest := slices.MaxFunc(list, func(a, b record.Hiccup) int { return cmp.Compare(a.DurNs, b.DurNs) })
	if len(list) == 1 {
		return "a hiccup of " + durationText(time.Duration(longest.DurNs))
	}
	return fmt.Sprintf("%d hiccups of up to %s", len(list), durationText(time.Duration(longest.DurNs)))
}

// errorsOf notes the errors of a load, which must be none.
func (b *bench) errorsOf(name string, m *lab.Measured) {
	b.exactly(name+": errors", float64(m.Counts.Errors), 0)
	if m.Counts.Errors > 0 {
		b.failf("%s: last error: %s", name, m.Note)
	}
	if m.Counts.Completed == 0 {
		b.failf("%s: no request was answered", name)
	}
}

// info reads a number from INFO.
func (b *bench) info(field string) (float64, error) {
	info, err := b.Client().Info("everything")
	if err != nil {
		return 0, cannot("the server does not answer INFO: " + err.Error())
	}
	v, err := strconv.ParseFloat(info[field], 64)
	if err != nil {
		return 0, cannot("the server's INFO has no " + field)
	}
	return v, nil
}

// dial makes a further blocking connection.
func (b *bench) dial(ctx context.Context) (*probe.Client, error) { return probe.Dial(ctx, b.Target()) }

// fill writes every key of spec once.
func (b *bench) fill(ctx context.Context, spec workload.Spec) error {
	spec.Ops = []workload.Op{set(1)}
	return b.Fill(ctx, spec, spec.Keys.Count)
}

// duringLeast is how long the other client of a scenario is watched at least.
const duringLeast = 500 * time.Millisecond

// during keeps spec up while f runs, and long enough to have something to show.
func (b *bench) during(ctx context.Context, spec workload.Spec, f func(context.Context) error) (*lab.Measured, error) {
	return b.During(ctx, spec, func(ctx context.Context) error {
		start := time.Now()
		if err := f(ctx); err != nil {
			return err
		}
		return pause(ctx, duringLeast-time.Since(start))
	})
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// eventually polls until ok, for at most within; it tells whether it came true.
func eventually(ctx context.Context, within time.Duration, ok func() bool) bool {
	const every = 10 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	limit := time.NewTimer(within)
	defer limit.Stop()
	for {
		if ok() {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-limit.C:
			return ok()
		case <-tick.C:
		}
	}
}

// open is an open loop over keys: a short warm-up and a measured phase of d.
func open(ratePerS float64, connections, keys int64, d time.Duration, ops ...workload.Op) workload.Spec {
	s := closed(connections, keys, d, ops...)
	s.Loop = workload.Open
	for i := range s.Phases {
		s.Phases[i].RateFrom, s.Phases[i].RateTo = ratePerS, ratePerS
	}
	return s
}

// closed is a closed loop over keys.
func closed(connections, keys int64, d time.Duration, ops ...workload.Op) workload.Spec {
	slice := time.Duration(lab.SliceNs)
	d = max(d/slice*slice, slice)
	warmup := min(time.Second, (d/4+slice-1)/slice*slice)
	return workload.Spec{Loop: workload.Closed, Connections: int(connections), ValueBytes: 64, Ops: ops, Seed: 1,
		Keys: workload.Keys{Count: keys, Dist: workload.Dist{Kind: workload.Uniform}},
		Phases: []workload.Phase{{Name: record.PhaseWarmup, Duration: warmup},
			{Name: record.PhaseMeasure, Duration: d}}}
}

// op is an operation of weight; it writes if the name of its command says so.
func op(name string, weight float64, writes bool, command ...string) workload.Op {
	return workload.Op{Name: name, Weight: weight, Command: command, Writes: writes}
}

// Operations that several scenarios use.
func get(weight float64) workload.Op { return op("get", weight, false, "GET", "{key}") }
func set(weight float64) workload.Op { return op("set", weight, true, "SET", "{key}", "{value}") }

// absent reads a key that is not there and is none of those that are or were.
func absent() workload.Op { return op("get", 1, false, "GET", "{key}:absent") }

// wholeSlices rounds d up to the recorder's resolution.
func wholeSlices(d time.Duration) time.Duration {
	const slice = time.Duration(lab.SliceNs)
	return (d + slice - 1) / slice * slice
}

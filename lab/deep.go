package lab

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"path/filepath"
	"time"

	"redline/lab/drive"
	"redline/lab/probe/exectrace"
	"redline/lab/record"
	"redline/lab/workload"
)

const (
	deepSettle  = 500 * time.Millisecond // from the first request of the load to the first capture
	deepPerf    = 5 * time.Second
	deepGap     = 300 * time.Millisecond // for one capture to end before the next begins
	traceLength = time.Second            // longer ones are large, and slow to read
	deepMost    = time.Minute            // on a machine that is busy with other things
)

// deep captures what costs the server too much for the measured phase: it applies
// the same load once more, at its last rate, and records none of its latencies.
// The phase is named capture.
func (r *run) deep(ctx context.Context, addr drive.Address) {
	c := r.capture
	if c == nil || c.profiles == nil || !r.spec.Deep {
		return
	}
	w := r.spec.Workload
	rate := 0.0
	if n := len(w.Phases); n > 0 {
		rate = w.Phases[n-1].RateTo
	}
	w.Phases = []workload.Phase{{Name: record.PhaseCapture, Duration: deepMost, RateFrom: rate, RateTo: rate}}
	w.Stop, w.Thresholds = nil, nil
	loadCtx, end := context.WithCancel(ctx)
	done := make(chan struct{})
	began := false
	_, err := drive.Run(loadCtx, drive.Config{Address: addr, Greeting: r.spec.Target.Greeting(), Spec: &w, Space: r.spec.space, Epoch: r.start, SliceNs: r.spec.sliceNs(),
		Notify: r.note, Sink: func(s *drive.Slice) error { return nil },
		Started: func(startNs int64) {
			began = true
			r.beginPhase(record.PhaseCapture, "", startNs)
			go func() { defer close(done); c.underLoad(loadCtx, startNs, end) }()
		}})
	end()
	if began {
		<-done
		r.endPhase(record.PhaseCapture, r.w.Now())
	}
	if err != nil && ctx.Err() == nil {
		c.miss("profiles/trace", "the load could not be applied again: "+oneLine(err))
	}
}

// underLoad takes perf's samples and then the execution trace, which would show in
// the former, and ends the load.
func (c *capture) underLoad(ctx context.Context, startNs int64, end func()) {
	trace := func() {
		defer end()
		if c.r.waitUntil(ctx, c.r.w.Now()+int64(deepGap)) {
			c.trace(ctx, "trace")
		} else {
			c.miss("profiles/trace", "the load ended before")
		}
	}
	if ready := c.r.waitUntil(ctx, startNs+int64(deepSettle)); ready && c.perf != nil {
		c.record(ctx, cmp.Or(c.r.spec.perfFor, deepPerf), trace)
		return
	}
	trace()
}

// traceOnce traces the first load of a run of several: nothing says that they could
// be applied again. What it costs shows in the latencies of that second.
func (c *capture) traceOnce(ctx context.Context) {
	c.mu.Lock()
	first := !c.traced
	c.traced = true
	c.mu.Unlock()
	if first {
		c.trace(ctx, "trace")
	}
}

// trace fetches an execution trace as profiles/NAME.out. It is read in the end.
func (c *capture) trace(ctx context.Context, name string) {
	if c.profiles == nil {
		return
	}
	c.tracing.Lock()
	defer c.tracing.Unlock()
	from := c.r.w.Now()
	fetch, cancel := context.WithTimeout(context.WithoutCancel(ctx), traceLength+fetchWithin)
	defer cancel()
	if err := c.profiles.Trace(fetch, traceLength, name); err != nil {
		c.miss("profiles/trace", oneLine(err))
		return
	}
	c.note(record.ProfilesDir+"/"+name+".out", from, from+int64(traceLength))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.traces = append(c.traces, name)
}

// digest boils the traces down to profiles/trace.json: what they say in sum, and
// how long goroutines waited in the last one.
func (c *capture) digest() {
	var all record.TraceSummary
	read := 0
	for _, name := range c.traces {
		data, err := os.ReadFile(filepath.Join(c.r.w.Dir(), record.ProfilesDir, name+".out"))
		if err == nil {
			var one record.TraceSummary
			if one, err = exectrace.Summarize(bytes.NewReader(data)); one.SpanNs > 0 {
				all.Add(&one)
				read++
			}
		}
		if err != nil {
			_ = c.r.w.Missing("profiles/"+name, oneLine(err))
		}
	}
	if read > 0 {
		if err := c.r.w.JSON(record.TraceFile, &all); err != nil {
			_ = c.r.w.Missing("profiles/trace", oneLine(err))
		}
	}
}

// fill accompanies writing data in a run of several loads: what is there without
// it is fetched, once, and in a deep capture the server is traced, as what it
// starts for the data, such as a goroutine a key, is at rest later.
func (c *capture) fill(ctx context.Context) {
	if c == nil {
		return
	}
	c.before(ctx)
	c.mu.Lock()
	first := !c.filled
	c.filled = true
	c.mu.Unlock()
	if first && c.r.spec.Deep {
		c.background.Go(func() { c.trace(ctx, fillTrace) })
	}
}

// fillTrace is the name of the trace of writing data.
const fillTrace = "trace.fill"

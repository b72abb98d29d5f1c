// Package exectrace boils a Go execution trace down to a few figures: how long
// goroutines waited for a processor, what garbage collection took, where
// goroutines were started. Summarize is all there is to it; the trace itself
// is for `go tool trace`.
package exectrace

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/exp/trace"

	"redline/lab/record"
)

const (
	// latenciesMost bounds the memory for waits: 32 MB. Of more, the first ones count.
	latenciesMost = 4 << 20
	creatorsMost  = 20
)

// Summarize reads a trace. One that is cut off or damaged is an error together
// with what could be read before it; SpanNs is 0 if that was nothing.
func Summarize(r io.Reader) (s record.TraceSummary, err error) {
	reader, err := trace.NewReader(r)
	if err != nil {
		return s, damaged(err)
	}
	b := builder{goroutines: map[trace.GoID]state{}, ranges: map[span]trace.Time{}, creators: map[site]int64{}}
	defer func() {
		// The reader checks some figures after it has cut them to a byte, and its
		// events index with the whole of them.
		if p := recover(); p != nil {
			s, err = b.summary(), damaged(fmt.Errorf("an event that cannot be: %v", p))
		}
	}()
	for {
		e, readErr := reader.ReadEvent()
		if readErr == io.EOF {
			return b.summary(), nil
		}
		if readErr != nil {
			return b.summary(), damaged(readErr)
		}
		b.event(e)
	}
}

// damaged says so in one line: the reader's errors go on with all that it knows.
func damaged(err error) error {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New("the execution trace is damaged: " + strings.TrimSuffix(line, ":"))
}

// state is what a goroutine is doing, and since when.
type state struct {
	is    trace.GoState
	since trace.Time
}

// span names a range that is open; the same name is open at most once on a resource.
type span struct {
	name  string
	scope trace.ResourceID
}

// site is a go statement.
type site struct {
	function, file string
	line           uint64
}

type builder struct {
	s           record.TraceSummary
	begun       bool
	first, last trace.Time
	goroutines  map[trace.GoID]state
	ranges      map[span]trace.Time
	creators    map[site]int64
	waits       []int64
}

func (b *builder) event(e trace.Event) {
	if !b.begun {
		b.begun, b.first = true, e.Time()
	}
	b.last = e.Time()
	switch e.Kind() {
	case trace.EventStateTransition:
		b.transition(e)
	case trace.EventRangeBegin, trace.EventRangeActive:
		r := e.Range()
		if key := (span{r.Name, r.Scope}); e.Kind() == trace.EventRangeBegin {
			b.ranges[key] = e.Time()
		} else if _, open := b.ranges[key]; !open { // open since before the trace
			b.ranges[key] = b.first
		}
	case trace.EventRangeEnd:
		r := e.Range()
		key := span{r.Name, r.Scope}
		if from, open := b.ranges[key]; open {
			b.rangeEnds(r.Name, int64(e.Time()-from))
			delete(b.ranges, key)
		}
	}
}

func (b *builder) rangeEnds(name string, ns int64) {
	switch {
	case name == "GC concurrent mark phase":
		b.s.GCNs += ns
	case strings.HasPrefix(name, "stop-the-world"):
		b.s.STWNs += ns
	}
}

func (b *builder) transition(e trace.Event) {
	t := e.StateTransition()
	if t.Resource.Kind != trace.ResourceGoroutine {
		return
	}
	id := t.Resource.Goroutine()
	from, to := t.Goroutine()
	if was, known := b.goroutines[id]; known {
		b.leaves(was, to, e.Time())
	} else if from != trace.GoNotExist && from != trace.GoUndetermined {
		b.leaves(state{from, b.first}, to, e.Time())
	}
	if from == trace.GoNotExist {
		b.s.GoroutinesCreated++
		b.creators[creator(e.Stack())]++
	}
	if to == trace.GoNotExist {
		delete(b.goroutines, id)
		return
	}
	b.goroutines[id] = state{to, e.Time()}
}

// leaves adds up the time a goroutine was in a state.
func (b *builder) leaves(was state, to trace.GoState, at trace.Time) {
	ns := int64(at - was.since)
	switch was.is {
	case trace.GoRunning:
		b.s.RunningNs += ns
	case trace.GoSyscall:
		b.s.SyscallNs += ns
	case trace.GoRunnable:
		b.s.RunnableNs += ns
		if to == trace.GoRunning && len(b.waits) < latenciesMost {
			b.waits = append(b.waits, ns)
		}
	}
}

// creator is the go statement on a stack: its innermost function that is none of the runtime's.
func creator(stack trace.Stack) (s site) {
	for f := range stack.Frames() {
		if s = (site{f.Func, f.File, f.Line}); !strings.HasPrefix(f.Func, "runtime.") {
			return s
		}
	}
	return s
}

func (b *builder) summary() record.TraceSummary {
	for _, g := range b.goroutines {
		b.leaves(g, g.is, b.last)
	}
	for open, from := range b.ranges {
		b.rangeEnds(open.name, int64(b.last-from))
	}
	b.s.SpanNs = int64(b.last - b.first)
	slices.Sort(b.waits)
	if n := len(b.waits); n > 0 {
		b.s.SchedLatencyNs = record.TraceLatency{P50: b.waits[(n-1)/2], P99: b.waits[(n-1)*99/100], Max: b.waits[n-1]}
	}
	b.s.CreatedBy = []record.Creator{}
	for s, n := range b.creators {
		if s.function != "" {
			b.s.CreatedBy = append(b.s.CreatedBy, record.Creator{Function: s.function, File: s.file, Line: int(s.line), Count: n})
		}
	}
	slices.SortFunc(b.s.CreatedBy, func(x, y record.Creator) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Function, y.Function), cmp.Compare(x.Line, y.Line))
	})
	b.s.CreatedBy = b.s.CreatedBy[:min(len(b.s.CreatedBy), creatorsMost)]
	return b.s
}

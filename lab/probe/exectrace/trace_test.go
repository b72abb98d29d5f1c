package exectrace

import (
	"bytes"
	"encoding/binary"
	"os"
	"runtime"
	"runtime/trace"
	"strings"
	"sync"
	"testing"
)

// startMany is the function that the trace must name.
func startMany(n int) {
	var done sync.WaitGroup
	for range n {
		done.Add(1)
		go done.Done()
	}
	done.Wait()
}

// traced records this process while it starts goroutines and collects garbage.
func traced(t testing.TB, goroutines int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := trace.Start(&out); err != nil {
		t.Skip("this test is being traced itself: ", err)
	}
	startMany(goroutines)
	runtime.GC()
	trace.Stop()
	return out.Bytes()
}

func TestSummarize(t *testing.T) {
	s, err := Summarize(bytes.NewReader(traced(t, 500)))
	if err != nil {
		t.Fatal(err)
	}
	if s.SpanNs <= 0 || s.RunningNs <= 0 || s.GCNs <= 0 || s.STWNs <= 0 || s.RunnableNs <= 0 {
		t.Errorf("a figure is missing: %+v", s)
	}
	l := s.SchedLatencyNs
	if l.P50 < 0 || l.P99 < l.P50 || l.Max < l.P99 || l.Max == 0 {
		t.Errorf("waits: %+v", l)
	}
	if s.GoroutinesCreated < 500 || len(s.CreatedBy) == 0 {
		t.Fatalf("%d goroutines by %v", s.GoroutinesCreated, s.CreatedBy)
	}
	c := s.CreatedBy[0]
	if !strings.HasSuffix(c.Function, "exectrace.startMany") || !strings.HasSuffix(c.File, "trace_test.go") || c.Line == 0 || c.Count != 500 {
		t.Errorf("created by %+v", c)
	}
}

func TestSummarizeDamaged(t *testing.T) {
	whole := traced(t, 50)
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"empty", nil},
		{"no trace", []byte("HTTP/1.1 404 Not Found")},
		{"head only", whole[:20]},
		{"cut off", whole[:len(whole)/2]},
		{"processor in no state", noState(t)},
	} {
		s, err := Summarize(bytes.NewReader(c.data))
		if err == nil && s.SpanNs > 0 {
			t.Errorf("%s was read as %+v", c.name, s)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q is more than a line", c.name, err)
		}
	}
}

// small is the trace of a program that starts five goroutines.
func small(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/small.trace")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// noState is a trace in which a processor has state 1<<28, whose lowest byte is
// a state that exists.
func noState(t testing.TB) []byte {
	data := small(t)
	copy(data[92:], binary.AppendUvarint(nil, 1<<28))
	return data
}

func FuzzSummarize(f *testing.F) {
	f.Add(small(f))
	f.Add(noState(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Summarize(bytes.NewReader(data))
		if s.SpanNs < 0 || s.GoroutinesCreated < 0 {
			t.Errorf("%+v", s)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q is more than a line", err)
		}
	})
}

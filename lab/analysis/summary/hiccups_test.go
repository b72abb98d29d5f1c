package summary

import (
	"slices"
	"strings"
	"testing"

	"redline/hist"
	"redline/lab/record"
)

// TestHiccups: of the response times, those of slices that a hiccup reaches are told apart; what was not watched has
// none.
func TestHiccups(t *testing.T) {
	f := newFixture()
	f.latency = func(i int, r *hist.Recorder) { // slices 12 and 13 are slow
		ns := int64(100_000)
		if i == 12 || i == 13 {
			ns = 8_000_000
		}
		r.Record(ns)
	}
	f.hiccups = []record.Hiccup{
		{TNs: 1e9 + 2e8, DurNs: 3e6},          // in the warm-up
		{TNs: 1e9 + 13e8 - 8e6, DurNs: 6e6},   // at the end of slice 12, and its reach in 13
		{TNs: 1e9 + 12e8, DurNs: 2e6, CPU: 1}, // in slice 12 as well
		{TNs: 1e9 + 41e8 + 5e7, DurNs: 9e6, CPU: 1} /* after the run */}
	if s := f.compute(t, record.StateComplete); s.Hiccups != nil {
		t.Errorf("not watched: %+v", s.Hiccups)
	}
	f.run.Conditions.HiccupPriority = record.PriorityRealTime
	s := f.compute(t, record.StateComplete)
	h := s.Hiccups
	if h == nil || h.Count != 2 || h.LongestNs != 6e6 || h.TotalNs != 8e6 || h.Priority != record.PriorityRealTime {
		t.Fatalf("%+v", h)
	}
	if h.CalmS < 2.799 || h.CalmS > 2.801 || h.ResponseNs.Max > 101_000 || s.ResponseNs.Max < 7_900_000 {
		t.Errorf("calm for %g s with %+v, all %+v", h.CalmS, h.ResponseNs, s.ResponseNs)
	}
	tells := func(s *Summary) bool {
		return slices.ContainsFunc(s.Caveats, func(c string) bool {
			return strings.HasPrefix(c, "hiccups of the machine are in the tail: ")
		})
	}
	if !tells(s) {
		t.Errorf("caveats %q", s.Caveats)
	}
	f.hiccups = []record.Hiccup{{TNs: 1e9 + 20e8, DurNs: 2e6}} // not where it was slow
	if s := f.compute(t, record.StateComplete); tells(s) || s.Hiccups.Count != 1 || s.Hiccups.ResponseNs.Max < 7_900_000 {
		t.Errorf("hiccups elsewhere: %+v, caveats %q", s.Hiccups, s.Caveats)
	}
}

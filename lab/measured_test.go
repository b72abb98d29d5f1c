package lab

import (
	"testing"

	"redline/lab/drive"
	"redline/lab/record"
	"redline/lab/workload"
)

// TestCalm: the longest response time of slices that no hiccup reaches.
func TestCalm(t *testing.T) {
	m := newMeasured(workload.Spec{Ops: []workload.Op{{Name: "get"}}})
	for i, ns := range []int64{1e6, 9e6, 2e6} {
		s := &drive.Slice{TNs: 1e9 + int64(i)*1e8, DurNs: 1e8, Phase: record.PhaseMeasure, Ops: make([]drive.OpSlice, 1)}
		s.Ops[0].Response.Record(ns)
		m.add(s)
	}
	m.finish("", []record.Hiccup{{TNs: 1e9 + 15e7, DurNs: 7e6}, {TNs: 5e8, DurNs: 1e6}, {TNs: 2e9, DurNs: 1e6}})
	if len(m.Hiccups) != 1 || m.Hiccups[0].DurNs != 7e6 || m.CalmMaxNs < 2e6 || m.CalmMaxNs > 2.01e6 {
		t.Errorf("hiccups %+v, worst without %d ns", m.Hiccups, m.CalmMaxNs)
	}
	none := newMeasured(workload.Spec{})
	none.finish("", []record.Hiccup{{TNs: 1, DurNs: 1}})
	if none.Hiccups != nil || none.CalmMaxNs != 0 {
		t.Errorf("of nothing: %+v", none)
	}
}

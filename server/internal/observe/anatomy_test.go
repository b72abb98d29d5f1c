package observe

import (
	"testing"
	"time"
)

func TestAnatomyStages(t *testing.T) {
	var a Anatomy
	for i := range 100 {
		times := Times{StageExecute: int64(i+1) * 1000, StageWrite: 50}
		if i < 10 {
			times[StageLog] = 1_000_000
		}
		a.Add(&times)
	}
	d, sum := a.Stage(StageExecute)
	if d.Count != 100 || sum != 5_050_000 || d.At(50) < 50_000 || d.At(50) > 53_500 {
		t.Errorf("execute: %d requests, %d ns, median %d", d.Count, sum, d.At(50))
	}
	if d, sum := a.Stage(StageLog); d.Count != 10 || sum != 10_000_000 {
		t.Errorf("log-wait: %d requests, %d ns", d.Count, sum)
	}
	if d, _ := a.Stage(StageQueue); d.Count != 100 || d.At(100) != 0 {
		t.Errorf("queue: %d requests, longest %d", d.Count, d.At(100))
	}
	total, _ := a.Total()
	n, last := int64(0), int64(-1)
	total.Buckets(func(upTo, count int64) {
		if upTo <= last || count <= 0 {
			t.Errorf("bucket up to %d after %d holds %d", upTo, last, count)
		}
		n, last = n+count, upTo
	})
	if n != 100 || last < 1_010_050 {
		t.Errorf("buckets hold %d up to %d", n, last)
	}
	a.Reset()
	if d, sum := a.Total(); d.Count != 0 || sum != 0 {
		t.Error("something is left after a reset")
	}
}

func slowAt(second int64, ns int64) SlowRequest {
	return SlowRequest{Unix: time.Unix(second, 0), Times: Times{StageExecute: ns}}
}

func TestSlowest(t *testing.T) {
	var a Anatomy
	for i := range int64(100) {
		if r := slowAt(1000, i+1); a.Wants(r.Times.Total(), r.Unix) {
			a.AddSlow(r)
		}
	}
	now := time.Unix(1000, 0)
	list := a.Slowest(1000, now)
	if len(list) != SlowestMax || list[0].Times.Total() != 100 || list[SlowestMax-1].Times.Total() != 100-SlowestMax+1 {
		t.Fatalf("%d entries, from %d to %d", len(list), list[0].Times.Total(), list[len(list)-1].Times.Total())
	}
	if a.Wants(50, now) || !a.Wants(101, now) {
		t.Error("only what exceeds the least is wanted")
	}
	// The next minute starts anew and still shows the last one; the one after forgets it.
	if r := slowAt(1061, 5); !a.Wants(5, r.Unix) {
		t.Error("a new minute wants everything")
	} else {
		a.AddSlow(r)
	}
	if list := a.Slowest(1000, time.Unix(1062, 0)); len(list) != SlowestMax+1 || list[SlowestMax].Times.Total() != 5 {
		t.Errorf("%d entries in the second minute", len(list))
	}
	if list := a.Slowest(3, time.Unix(1125, 0)); len(list) != 1 {
		t.Errorf("%d entries in the third minute, want the one of the second", len(list))
	}
	if list := a.Slowest(3, time.Unix(2000, 0)); len(list) != 0 {
		t.Errorf("%d entries after a long time", len(list))
	}
	a.AddSlow(slowAt(2001, 7))
	a.Reset()
	if list := a.Slowest(3, time.Unix(2001, 0)); len(list) != 0 {
		t.Errorf("%d entries after a reset", len(list))
	}
}

func TestStageNames(t *testing.T) {
	seen := map[string]bool{}
	for s := range Stages {
		if s.String() == "" || seen[s.String()] {
			t.Errorf("stage %d is called %q", s, s)
		}
		seen[s.String()] = true
	}
}

package flame

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

// cpuProfile has a sample for each period of 10.
func cpuProfile(t *testing.T, byStack map[string]int64) *profile.Profile {
	p := stacks(t, byStack)
	p.PeriodType, p.Period = &profile.ValueType{Type: "cpu", Unit: "nanoseconds"}, 10
	return p
}

func TestCompareIsPerRequest(t *testing.T) {
	a := Side{cpuProfile(t, map[string]int64{"main;get": 600, "main;set;copy": 300, "main;old": 100}), 10}
	b := Side{cpuProfile(t, map[string]int64{"main;get": 1200, "main;set;copy": 1800, "gc": 200}), 20}
	c, err := Compare(a, b, "cpu", Options{})
	if err != nil {
		t.Fatal(err)
	}
	type frame struct {
		path string
		a, b float64
	}
	var got []frame
	var path []string
	for i := range c.A {
		path = append(path[:c.Depth[i]], c.Names[c.Name[i]])
		got = append(got, frame{strings.Join(path, ";"), c.A[i], c.B[i]})
	}
	want := []frame{{"all", 100, 160}, {"all;main", 100, 150}, {"all;main;get", 60, 60}, {"all;main;set", 30, 90},
		{"all;main;set;copy", 30, 90}, {"all;main;old", 10, 0}, {"all;gc", 0, 10}}
	// set and get are equally wide in sum: 120 each, then by name
	if len(got) != len(want) {
		t.Fatalf("frames %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("frame %d is %v, want %v", i, got[i], want[i])
		}
	}
	first := c.Changes[0]
	if c.Names[first.Name] != "copy" || first.A != 30 || first.B != 90 || first.TotalB != 90 || !strings.HasPrefix(c.Where[first.Name], "copy.go:") {
		t.Errorf("the largest change is %s %+v", c.Names[first.Name], first)
	}
	// 30 samples of 1 per request and 180 of 0.5: 1.96 sqrt(30 * 1 + 90 * 0.5)
	if noise := 1.96 * math.Sqrt(75); math.Abs(first.Noise-noise) > 1e-9 || !first.Differs() {
		t.Errorf("noise %v, want %v, and the change beyond it", first.Noise, noise)
	}
}

func TestCompareOfOneWithItselfDiffersNowhere(t *testing.T) {
	p := cpuProfile(t, map[string]int64{"a;b": 500, "a;c": 40})
	c, err := Compare(Side{p, 7}, Side{p, 7}, "cpu", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range c.Changes {
		if x.A != x.B || x.Differs() {
			t.Errorf("%s: %+v", c.Names[x.Name], x)
		}
	}
}

func TestCompareKeepsTheSumOfSmallFrames(t *testing.T) {
	many := map[string]int64{"main;big": 1000}
	for _, n := range []string{"p", "q", "r", "s", "t"} {
		many["main;"+n] = 1
	}
	c, err := Compare(Side{cpuProfile(t, many), 1}, Side{cpuProfile(t, many), 1}, "cpu", Options{MaxFrames: 3})
	if err != nil {
		t.Fatal(err)
	}
	last := len(c.A) - 1
	if c.Names[c.Name[last]] != smaller || c.A[last] != 5 || c.B[last] != 5 || last != 3 {
		t.Errorf("last of %d frames is %s with %v and %v", last+1, c.Names[c.Name[last]], c.A[last], c.B[last])
	}
}

func TestCompareAllocations(t *testing.T) {
	heap := func(objects, bytes int64) *profile.Profile {
		p := stacks(t, map[string]int64{"main;make": objects})
		p.SampleType = []*profile.ValueType{{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"}}
		for _, s := range p.Sample {
			s.Value = []int64{objects, bytes}
		}
		p.PeriodType, p.Period = &profile.ValueType{Type: "space", Unit: "bytes"}, 512
		return p
	}
	c, err := Compare(Side{heap(1000, 16000), 1}, Side{heap(2000, 32000), 1}, "alloc_objects", Options{})
	if err != nil {
		t.Fatal(err)
	}
	// A sample each 512 bytes is one each 32 objects of 16.
	if want := 1.96 * math.Sqrt(3000*32); math.Abs(c.Changes[0].Noise-want) > 1e-6 {
		t.Errorf("noise %v, want %v", c.Changes[0].Noise, want)
	}
}

// A lock that nobody waited for before is a change as well.
func TestCompareWithNothing(t *testing.T) {
	none := cpuProfile(t, map[string]int64{"a": 0})
	c, err := Compare(Side{none, 5}, Side{cpuProfile(t, map[string]int64{"a": 10}), 5}, "cpu", Options{})
	if err != nil || c.A[0] != 0 || c.B[0] != 2 {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := Compare(Side{none, 5}, Side{none, 5}, "cpu", Options{}); !errors.Is(err, ErrEmpty) {
		t.Errorf("two empty ones: %v", err)
	}
}

func TestCompareErrors(t *testing.T) {
	p := cpuProfile(t, map[string]int64{"a": 1})
	other := stacks(t, map[string]int64{"a": 1})
	other.SampleType[0].Unit = "count"
	for _, c := range []struct {
		a, b Side
		kind string
		want string
	}{
		{Side{p, 0}, Side{p, 1}, "cpu", "per request"},
		{Side{p, 1}, Side{p, 1}, "delay", "no sample type"},
		{Side{p, 1}, Side{other, 1}, "cpu", "different kinds"},
	} {
		if _, err := Compare(c.a, c.b, c.kind, Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

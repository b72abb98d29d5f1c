package explain

import (
	"strings"
	"testing"

	"redline/lab/workload"
	"redline/lab/workload/preset"
)

func TestText(t *testing.T) {
	for _, name := range preset.Names {
		s, err := preset.Spec(name)
		if err != nil {
			t.Fatal(err)
		}
		s = s.WithDefaults(2)
		text := Text(&s)
		for i := range s.Ops {
			if !strings.Contains(text, s.Ops[i].Name) {
				t.Errorf("%s: operation %s is not explained in\n%s", name, s.Ops[i].Name, text)
			}
		}
		for _, g := range s.AllGroups() {
			if !strings.Contains(text, g.Name) {
				t.Errorf("%s: group %s is not explained", name, g.Name)
			}
		}
		for _, rule := range s.Rules() {
			if !strings.Contains(text, rule.String()) {
				t.Errorf("%s: threshold %s is not there", name, rule)
			}
		}
		if strings.Contains(text, "%!") {
			t.Errorf("%s:\n%s", name, text)
		}
	}
}

func TestLoopsAndTests(t *testing.T) {
	s, err := preset.Spec("cache")
	if err != nil {
		t.Fatal(err)
	}
	s = s.WithDefaults(2)
	closed := s
	closed.Loop, closed.Think = workload.Closed, workload.Fixed(5e6)
	open := s
	open.Loop, open.Session.Requests = workload.PartlyOpen, workload.Law{Kind: workload.UniformLaw, Min: 1, Max: 9}
	stress := s
	if err := stress.ApplyTest("stress", 1000, 0); err != nil {
		t.Fatal(err)
	}
	for want, s := range map[string]*workload.Spec{"closed: each of 50 connections": &closed, "after a pause of 5ms": &closed, "1 to 9 requests": &open, "26 more stages": &stress,
		"ends earlier": &stress} {
		if text := Text(s); !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// The estimate of memory is near what redis-server 7.0.15 was measured to take.
func TestSize(t *testing.T) {
	s := workload.Spec{Keys: workload.Keys{Prefix: "rl:0000:", Count: 1_000_000, Dist: workload.Dist{Kind: workload.Uniform}}, ValueBytes: 64}
	g := s.AllGroups()[0]
	if sz := sizeOf(&s, &g); (sz.payload+sz.overhead)/1e6 != 168 {
		t.Errorf("%g bytes a key, measured were 168", (sz.payload+sz.overhead)/1e6)
	}
	g.Data.TTL = workload.Fixed(1e9)
	if sz := sizeOf(&s, &g); (sz.payload+sz.overhead)/1e6 != 209 {
		t.Errorf("%g bytes a key with a TTL, measured were 209", (sz.payload+sz.overhead)/1e6)
	}
}

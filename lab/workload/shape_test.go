package workload

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestSineFollowsItsLaw(t *testing.T) {
	sh := Shape{Kind: SineShape, Rate: 1000, Swing: 800, Period: 10 * time.Second, For: 25 * time.Second}
	phases, err := sh.Phases()
	if err != nil {
		t.Fatal(err)
	}
	at := time.Duration(0)
	for i, p := range phases {
		for _, x := range []float64{0, 0.3, 0.5, 0.9} {
			d := at + time.Duration(x*float64(p.Duration))
			got, want := p.RateFrom+x*(p.RateTo-p.RateFrom), 1000+800*math.Sin(2*math.Pi*d.Seconds()/10)
			if math.Abs(got-want) > 0.0025*800 {
				t.Errorf("at %v: %g, want %g", d, got, want)
			}
		}
		if i > 0 && p.RateFrom != phases[i-1].RateTo {
			t.Errorf("piece %d jumps", i)
		}
		at += p.Duration
	}
	if at != 25*time.Second {
		t.Errorf("it takes %v", at)
	}
}

func TestShapes(t *testing.T) {
	for _, c := range []struct {
		shape string
		want  []Phase
	}{
		{"constant", []Phase{{Duration: 10 * time.Second, RateFrom: 500, RateTo: 500}}},
		{"ramp:0-1k", []Phase{{Duration: 10 * time.Second, RateTo: 1000}}},
		{"steps:100-300:100", []Phase{{Label: "step 1 of 3", Duration: 3400 * time.Millisecond, RateFrom: 100, RateTo: 100},
			{Label: "step 2 of 3", Duration: 3400 * time.Millisecond, RateFrom: 200, RateTo: 200}, {Label: "step 3 of 3", Duration: 3400 * time.Millisecond, RateFrom: 300, RateTo: 300}}},
		{"spike:2k", []Phase{{Label: "before", Duration: 2 * time.Second, RateFrom: 500, RateTo: 500},
			{Label: "spike", Duration: 2 * time.Second, RateFrom: 2000, RateTo: 2000}, {Label: "after", Duration: 6 * time.Second, RateFrom: 500, RateTo: 500}}},
		{"soak", []Phase{{Label: "start", Duration: 2 * time.Second, RateFrom: 500, RateTo: 500}, {Label: "middle", Duration: 6 * time.Second, RateFrom: 500, RateTo: 500},
			{Label: "end", Duration: 2 * time.Second, RateFrom: 500, RateTo: 500}}},
	} {
		sh, err := ParseShape(c.shape, 500, 10*time.Second)
		if err != nil {
			t.Errorf("%s: %v", c.shape, err)
			continue
		}
		got, err := sh.Phases()
		for i := range c.want {
			c.want[i].Name = PhaseMeasure
		}
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, %+v", c.shape, err, got)
		}
	}
	for _, bad := range []string{"", "wave", "ramp", "ramp:1", "ramp:1-2:3", "steps:1-2", "steps:5-1:1", "steps:1-5:0", "steps:1-1M:1", "spike", "spike:1:2", "sine:1", "sine:1k:5s", "soak:1", "sine:1:1ms"} {
		sh, err := ParseShape(bad, 500, 10*time.Second)
		if err == nil {
			_, err = sh.Phases()
		}
		if err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestReadCurve(t *testing.T) {
	points, err := ReadCurve(strings.NewReader("time,rate\n# a comment\n0, 100\n\n60,1k/s,more\n1m30s,600/min\n"))
	want := []Point{{0, 100}, {time.Minute, 1000}, {90 * time.Second, 10}}
	if err != nil || !reflect.DeepEqual(points, want) {
		t.Errorf("%v, %+v", err, points)
	}
	for bad, line := range map[string]string{"0,1\n5\n": "line 2", "0,1\n\nx,5\n": "line 3", "0,1\n5,y\n": "line 2"} {
		if _, err := ReadCurve(strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), line) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestAdjust(t *testing.T) {
	s := valid()
	sine := Shape{Kind: SineShape, Rate: 100, Swing: 50, Period: time.Second, For: 3 * time.Second}
	s.Phases, _ = sine.Phases()
	s.SetWarmup(1500 * time.Millisecond)
	s.ScaleRate(3000)
	s.Stretch(60 * time.Second)
	if s.Duration() != 61500*time.Millisecond || math.Abs(s.PeakRate()-3000) > 1e-6 || len(s.Stages()) != 2 {
		t.Errorf("%v, peak %g, %d stages", s.Duration(), s.PeakRate(), len(s.Stages()))
	}
	s.SetWarmup(0)
	if st := s.Stages(); len(st) != 1 || st[0].Duration != time.Minute || math.Abs(st[0].RateAvg-2000) > 20 {
		t.Errorf("%+v", st)
	}
	s.Stretch(10 * time.Millisecond)
	if s.Duration() != Grain {
		t.Errorf("the shortest is %v", s.Duration())
	}
}

func TestNamedTests(t *testing.T) {
	for _, name := range Tests {
		for _, d := range []time.Duration{0, time.Millisecond, 7 * time.Second} {
			s := valid()
			if err := s.ApplyTest(name, 1000, d); err != nil {
				t.Fatal(err)
			}
			s = s.WithDefaults(2)
			if err := s.Validate(); err != nil {
				t.Errorf("%s %v: %v", name, d, err)
			}
			if len(s.Rules()) == 0 || s.Phases[0].Name != PhaseWarmup || (s.Stop != nil) != (name == "stress") || s.Test != name {
				t.Errorf("%s: %+v", name, s)
			}
			for _, p := range s.Phases {
				if p.Duration%Grain != 0 {
					t.Errorf("%s: a phase of %v", name, p.Duration)
				}
			}
		}
	}
	s := valid()
	s.Loop = Closed
	if err := s.ApplyTest("load", 1000, 0); err == nil {
		t.Error("a closed loop got a rate")
	}
}

func TestThresholds(t *testing.T) {
	for _, text := range []string{"response.p99 < 10ms", "get.service.max <= 1s", "errors < 0.1%", "throughput >= 99%", "throughput > 10k/s", "a.b.response.mean > 5us",
		"response.p99.9 < 1m30s in step 2 of 5", "misses <= 50%", "set.dropped < 1%"} {
		th, err := ParseThreshold(text)
		if err != nil || th.String() != text {
			t.Errorf("%s: %s, %v", text, th, err)
		}
	}
	for _, bad := range []string{"", "response.p99", "response < 5ms", "response.p0 < 5ms", "response.p101 < 5ms", "response.p9e1 < 5ms", "p99 < 5ms", "errors.p99 < 1%", "errors < x",
		"throughput > many", "response.p99 < 5", "response.median < 5ms", "errors < -1%"} {
		if th, err := ParseThreshold(bad); err == nil {
			t.Errorf("%q was taken as %s", bad, th)
		}
	}
}

type fixedLatency int64

func (f fixedLatency) Quantile(float64) int64 { return int64(f) }
func (f fixedLatency) Mean() float64          { return float64(f) / 2 }
func (f fixedLatency) Max() int64             { return int64(f) * 2 }

func TestMeasure(t *testing.T) {
	f := &Figures{Seconds: 2, Intended: 1000, Completed: 900, Errors: 100, Misses: 90, Late: 10, Dropped: 5, Response: fixedLatency(1e6), Service: fixedLatency(1e5)}
	for text, want := range map[string]float64{"response.p50 < 1s": 1e6, "response.mean < 1s": 5e5, "service.max < 1s": 2e5, "errors < 1%": 0.1, "misses < 1%": 0.1, "late < 1%": 0.01,
		"dropped < 1%": 0.005, "throughput > 5/s": 450, "throughput > 5%": 0.9} {
		th, err := ParseThreshold(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := th.Measure(f); !ok || got != want {
			t.Errorf("%s: %g, %v", text, got, ok)
		}
		if _, ok := th.Measure(&Figures{}); ok {
			t.Errorf("%s: measured nothing", text)
		}
	}
}

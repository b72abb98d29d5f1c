package scenario

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"redline/lab"
	"redline/lab/analysis/summary"
	"redline/lab/record"
)

func TestTable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range All() {
		if s.Name == "" || s.What == "" || s.Pass == "" || s.run == nil || seen[s.Name] {
			t.Errorf("%+v", s)
		}
		seen[s.Name] = true
		if err := s.Check(nil); err != nil {
			t.Errorf("the defaults of %s: %v", s.Name, err)
		}
	}
	if _, err := Find("nothing"); err == nil || !strings.Contains(err.Error(), "known are connections,") {
		t.Errorf("%v", err)
	}
}

func TestParams(t *testing.T) {
	t.Parallel()
	s := Scenario{Name: "s", Params: []Param{{"n", Count, "1", ""}, {"ns", Counts, "1", ""}, {"size", Sizes, "1", ""}, {"d", Duration, "1s", ""}}}
	p, err := s.settle(map[string]string{"n": "10k", "ns": "1, 2k,1m", "size": "64,100KB,1mb,1GB", "d": "1m30s"})
	if err != nil {
		t.Fatal(err)
	}
	if p.count("n") != 10_000 || !slices.Equal(p.counts("ns"), []int64{1, 2000, 1_000_000}) ||
		!slices.Equal(p.sizes("size"), []int64{64, 100 << 10, 1 << 20, 1 << 30}) || p.duration("d").Seconds() != 90 {
		t.Errorf("%+v", p)
	}
	for name, values := range map[string][]string{
		"n":    {"", "0", "-1", "x", "1.5", "10000m", "99999999999999999999", "5kk"},
		"ns":   {"", "1,", "1,,2", "1,0"},
		"size": {"0", "1TB", "17GB", "x"},
		"d":    {"5", "1ms", "-3s", ""},
		"odd":  {"1"},
	} {
		for _, v := range values {
			if err := s.Check(map[string]string{name: v}); err == nil || !strings.HasPrefix(err.Error(), "scenario s") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s=%q: %v", name, v, err)
			}
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	no, yes := false, true
	timed := Figure{Name: "p99", Value: 2e6, Unit: "ns", Bound: &Bound{"<=", 1e6}, Met: &no}
	hard := Figure{Name: "errors", Value: 3, Bound: &Bound{"=", 0}, Met: &no}
	good := Figure{Name: "errors", Value: 0, Bound: &Bound{"=", 0}, Met: &yes}
	for _, c := range []struct {
		name    string
		figures []Figure
		hard    []string
		doubts  []string
		want    string
		reasons string
	}{
		{"all met", []Figure{good, {Name: "free"}}, nil, nil, summary.Pass, "all figures"},
		{"doubts alone change nothing", []Figure{good}, nil, []string{"busy"}, summary.Pass, "all figures"},
		{"too slow", []Figure{good, timed}, nil, nil, summary.Fail, "p99 is 2ms, required is <= 1ms"},
		{"too slow in doubt", []Figure{timed}, nil, []string{"busy"}, summary.Undecided, "busy; p99"},
		{"wrong in doubt", []Figure{hard, timed}, nil, []string{"busy"}, summary.Fail, "errors is 3, required is = 0; p99"},
		{"a failure that is no figure", nil, []string{"down"}, []string{"busy"}, summary.Fail, "down"},
	} {
		r := &Result{Figures: c.figures}
		r.judge(c.hard, c.doubts)
		if got := strings.Join(r.Reasons, "; "); r.Verdict != c.want || !strings.HasPrefix(got, c.reasons) {
			t.Errorf("%s: %s: %s", c.name, r.Verdict, got)
		}
	}
}

// TestWorst: a worst response beyond its bound is in doubt only if without hiccups of the machine it is not.
func TestWorst(t *testing.T) {
	t.Parallel()
	m := func(max, calm int64, hiccups ...record.Hiccup) *lab.Measured {
		out := &lab.Measured{CalmMaxNs: calm, Hiccups: hiccups}
		out.Response.Record(max)
		return out
	}
	one, two := record.Hiccup{DurNs: 6e6}, record.Hiccup{DurNs: 3e6}
	for _, c := range []struct {
		name string
		m    *lab.Measured
		want string
	}{
		{"no hiccup", m(7e6, 7e6), ""},
		{"hiccups elsewhere", m(7e6, 7e6, one), ""},
		{"within the bound", m(4e6, 1e6, one), ""},
		{"one", m(7e6, 4e6, one), "others: the machine had a hiccup of 6ms, the worst response time where they do not reach is 4ms"},
		{"two", m(7e6, 4e6, two, one), "others: the machine had 2 hiccups of up to 6ms, the worst response time where they do not reach is 4ms"},
	} {
		b := &bench{result: &Result{}}
		b.worst("others: worst response", c.m, 5*time.Millisecond)
		if got := strings.Join(b.doubts, "; "); got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
		if f := b.result.Figures; f[0].Bound == nil || len(f) != 1+min(len(c.m.Hiccups), 1) || len(f) == 2 && (f[1].Bound != nil || f[1].Value != float64(c.m.CalmMaxNs)) {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		f    Figure
		want string
	}{
		{Figure{Value: 1234567, Unit: "1/s"}, "1,234,567/s"},
		{Figure{Value: 999}, "999"},
		{Figure{Value: -1000}, "-1,000"},
		{Figure{Value: 0.98765}, "0.988"},
		{Figure{Value: 1536, Unit: "bytes"}, "1.5 KB"},
		{Figure{Value: 32 << 20, Unit: "bytes"}, "32.0 MB"},
		{Figure{Value: 12, Unit: "bytes"}, "12 B"},
		{Figure{Value: 1234, Unit: "ns"}, "1us"},
		{Figure{Value: 4_817_000, Unit: "ns"}, "4.82ms"},
	} {
		if got := c.f.Text(); got != c.want {
			t.Errorf("%+v: %s, want %s", c.f, got, c.want)
		}
	}
	if got := printable([]string{"SET", "a\r\n", strings.Repeat("x", 100)}); got != `"SET" "a\r\n" "xxxxxxxxxxxxxxxxxxxx"...(100 bytes)` {
		t.Error(got)
	}
}

// TestPoolSize compares with tables of Erlang's C formula.
func TestPoolSize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n       int
		a, want float64
	}{{1, 0.5, 0.5}, {2, 1, 1.0 / 3}, {10, 5, 0.0361}, {5, 4, 0.5541}} {
		if got := erlangC(c.n, c.a); math.Abs(got-c.want) > 0.0002 {
			t.Errorf("C(%d, %g) = %g, want %g", c.n, c.a, got, c.want)
		}
	}
	n := poolSize(500, 0.1, 0.05, 0.01)
	if n < 51 || n > 65 || poolSize(500, 0.1, 0.05, 0.5) > n || poolSize(1000, 0.1, 0.05, 0.01) <= n {
		t.Errorf("%d", n)
	}
}

// TestInputs makes sure that only arguments which are no keys get odd values.
func TestInputs(t *testing.T) {
	t.Parallel()
	keys := []string{"rl:1", "rl:2"}
	for _, c := range []spec{
		{name: "set", arity: -3, first: 1, last: 1, step: 1},
		{name: "mset", arity: -3, first: 1, last: -1, step: 2},
		{name: "rename", arity: 3, first: 1, last: 2, step: 1},
		{name: "object|freq", arity: 3, first: 2, last: 2, step: 1},
		{name: "ping", arity: -1},
	} {
		inputs := c.inputs(keys, "big")
		words := strings.Split(c.name, "|")
		if len(inputs) < 20 {
			t.Errorf("%s: %d inputs", c.name, len(inputs))
		}
		short := false
		for _, in := range inputs {
			if !slices.Equal(in[:min(len(words), len(in))], words) {
				continue // the wrong subcommand or name
			}
			short = short || len(in) < max(c.arity, -c.arity)
			for i := len(words); i < len(in); i++ {
				last := c.last
				if last < 0 {
					last += len(in)
				}
				isKey := c.first > 0 && i >= c.first && i <= last && (i-c.first)%c.step == 0
				if isKey != slices.Contains(keys, in[i]) {
					t.Errorf("%s: argument %d of %q", c.name, i, in)
				}
			}
		}
		if !short && c.name != "ping" {
			t.Errorf("%s: never with too few arguments", c.name)
		}
	}
}

// TestOthersShare adds up who used the CPUs: of 2 x 10 s, 12 s were busy, of
// which the server had 3 s and the lab 4 s.
func TestOthersShare(t *testing.T) {
	t.Parallel()
	s := newSeries()
	if _, ok := s.othersShare(2); ok {
		t.Error("known without samples")
	}
	for i, at := range []int64{1e9, 5e9, 11e9} {
		f := []float64{0, 0.7, 1}[i] * 1e9
		s.take(&record.Sample{TNs: at, Source: "host", Values: map[string]float64{"host_cpu_busy_ns": 50e9 + 12*f}})
		s.take(&record.Sample{TNs: at, Source: "server_proc", Values: map[string]float64{"cpu_user_ns": 2 * f, "cpu_system_ns": 9e9 + f}})
		s.take(&record.Sample{TNs: at, Source: "generator", Values: map[string]float64{"cpu_user_ns": 4 * f, "cpu_system_ns": 1e9}})
	}
	if share, ok := s.othersShare(2); !ok || math.Abs(share-0.25) > 1e-9 {
		t.Errorf("%g %v", share, ok)
	}
}

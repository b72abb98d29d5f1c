package workload

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

func valid() Spec {
	ops, _ := ParseMix("get=0.9,set=0.1")
	return Spec{Loop: Open, Connections: 50, Keys: Keys{Prefix: "p:", Count: 1000, Dist: Dist{Kind: Uniform}}, ValueBytes: 64, Ops: ops,
		Phases: []Phase{{Name: "measure", Duration: 10 * time.Second, RateFrom: 1000, RateTo: 1000}}}.WithDefaults(2)
}

func TestValidate(t *testing.T) {
	s := valid()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Spec){
		"loop":                  func(s *Spec) { s.Loop = "half" },
		"arrivals":              func(s *Spec) { s.Arrivals = "bursty" },
		"connections is 0":      func(s *Spec) { s.Connections = 0 },
		"pipeline is -1":        func(s *Spec) { s.Pipeline = -1 },
		"each thread needs":     func(s *Spec) { s.Threads = 51 },
		"value size":            func(s *Spec) { s.ValueBytes = 1 << 30 },
		"timeout":               func(s *Spec) { s.Timeout = -1 },
		"key count":             func(s *Spec) { s.Keys.Count = 0 },
		"key prefix":            func(s *Spec) { s.Keys.Prefix = "a{b}" },
		"key distribution":      func(s *Spec) { s.Keys.Dist.Kind = "odd" },
		"theta":                 func(s *Spec) { s.Keys.Dist = Dist{Kind: Zipf, Theta: math.NaN()} },
		"no operations":         func(s *Spec) { s.Ops = nil },
		"given twice":           func(s *Spec) { s.Ops = append(s.Ops, s.Ops[0]) },
		"weight":                func(s *Spec) { s.Ops[0].Weight = math.NaN() },
		"no command":            func(s *Spec) { s.Ops[0].Command = nil },
		"unknown placeholder":   func(s *Spec) { s.Ops[0].Command = []string{"GET", "{kye}"} },
		"unmatched brace":       func(s *Spec) { s.Ops[0].Command = []string{"GET", "{key"} },
		"operation name":        func(s *Spec) { s.Ops[0].Name = "a:b" },
		"no phases":             func(s *Spec) { s.Phases = nil },
		"duration of phase":     func(s *Spec) { s.Phases[0].Duration = 0 },
		"rate of phase measure": func(s *Spec) { s.Phases[0].RateTo = math.Inf(1) },
		"use a closed loop":     func(s *Spec) { s.Phases[0].RateFrom, s.Phases[0].RateTo = 0, 0 },
	} {
		s := valid()
		spoil(&s)
		err := s.Validate()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("want one line with %q, got %v", want, err)
		}
	}
}

func TestParseMix(t *testing.T) {
	ops, err := ParseMix(" get=90, SET=10")
	if err != nil || len(ops) != 2 || ops[1].Name != "set" || !ops[1].Writes || ops[0].Writes {
		t.Fatalf("%+v, %v", ops, err)
	}
	s := valid()
	s.Ops = ops
	if mix := s.Mix(); mix["get"] != 0.9 || mix["set"] != 0.1 {
		t.Fatalf("shares %v", mix)
	}
	for _, bad := range []string{"", "gett=1", "get=x", "get=1,,"} {
		if _, err := ParseMix(bad); err == nil {
			t.Errorf("mix %q was taken", bad)
		}
	}
	for name := range known {
		if ops, err := ParseMix(name); err != nil || ops[0].Weight != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseDist(t *testing.T) {
	for _, text := range []string{"uniform", "sequential", "zipf:0.99", "zipf:1", "zipf:1.5"} {
		d, err := ParseDist(text)
		if err != nil || d.String() != text {
			t.Errorf("%s: %v, %v", text, d, err)
		}
	}
	for _, bad := range []string{"", "zipf:", "zipf:0", "zipf:-1", "zipf:nan", "uniform:2", "gauss"} {
		if _, err := ParseDist(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// chiSquare compares counts with expected ones and fails above the 99.9th
// percentile of the law (Wilson-Hilferty approximation).
func chiSquare(t *testing.T, counts []int, expected []float64) {
	t.Helper()
	x := 0.0
	for i, e := range expected {
		d := float64(counts[i]) - e
		x += d * d / e
	}
	k := float64(len(expected) - 1)
	const z = 3.09
	limit := k * math.Pow(1-2/(9*k)+z*math.Sqrt(2/(9*k)), 3)
	if x > limit {
		t.Errorf("chi-square %.1f is above %.1f with %g degrees of freedom", x, limit, k)
	}
}

func TestKeyDistributions(t *testing.T) {
	const n, draws = 200, 400_000
	for _, d := range []Dist{{Kind: Uniform}, {Kind: Zipf, Theta: 0.5}, {Kind: Zipf, Theta: 0.99}, {Kind: Zipf, Theta: 1}, {Kind: Zipf, Theta: 2}} {
		t.Run(d.String(), func(t *testing.T) {
			rng := rand.NewPCG(7, 7)
			p := newPicker(d, n, 0, 1)
			counts, expected := make([]int, n), make([]float64, n)
			sum := 0.0
			for k := range expected {
				rank := k
				expected[k] = 1
				if d.Kind == Zipf {
					expected[k] = math.Pow(float64(rank+1), -d.Theta)
				}
				sum += expected[k]
			}
			for k := range expected {
				expected[k] *= draws / sum
			}
			rankOf := map[uint64]int{}
			for k := range uint64(n) {
				key := k
				if d.Kind == Zipf {
					key = p.mix.apply(k)
				}
				rankOf[key] = int(k)
			}
			for range draws {
				counts[rankOf[p.pick(rng, n)]]++
			}
			chiSquare(t, counts, expected)
		})
	}
}

func TestPermutation(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 10, 1000, 1024, 99_991} {
		p := newPermutation(n)
		seen := make([]bool, n)
		for x := range n {
			y := p.apply(x)
			if y >= n || seen[y] {
				t.Fatalf("n %d: %d maps to %d, taken or outside", n, x, y)
			}
			seen[y] = true
		}
	}
}

func TestSequentialCoversAllOnce(t *testing.T) {
	s := valid()
	s.Keys.Dist.Kind = Sequential
	s.Keys.Count = 1001
	s.Ops = []Op{{Name: "set", Weight: 1, Command: []string{"SET", "{key}", "v"}}}
	seen := map[string]int{}
	for thread := range 3 {
		g, err := NewGenerator(&s, thread, 3)
		if err != nil {
			t.Fatal(err)
		}
		for k := int64(thread); k < s.Keys.Count; k += 3 {
			seen[string(g.Append(nil, 0))]++
		}
	}
	if len(seen) != 1001 {
		t.Fatalf("%d different requests, want 1001", len(seen))
	}
}

func TestRequests(t *testing.T) {
	s := valid()
	s.Keys = Keys{Prefix: "rl:", Count: 1, Dist: Dist{Kind: Uniform}}
	s.ValueBytes = 5
	s.Ops = []Op{
		{Name: "g", Weight: 1, Command: []string{"GET", "{key}"}},
		{Name: "z", Weight: 1, Command: []string{"ZADD", "{key}:z", "{member}", "m-{value}", ""}},
	}
	g, err := NewGenerator(&s, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(g.Append([]byte("x"), 0)), "x*2\r\n$3\r\nGET\r\n$11\r\nrl:00000000\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got := string(g.Append(nil, 1))
	value := got[strings.Index(got, "m-")+2:][:5]
	want := "*5\r\n$4\r\nZADD\r\n$13\r\nrl:00000000:z\r\n$5\r\nm0000\r\n$7\r\nm-" + value + "\r\n$0\r\n\r\n"
	if got != want || g.RequestBytes(1) != len(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// parseCommand reads one command in wire form and returns what follows it.
func parseCommand(t testing.TB, b []byte) (args []string, rest []byte) {
	t.Helper()
	number := func(kind byte) int {
		line, after, ok := bytes.Cut(b, []byte("\r\n"))
		n, err := strconv.Atoi(string(line[1:]))
		if !ok || line[0] != kind || err != nil || n < 0 {
			t.Fatalf("not a header: %q", b)
		}
		b = after
		return n
	}
	for range number('*') {
		n := number('$')
		if len(b) < n+2 || string(b[n:n+2]) != "\r\n" {
			t.Fatalf("an argument of %d bytes does not end: %q", n, b)
		}
		args, b = append(args, string(b[:n])), b[n+2:]
	}
	return args, b
}

func TestPutDigits(t *testing.T) {
	for _, n := range []uint64{0, 7, 10, 99, 100, 12345, 99999999} {
		b := []byte("99999999")
		putDigits(b, n)
		if want := fmt.Sprintf("%08d", n); string(b) != want {
			t.Errorf("%d: %s", n, b)
		}
	}
}

func TestMixShares(t *testing.T) {
	s := valid()
	g, err := NewGenerator(&s, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	counts := make([]int, 2)
	for range 100_000 {
		counts[g.Pick()]++
	}
	chiSquare(t, counts, []float64{90_000, 10_000})
}

func arrivals(s *Spec, threads int) (all []int64) {
	for i := range threads {
		sc := NewSchedule(s, i, threads)
		last := int64(-1)
		for {
			ns, ok := sc.Next()
			if !ok {
				break
			}
			if ns < last {
				panic("the schedule goes back in time")
			}
			last = ns
			all = append(all, ns)
		}
	}
	return all
}

func TestConstantSchedule(t *testing.T) {
	for _, threads := range []int{1, 3} {
		s := valid()
		s.Phases = []Phase{{Name: "warmup", Duration: time.Second, RateFrom: 500, RateTo: 500}, {Name: "measure", Duration: 3 * time.Second, RateFrom: 2000, RateTo: 2000}}
		all := arrivals(&s, threads)
		if len(all) != 6500 {
			t.Fatalf("%d threads: %d arrivals, want 6500", threads, len(all))
		}
		warm := 0
		for _, ns := range all {
			if ns < 1e9 {
				warm++
			}
		}
		if warm != 500 {
			t.Errorf("%d threads: %d arrivals in the first second, want 500", threads, warm)
		}
	}
	s := valid()
	all := arrivals(&s, 1)
	for i, ns := range all {
		if want := int64(i) * 1e6; ns < want-1 || ns > want+1 {
			t.Fatalf("arrival %d at %d, want %d", i, ns, want)
		}
	}
}

func TestPoissonSchedule(t *testing.T) {
	s := valid()
	s.Arrivals = Poisson
	s.Phases = []Phase{{Name: "measure", Duration: 100 * time.Second, RateFrom: 1000, RateTo: 1000}}
	for _, threads := range []int{1, 4} {
		all := arrivals(&s, threads)
		if n := float64(len(all)); math.Abs(n-100_000) > 4*math.Sqrt(100_000) {
			t.Errorf("%d threads: %g arrivals, want about 100000", threads, n)
		}
	}
	// The gaps of one thread follow the exponential law: ten classes of equal probability.
	all := arrivals(&s, 1)
	counts, expected := make([]int, 10), make([]float64, 10)
	for i := 1; i < len(all); i++ {
		p := 1 - math.Exp(-float64(all[i]-all[i-1])/1e6)
		counts[min(int(p*10), 9)]++
	}
	for i := range expected {
		expected[i] = float64(len(all)-1) / 10
	}
	chiSquare(t, counts, expected)
}

// TestDraws: the numbers of arrivals in different draws of a seed spread as those of independent Poisson processes do.
func TestDraws(t *testing.T) {
	s := valid()
	s.Arrivals = Poisson
	s.Phases = []Phase{{Name: "measure", Duration: time.Second, RateFrom: 1000, RateTo: 1000}}
	const draws = 400
	sum, squares := 0.0, 0.0
	for s.Draw = range uint64(draws) {
		n := float64(len(arrivals(&s, 2)))
		sum += n
		squares += n * n
	}
	mean := sum / draws
	if ratio := (squares/draws - mean*mean) / mean; math.Abs(ratio-1) > 4*math.Sqrt(2.0/draws) {
		t.Errorf("the variance is %.2f times the mean, want 1", ratio)
	}
}

func TestRampSchedule(t *testing.T) {
	s := valid()
	s.Phases = []Phase{{Name: "ramp", Duration: 10 * time.Second, RateFrom: 0, RateTo: 2000}, {Name: "down", Duration: 10 * time.Second, RateFrom: 2000, RateTo: 0}}
	all := arrivals(&s, 1)
	if len(all) < 19_998 || len(all) > 20_001 {
		t.Fatalf("%d arrivals, want 20000", len(all))
	}
	perSecond := make([]int, 20)
	for _, ns := range all {
		perSecond[ns/1e9]++
	}
	for i, n := range perSecond {
		want := 100 + 200*i
		if i >= 10 {
			want = 100 + 200*(19-i)
		}
		if n < want-2 || n > want+2 {
			t.Errorf("second %d: %d arrivals, want %d", i, n, want)
		}
	}
}

func TestSeedDecides(t *testing.T) {
	stream := func(seed uint64, thread int) string {
		s := valid()
		s.Seed = seed
		g, err := NewGenerator(&s, thread, 2)
		if err != nil {
			t.Fatal(err)
		}
		var b []byte
		for range 100 {
			b = g.Append(b, g.Pick())
		}
		return string(b)
	}
	if first, again := stream(1, 0), stream(1, 0); first != again {
		t.Error("the same seed gives different requests")
	}
	if stream(1, 0) == stream(2, 0) || stream(1, 0) == stream(1, 1) {
		t.Error("seed or thread makes no difference")
	}
}

func FuzzSplitArg(f *testing.F) {
	f.Add("{key}:n")
	f.Add("a{int}b{value}")
	f.Add("{{x{float:-3-2}{now:s}{ttl}{pttl}{seq}{member:7}{value:uniform:1-9}")
	f.Fuzz(func(t *testing.T, arg string) {
		if _, err := splitArg(arg); err != nil {
			return
		}
		s := valid()
		s.Ops = []Op{{Name: "x", Weight: 1, Command: []string{"ECHO", arg}}}
		g, err := NewGenerator(&s, 0, 1)
		if err != nil {
			return // such as a group that is not there
		}
		for range 3 {
			req := g.Append(nil, 0)
			args, rest := parseCommand(t, req)
			if len(args) != 2 || args[0] != "ECHO" || len(rest) > 0 {
				t.Fatalf("not a request: %q", req)
			}
		}
	})
}

func BenchmarkAppendGet(b *testing.B) { benchmarkAppend(b, Dist{Kind: Uniform}, 0) }
func BenchmarkAppendSet(b *testing.B) { benchmarkAppend(b, Dist{Kind: Uniform}, 1) }
func BenchmarkAppendZipf(b *testing.B) {
	benchmarkAppend(b, Dist{Kind: Zipf, Theta: 0.99}, 0)
}

func benchmarkAppend(b *testing.B, d Dist, op int) {
	s := valid()
	s.Keys.Dist = d
	s.Keys.Count = 100_000
	g, err := NewGenerator(&s, 0, 1)
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		_ = g.Pick()
		buf = g.Append(buf[:0], op)
	}
}

func BenchmarkSchedule(b *testing.B) {
	s := valid()
	s.Phases[0].Duration = 365 * 24 * time.Hour
	sc := NewSchedule(&s, 0, 1)
	b.ReportAllocs()
	for b.Loop() {
		sc.Next()
	}
}

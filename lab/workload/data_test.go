package workload

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// drain reads all requests of a task with the given number of threads.
func drain(t *testing.T, s Spec, threads int) (commands [][]string) {
	t.Helper()
	s.Threads, s.Connections = threads, 10
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	for thread := range threads {
		g, err := NewGenerator(&s, thread, threads)
		if err != nil {
			t.Fatal(err)
		}
		var b []byte
		for g.Pick() >= 0 {
			b = g.Append(b[:0], 0)
			n := 0
			for rest := b; len(rest) > 0; n++ {
				var args []string
				args, rest = parseCommand(t, rest)
				commands = append(commands, args)
			}
			if n != g.Replies() {
				t.Fatalf("%d commands and %d replies", n, g.Replies())
			}
		}
	}
	return commands
}

func typed() Spec {
	s := valid()
	members := Law{Kind: UniformLaw, Min: 1, Max: 500}
	s.Keys = Keys{Prefix: "p:", Name: "str", Count: 70, Dist: Dist{Kind: Uniform}, Data: Data{TTL: Fixed(60e9)}}
	for _, typ := range []Type{Hash, List, Set, ZSet, Stream} {
		s.Groups = append(s.Groups, Group{Name: string(typ), Count: 7, Dist: Dist{Kind: Uniform}, Data: Data{Type: typ, Members: members, TTL: Fixed(60e9)}})
	}
	s.Groups = append(s.Groups, Group{Name: "empty", Count: 5, Dist: Dist{Kind: Uniform}, Data: Data{NoPreload: true}})
	s.Ops = []Op{
		{Name: "a", Weight: 1, Command: []string{"HSET", "{key:hash}", "{member}", "x"}, Writes: true},
		{Name: "b", Weight: 1, Commands: [][]string{{"LMOVE", "{key:list}", "{samekey}:busy", "LEFT", "LEFT"}, {"INCR", "{samekey:empty}"}}, Transaction: true, Writes: true},
		{Name: "c", Weight: 1, Command: []string{"GET", "{key:str}:cached"}},
		{Name: "d", Weight: 1, Command: []string{"ZUNIONSTORE", "{key:zset}:out", "2", "{key:zset}", "{key:zset}"}, Writes: true},
		{Name: "e", Weight: 1, Command: []string{"SET", "{newkey:str}", "{value}"}, Writes: true},
	}
	return s
}

func TestPreloadWritesEverything(t *testing.T) {
	for _, threads := range []int{1, 3} {
		s := typed()
		elements, expires := map[string]map[string]bool{}, map[string]int{}
		streams := map[string]int{}
		for _, c := range drain(t, Preload(s), threads) {
			key := c[1]
			switch c[0] {
			case "SET":
				if len(c) != 5 || c[3] != "PX" || c[4] != "60000" || len(c[2]) != 64 {
					t.Fatalf("%q", c)
				}
				expires[key]++
				elements[key] = map[string]bool{}
				continue
			case "PEXPIRE":
				expires[key]++
				continue
			case "XADD":
				streams[key]++
				continue
			}
			step, first := 1, 2
			if c[0] == "HSET" || c[0] == "ZADD" {
				step = 2
			}
			if c[0] == "ZADD" {
				first = 3
			}
			if elements[key] == nil {
				elements[key] = map[string]bool{}
			}
			for i := first; i < len(c); i += step {
				name := c[i]
				if c[0] == "RPUSH" { // whose values may be equal
					name = strconv.Itoa(len(elements[key]))
				}
				elements[key][name] = true
			}
		}
		if len(elements)+len(streams) != 70+5*7 || len(expires) != 70+5*7 {
			t.Fatalf("%d threads: %d keys, %d of them expire", threads, len(elements)+len(streams), len(expires))
		}
		for key, n := range expires {
			if n != 1 {
				t.Errorf("%s expires %d times", key, n)
			}
		}
		checkMembers(t, &s, elements, streams)
	}
}

// checkMembers compares what was written with what {member} draws from.
func checkMembers(t *testing.T, s *Spec, elements map[string]map[string]bool, streams map[string]int) {
	t.Helper()
	sp := NewSpace(s)
	for i, g := range sp.groups {
		if g.members == nil {
			continue
		}
		for k := range uint64(g.count) {
			key := string(g.appendKey(nil, k))
			got := len(elements[key])
			if g.typ == Stream {
				got = streams[key]
			}
			if want := g.membersOf(k, s.Seed); int64(got) != want {
				t.Errorf("group %d: %s has %d members, want %d", i, key, got, want)
			}
		}
	}
	g, err := sp.Generator(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		c, _ := parseCommand(t, g.Append(nil, 0))
		if !elements[c[1]][c[2]] {
			t.Fatalf("%s has no member %s", c[1], c[2])
		}
	}
}

func TestCleanupRemovesEverything(t *testing.T) {
	s := typed()
	want := map[string]bool{}
	for _, c := range drain(t, Preload(s), 2) {
		want[c[1]] = true
	}
	sp := NewSpace(&s)
	g, err := sp.Generator(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for op := range s.Ops {
		for range 300 {
			b := g.Append(nil, op)
			for len(b) > 0 {
				var c []string
				if c, b = parseCommand(t, b); len(c) < 2 || c[0] == "GET" {
					continue
				}
				for _, arg := range c[1:] {
					if strings.HasPrefix(arg, "p:") {
						want[arg] = true
					}
				}
			}
		}
	}
	if n := sp.Inserted()[0]; n != 300 {
		t.Fatalf("%d keys were inserted", n)
	}
	for _, c := range drain(t, Cleanup(s, sp.Inserted()), 3) {
		for _, key := range c[1:] {
			delete(want, key)
		}
	}
	if len(want) > 0 {
		t.Errorf("%d keys are left, such as %q", len(want), fmt.Sprint(want)[:100])
	}
}

// The law of each distribution, with its own expectation.
func TestOtherKeyDistributions(t *testing.T) {
	const n, draws = 200, 400_000
	gauss := func(mean, stddev float64) func(int) float64 {
		return func(k int) float64 {
			return normalCDF((float64(k+1)-mean*n)/(stddev*n)) - normalCDF((float64(k)-mean*n)/(stddev*n))
		}
	}
	for text, weight := range map[string]func(k int) float64{
		"zipf:0.8:plain": func(k int) float64 { return math.Pow(float64(k+1), -0.8) },
		"zipf:1.3:plain": func(k int) float64 { return math.Pow(float64(k+1), -1.3) },
		"latest:0.99":    func(k int) float64 { return math.Pow(float64(n-k), -0.99) },
		"latest:1.5":     func(k int) float64 { return math.Pow(float64(n-k), -1.5) },
		"hotspot:90%:10%:plain": func(k int) float64 {
			if k < n/10 {
				return 0.9 / (n / 10)
			}
			return 0.1 / (n - n/10)
		},
		"hotspot:50%:100%":   func(int) float64 { return 1 },
		"gaussian:0.5:0.2":   gauss(0.5, 0.2),
		"gaussian:0.1:0.3":   gauss(0.1, 0.3),
		"gaussian:100%:100%": gauss(1, 1),
	} {
		t.Run(text, func(t *testing.T) {
			d, err := ParseDist(text)
			if err != nil {
				t.Fatal(err)
			}
			rng, p := rand.NewPCG(11, 12), newPicker(d, n, 0, 1)
			counts, expected := make([]int, n), make([]float64, n)
			sum := 0.0
			for k := range n {
				expected[k] = weight(k)
				sum += expected[k]
			}
			for k := range n {
				expected[k] *= draws / sum
			}
			for range draws {
				counts[p.pick(rng, n)]++
			}
			chiSquare(t, counts, expected)
		})
	}
}

// A scattered hotspot is hot where the plain one is not, in as many keys.
func TestHotspotIsScattered(t *testing.T) {
	const n, draws = 1000, 300_000
	d, _ := ParseDist("hotspot:80%:20%")
	rng, p := rand.NewPCG(1, 2), newPicker(d, n, 0, 1)
	counts := make([]int, n)
	for range draws {
		counts[p.pick(rng, n)]++
	}
	first := 0
	for _, c := range counts[:n/5] {
		first += c
	}
	if share := float64(first) / draws; share > 0.35 {
		t.Errorf("the first fifth of the keys got %.2f of the requests", share)
	}
	slices.Sort(counts)
	hot := 0
	for _, c := range counts[n-n/5:] {
		hot += c
	}
	if share := float64(hot) / draws; math.Abs(share-0.8) > 0.005 {
		t.Errorf("the hottest fifth got %.3f of the requests", share)
	}
}

// Latest follows the keys that were inserted, but for those that may be on their way.
func TestLatestGrows(t *testing.T) {
	s := valid()
	s.Connections, s.Pipeline = 5, 2
	s.Keys = Keys{Prefix: "p:", Count: 100, Dist: Dist{Kind: Latest, Theta: 0.99}}
	s.Ops = []Op{
		{Name: "insert", Weight: 1, Command: []string{"SET", "{newkey}", "v"}, Writes: true},
		{Name: "read", Weight: 1, Command: []string{"GET", "{key}"}},
	}
	sp := NewSpace(&s)
	var gens []*Generator
	for thread := range 2 {
		g, err := sp.Generator(thread, 2)
		if err != nil {
			t.Fatal(err)
		}
		gens = append(gens, g)
	}
	seen := map[string]bool{}
	for i := range 400 {
		c, _ := parseCommand(t, gens[i%2].Append(nil, 0))
		if seen[c[1]] {
			t.Fatalf("%s was inserted twice", c[1])
		}
		seen[c[1]] = true
	}
	const draws = 200_000
	counts, expected := make([]int, 490), make([]float64, 490)
	sum := 0.0
	for k := range expected {
		expected[k] = math.Pow(float64(490-k), -0.99)
		sum += expected[k]
	}
	for k := range expected {
		expected[k] *= draws / sum
	}
	for i := range draws {
		c, _ := parseCommand(t, gens[i%2].Append(nil, 1))
		var k int
		if _, err := fmt.Sscanf(c[1], "p:%d", &k); err != nil || k >= 490 {
			t.Fatalf("%s, %v", c[1], err)
		}
		counts[k]++
	}
	chiSquare(t, counts, expected)
}

func TestCompressible(t *testing.T) {
	for _, share := range []float64{0, 0.25, 0.5, 0.9, 1} {
		s := valid()
		s.ValueBytes = 4096
		s.Values.Compressible = share
		s.Ops = []Op{{Name: "set", Weight: 1, Command: []string{"SET", "{key}", "{value}"}, Writes: true}}
		g, err := NewGenerator(&s, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		filler, packed := 0, 0
		const n = 20
		for range n {
			c, _ := parseCommand(t, g.Append(nil, 0))
			filler += strings.Count(c[2], "xxx")
			var b bytes.Buffer
			w, _ := flate.NewWriter(&b, 6)
			_, _ = io.WriteString(w, c[2])
			_ = w.Close()
			packed += b.Len()
		}
		// Random text takes 6 of 8 bits; filler takes next to nothing.
		got, want := float64(packed)/n/4096, (1-share)*0.76
		if math.Abs(got-want) > 0.06 {
			t.Errorf("share %g: compressed to %.3f, want about %.3f", share, got, want)
		}
	}
}

// A large value must not repeat itself within what a compressor looks at.
func TestLargeValues(t *testing.T) {
	s := valid()
	s.ValueBytes = 1 << 20
	s.Ops = []Op{{Name: "set", Weight: 1, Command: []string{"SET", "{key}", "{value}"}, Writes: true}}
	g, err := NewGenerator(&s, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := parseCommand(t, g.Append(nil, 0))
	if len(c[2]) != 1<<20 || strings.Count(c[2], c[2][:64]) != 1 {
		t.Errorf("%d bytes, which hold their start %d times", len(c[2]), strings.Count(c[2], c[2][:64]))
	}
}

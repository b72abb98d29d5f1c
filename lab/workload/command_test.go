package workload

import (
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

func TestSplitCommand(t *testing.T) {
	for text, want := range map[string][]string{
		`GET {key}`:                         {"GET", "{key}"},
		`  SET k "a \"b\" \x00\n" 'c "d"' `: {"SET", "k", "a \"b\" \x00\n", `c "d"`},
		`SET k ""`:                          {"SET", "k", ""},
	} {
		if got, err := SplitCommand(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "  ", `GET "a`, `GET 'a`, `GET "a"b`} {
		if got, err := SplitCommand(bad); err == nil {
			t.Errorf("%q was taken as %q", bad, got)
		}
	}
}

func FuzzJoinCommand(f *testing.F) {
	f.Add("SET", "{key} \"'\x00\xff", "")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		args := []string{a, b, c}
		if got, err := SplitCommand(JoinCommand(args)); err != nil || !reflect.DeepEqual(got, args) {
			t.Errorf("%q became %s and %q, %v", args, JoinCommand(args), got, err)
		}
	})
}

func TestReach(t *testing.T) {
	s := valid()
	s.Groups = []Group{{Name: "g", Count: 5, Dist: Dist{Kind: Uniform}, Data: Data{Type: List}}}
	for command, want := range map[string]string{
		"SET {key} x":                          "",
		"SET {key:g}:a x":                      "",
		"GET anything":                         "",
		"MSET {key} a {key} b":                 "",
		"MSET {key} a other b":                 "begin it with {key}",
		"SET x{key} y":                         "begin it with {key}",
		"SET {key}{int} y":                     "group of its own",
		"EVAL script {key}":                    "number of keys",
		"EVAL return 1 other":                  "begin it with {key}",
		"EVAL \"return 1\" 1 {key} {value}":    "",
		"ZUNIONSTORE out 1 {key}":              "begin it with {key}",
		"XREADGROUP GROUP a b STREAMS {key} >": "",
		"SORT {key} STORE out":                 "begin it with {key}",
		"FLUSHDB":                              "not the run's own",
		"config set a b":                       "server's settings",
		"CONFIG GET a":                         "",
		"CLIENT REPLY OFF":                     "replies would be missing",
		"MULTI":                                "as a transaction",
		"SUBSCRIBE a":                          "one reply",
		"JSON.SET {key} . 1":                   "",
		"JSON.SET key . 1":                     "names no key of the run",
		"{value} a":                            "name the command",
	} {
		args, err := SplitCommand(command)
		if err != nil {
			t.Fatal(err)
		}
		s.Ops = []Op{{Name: "x", Weight: 1, Command: args, Writes: CommandWrites(args)}}
		err = s.Validate()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", command, err, want)
		}
	}
}

// A Spec that says it does not write is not believed when it is known to.
func TestWritesIsFoundOut(t *testing.T) {
	s := valid()
	s.Ops = []Op{{Name: "x", Weight: 1, Commands: [][]string{{"GET", "{key}"}, {"incr", "{key}"}}}}
	if !s.Writes() {
		t.Error("INCR writes")
	}
}

func TestPlaceholders(t *testing.T) {
	s := valid()
	s.Keys = Keys{Prefix: "p:", Name: "a", Count: 1000, Dist: Dist{Kind: Uniform}, Data: Data{Type: Hash, Members: Fixed(3), TTL: Fixed(90.5e9), Pattern: "x{n}y"}}
	s.Groups = []Group{{Name: "b", Count: 10, Dist: Dist{Kind: Uniform}}}
	s.Ops = []Op{{Name: "x", Weight: 1, Commands: [][]string{
		{"ECHO", "{key}", "{samekey}", "{n}", "{samekey:b}", "{n:a}", "{key:b}", "{n:b}", "{samekey:a}"},
		{"ECHO", "{int:-5--2}", "{float:-1.5-2}", "{now}", "{now:s}", "{{x}", "{member:2}", "{seq}", "{value:7}"},
		{"ECHO", "{key}", "{ttl}", "{pttl}", "{member}", "{value:uniform:2-3}", "{int}"},
	}}}
	sp := NewSpace(&s)
	g, err := sp.Generator(1, 3)
	if err != nil {
		t.Fatal(err)
	}
	g.NowUs = 1_700_000_000_123_456
	if !g.UsesNow() {
		t.Error("it uses {now}")
	}
	for i := range 200 {
		b := g.Append(nil, 0)
		if g.Replies() != 3 {
			t.Fatalf("%d replies", g.Replies())
		}
		one, b := parseCommand(t, b)
		two, b := parseCommand(t, b)
		three, b := parseCommand(t, b)
		if len(b) > 0 {
			t.Fatalf("%q is left", b)
		}
		number := one[3]
		n, _ := strconv.Atoi(number)
		if one[1] != "p:x"+number+"y" || one[2] != one[1] || one[4] != "p:b:"+pad(n%10) || one[5] != number || one[6] != "p:b:"+one[7] || one[8] != one[1] {
			t.Fatalf("%q", one)
		}
		low, _ := strconv.Atoi(two[1])
		f, _ := strconv.ParseFloat(two[2], 64)
		if low < -5 || low > -2 || f < -1.5 || f > 2 || two[3] != "1700000000123" || two[4] != "1700000000" || two[5] != "{x}" ||
			two[6] != "m0000" && two[6] != "m0001" || two[7] != strconv.Itoa(3*i+1) || len(two[8]) != 7 {
			t.Fatalf("%q", two)
		}
		below, err := strconv.Atoi(three[6])
		if three[2] != "90" || three[3] != "90500" || three[4] > "m0002" || len(three[5]) < 2 || len(three[5]) > 3 || err != nil || below >= 1000 {
			t.Fatalf("%q", three)
		}
	}
}

func pad(n int) string { return strings.Repeat("0", 8-len(strconv.Itoa(n))) + strconv.Itoa(n) }

// Whatever the request, making it allocates nothing.
func TestAppendAllocatesNothing(t *testing.T) {
	s := typed()
	s.Values = Values{Size: Law{Kind: LognormalLaw, Value: 100, P99: 1000}, PerKey: true}
	s.Ops = append(s.Ops, Op{Name: "f", Weight: 1, Command: []string{"ZADD", "{key:zset}", "{float}", "{member}", "{int:1-9}", "{now}", "{ttl}", "{seq}", "{value}"}, Writes: true})
	g, err := NewGenerator(&s, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 0, 1<<20)
	if n := testing.AllocsPerRun(1000, func() { buf = g.Append(buf[:0], g.Pick()) }); n != 0 {
		t.Errorf("%g allocations a request", n)
	}
	p := Preload(s)
	load, err := NewGenerator(&p, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(50, func() { load.Pick(); buf = load.Append(buf[:0], 0) }); n != 0 {
		t.Errorf("%g allocations a request of preloading", n)
	}
}

// BenchmarkAppendMixed is a request with arguments of varying length.
func BenchmarkAppendMixed(b *testing.B) {
	s := typed()
	s.Values = Values{Size: Law{Kind: LognormalLaw, Value: 100, P99: 1000}, PerKey: true}
	s.Ops = []Op{{Name: "set", Weight: 1, Command: []string{"SET", "{key}", "{value}", "EX", "{ttl}"}, Writes: true}}
	g, err := NewGenerator(&s, 0, 1)
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 0, 1<<20)
	b.ReportAllocs()
	for b.Loop() {
		buf = g.Append(buf[:0], g.Pick())
	}
}

func BenchmarkPick(b *testing.B) {
	for _, text := range []string{"uniform", "zipf:0.99", "zipf:1.2", "latest", "hotspot", "gaussian"} {
		b.Run(text, func(b *testing.B) {
			d, err := ParseDist(text)
			if err != nil {
				b.Fatal(err)
			}
			rng, p := rand.NewPCG(1, 2), newPicker(d, 1_000_000, 0, 1)
			b.ReportAllocs()
			for b.Loop() {
				p.pick(rng, 1_000_000)
			}
		})
	}
}

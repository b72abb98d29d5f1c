package flame

import (
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

// stacks builds a profile from "outer;inner;leaf" -> value.
func stacks(t *testing.T, byStack map[string]int64) *profile.Profile {
	t.Helper()
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "cpu", Unit: "nanoseconds"}}, PeriodType: &profile.ValueType{}}
	locs := map[string]*profile.Location{}
	keys := make([]string, 0, len(byStack))
	for k := range byStack {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		s := &profile.Sample{Value: []int64{byStack[k]}}
		names := strings.Split(k, ";")
		slices.Reverse(names)
		for _, n := range names {
			loc := locs[n]
			if loc == nil {
				id := uint64(len(locs) + 1)
				f := &profile.Function{ID: id, Name: n, Filename: "/build/" + n + ".go"}
				loc = &profile.Location{ID: id, Line: []profile.Line{{Function: f, Line: int64(id)}}}
				locs[n] = loc
				p.Function = append(p.Function, f)
				p.Location = append(p.Location, loc)
			}
			s.Location = append(s.Location, loc)
		}
		p.Sample = append(p.Sample, s)
	}
	if err := p.CheckValid(); err != nil {
		t.Fatal(err)
	}
	return p
}

func draw(t *Tree) string {
	var b strings.Builder
	for i := range t.Value {
		b.WriteString(strings.Repeat(" ", t.Depth[i]))
		b.WriteString(t.Names[t.Name[i]])
		b.WriteString(" ")
		b.WriteString(strconv.FormatInt(t.Value[i], 10))
		b.WriteString("\n")
	}
	return b.String()
}

func TestBuild(t *testing.T) {
	p := stacks(t, map[string]int64{"main;get": 5, "main;set;copy": 7, "main;set;copy;set": 2, "gc": 3})
	got, err := Build(p, "cpu", Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := "all 17\n main 14\n  set 9\n   copy 9\n    set 2\n  get 5\n gc 3\n"
	if draw(got) != want {
		t.Errorf("got\n%swant\n%s", draw(got), want)
	}
	if h := got.Hot[0]; got.Names[h.Name] != "copy" || h.Self != 7 || h.Total != 9 {
		t.Errorf("hottest: %s %+v", got.Names[h.Name], h)
	}
	for _, h := range got.Hot {
		if got.Names[h.Name] == "set" && (h.Self != 2 || h.Total != 9) {
			t.Errorf("recursion counted twice: set %+v", h)
		}
	}
}

func TestBuildLeavesOutSmallFrames(t *testing.T) {
	p := stacks(t, map[string]int64{"main;a": 100, "main;b": 50, "main;c": 2, "main;d": 2, "main;d;e": 1})
	got, err := Build(p, "cpu", Options{MaxFrames: 4, MaxHot: 2})
	if err != nil {
		t.Fatal(err)
	}
	if want := "all 155\n main 155\n  a 100\n  b 50\n  (smaller frames) 5\n"; draw(got) != want {
		t.Errorf("got\n%swant\n%s", draw(got), want)
	}
	if len(got.Hot) != 2 {
		t.Errorf("want 2 hot functions, got %d", len(got.Hot))
	}
}

func TestBuildErrors(t *testing.T) {
	if _, err := Build(stacks(t, map[string]int64{"a": 1}), "delay", Options{}); err == nil {
		t.Error("an absent sample type was accepted")
	}
	if _, err := Build(stacks(t, map[string]int64{"a": 0}), "cpu", Options{}); err == nil {
		t.Error("an empty profile was accepted")
	}
}

func TestDiff(t *testing.T) {
	after := stacks(t, map[string]int64{"main;a": 10, "main;b": 4, "main;c": 3})
	before := stacks(t, map[string]int64{"main;a": 7, "main;b": 4, "main;gone": 5})
	d, err := Diff(after, before)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Build(d, "cpu", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := "all 6\n main 6\n  a 3\n  c 3\n"; draw(got) != want {
		t.Errorf("got\n%swant\n%s", draw(got), want)
	}
}

func TestWhere(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"redline/server/internal/keyspace.(*Shard).Get", "/src/x/shard.go", "redline/server/internal/keyspace/shard.go:7"},
		{"main.run[go.shape.int]", "/x/main.go", "main/main.go:7"},
		{"net/http.(*conn).serve.func1", "/go/src/net/http/server.go", "net/http/server.go:7"},
		{"write", "/src/unistd.c", "unistd.c:7"},
		{"nowhere.f", "", ""},
	} {
		f := function{name: c.name, file: c.file, lines: map[int64]int64{9: 4, 7: 5}}
		if got := f.where(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// A profile of this process: values must add up in a tree of real stacks.
func TestBuildRealProfile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "heap.pb.gz")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := pprof.Lookup("goroutine").WriteTo(f, 0); err != nil {
		t.Fatal(err)
	}
	f.Close()
	p, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Build(p, "goroutine", Options{})
	if err != nil {
		t.Fatal(err)
	}
	var self int64
	for _, h := range got.Hot {
		self += h.Self
	}
	if self != got.Total() {
		t.Errorf("own values add up to %d, total %d", self, got.Total())
	}
}

func TestReadDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cpu.pb.gz")
	if err := os.WriteFile(path, []byte("not a profile"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "cpu.pb.gz") {
		t.Errorf("want an error naming the file, got %v", err)
	}
}

package perf

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

// stacks lists "thread: outermost;...;innermost count ns" of each sample, in order.
func stacks(p *profile.Profile) []string {
	var out []string
	for _, s := range p.Sample {
		var names []string
		for i := len(s.Location) - 1; i >= 0; i-- {
			names = append(names, s.Location[i].Line[0].Function.Name)
		}
		out = append(out, strings.Join(s.Label["thread"], ",")+": "+strings.Join(names, ";"))
	}
	return out
}

func TestParse(t *testing.T) {
	text := `# a remark
redis-server 12/12 5.1:    2004008 cpu-clock:pppH: 
	ffffffff81e2bc3b sock_recvmsg ([kernel.kallsyms])
	           f82ec read (/usr/lib/x86_64-linux-gnu/libc.so.6)
	          13bfa0 [unknown] (/usr/bin/redis server)
	    7f694b63d008 [unknown] ([unknown])
	313a2a2072657672 [unknown] ([unknown])

redis-server 12/12 5.2:    2004008 cpu-clock:pppH: 
	ffffffff81e2bc3b sock_recvmsg ([kernel.kallsyms])
	           f82ec read (/usr/lib/x86_64-linux-gnu/libc.so.6)
	          13bfa0 [unknown] (/usr/bin/redis server)

 bio close (file) 12/13 5.3:  10 cpu-clock:u: 
	    5 redline/server/internal/session.(*Session[go.shape.struct { F uintptr }]).Feed (/tmp/redline (deleted))
	    6 operator()(int, char) const (/usr/bin/dragonfly)
	    7 [unknown] ([vdso])

redis-server 12/12 5.4:    77 cycles: 
	    7f694b63d008 [unknown] ([unknown])
redis-server 12/12 5.5:    1 cpu-clock: `
	p, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.CheckValid(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"redis-server: [redis server];read;sock_recvmsg",
		"bio close (file): [vdso];operator()(int, char) const;redline/server/internal/session.(*Session[go.shape.struct { F uintptr }]).Feed",
		"redis-server: [unknown]",
	}
	if got := stacks(p); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for i, v := range [][2]int64{{2, 4008016}, {1, 10}, {2, 1}} {
		if got := p.Sample[i].Value; got[0] != v[0] || got[1] != v[1] {
			t.Errorf("sample %d is %v, want %v", i, got, v)
		}
	}
	if p.Period != 2004008 || p.SampleType[0].Type != "samples" || p.SampleType[1].Unit != "nanoseconds" {
		t.Errorf("period %d, %v", p.Period, p.SampleType)
	}
	for _, m := range p.Mapping {
		if strings.Contains(m.File, "deleted") {
			t.Errorf("mapping %q", m.File)
		}
	}
}

// TestParseRecorded reads what perf said of a redis-server.
func TestParseRecorded(t *testing.T) {
	f, err := os.Open("testdata/redis.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(stacks(p), "\n")
	for _, want := range []string{"redis-server: _start;__libc_start_main", ";main;aeMain;", ";readQueryFromClient;processInputBuffer;processCommand;call;setCommand;setGenericCommand;", "do_syscall_64;"} {
		if !strings.Contains(text, want) {
			t.Errorf("no stack has %q", want)
		}
	}
	var out bytes.Buffer
	if err := p.Write(&out); err != nil {
		t.Fatal(err)
	}
	if _, err := profile.ParseData(out.Bytes()); err != nil {
		t.Errorf("the profile cannot be read back: %v", err)
	}
}

func TestParseDamaged(t *testing.T) {
	for name, text := range map[string]string{
		"no sample":     "usage: perf script\n",
		"no period":     "x 1/1 5.1: cpu-clock:\n",
		"odd period":    "x 1/1 5.1: ten cpu-clock:\n",
		"no process":    "x 1 5.1: 10 cpu-clock:\n",
		"negative":      "x 1/1 5.1: -10 cpu-clock:\n",
		"no time":       "x 1/1 5.1 10 cpu-clock:\n",
		"frame first":   "\tff read (/lib/libc.so)\n",
		"frame of what": "x 1/1 5.1: 10 cpu-clock:\n\tzz read (/lib/libc.so)\n",
	} {
		if _, err := Parse(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "is no sample") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Parse(strings.NewReader("\n# nothing\n")); !errors.Is(err, ErrNoSamples) {
		t.Errorf("nothing: %v", err)
	}
	if _, err := Parse(strings.NewReader(strings.Repeat("x", maxLineBytes+1))); err == nil {
		t.Error("a line without an end was read")
	}
}

func FuzzParse(f *testing.F) {
	recorded, err := os.ReadFile("testdata/redis.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(recorded[:1500]))
	f.Add("a b 1/2 3.4: 9223372036854775807 cpu-clock:u:\n\tff f(x) (/a (deleted))\n\t0 [unknown] ([unknown])\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(strings.NewReader(text))
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q is more than a line", err)
			}
			return
		}
		if err := p.CheckValid(); err != nil {
			t.Errorf("an invalid profile: %v", err)
		}
		for _, s := range p.Sample {
			if s.Value[0] <= 0 || s.Value[1] < 0 || len(s.Location) == 0 {
				t.Errorf("sample %v of %d frames", s.Value, len(s.Location))
			}
		}
	})
}

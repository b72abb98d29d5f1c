package compat

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// minimiseFor bounds the search for a shorter failing history.
const minimiseFor = 5 * time.Second

// TestRandom runs random histories until the time given by -compat.duration is up: every reply and finally all contents must
// be those of redis-server. A command that differed is left out from then on, so that one run shows all that do. The seeds are
// the same in every run, so that a change is judged by what it changes; -compat.first takes others.
func TestRandom(t *testing.T) {
	oracle, target := startPair(t)
	families := present(t, oracle, target)
	seed, once := *flagSeed, *flagSeed != 0
	if !once {
		seed = *flagFirst
	}
	if seed == 0 {
		seed = rand.Uint64()
	}
	var histories, calls int
	differing := map[string]bool{}
	for end := time.Now().Add(*flagDuration); time.Now().Before(end); seed++ {
		h, err := NewHistory(seed, families)
		if err != nil {
			t.Fatal(err)
		}
		h.Calls = slices.DeleteFunc(h.Calls, func(c Call) bool { return differing[commandName(c)] })
		if bad := checkHistory(t, h, oracle, target); bad != "" {
			differing[bad] = true
		}
		if once || !target.Alive() {
			break
		}
		histories++
		calls += len(h.Calls)
	}
	t.Logf("%d histories, %d calls", histories, calls)
}

func commandName(c Call) string { return strings.ToUpper(c.Words[0]) }

// checkHistory reports where the servers differ on a history and on what it leaves behind. It returns the command whose
// replies differ, or "".
func checkHistory(t *testing.T, h History, oracle, target *Server) string {
	t.Helper()
	d, err := replay(h.Calls, h.Proto, oracle, target)
	if err != nil {
		t.Fatalf("seed %d: %v", h.Seed, err)
	}
	calls := h.Calls
	if d == nil {
		rest, err := contents(oracle)
		if err != nil {
			t.Fatalf("seed %d: %v", h.Seed, err)
		}
		calls = append(append([]Call(nil), calls...), rest...)
		if d, err = replay(calls, h.Proto, oracle, target); err != nil {
			t.Fatalf("seed %d: %v", h.Seed, err)
		}
	}
	if d == nil {
		return ""
	}
	if !target.Alive() {
		t.Errorf("seed %d, family %s, RESP%d: the server died at or after call %d: %s",
			h.Seed, h.Family, h.Proto, d.Index, JoinWords(calls[d.Index].Words))
		return commandName(calls[d.Index])
	}
	short := minimise(calls[:d.Index+1], h.Proto, oracle, target, time.Now().Add(minimiseFor))
	if again, err := replay(short, h.Proto, oracle, target); err == nil && again != nil {
		d = again
	}
	t.Errorf("the servers differ; again with -compat.seed=%d (family %s, RESP%d)\n\tredis:  %s\n\ttarget: %s\nafter, as a transcript:\n%s",
		h.Seed, h.Family, h.Proto, d.Oracle, d.Target, transcriptOf(short))
	return commandName(short[len(short)-1])
}

// present leaves out families and operations whose commands the target does not have.
func present(t *testing.T, oracle, target *Server) []Family {
	t.Helper()
	missing := missingCommands(t, oracle, target)
	var out []Family
	for _, f := range Families() {
		if missing[f.Needs] {
			t.Logf("family %s left out: %s has no %s", f.Name, target.Name, strings.ToUpper(f.Needs))
			continue
		}
		var ops []Op
		for _, op := range f.Ops {
			if !needsMissing(op.Pattern, missing) {
				ops = append(ops, op)
			}
		}
		f.Ops = ops
		out = append(out, f)
	}
	if len(out) == 0 {
		t.Skip("the server has none of the families")
	}
	return out
}

// needsMissing looks at the words a pattern may start with.
func needsMissing(pattern string, missing map[string]bool) bool {
	head, _, _ := strings.Cut(pattern, " ")
	if strings.HasPrefix(pattern, "(") {
		head, _, _ = strings.Cut(pattern[1:], ")")
	}
	for name := range strings.SplitSeq(head, "|") {
		if missing[strings.ToLower(name)] {
			return true
		}
	}
	return false
}

// TestHistories: a seed makes the same history again, every pattern parses, and every operation is reached.
func TestHistories(t *testing.T) {
	for _, f := range Families() {
		if _, err := weigh(f); err != nil {
			t.Error(err)
		}
	}
	a, err := NewHistory(7, Families())
	if err != nil {
		t.Fatal(err)
	}
	b, _ := NewHistory(7, Families())
	if transcriptOf(a.Calls) != transcriptOf(b.Calls) || a.Proto != b.Proto {
		t.Error("one seed made two histories")
	}
	for _, bad := range []string{"GET {nosuch}", "GET [x", "GET x]", "GET (x", "GET <x"} {
		if _, err := ParseTemplate(bad, values); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

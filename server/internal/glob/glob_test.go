package glob

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"redline/test/compat"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		nocase     bool
		want       bool
	}{
		{"", "", false, true},
		{"*", "", false, false}, // as Redis: the callers treat "*" by itself
		{"*", "x", false, true},
		{"**", "abc", false, true},
		{"a*", "a", false, true},
		{"a**", "a", false, true},
		{"a*b", "ab", false, true},
		{"a*b", "acbcb", false, true},
		{"a*b", "acbc", false, false},
		{"h?llo", "hello", false, true},
		{"h?llo", "hllo", false, false},
		{"h[ae]llo", "hallo", false, true},
		{"h[^e]llo", "hello", false, false},
		{"h[^e]llo", "hbllo", false, true},
		{"h[a-b]llo", "hbllo", false, true},
		{"h[b-a]llo", "hallo", false, true},
		{"h[a", "ha", false, true},
		{"h[^", "hx", false, true},
		{"h[", "h[", false, false},
		{"[]]", "]", false, false},
		{`[\]]`, "]", false, true},
		{`\*`, "*", false, true},
		{`\*`, "a", false, false},
		{`a\`, `a\`, false, true},
		{"HELLO", "hello", true, true},
		{"HELLO", "hello", false, false},
		{"[A-Z]", "q", true, true},
		{`[\A]`, "a", true, false},
		{"*a*b*c*", "xxaxxbxxcxx", false, true},
		{"*a*b*c*", "xxaxxcxxbxx", false, false},
		{"[a-\xff]", "b", false, false}, // signed: the range is -1..97
		{"[a-\xff]", "A", false, true},
	} {
		if got := Match([]byte(c.pattern), []byte(c.s), c.nocase); got != c.want {
			t.Errorf("Match(%q, %q, %v) = %v", c.pattern, c.s, c.nocase, got)
		}
	}
}

// TestMatchIsBounded: a pattern that a backtracking matcher takes ages for.
func TestMatchIsBounded(t *testing.T) {
	pattern := []byte(strings.Repeat("a*", 2000) + "b")
	s := bytes.Repeat([]byte("a"), 20000)
	if Match(pattern, s, false) {
		t.Error("matches")
	}
	pattern = []byte(strings.Repeat("*?[^x]", 500) + "b")
	if Match(pattern, s, false) {
		t.Error("matches")
	}
}

// matchSlow is the definition: every way to divide s among the pattern's elements.
func matchSlow(pattern, s []byte, nocase bool) bool {
	if len(pattern) > 0 && pattern[0] == '*' {
		for i := 0; i <= len(s); i++ {
			if matchSlow(pattern[1:], s[i:], nocase) {
				return true
			}
		}
		return false
	}
	if len(pattern) == 0 || len(s) == 0 {
		return len(pattern) == len(s)
	}
	n, ok := matchOne(pattern, s[0], nocase)
	return ok && matchSlow(pattern[n:], s[1:], nocase)
}

func FuzzMatch(f *testing.F) {
	f.Add("h[a-c^]*?\\", "hello", true)
	f.Add("*a*b[", "xxaxxb[", false)
	f.Fuzz(func(t *testing.T, pattern, s string, nocase bool) {
		got := Match([]byte(pattern), []byte(s), nocase)
		if len(s) == 0 || len(s)+len(pattern) > 24 {
			return
		}
		if want := matchSlow([]byte(pattern), []byte(s), nocase); got != want {
			t.Errorf("Match(%q, %q, %v) = %v, by definition %v", pattern, s, nocase, got, want)
		}
	})
}

// TestMatchAsRedis lets a redis-server filter fields (case matters) and configuration names (it does not).
func TestMatchAsRedis(t *testing.T) {
	redis := compat.Oracle(t)
	rng := rand.New(rand.NewPCG(7, 7))
	alphabet := []string{"a", "b", "c", "B", "-", "^", "[", "]", "*", "?", `\`, "\x00", "\x7f", "\x80", "\xff", "a-c", "[^", "[a-"}
	word := func(n int) string {
		var b strings.Builder
		for range rng.IntN(n) {
			b.WriteString(alphabet[rng.IntN(len(alphabet))])
		}
		return b.String()
	}
	for round := range 40 {
		key := "h" + strconv.Itoa(round)
		fields := map[string]bool{}
		args := []string{"HSET", key}
		for len(fields) < 100 {
			if f := word(6); !fields[f] {
				fields[f] = true
				args = append(args, f, "v")
			}
		}
		redis.Must(t, args...)
		for range 50 {
			pattern := word(8)
			if pattern == "*" {
				continue
			}
			got := map[string]bool{}
			items := redis.Must(t, "HSCAN", key, "0", "MATCH", pattern, "COUNT", "1000").Elems[1].Strings()
			for i := 0; i < len(items); i += 2 {
				got[items[i]] = true
			}
			for f := range fields {
				if want := Match([]byte(pattern), []byte(f), false); got[f] != want {
					t.Errorf("pattern %q, field %q: redis %v, ours %v", pattern, f, got[f], want)
				}
			}
		}
	}
	names := redis.Must(t, "CONFIG", "GET", "[^~]*").Strings()
	for _, pattern := range []string{"MAX*", "*[M-N]ax*", `*\M*`, `[\M]*`, "[Z-a]*", "*-[^A-Y]*", "Ma?[C-m]*", "[a-Z]*"} {
		got := map[string]bool{}
		for i, n := range redis.Must(t, "CONFIG", "GET", pattern).Strings() {
			if i%2 == 0 {
				got[n] = true
			}
		}
		for i := 0; i < len(names); i += 2 {
			if want := Match([]byte(pattern), []byte(names[i]), true); got[names[i]] != want {
				t.Errorf("CONFIG GET %q, %q: redis %v, ours %v", pattern, names[i], got[names[i]], want)
			}
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, c := range [][2]string{{"user:*", "user:1000:profile"}, {"*:profile", "user:1000:profile"}, {"u[a-z]er:????:*", "user:1000:profile"}} {
		b.Run(c[0], func(b *testing.B) {
			pattern, s := []byte(c[0]), []byte(c[1])
			b.ReportAllocs()
			for b.Loop() {
				if !Match(pattern, s, false) {
					b.Fatal("no match")
				}
			}
		})
	}
}

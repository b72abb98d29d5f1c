package glob

import (
	"math/rand/v2"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, x := range []struct {
		pattern, name string
		want          bool
	}{
		{"", "", true}, {"*", "", false}, {"", "a", false}, {"*", "a", true}, {"**", "abc", true},
		{"a*", "a", true}, {"a*", "ab", true}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{"h[ae]llo", "hello", true}, {"h[ae]llo", "hillo", false}, {"h[^e]llo", "hallo", true}, {"h[^e]llo", "hello", false},
		{"h[a-b]llo", "hbllo", true}, {"h[b-a]llo", "hbllo", true}, {`h\*llo`, "h*llo", true}, {`h\*llo`, "hello", false},
		{"[", "x", false}, {"[^", "x", true}, {"[a", "a", true}, {"[a-", "-", true}, {`[\]]`, "]", true}, {`a\`, `a\`, true},
		{"*a*b*c", "xaybzc", true}, {"*a*b*c", "xaybzcd", false}, {"a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	} {
		if got := Match([]byte(x.pattern), []byte(x.name)); got != x.want {
			t.Errorf("Match(%q, %q) = %v", x.pattern, x.name, got)
		}
	}
	if !MatchFold([]byte("MAX*[a-C]"), []byte("maxmemoryB")) || Match([]byte("A"), []byte("a")) {
		t.Error("case")
	}
}

// naive is the definition, without the shortcut for stars.
func naive(p, s []byte) bool {
	if len(s) == 0 {
		for len(p) > 0 && p[0] == '*' {
			p = p[1:]
		}
		return len(p) == 0
	}
	if len(p) == 0 {
		return false
	}
	if p[0] == '*' {
		return naive(p[1:], s) || naive(p, s[1:])
	}
	n, ok := one(p, s[0], false)
	return ok && naive(p[n:], s[1:])
}

func TestAgainstDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	word := func(letters string, n int) []byte {
		b := make([]byte, r.IntN(n+1))
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		return b
	}
	for range 200_000 {
		p, s := word(`ab*?[]^-\`, 7), word("ab-", 7)
		want := naive(p, s)
		if len(s) == 0 {
			want = len(p) == 0
		}
		if got := Match(p, s); got != want {
			t.Fatalf("Match(%q, %q) = %v, want %v", p, s, got, want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add([]byte("a*[b-c]?"), []byte("aabd"))
	f.Fuzz(func(t *testing.T, p, s []byte) {
		Match(p, s)
		MatchFold(p, s)
	})
}

package collection

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"redline/server/internal/keyspace"
	"redline/server/internal/object/listpack"
	"redline/server/internal/object/zset"
)

func newDB(t *testing.T) (*keyspace.DB, *keyspace.Key) {
	t.Helper()
	sp := keyspace.New(keyspace.Options{Shards: 1, Databases: 1, Seed: 1})
	t.Cleanup(sp.Close)
	k := &keyspace.Key{}
	sp.Locate([]byte("key"), k)
	sh := sp.Shard(0)
	sh.Lock()
	t.Cleanup(sh.Unlock)
	sh.Enter(1, nil)
	return sh.DB(0), k
}

// TestNewList: a list made of nodes holds their elements in order, in the form that fits.
func TestNewList(t *testing.T) {
	node := func(elems ...string) ListNode {
		lp := listpack.AppendEmpty(nil)
		for _, e := range elems {
			lp = listpack.Append(lp, []byte(e))
		}
		return ListNode{Bytes: lp}
	}
	long := strings.Repeat("x", listInlineMax)
	for _, c := range []struct {
		name   string
		limit  int
		nodes  []ListNode
		want   []string
		inline bool
	}{
		{"one small node", -2, []ListNode{node("a", "1", "b")}, []string{"a", "1", "b"}, true},
		{"more than the limit", 2, []ListNode{node("a", "1", "b")}, []string{"a", "1", "b"}, false},
		{"a long node", -2, []ListNode{node("a", long)}, []string{"a", long}, false},
		{"several nodes", -2, []ListNode{node("a"), node("b", "c"), {Bytes: []byte("plain"), Plain: true}, node("d")}, []string{"a", "b", "c", "plain", "d"}, false},
		{"an empty node", -2, []ListNode{node(), node("a")}, []string{"a"}, false},
	} {
		db, k := newDB(t)
		it := NewList(db, k, keyspace.Item{}, c.limit, c.nodes)
		l := OpenList(db, k, it, c.limit)
		var got []string
		for e := l.At(0); e.OK(); e.Next() {
			got = append(got, string(e.Value().Append(nil)))
		}
		if !slices.Equal(got, c.want) || it.Encoding().Inline() != c.inline || l.Len() != len(c.want) {
			t.Errorf("%s: %q, inline %v; want %q, %v", c.name, got, it.Encoding().Inline(), c.want, c.inline)
		}
	}
}

// TestStoreZSet: a built set takes the form that its members fit, and its bytes are what one by one gives.
func TestStoreZSet(t *testing.T) {
	limits := ZSetLimits{Entries: 3, Value: 5}
	for _, c := range []struct {
		members []string
		inline  bool
	}{
		{[]string{"a", "b", "12"}, true},
		{[]string{"a", "b", "c", "d"}, false},
		{[]string{"longer"}, false},
	} {
		db, k := newDB(t)
		built := zset.New(1)
		for i, m := range c.members {
			built.Set([]byte(m), float64(i)*1.5)
		}
		it := StoreZSet(db, k, keyspace.Item{}, limits, built, false)
		z := OpenZSet(db, k, it, limits)
		if z.Len() != len(c.members) || it.Encoding().Inline() != c.inline {
			t.Errorf("%q: %d members, inline %v", c.members, z.Len(), it.Encoding().Inline())
		}
		for i, m := range c.members {
			if s, ok := z.Score([]byte(m)); !ok || s != float64(i)*1.5 {
				t.Errorf("%q: score of %s is %v", c.members, m, s)
			}
		}
		if !c.inline {
			continue
		}
		want := slices.Clone(it.Value())
		db, k = newDB(t)
		z = OpenZSet(db, k, keyspace.Item{}, limits)
		for i, m := range slices.Backward(c.members) {
			z.Set([]byte(m), float64(i)*1.5)
		}
		if got := z.Item().Value(); !slices.Equal(got, want) {
			t.Errorf("%q: one by one %q, at once %q", c.members, got, want)
		}
	}
}

// TestCloneIsApart: a copy of a large value does not follow the original.
func TestCloneIsApart(t *testing.T) {
	db, k := newDB(t)
	l := OpenList(db, k, keyspace.Item{}, -2)
	for i := range 1000 {
		l.Push(false, fmt.Appendf(nil, "element %d", i))
	}
	c := l.Item().Object().Clone().(listObject)
	l.RemoveRange(0, 999)
	if c.Len() != 1000 || l.Len() != 1 {
		t.Errorf("%d elements in the copy, %d in the original", c.Len(), l.Len())
	}
	if want := " ql_nodes:1 "; !strings.HasPrefix(l.Item().Object().(listObject).DebugInfo(), want) {
		t.Errorf("%q, want it to begin with %q", l.Item().Object().(listObject).DebugInfo(), want)
	}
}

func TestParseZSet(t *testing.T) {
	for _, c := range []struct {
		entries []string
		want    string // members and scores in order; empty: an error
	}{
		{[]string{"a", "1", "b", "2.5"}, "a=1 b=2.5 "},
		{[]string{"b", "2", "a", "-inf", "12", "2"}, "a=-Inf 12=2 b=2 "},
		{[]string{"a"}, ""},
		{[]string{"a", "1", "b"}, ""},
		{[]string{"a", "nan"}, ""},
		{[]string{"a", "x"}, ""},
		{[]string{"a", "1", "a", "2"}, ""},
		{[]string{"7", "1", "7", "1"}, ""},
	} {
		lp := listpack.AppendEmpty(nil)
		for _, e := range c.entries {
			lp = listpack.Append(lp, []byte(e))
		}
		z, err := ParseZSet(lp, 1)
		got := ""
		if err == nil {
			for m, s := range z.All() {
				got += fmt.Sprintf("%s=%v ", m, s)
			}
		}
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q: %q, %v; want %q", c.entries, got, err, c.want)
		}
	}
}

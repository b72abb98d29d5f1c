// Package snapshottest compares keyspaces with each other: for tests only.
package snapshottest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"redline/server/internal/collection"
	"redline/server/internal/keyspace"
	"redline/server/internal/object/stream"
)

// Content returns every key, "database name", with its deadline and value as text. Keys whose deadline has passed are
// among them. What no log repeats is not: when keys
// were used, when a stream's consumers were seen last, how many entries a group has read.
func Content(sp *keyspace.Space) map[string]string {
	all := make(map[string]string)
	for i := range sp.Shards() {
		sh := sp.Shard(i)
		sh.Lock()
		sh.Enter(0, nil)
		for n := range sp.Databases() {
			sh.DB(n).Each(func(it keyspace.Item) {
				k := keyspace.Key{Name: it.Key()}
				all[fmt.Sprintf("%d %s", n, k.Name)] = fmt.Sprint(it.ExpireAt(), " ", it.Type(), " ", text(sh.DB(n), &k, it))
			})
		}
		sh.Unlock()
	}
	return all
}

func text(db *keyspace.DB, k *keyspace.Key, it keyspace.Item) string {
	var parts []string
	ordered := false
	add := func(a ...any) { parts = append(parts, fmt.Sprint(a...)) }
	var fs, vs [20]byte
	switch it.Type() {
	case keyspace.String:
		return string(it.Text(fs[:]))
	case keyspace.Set:
		s := collection.OpenSet(db, k, it, 0)
		s.Each(func(v collection.Value) bool { add(string(v.Bytes(fs[:]))); return true })
	case keyspace.Hash:
		h := collection.OpenHash(db, k, it, collection.HashLimits{})
		h.EachStored(func(f, v collection.Value, at int64) bool {
			add(string(f.Bytes(fs[:])), "=", string(v.Bytes(vs[:])), " ", at)
			return true
		})
	case keyspace.List:
		ordered = true
		l := collection.OpenList(db, k, it, 0)
		for e := l.At(0); e.OK(); e.Next() {
			add(string(e.Value().Bytes(fs[:])))
		}
	case keyspace.ZSet:
		ordered = true
		z := collection.OpenZSet(db, k, it, collection.ZSetLimits{})
		for e := z.At(0); e.OK(); e.Next() {
			add(string(e.Member()), "=", e.Score())
		}
	case keyspace.Stream:
		return streamText(collection.OpenStream(it))
	}
	if !ordered {
		slices.Sort(parts)
	}
	return strings.Join(parts, ",")
}

func streamText(s *stream.Stream) string {
	var b strings.Builder
	for it := s.Range(stream.ID{}, stream.ID{Ms: 1<<64 - 1, Seq: 1<<64 - 1}, false); it.Next(); {
		fmt.Fprint(&b, it.ID(), "{")
		for range it.Fields() {
			f, v := it.Field()
			fmt.Fprintf(&b, "%s=%s ", f.Bytes(nil), v.Bytes(nil))
		}
		b.WriteString("} ")
	}
	fmt.Fprintf(&b, "%+v", s.Info())
	for _, g := range s.Groups() {
		fmt.Fprintf(&b, " group %s %v", g.Name(), g.LastID)
		g.EachPending(stream.ID{}, func(id stream.ID, p *stream.Pending) bool {
			fmt.Fprint(&b, " ", id, ":", g.Owner(p).Name(), ":", p.DeliveredAt, ":", p.Deliveries)
			return true
		})
		for _, c := range g.Consumers() {
			fmt.Fprintf(&b, " consumer %s %d", c.Name(), c.Len())
		}
	}
	return b.String()
}

// Same compares two contents.
func Same(tb testing.TB, got, want map[string]string) {
	tb.Helper()
	for name, v := range want {
		if g, ok := got[name]; !ok {
			tb.Errorf("%q is missing: %.80q", name, v)
		} else if g != v {
			at := 0
			for at < min(len(g), len(v)) && g[at] == v[at] {
				at++
			}
			from := max(at-20, 0)
			tb.Errorf("%q differs at %d: %.60q, want %.60q (length %d, want %d)", name, at, g[from:], v[from:], len(g), len(v))
		}
	}
	for name, v := range got {
		if _, ok := want[name]; !ok {
			tb.Errorf("%q should not be there: %.80q", name, v)
		}
	}
}

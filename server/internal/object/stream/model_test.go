package stream

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"redline/server/internal/object/listpack"
	"redline/server/internal/slab"

	"pgregory.net/rapid"
)

// model is a stream as a plain list.
type model struct {
	ids        []ID
	pairs      [][][]byte
	last, dead ID
	added      int64
}

func (m *model) find(id ID) (int, bool) { return slices.BinarySearchFunc(m.ids, id, ID.Compare) }

func (m *model) cut(n int) { m.ids, m.pairs = m.ids[n:], m.pairs[n:] }

func drawID(t *rapid.T, label string) ID {
	return ID{rapid.Uint64Range(0, 40).Draw(t, label), rapid.Uint64Range(0, 3).Draw(t, label+" seq")}
}

func drawPairs(t *rapid.T) (pairs [][]byte) {
	word := rapid.SampledFrom([]string{"", "a", "b", "7", "-5", "1234567", "field", "007"})
	for range rapid.IntRange(1, 3).Draw(t, "fields") {
		v := []byte(word.Draw(t, "value"))
		if rapid.IntRange(0, 9).Draw(t, "long") == 0 {
			v = bytes.Repeat(v, 50)
		}
		pairs = append(pairs, []byte(word.Draw(t, "field")), v)
	}
	return pairs
}

// TestModel runs random histories against a plain list.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, m := New(), &model{}
		arena := slab.NewArena()
		defer arena.Close()
		if rapid.Bool().Draw(t, "arena") {
			s.Adopt(arena)
		}
		limits := Limits{NodeBytes: rapid.SampledFrom([]int{0, 100, 300}).Draw(t, "bytes"), NodeEntries: rapid.SampledFrom([]int{0, 1, 2, 5}).Draw(t, "entries")}
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				id, pairs := s.NextID(int64(rapid.Uint64Range(0, 60).Draw(t, "ms"))), drawPairs(t)
				s.Append(id, pairs, limits)
				m.ids, m.pairs, m.last = append(m.ids, id), append(m.pairs, pairs), id
				m.added++
			},
			"delete": func(t *rapid.T) {
				id := drawID(t, "id")
				i, ok := m.find(id)
				if got := s.Delete(id); got != ok {
					t.Fatalf("delete %v: %v", id, got)
				}
				if ok {
					m.ids, m.pairs = slices.Delete(m.ids, i, i+1), slices.Delete(m.pairs, i, i+1)
					if m.dead.Less(id) {
						m.dead = id
					}
				}
			},
			"trim": func(t *rapid.T) {
				trim := Trim{ByID: rapid.Bool().Draw(t, "byID"), Len: rapid.Int64Range(0, 30).Draw(t, "len"), MinID: drawID(t, "min")}
				want := max(len(m.ids)-int(trim.Len), 0)
				if trim.ByID {
					want, _ = m.find(trim.MinID)
				}
				if trim.Approx = rapid.Bool().Draw(t, "approx"); trim.Approx {
					trim.Limit = rapid.Int64Range(0, 5).Draw(t, "limit")
				}
				got := int(s.Trim(trim))
				if !trim.Approx && got != want || got > want || trim.Limit > 0 && got > int(trim.Limit) {
					t.Fatalf("trim %+v took %d, want %d", trim, got, want)
				}
				m.cut(got)
			},
			"set last": func(t *rapid.T) {
				id := drawID(t, "id")
				if len(m.ids) > 0 && id.Less(m.ids[len(m.ids)-1]) {
					return
				}
				s.SetLastID(id)
				m.last = id
			},
			"adopt": func(*rapid.T) { s.Adopt(arena) },
			"clone": func(*rapid.T) {
				old := s
				s = s.Clone()
				for old.Release(3) {
				}
				if n := arena.Stats().Blocks; n != 0 {
					t.Fatalf("%d blocks are left of a stream that is gone", n)
				}
			},
			"": func(t *rapid.T) { checkStream(t, s, m) },
		})
	})
}

func checkStream(t *rapid.T, s *Stream, m *model) {
	if rapid.IntRange(0, 2).Draw(t, "look") != 0 {
		return // not after each step: looking costs more than doing
	}
	from, to := drawID(t, "from"), drawID(t, "to")
	for _, r := range [][2]ID{{{}, MaxID}, {from, to}} {
		a, _ := m.find(r[0])
		b, found := m.find(r[1])
		if found {
			b++
		}
		b = max(a, b)
		checkRange(t, s.Range(r[0], r[1], false), m, a, b, 1)
		checkRange(t, s.Range(r[0], r[1], true), m, b-1, a-1, -1)
	}
	var first, lastLive ID
	if n := len(m.ids); n > 0 {
		first, lastLive = m.ids[0], m.ids[n-1]
	}
	if s.Len() != int64(len(m.ids)) || s.LastID() != m.last || s.MaxDeletedID() != m.dead || s.Added() != m.added || s.FirstID() != first || s.LastLiveID() != lastLive {
		t.Fatalf("length %d of %d, last %v of %v, deleted %v of %v, added %d of %d, first %v of %v, last live %v of %v", s.Len(), len(m.ids), s.LastID(), m.last,
			s.MaxDeletedID(), m.dead, s.Added(), m.added, s.FirstID(), first, s.LastLiveID(), lastLive)
	}
	if _, ok := m.find(from); s.Has(from) != ok {
		t.Fatalf("has %v: %v", from, !ok)
	}
	checkMemory(t, s)
	again := restore(t, s)
	checkRange(t, again.Range(ID{}, MaxID, false), m, 0, len(m.ids), 1)
}

func checkRange(t *rapid.T, it Iter, m *model, i, end, step int) {
	for ; i != end; i += step {
		if !it.Next() || it.ID() != m.ids[i] || it.Fields()*2 != len(m.pairs[i]) {
			t.Fatalf("got %v with %d fields, want %v with %q", it.ID(), it.Fields(), m.ids[i], m.pairs[i])
		}
		if m.ids[i].Ms%3 == 0 {
			continue // fields that nobody reads
		}
		for j := 0; j < len(m.pairs[i]); j += 2 {
			f, v := it.Field()
			if !f.Equal(m.pairs[i][j]) || !v.Equal(m.pairs[i][j+1]) {
				t.Fatalf("%v: got %q %q, want %q", it.ID(), f.Append(nil), v.Append(nil), m.pairs[i][j:j+2])
			}
		}
	}
	for range 2 { // the end stays the end
		if it.Next() {
			t.Fatalf("got %v after the last", it.ID())
		}
	}
}

// restore makes a stream of the parts of another, whose layout is checked on the way.
func restore(t *rapid.T, s *Stream) *Stream {
	out := New()
	s.Each(func(id ID, lp []byte) bool {
		if err := out.RestoreNode(id, bytes.Clone(lp)); err != nil {
			t.Fatal(err)
		}
		return true
	})
	if err := out.RestoreInfo(s.Info()); err != nil {
		t.Fatal(err)
	}
	for _, g := range s.Groups() {
		to, err := out.RestoreGroup([]byte(g.Name()), g.LastID, g.EntriesRead)
		g.EachPending(ID{}, func(id ID, p *Pending) bool {
			err = errors.Join(err, to.RestorePending(id, p.DeliveredAt, p.Deliveries))
			return true
		})
		for _, c := range g.Consumers() {
			toC, cErr := to.RestoreConsumer([]byte(c.Name()), c.SeenAt)
			err = errors.Join(err, cErr)
			g.EachOwned(c, ID{}, func(id ID, _ *Pending) bool {
				err = errors.Join(err, to.RestoreOwned(toC, id))
				return true
			})
		}
		if err = errors.Join(err, to.RestoreEnd()); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// checkMemory counts the memory again.
func checkMemory(t *rapid.T, s *Stream) {
	want, blocks := baseBytes+int64(cap(s.spare)), int64(0)
	for _, ch := range s.nodes.chunks {
		want += chunkBytes + ch.bytes()
		for _, n := range ch.vals {
			want += int64(cap(n.lp))
			if n.block != 0 {
				blocks++
			}
		}
	}
	if s.arena != nil && s.arena.Stats().Blocks != blocks || s.arena == nil && blocks > 0 {
		t.Fatalf("%d nodes are in the arena", blocks)
	}
	for _, g := range s.groups {
		want += groupBytes + int64(len(g.name))
		for _, ch := range g.pending.chunks {
			want += chunkBytes + ch.bytes()
		}
		for _, c := range g.consumers {
			want += consumerBytes + int64(len(c.name))
			for _, ch := range c.ids.chunks {
				want += chunkBytes + ch.bytes()
			}
		}
	}
	if got := s.MemBytes(); got != want {
		t.Fatalf("memory is said to be %d, is %d", got, want)
	}
}

// TestGroups runs random histories of a group against maps.
func TestGroups(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New()
		g := s.AddGroup([]byte("g"), ID{}, Unknown)
		owners, members := map[ID]string{}, map[string]bool{}
		wide := rapid.Bool().Draw(t, "wide")
		drawID := func(t *rapid.T) ID {
			id := drawID(t, "id")
			if wide {
				id.Seq = rapid.Uint64Range(0, 30).Draw(t, "wide seq")
			}
			return id
		}
		name := func(t *rapid.T) string { return rapid.SampledFrom([]string{"a", "b", "c", ""}).Draw(t, "name") }
		t.Repeat(map[string]func(*rapid.T){
			"give": func(t *rapid.T) {
				who, from := name(t), drawID(t)
				c := g.Consumer([]byte(who))
				if c == nil {
					c = g.AddConsumer([]byte(who), 1)
				}
				members[who] = true
				for i := range rapid.Uint64Range(1, 300).Draw(t, "many") {
					id := ID{from.Ms, from.Seq + i}
					g.Give(id, c).Deliveries++
					owners[id] = who
				}
			},
			"ack": func(t *rapid.T) {
				from := drawID(t)
				for i := range rapid.Uint64Range(1, 200).Draw(t, "many") {
					id := ID{from.Ms, from.Seq + i}
					_, want := owners[id]
					if g.Ack(id) != want {
						t.Fatalf("ack %v: %v", id, !want)
					}
					delete(owners, id)
				}
			},
			"leave": func(t *rapid.T) {
				who := name(t)
				c := g.Consumer([]byte(who))
				if (c != nil) != members[who] {
					t.Fatalf("%q is there: %v", who, c != nil)
				}
				if c == nil {
					return
				}
				n := g.RemoveConsumer(c)
				delete(members, who)
				for id, o := range owners {
					if o == who {
						delete(owners, id)
						n--
					}
				}
				if n != 0 {
					t.Fatalf("%d entries too many went with %q", n, who)
				}
			},
			"clone": func(*rapid.T) { s = s.Clone(); g = s.Group([]byte("g")) },
			"": func(t *rapid.T) {
				if rapid.IntRange(0, 7).Draw(t, "look") != 0 {
					return // not after each step: looking costs more than doing
				}
				checkGroup(t, g, owners, drawID(t))
				checkMemory(t, s)
				checkGroup(t, restore(t, s).Group([]byte("g")), owners, ID{})
			},
		})
		if !s.RemoveGroup([]byte("g")) || s.RemoveGroup([]byte("g")) || s.MemBytes() != baseBytes {
			t.Fatalf("%d bytes are left of %d", s.MemBytes(), baseBytes)
		}
	})
}

func checkGroup(t *rapid.T, g *Group, owners map[ID]string, from ID) {
	want := map[string][]string{}
	for id, who := range owners {
		if !id.Less(from) {
			want["all"] = append(want["all"], fmt.Sprintf("%020d %d %q", id.Ms, id.Seq, who))
			want[who+"'s"] = append(want[who+"'s"], fmt.Sprintf("%020d %d %q", id.Ms, id.Seq, who))
		}
	}
	check := func(label string, got []string) {
		w := want[label]
		slices.Sort(w)
		slices.Sort(got)
		if !slices.Equal(got, w) {
			t.Fatalf("%s from %v: got %q, want %q", label, from, got, w)
		}
	}
	var got []string
	var last ID
	g.EachPending(from, func(id ID, p *Pending) bool {
		if id.Less(last) {
			t.Fatalf("%v after %v", id, last)
		}
		last = id
		got = append(got, fmt.Sprintf("%020d %d %q", id.Ms, id.Seq, g.Owner(p).Name()))
		return true
	})
	check("all", got)
	sum := 0
	for _, c := range g.Consumers() {
		got = nil
		g.EachOwned(c, from, func(id ID, p *Pending) bool {
			got = append(got, fmt.Sprintf("%020d %d %q", id.Ms, id.Seq, g.Owner(p).Name()))
			return true
		})
		check(c.Name()+"'s", got)
		sum += c.Len()
	}
	if sum != len(owners) || g.Len() != len(owners) {
		t.Fatalf("%d pending, %d owned, want %d", g.Len(), sum, len(owners))
	}
	if len(want["all"]) > 0 && last != g.LastPending() {
		t.Fatalf("last is %v, not %v", g.LastPending(), last)
	}
}

// TestLayout pins the bytes of a node: DUMP and RDB files hold them.
func TestLayout(t *testing.T) {
	s := New()
	words := func(w ...string) (b [][]byte) {
		for _, x := range w {
			b = append(b, []byte(x))
		}
		return b
	}
	s.Append(ID{5, 1}, words("f", "1", "g", "x"), Limits{4096, 100})
	s.Append(ID{7, 0}, words("f", "2", "g", "y"), Limits{4096, 100})
	s.Append(ID{8, 3}, words("h", "3"), Limits{4096, 100})
	s.Delete(ID{7, 0})
	var got []string
	s.Each(func(id ID, lp []byte) bool {
		got = append(got, id.String())
		for p := listpack.First(lp); p != 0; p = listpack.Next(lp, p) {
			got = append(got, string(listpack.Get(lp, p).Append(nil)))
		}
		return true
	})
	want := []string{"5-1", "2", "1", "2", "f", "g", "0", "2", "0", "0", "1", "x", "5", "3", "2", "-1", "2", "y", "5", "0", "3", "2", "1", "h", "3", "6"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestBehindDeleted: XSETID may go back behind entries that are marked as deleted, and what is added then is found.
func TestBehindDeleted(t *testing.T) {
	s := New()
	for _, ms := range []uint64{5, 10} {
		s.Append(ID{ms, 0}, [][]byte{[]byte("f"), []byte("v")}, Limits{})
	}
	s.Delete(ID{10, 0})
	s.SetLastID(ID{6, 0})
	s.Append(ID{7, 0}, [][]byte{[]byte("f"), []byte("v")}, Limits{})
	if !s.Has(ID{7, 0}) || s.LastLiveID() != (ID{7, 0}) {
		t.Error("7-0 is not found")
	}
	rapid.Check(t, func(t *rapid.T) { restore(t, s) })
	if !s.Delete(ID{7, 0}) || s.Len() != 1 {
		t.Error("7-0 cannot be deleted")
	}
}

func TestID(t *testing.T) {
	for _, c := range []struct{ id, next ID }{{ID{}, ID{0, 1}}, {ID{4, MaxID.Seq}, ID{5, 0}}, {ID{4, 4}, ID{4, 5}}} {
		if next, ok := c.id.Next(); next != c.next || !ok {
			t.Errorf("after %v: %v", c.id, next)
		}
		if prev, ok := c.next.Prev(); prev != c.id || !ok {
			t.Errorf("before %v: %v", c.next, prev)
		}
	}
	if id, ok := MaxID.Next(); ok || !id.IsZero() {
		t.Errorf("after the last: %v", id)
	}
	if id, ok := (ID{}).Prev(); ok || id != MaxID {
		t.Errorf("before the first: %v", id)
	}
	if got := MaxID.String(); got != "18446744073709551615-18446744073709551615" || len(got) != IDTextMax {
		t.Error(got)
	}
}

// FuzzRestoreNode: any bytes are refused, or can be walked, edited and restored again.
func FuzzRestoreNode(f *testing.F) {
	s := New()
	for i := range 5 {
		s.Append(ID{uint64(i + 1), 0}, [][]byte{[]byte("f"), []byte("v"), []byte("g"), []byte("12345")}, Limits{})
		s.Append(ID{uint64(i + 1), 1}, [][]byte{[]byte("other"), bytes.Repeat([]byte("x"), i*40)}, Limits{})
	}
	s.Delete(ID{2, 0})
	s.Each(func(_ ID, lp []byte) bool { f.Add(lp, uint64(1), uint64(3)); return true })
	f.Fuzz(func(t *testing.T, lp []byte, ms, target uint64) {
		s := New()
		if s.RestoreNode(ID{ms, 0}, bytes.Clone(lp)) != nil {
			return
		}
		if err := s.RestoreInfo(OldInfo(s.Len(), s.LastLiveID())); err != nil {
			t.Fatal(err)
		}
		n := int64(0)
		for it := s.Range(ID{}, MaxID, false); it.Next(); n++ {
			for range it.Fields() {
				it.Field()
			}
		}
		for it := s.Range(ID{}, MaxID, true); it.Next(); n-- {
			_ = it.ID()
		}
		if n != 0 {
			t.Fatalf("%d more entries forwards than backwards", n)
		}
		s.Delete(ID{target, 0})
		s.Trim(Trim{ByID: true, MinID: ID{target, 1}})
		if s.LastID() == MaxID {
			return
		}
		s.Append(s.NextID(0), [][]byte{[]byte("f"), []byte("v")}, Limits{NodeEntries: 3})
		s.Trim(Trim{Len: 1})
		s.Each(func(id ID, lp []byte) bool {
			if err := New().RestoreNode(id, bytes.Clone(lp)); err != nil {
				t.Fatal(err)
			}
			return true
		})
	})
}

package zset

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type entry struct {
	member string
	score  float64
}

// model is the naive sorted set.
type model map[string]float64

func (m model) sorted() []entry {
	out := make([]entry, 0, len(m))
	for k, v := range m {
		out = append(out, entry{k, v})
	}
	slices.SortFunc(out, func(a, b entry) int {
		if a.score != b.score {
			if a.score < b.score {
				return -1
			}
			return 1
		}
		return strings.Compare(a.member, b.member)
	})
	return out
}

// check verifies the package's invariants and that the set holds what the model holds.
func check(t interface{ Fatalf(string, ...any) }, z *ZSet, m model) {
	want := m.sorted()
	if z.Len() != len(want) {
		t.Fatalf("Len %d, want %d", z.Len(), len(want))
	}
	i := 0
	for member, score := range z.All() {
		if string(member) != want[i].member || score != want[i].score {
			t.Fatalf("entry %d is %q %v, want %q %v", i, member, score, want[i].member, want[i].score)
		}
		i++
	}
	if i != len(want) {
		t.Fatalf("walk passed %d of %d", i, len(want))
	}
	mem := int64(baseBytes)
	slots := 0
	if z.root != 0 {
		mem += checkNode(t, z, z.root, z.height, z.len)
	}
	mem += int64(len(z.leaves.pages)) * int64(pageLen*leafOverhead+8)
	mem += int64(len(z.far.pages)) * (pageLen*24 + 8)
	far := 0
	for k := range m {
		if len(k) > inlineMax {
			far++
		}
	}
	if z.farLen() != far {
		t.Fatalf("%d members kept apart, want %d", z.farLen(), far)
	}
	for id := uint32(1); id <= z.far.last; id++ {
		mem += int64(cap(*z.far.at(id)))
	}
	seen := map[*segment]bool{}
	for _, s := range z.index.dir {
		if seen[s] {
			continue
		}
		seen[s] = true
		mem += s.bytes()
		live := 0
		for _, v := range s.slots {
			if v != 0 {
				live++
			}
		}
		if live != s.live {
			t.Fatalf("segment counts %d slots, has %d", s.live, live)
		}
		slots += live
	}
	if len(z.index.dir) > 1 {
		mem += 8 * int64(len(z.index.dir)-1)
	}
	if slots != z.len {
		t.Fatalf("%d slots for %d members", slots, z.len)
	}
	if mem != z.mem {
		t.Fatalf("MemBytes %d, counted %d", z.mem, mem)
	}
}

func checkNode(t interface{ Fatalf(string, ...any) }, z *ZSet, id uint32, level, count int) (mem int64) {
	if level == 0 {
		l := z.leaves.at(id)
		if int(l.n) != count || l.n == 0 || l.live() > leafBytesMax {
			t.Fatalf("leaf has %d entries, %d bytes; its parent counts %d", l.n, l.live(), count)
		}
		for i := range count {
			h := z.hashOf(z.member(l, i))
			if l.buf[i] != tagOf(h) {
				t.Fatalf("wrong tag")
			}
			z.index.find(slotOf(h, id)) // panics if it is missing
		}
		return int64(len(l.buf))
	}
	in := z.inners[id]
	sum := 0
	for i := range in.n {
		if f := z.firstOf(in.child[i], level-1); f != in.first[i] {
			t.Fatalf("first score %v of a child whose first is %v", in.first[i], f)
		}
		mem += checkNode(t, z, in.child[i], level-1, in.count[i])
		sum += in.count[i]
	}
	if sum != count {
		t.Fatalf("inner node counts %d, its parent %d", sum, count)
	}
	return mem + innerBytes
}

func drawMember(t *rapid.T) []byte {
	n := rapid.IntRange(0, 3000).Draw(t, "member")
	switch pad := n % 50; {
	case pad == 0:
		return fmt.Appendf(nil, "%d%s", n, strings.Repeat("x", 600))
	case pad < 4:
		return fmt.Appendf(nil, "%d%s", n, strings.Repeat("y", 240+n%40))
	default:
		return fmt.Appendf(nil, "m%d", n)
	}
}

// TestModel compares random histories with a map and a sorted slice.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z, m := New(rapid.Uint64().Draw(t, "seed")), model{}
		scores := rapid.SampledFrom([]int{1, 10, 100000}).Draw(t, "scores")
		t.Repeat(map[string]func(*rapid.T){
			"fill": func(t *rapid.T) {
				from, n := rapid.IntRange(0, 3000).Draw(t, "from"), rapid.IntRange(1, 500).Draw(t, "n")
				mul := rapid.SampledFrom([]int{1, -1, 7919}).Draw(t, "mul")
				for i := range n {
					s := float64((from + i) * mul % scores)
					k := fmt.Sprintf("m%d", from+i)
					_, had := m[k]
					if old, ok := z.Set([]byte(k), s); ok != had || old != m[k] {
						t.Fatalf("Set %q: had %v %v, want %v %v", k, old, ok, m[k], had)
					}
					m[k] = s
				}
			},
			"set": func(t *rapid.T) {
				k, s := drawMember(t), float64(rapid.IntRange(0, scores).Draw(t, "score"))
				z.Set(k, s)
				m[string(k)] = s
			},
			"remove": func(t *rapid.T) {
				k := drawMember(t)
				_, had := m[string(k)]
				if z.Remove(k) != had {
					t.Fatalf("Remove %q said %v", k, !had)
				}
				delete(m, string(k))
			},
			"removeRange": func(t *rapid.T) {
				if len(m) == 0 {
					return
				}
				a := rapid.IntRange(0, len(m)-1).Draw(t, "from")
				b := rapid.IntRange(a, len(m)).Draw(t, "to")
				want := m.sorted()[a:b]
				i := 0
				z.RemoveRange(a, b, func(member []byte, score float64) {
					if string(member) != want[i].member || score != want[i].score {
						t.Fatalf("removes %q %v, want %v", member, score, want[i])
					}
					i++
				})
				for _, e := range want {
					delete(m, e.member)
				}
			},
			"clone": func(t *rapid.T) {
				c := z.Clone()
				if len(m) > 0 {
					z.RemoveRange(0, len(m)/2, nil)
					z.Set([]byte("only in the original"), 1)
				}
				check(t, c, m)
				z = c
			},
			"look": func(t *rapid.T) { look(t, z, m) },
			"":     func(t *rapid.T) { check(t, z, m) },
		})
	})
}

// look compares every kind of question.
func look(t *rapid.T, z *ZSet, m model) {
	sorted := m.sorted()
	k := drawMember(t)
	want, had := m[string(k)]
	if s, ok := z.Score(k); ok != had || s != want {
		t.Fatalf("Score %v %v, want %v %v", s, ok, want, had)
	}
	rank, s, ok := z.Rank(k)
	if at := slices.Index(sorted, entry{string(k), want}); ok != had || had && (at != rank || s != want) {
		t.Fatalf("Rank %d %v %v, want %d", rank, s, ok, at)
	}
	if len(sorted) == 0 {
		return
	}
	at := rapid.IntRange(0, len(sorted)-1).Draw(t, "at")
	score := sorted[at].score + rapid.SampledFrom([]float64{0, 0.5, -0.5}).Draw(t, "off")
	below, upto := 0, 0
	for _, e := range sorted {
		if e.score < score {
			below++
		}
		if e.score <= score {
			upto++
		}
	}
	if a, b := z.RankOfScore(score, false), z.RankOfScore(score, true); a != below || b != upto {
		t.Fatalf("RankOfScore %v: %d %d, want %d %d", score, a, b, below, upto)
	}
	it := z.At(at)
	for i := at; i >= 0; i-- {
		if string(it.Member()) != sorted[i].member {
			t.Fatalf("backwards at %d: %q, want %q", i, it.Member(), sorted[i].member)
		}
		it.Prev()
	}
	if it.OK() {
		t.Fatalf("a place before the first")
	}
	got := map[string]int{}
	cursor, count := uint64(0), rapid.IntRange(1, 2000).Draw(t, "count")
	for first := true; first || cursor != 0; first = false {
		cursor = z.Scan(cursor, count, func(member []byte, score float64) {
			if m[string(member)] != score {
				t.Fatalf("Scan: wrong score")
			}
			got[string(member)]++
		})
	}
	for k := range m {
		if got[k] != 1 {
			t.Fatalf("Scan passed %q %d times", k, got[k])
		}
	}
}

func TestLex(t *testing.T) {
	z := New(1)
	var all []string
	for i := range 5000 {
		k := fmt.Sprintf("%04d", i*7919%5000)
		z.Set([]byte(k), 0)
		all = append(all, k)
	}
	slices.Sort(all)
	for _, k := range []string{"", "0000", "00005", "1234", "4999", "5"} {
		want, had := slices.BinarySearch(all, k)
		after := want
		if had {
			after++
		}
		if a, b := z.RankOfLex([]byte(k), false), z.RankOfLex([]byte(k), true); a != want || b != after {
			t.Errorf("RankOfLex %q: %d %d, want %d %d", k, a, b, want, after)
		}
	}
}

func TestInfinity(t *testing.T) {
	z := New(1)
	for i := range 300 {
		z.Set(fmt.Appendf(nil, "%d", i), []float64{math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1)}[i%4])
	}
	if a, b := z.RankOfScore(math.Inf(-1), true), z.RankOfScore(math.Inf(1), false); a != 75 || b != 225 {
		t.Errorf("%d members at -inf, %d below +inf; want 75, 225", a, b)
	}
}

// TestScanWhileChanging: what is in the set throughout is passed exactly once.
func TestScanWhileChanging(t *testing.T) {
	for _, growing := range []bool{true, false} {
		z := New(7)
		key := func(i int) []byte { return fmt.Appendf(nil, "k%d", i) }
		n := 20000
		for i := range n {
			z.Set(key(i), float64(i%100))
		}
		seen := map[string]int{}
		step := 0
		for cursor, first := uint64(0), true; first || cursor != 0; first = false {
			cursor = z.Scan(cursor, 50, func(m []byte, _ float64) { seen[string(m)]++ })
			for range 60 {
				if growing {
					z.Set(key(n+step), float64(step))
				} else if step < n && step%10 != 0 {
					z.Remove(key(step))
				}
				step++
			}
		}
		for i := range n {
			if (growing || i%10 == 0) && seen[string(key(i))] != 1 {
				t.Fatalf("growing %v: member %d was passed %d times", growing, i, seen[string(key(i))])
			}
		}
	}
}

// TestShrinks: emptying most of a set gives the memory back, the list of leaves aside.
func TestShrinks(t *testing.T) {
	z := New(3)
	for i := range 100000 {
		z.Set(fmt.Appendf(nil, "member:%06d", i), float64(i*7919%100000))
	}
	full := z.MemBytes()
	if per := full / 100000; per > 60 {
		t.Errorf("%d bytes a member, want at most 60", per)
	}
	z.RemoveRange(5, 99995, nil)
	if z.Len() != 10 || z.MemBytes() > full/50 {
		t.Errorf("%d members left in %d bytes, of %d", z.Len(), z.MemBytes(), full)
	}
	z.RemoveRange(0, 10, nil)
	if z.MemBytes() != baseBytes {
		t.Errorf("an empty set takes %d bytes", z.MemBytes())
	}
	z.Set([]byte("again"), 1)
	if s, ok := z.Score([]byte("again")); !ok || s != 1 {
		t.Error("an emptied set does not take members")
	}
}

func TestLongMembers(t *testing.T) {
	z := New(3)
	for n := range 2000 {
		z.Set(bytes.Repeat([]byte{'a'}, n), 0)
	}
	i := 0
	for m := range z.All() {
		if len(m) != i {
			t.Fatalf("member %d has %d bytes", i, len(m))
		}
		i++
	}
}

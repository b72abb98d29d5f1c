package quicklist

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"redline/server/internal/object/listpack"
	"redline/server/internal/slab"
)

type fataler interface{ Fatalf(string, ...any) }

func blocksIn(s *segment) (n int) {
	for i := range s.nodes {
		if s.nodes[i].block != 0 {
			n++
		}
	}
	return n
}

// check verifies the package's invariants and that the list holds want.
func check(t fataler, l *List, want []string) {
	if l.Len() != len(want) {
		t.Fatalf("Len %d, want %d", l.Len(), len(want))
	}
	mem, n, i, blocks := baseBytes, 0, 0, 0
	for _, s := range l.segs {
		if len(s.nodes) == 0 || len(s.nodes) > segMax {
			t.Fatalf("segment of %d nodes", len(s.nodes))
		}
		blocks += blocksIn(s)
		mem += segmentBytes + int64(cap(s.nodes))*nodeBytes
		sum := 0
		for j := range s.nodes {
			nd := &s.nodes[j]
			mem += int64(nd.room)
			sum += nd.len()
			if nd.form == packed && nd.block == 0 {
				t.Fatalf("a packed node is not in the arena")
			}
			if nd.form != plain {
				lp := nd.opened(nil)
				if err := listpack.Validate(lp); err != nil {
					t.Fatalf("node: %v", err)
				}
				if nd.len() == 0 || nd.len() != listpack.Len(lp) || nd.len() > 1 && len(lp) > l.limit.bytes() || nd.least() > len(lp) {
					t.Fatalf("node counts %d elements, has %d in %d bytes, %d at least", nd.len(), listpack.Len(lp), len(lp), nd.least())
				}
				if l.limit > 0 && nd.len() > int(l.limit) {
					t.Fatalf("node of %d elements, at most %d allowed", nd.len(), l.limit)
				}
			}
		}
		if sum != s.n {
			t.Fatalf("segment counts %d elements, has %d", s.n, sum)
		}
		n += sum
	}
	if l.arena != nil && l.arena.Stats().Blocks != int64(blocks) || l.arena == nil && blocks > 0 {
		t.Fatalf("%d nodes in the arena, which has %d blocks", blocks, l.arena.Stats().Blocks)
	}
	if n != l.n || mem != l.mem {
		t.Fatalf("counts %d elements, has %d; MemBytes %d, counted %d", l.n, n, l.mem, mem)
	}
	for it := l.At(0); it.OK(); it.Next() {
		if got := text(it.Value()); got != want[i] {
			t.Fatalf("element %d is %q, want %q", i, got, want[i])
		}
		i++
	}
	for it := l.At(l.n - 1); it.OK(); it.Prev() {
		i--
		if got := text(it.Value()); got != want[i] {
			t.Fatalf("backwards: element %d is %q, want %q", i, got, want[i])
		}
	}
	if i != 0 {
		t.Fatalf("the ways there and back differ by %d", i)
	}
}

func text(v listpack.Value) string { return string(v.Append(nil)) }

func anyElement(t *rapid.T) string {
	n := rapid.IntRange(0, 400).Draw(t, "element")
	switch {
	case n < 8:
		return strings.Repeat("h", 3000+n*1000)
	case n < 60:
		return strings.Repeat("x", n*5)
	case n < 200:
		return strconv.Itoa(n*n*n - 1000)
	default:
		return fmt.Sprintf("e%d", n%7)
	}
}

// TestModel compares random histories with a slice.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := Limit(rapid.SampledFrom([]int{-2, -1, -5, 1, 3, 128, 0}).Draw(t, "limit"))
		l, m := New(limit), []string{}
		arena := slab.NewArena()
		defer arena.Close()
		if rapid.Bool().Draw(t, "arena") {
			l.Adopt(arena)
		}
		index := func(t *rapid.T) int { return rapid.IntRange(0, len(m)-1).Draw(t, "index") }
		t.Repeat(map[string]func(*rapid.T){
			"adopt": func(*rapid.T) { l.Adopt(arena) },

			"fill": func(t *rapid.T) {
				n, front := rapid.IntRange(1, 400).Draw(t, "n"), rapid.Bool().Draw(t, "front")
				for i := range n {
					s := fmt.Sprintf("fill:%d:%s", i, strings.Repeat("y", i%90))
					if front {
						l.PushFront([]byte(s))
					} else {
						l.PushBack([]byte(s))
						m = append(m, s)
						continue
					}
					m = slices.Insert(m, 0, s)
				}
			},
			"ends": func(t *rapid.T) {
				a, b := anyElement(t), anyElement(t)
				l.PushBack([]byte(a))
				l.PushFront([]byte(b))
				m = append(slices.Insert(m, 0, b), a)
			},
			"insert": func(t *rapid.T) {
				i, s := rapid.IntRange(0, len(m)).Draw(t, "index"), anyElement(t)
				for range rapid.IntRange(1, 5).Draw(t, "times") {
					l.Insert(i, []byte(s))
					m = slices.Insert(m, i, s)
				}
			},
			"set": func(t *rapid.T) {
				if len(m) > 0 {
					i, s := index(t), anyElement(t)
					l.Set(i, []byte(s))
					m[i] = s
				}
			},
			"removeRange": func(t *rapid.T) {
				if len(m) > 0 {
					i := index(t)
					n := rapid.IntRange(0, len(m)-i).Draw(t, "n")
					l.RemoveRange(i, n)
					m = slices.Delete(m, i, i+n)
				}
			},
			"remove": func(t *rapid.T) {
				s, count := anyElement(t), rapid.IntRange(-3, 3).Draw(t, "count")
				if len(m) > 0 && rapid.Bool().Draw(t, "present") {
					s = m[index(t)]
				}
				var want int
				m, want = removed(m, s, count)
				if got := l.Remove([]byte(s), count); got != want {
					t.Fatalf("Remove %q %d: %d, want %d", s, count, got, want)
				}
			},
			"at": func(t *rapid.T) {
				if len(m) > 0 {
					i := index(t)
					if it := l.At(i); text(it.Value()) != m[i] {
						t.Fatalf("element %d is %q, want %q", i, text(it.Value()), m[i])
					}
				}
			},
			"clone": func(t *rapid.T) {
				c := l.Clone()
				l.PushBack([]byte("only in the original"))
				l.RemoveRange(l.Len()-1, 1)
				for l.Release(3) {
				}
				check(t, c, m)
				if n := arena.Stats().Blocks; n != 0 {
					t.Fatalf("%d blocks are left of a list that is gone", n)
				}
				l = c
			},
			"": func(t *rapid.T) { check(t, l, m) },
		})
	})
}

func removed(m []string, s string, count int) ([]string, int) {
	if count < 0 {
		slices.Reverse(m)
		m, n := removed(m, s, -count)
		slices.Reverse(m)
		return m, n
	}
	n := 0
	return slices.DeleteFunc(m, func(e string) bool {
		if e == s && (count == 0 || n < count) {
			n++
			return true
		}
		return false
	}), n
}

// TestPlain: an element too long for a listpack is a node of its own. Made by hand, as the real length is a gibibyte.
func TestPlain(t *testing.T) {
	l := New(-2)
	l.PushBack([]byte("a"))
	l.insertNode(l.end(), newNodeOf([]byte("huge"), 1, plain))
	l.PushBack([]byte("b"))
	l.insertNode(l.end(), newNodeOf([]byte("huge"), 1, plain))
	check(t, l, []string{"a", "huge", "b", "huge"})
	if n := l.Remove([]byte("huge"), -1); n != 1 {
		t.Fatal(n)
	}
	l.Insert(1, []byte("x"))
	l.Insert(3, []byte("y"))
	check(t, l, []string{"a", "x", "huge", "y", "b"})
	l.Set(2, []byte("z"))
	check(t, l, []string{"a", "x", "z", "y", "b"})
}

// A full segment has no room left over.
func TestSegmentsAreFull(t *testing.T) {
	l := New(1)
	for i := range 3 * segMax {
		l.PushBack(strconv.AppendInt(nil, int64(i), 10))
	}
	for i, s := range l.segs {
		if len(s.nodes) != segMax || cap(s.nodes) != segMax {
			t.Errorf("segment %d: %d nodes in room for %d, want %d", i, len(s.nodes), cap(s.nodes), segMax)
		}
	}
}

func TestLimit(t *testing.T) {
	for _, c := range []struct {
		limit         Limit
		n, size, more int
		allows        bool
	}{
		{-2, 10, 8000, 184, true},
		{-2, 10, 8000, 185, false},
		{-1, 10, 4000, 88, true},
		{-5, 10, 65000, 528, true},
		{-9, 10, 65000, 528, true},
		{4, 3, 100, 10, true},
		{4, 4, 100, 10, false},
		{4, 1, 8190, 10, false},
		{0, 0, 7, 10, true},
		{0, 1, 17, 10, false},
	} {
		if got := c.limit.Allows(c.n, c.size, c.more); got != c.allows {
			t.Errorf("Limit %d: %d elements in %d bytes and %d more: %v", c.limit, c.n, c.size, c.more, got)
		}
	}
}

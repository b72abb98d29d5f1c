package slab

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// model remembers what each live block must hold. Blocks are filled with a
// pattern over their whole capacity, so overlapping blocks show.
type model struct {
	s      *Slab
	live   map[Handle]block
	order  []Handle
	pos    map[Handle]int
	serial uint32
}

type block struct {
	seed   uint32
	pinned bool
}

func newModel(o Options) *model {
	return &model{s: New(o), live: map[Handle]block{}, pos: map[Handle]int{}}
}

func fill(b []byte, seed uint32) {
	for i := range b {
		b[i] = byte(seed>>(8*(i%4))) + byte(i/4)
	}
}

func intact(b []byte, seed uint32) bool {
	for i := range b {
		if b[i] != byte(seed>>(8*(i%4)))+byte(i/4) {
			return false
		}
	}
	return true
}

func (m *model) alloc(t rapid.TB, n int, pinned bool) {
	var h Handle
	var b []byte
	if pinned {
		h, b = m.s.AllocPinned(n)
	} else {
		h, b = m.s.Alloc(n)
		if cap(b) != m.s.Cap(n) {
			t.Fatalf("Alloc(%d) has capacity %d, Cap says %d", n, cap(b), m.s.Cap(n))
		}
	}
	if h == 0 || h >= 1<<40 || len(b) != n {
		t.Fatalf("Alloc(%d) = %#x with %d bytes", n, h, len(b))
	}
	if _, ok := m.live[h]; ok {
		t.Fatalf("Alloc(%d) = %#x, which is in use", n, h)
	}
	m.serial += 0x9e3779b9
	fill(b[:cap(b)], m.serial)
	m.live[h] = block{m.serial, pinned}
	m.pos[h] = len(m.order)
	m.order = append(m.order, h)
}

func (m *model) remove(h Handle) {
	i, last := m.pos[h], m.order[len(m.order)-1]
	m.order[i] = last
	m.pos[last] = i
	m.order = m.order[:len(m.order)-1]
	delete(m.pos, h)
	delete(m.live, h)
}

func (m *model) free(t rapid.TB, h Handle) {
	if !intact(m.s.Bytes(h), m.live[h].seed) {
		t.Fatalf("block %#x was overwritten", h)
	}
	m.s.Free(h)
	m.remove(h)
}

func (m *model) compact(t rapid.TB, budget int) bool {
	calls, last := 0, budget-budget%7 // at times it is told to end before the budget does
	moved, more := m.s.Compact(budget, func(old, new Handle) bool {
		calls++
		was, ok := m.live[old]
		if !ok || was.pinned {
			t.Fatalf("moved %#x: live %v, pinned %v", old, ok, was.pinned)
		}
		if _, ok := m.live[new]; ok {
			t.Fatalf("moved %#x onto live block %#x", old, new)
		}
		if len(m.s.Bytes(old)) != len(m.s.Bytes(new)) {
			t.Fatalf("moved %d bytes into %d", len(m.s.Bytes(old)), len(m.s.Bytes(new)))
		}
		m.live[new] = was
		i := m.pos[old]
		m.order[i] = new
		m.pos[new] = i
		delete(m.live, old)
		delete(m.pos, old)
		return calls != last
	})
	if moved != calls || moved > budget || last > 0 && moved > last {
		t.Fatalf("Compact(%d) = %d after %d moves, told to end after %d", budget, moved, calls, last)
	}
	return more
}

// check verifies every live block and recounts the statistics.
func (m *model) check(t rapid.TB) {
	var want Stats
	for h, b := range m.live {
		bytes := m.s.Bytes(h)
		if !intact(bytes, b.seed) {
			t.Fatalf("block %#x was overwritten", h)
		}
		want.Blocks++
		want.BytesInBlocks += int64(len(bytes))
		if len(bytes) > maxSmall {
			want.LargeBlocks++
		}
	}
	m.recount(&want)
	got := m.s.Stats()
	want.BytesHeap = got.BytesHeap
	if got != want {
		t.Fatalf("stats:\n got %+v\nwant %+v", got, want)
	}
}

func (m *model) recount(want *Stats) {
	for _, c := range m.s.chunks {
		want.BytesMapped += int64(len(c.mem))
		if c.meta.nunits == 0 {
			want.BytesResident += int64(len(c.mem))
			continue
		}
		for u := range uint32(c.meta.nunits) {
			sp := c.meta.span[u]
			bytes := int64(sp.touched) * touchBytes
			want.BytesResident += bytes
			switch {
			case c.meta.free[u/64]>>(u%64)&1 == 1:
				want.BytesIdle += bytes
				if bytes > 0 {
					want.SpansEmpty++
				}
			case sp.back != 0 || sp.state == stateLarge || c.meta.size[u] == 0: // inside a span or a run
			case sp.used == classes[sp.class].blocks && sp.state == stateFull:
				want.SpansFull++
			default:
				want.SpansPartial++
			}
		}
	}
}

func sizes() *rapid.Generator[int] {
	return rapid.OneOf(rapid.IntRange(1, 200), rapid.IntRange(1, 5000), rapid.IntRange(1, 40<<10), rapid.IntRange(1, 200<<10))
}

func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chunk := rapid.SampledFrom([]int{128 << 10, 256 << 10, 4 << 20}).Draw(t, "chunk")
		m := newModel(Options{ChunkBytes: chunk})
		defer m.s.Close()
		one := rapid.Bool().Draw(t, "oneSize")
		size := sizes().Draw(t, "size")
		t.Repeat(map[string]func(*rapid.T){
			"alloc": func(t *rapid.T) {
				n := size
				if !one {
					n = sizes().Draw(t, "n")
				}
				for range rapid.IntRange(1, 20).Draw(t, "count") {
					m.alloc(t, n, false)
				}
			},
			"pinned": func(t *rapid.T) { m.alloc(t, rapid.IntRange(1, PinnedMax).Draw(t, "n"), true) },
			"free": func(t *rapid.T) {
				for range rapid.IntRange(1, 30).Draw(t, "count") {
					if len(m.order) > 0 {
						m.free(t, m.order[rapid.IntRange(0, len(m.order)-1).Draw(t, "which")])
					}
				}
			},
			"compact": func(t *rapid.T) { m.compact(t, rapid.IntRange(0, 50).Draw(t, "blocks")) },
			"release": func(t *rapid.T) { m.s.ReleaseEmpty(rapid.IntRange(0, 8).Draw(t, "spans")) },
			"":        func(t *rapid.T) { m.check(t) },
		})
		for len(m.order) > 0 {
			m.free(t, m.order[0])
		}
		for m.s.ReleaseEmpty(1000) > 0 {
		}
		if st := m.s.Stats(); releasable && (st.BytesResident != 0 || st.Blocks != 0 || st.BytesInBlocks != 0) {
			t.Fatalf("everything freed and released, yet %+v", st)
		}
	})
}

// FuzzSlab drives the model from bytes: an operation and an argument each.
func FuzzSlab(f *testing.F) {
	f.Add([]byte{0, 10, 0, 20, 1, 0, 2, 9, 3, 1})
	f.Add([]byte{4, 255, 0, 1, 0, 1, 0, 1, 1, 1, 1, 0, 2, 2, 0, 4})
	f.Fuzz(func(t *testing.T, ops []byte) {
		m := newModel(Options{ChunkBytes: 128 << 10})
		defer m.s.Close()
		for len(ops) >= 2 {
			arg := int(ops[1])
			switch ops[0] % 6 {
			case 0:
				m.alloc(t, arg+1, false)
			case 1:
				if len(m.order) > 0 {
					m.free(t, m.order[arg%len(m.order)])
				}
			case 2:
				m.compact(t, arg)
			case 3:
				m.s.ReleaseEmpty(arg)
			case 4:
				m.alloc(t, (arg+1)*400, false)
			case 5:
				m.alloc(t, arg*16+1, true)
			}
			ops = ops[2:]
		}
		m.check(t)
	})
}

// TestCompact frees most blocks at random and expects the memory of the rest.
func TestCompact(t *testing.T) {
	for _, n := range []int{4, 24, 96, 700, 5000, 30000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			m := newModel(Options{})
			defer m.s.Close()
			rng := rand.New(rand.NewPCG(1, uint64(n)))
			for range 4 << 20 / max(n, 256) {
				m.alloc(t, n, false)
			}
			for range len(m.order) * 9 / 10 {
				m.free(t, m.order[rng.IntN(len(m.order))])
			}
			for steps := 0; m.compact(t, 7); steps++ {
				if steps > 10000 {
					t.Fatal("compaction does not end")
				}
			}
			for m.s.ReleaseEmpty(5) > 0 {
			}
			m.check(t)
			st := m.s.Stats()
			if limit := st.BytesInBlocks*3/2 + 128<<10; releasable && st.BytesResident > limit {
				t.Errorf("resident %d for %d bytes in blocks, want <= %d", st.BytesResident, st.BytesInBlocks, limit)
			}
		})
	}
}

func TestWaste(t *testing.T) {
	s := New(Options{})
	for n := 1; n <= maxSmall; n++ {
		c := s.Cap(n)
		if c < n || (c-n)*100 > 12*c && c-n >= 4 {
			t.Fatalf("a block for %d bytes has %d", n, c)
		}
	}
	for n := maxSmall + 1; n < 3<<20; n += 999 {
		if c := s.Cap(n); c < n || (c-n)*100 > 12*c {
			t.Fatalf("a block for %d bytes has %d", n, c)
		}
	}
}

func TestBadFreesPanic(t *testing.T) {
	s := New(Options{})
	defer s.Close()
	small, _ := s.Alloc(100)
	s.Alloc(100)
	large, _ := s.Alloc(100 << 10)
	huge, _ := s.Alloc(3 << 20)
	for name, h := range map[string]Handle{
		"none": 0, "inside": small + 1, "never used": small + 50, "beyond": 1 << 39,
		"inside large": large + 1, "unit inside large": large + 1<<unitShift, "inside huge": huge + 1<<unitShift,
	} {
		mustPanic(t, name, func() { s.Free(h) })
	}
	for name, h := range map[string]Handle{"small": small, "large": large, "huge": huge} {
		s.Free(h)
		mustPanic(t, "second free of "+name, func() { s.Free(h) })
	}
	mustPanic(t, "Alloc(0)", func() { s.Alloc(0) })
	mustPanic(t, "AllocPinned too large", func() { s.AllocPinned(PinnedMax + 1) })
	mustPanic(t, "bad options", func() { New(Options{ChunkBytes: 1000}) })
}

func mustPanic(t *testing.T, name string, fn func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: no panic", name)
		}
	}()
	fn()
}

// TestMarkInLiveBlock frees a live block that looks as if it were free.
func TestMarkInLiveBlock(t *testing.T) {
	s := New(Options{})
	defer s.Close()
	a, b := s.Alloc(8)
	h, _ := s.Alloc(8)
	s.Free(h)
	copy(b, []byte{0, 0, 0, 0, 0xee, 0xf4, 0xed, 0x5e})
	s.Free(a)
}

func TestSmallWhenEmpty(t *testing.T) {
	s := New(Options{})
	defer s.Close()
	if st := s.Stats(); st.BytesHeap >= 4<<10 || st.BytesResident != 0 || st.BytesMapped != 0 {
		t.Fatalf("an empty slab costs %+v", st)
	}
	s.Alloc(10)
	if st := s.Stats(); st.BytesResident != touchBytes || st.BytesHeap > 12<<10 {
		t.Fatalf("one small block costs %+v", st)
	}
}

func TestPinnedIsAligned(t *testing.T) {
	s := New(Options{})
	defer s.Close()
	for n := 1; n <= PinnedMax; n += 37 {
		for range 20 {
			if h, _ := s.AllocPinned(n); h%16 != 0 {
				t.Fatalf("AllocPinned(%d) = %#x is not aligned to 64 bytes", n, h)
			}
		}
	}
}

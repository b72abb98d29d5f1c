package dict

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"testing"

	"pgregory.net/rapid"

	"redline/server/internal/slab"
)

// blocks implements Keys over blocks of 8 bytes of hash and a key.
type blocks struct{ s *slab.Slab }

func (b blocks) Equal(h slab.Handle, key []byte) bool {
	return bytes.Equal(b.s.Bytes(h)[8:8+len(key)], key)
}

func (b blocks) HashOf(h slab.Handle) Hash { return binary.LittleEndian.Uint64(b.s.Bytes(h)) }

func (b blocks) make(hash Hash, key []byte) slab.Handle {
	h, block := b.s.Alloc(8 + len(key))
	binary.LittleEndian.PutUint64(block, hash)
	copy(block[8:], key)
	return h
}

func keyOf(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }

// spreads are distributions of hashes, from even to pathological.
var spreads = map[string]func(id uint64) Hash{
	"even":        func(id uint64) Hash { return mix(id) & (1<<40 - 1) },
	"one hash":    func(id uint64) Hash { return 0x12_3456_789a },
	"one address": func(id uint64) Hash { return 0xffff_ffff<<8 | id&255 },
	"one tag":     func(id uint64) Hash { return mix(id)&(1<<40-1) | 255 },
	"few":         func(id uint64) Hash { return mix(id%5) & (1<<40 - 1) },
	"dense":       func(id uint64) Hash { return id << 8 },
	"one prefix":  func(id uint64) Hash { return mix(id) & (1<<29 - 1) },
	"half": func(id uint64) Hash {
		if id%2 == 0 {
			return 0xabcdef_0123
		}
		return mix(id) & (1<<40 - 1)
	},
}

// model is a dict beside a map of what it must hold.
type model struct {
	d     *Dict
	s     *slab.Slab
	k     blocks
	hash  func(id uint64) Hash
	live  map[uint64]slab.Handle
	ids   []uint64
	pos   map[uint64]int
	byH   map[slab.Handle]uint64
	serie uint64

	// A scan under way: its cursor, the keys present since it began and how
	// often each has been reported.
	cursor   uint32
	scanning bool
	present  map[uint64]bool
	reported map[uint64]int
}

func newModel(hash func(id uint64) Hash) *model {
	s := slab.New(slab.Options{})
	k := blocks{s}
	return &model{d: New(s, k), s: s, k: k, hash: hash,
		live: map[uint64]slab.Handle{}, pos: map[uint64]int{}, byH: map[slab.Handle]uint64{}}
}

func (m *model) insert(t rapid.TB) {
	id := m.serie
	m.serie++
	if _, ok := m.d.Find(m.hash(id), keyOf(id)); ok {
		t.Fatalf("found %d before it was inserted", id)
	}
	h := m.k.make(m.hash(id), keyOf(id))
	m.d.Insert(m.hash(id), h)
	m.live[id], m.byH[h] = h, id
	m.pos[id] = len(m.ids)
	m.ids = append(m.ids, id)
	if got, ok := m.d.Find(m.hash(id), keyOf(id)); !ok || got != h {
		t.Fatalf("Find after Insert = %#x, %v, want %#x", got, ok, h)
	}
}

// forget takes an id out of the model and frees its block.
func (m *model) forget(id uint64) {
	h := m.live[id]
	m.s.Free(h)
	delete(m.live, id)
	delete(m.byH, h)
	i, last := m.pos[id], m.ids[len(m.ids)-1]
	m.ids[i], m.pos[last] = last, i
	m.ids = m.ids[:len(m.ids)-1]
	delete(m.pos, id)
	delete(m.present, id)
}

func (m *model) remove(t rapid.TB, pick int) {
	if len(m.ids) == 0 {
		return
	}
	id := m.ids[pick%len(m.ids)]
	if !m.d.Delete(m.hash(id), m.live[id]) {
		t.Fatalf("Delete of %d found nothing", id)
	}
	if m.d.Delete(m.hash(id), m.live[id]) {
		t.Fatalf("second Delete of %d found something", id)
	}
	m.forget(id)
}

func (m *model) replace(t rapid.TB, pick int) {
	if len(m.ids) == 0 {
		return
	}
	id := m.ids[pick%len(m.ids)]
	old := m.live[id]
	h := m.k.make(m.hash(id), keyOf(id))
	if !m.d.Replace(m.hash(id), old, h) || m.d.Replace(m.hash(id), old, h) {
		t.Fatal("Replace does not find an entry, or finds it twice")
	}
	m.s.Free(old)
	delete(m.byH, old)
	m.live[id], m.byH[h] = h, id
}

// scanStep makes one call of Scan, and judges the scan at its end.
func (m *model) scanStep(t rapid.TB) {
	if !m.scanning {
		m.scanning, m.cursor = true, 0
		m.present, m.reported = map[uint64]bool{}, map[uint64]int{}
		for id := range m.live {
			m.present[id] = true
		}
	}
	next, done := m.d.Scan(m.cursor, func(h slab.Handle) {
		id, ok := m.byH[h]
		if !ok {
			t.Fatalf("scan reports %#x, which is not in the dict", h)
		}
		m.reported[id]++
	})
	if !done && next <= m.cursor {
		t.Fatalf("scan goes from %#x to %#x", m.cursor, next)
	}
	if m.cursor = next; !done {
		return
	}
	m.scanning = false
	for id := range m.present {
		if m.reported[id] != 1 {
			t.Fatalf("key %d was present throughout a scan and reported %d times", id, m.reported[id])
		}
	}
	for id, n := range m.reported {
		if n > 1 {
			t.Fatalf("key %d was reported %d times", id, n)
		}
	}
}

func (m *model) findAll(t rapid.TB, pick int) {
	if len(m.ids) == 0 {
		return
	}
	want := map[slab.Handle]bool{}
	hash := m.hash(m.ids[pick%len(m.ids)])
	for id, h := range m.live {
		if m.hash(id) == hash {
			want[h] = true
		}
	}
	m.d.FindAll(hash, func(h slab.Handle) bool {
		if !want[h] {
			t.Fatalf("FindAll reports %#x, which does not match or was reported before", h)
		}
		delete(want, h)
		return true
	})
	if len(want) > 0 {
		t.Fatalf("FindAll misses %d entries", len(want))
	}
}

func (m *model) sample(t rapid.TB, r uint64, n int) {
	seen := map[slab.Handle]bool{}
	m.d.Sample(r, n, func(h slab.Handle) {
		if _, ok := m.byH[h]; !ok || seen[h] {
			t.Fatalf("Sample reports %#x twice, or it is not in the dict", h)
		}
		seen[h] = true
	})
	if len(seen) != min(n, len(m.live)) {
		t.Fatalf("Sample of %d from %d gives %d", n, len(m.live), len(seen))
	}
	h, ok := m.d.Random(r)
	if _, live := m.byH[h]; ok != (len(m.live) > 0) || ok && !live {
		t.Fatalf("Random = %#x, %v", h, ok)
	}
}

func (m *model) clearStep(t rapid.TB, n int) {
	before := m.d.Len()
	var gone []uint64
	more := m.d.ClearStep(n, func(h slab.Handle) {
		id, ok := m.byH[h]
		if !ok {
			t.Fatalf("ClearStep reports %#x, which is not in the dict", h)
		}
		gone = append(gone, id)
		m.forget(id)
	})
	if more != (m.d.Len() > 0) || len(gone) != before-m.d.Len() || len(gone) < min(n, before) {
		t.Fatalf("ClearStep(%d) of %d removed %d, more %v", n, before, len(gone), more)
	}
}

// check verifies every entry and the structure.
func (m *model) check(t rapid.TB) {
	if m.d.Len() != len(m.live) {
		t.Fatalf("Len = %d, want %d", m.d.Len(), len(m.live))
	}
	checkShape(t, m.d)
	for id, h := range m.live {
		if got, ok := m.d.Find(m.hash(id), keyOf(id)); !ok || got != h {
			t.Fatalf("Find(%d) = %#x, %v, want %#x", id, got, ok, h)
		}
	}
}

// checkShape recounts everything the dict keeps count of.
func checkShape(t rapid.TB, d *Dict) {
	var atDepth [depthMax + 1]uint32
	var segBytes int64
	total, chained := 0, 0
	if len(d.dir) > 0 && (len(d.dir) != 1<<d.bits || d.shift+d.bits != 32) {
		t.Fatalf("directory of %d for %d bits, shift %d", len(d.dir), d.bits, d.shift)
	}
	for i := 0; i < len(d.dir); {
		r := d.dir[i]
		atDepth[r.depth()]++
		width := 1 << (uint(d.bits) - r.depth())
		if i%width != 0 {
			t.Fatalf("segment of depth %d at directory entry %d of %d", r.depth(), i, len(d.dir))
		}
		for k := i + 1; k < i+width; k++ {
			if d.dir[k] != makeRef(r.seg(), r.depth(), r.lines(), 0) {
				t.Fatalf("directory entries %d and %d differ", i, k)
			}
		}
		if r.seg() == 0 && (r.count() != 0 || r.lines() != 0) {
			t.Fatalf("empty segment with %d entries in %d lines", r.count(), r.lines())
		}
		if r.seg() != 0 {
			segBytes += int64(r.lines()) * lineBytes
			if n := checkLines(t, d, r, i); n != r.count() {
				t.Fatalf("segment has %d entries and counts %d", n, r.count())
			}
		}
		total += d.size(r)
		chained += len(d.chains[r.seg()])
		i += width
	}
	if total != d.len || chained != d.chained || segBytes != d.segBytes || atDepth != d.atDepth {
		t.Fatalf("len %d/%d, chained %d/%d, bytes %d/%d, depths %v/%v",
			total, d.len, chained, d.chained, segBytes, d.segBytes, atDepth, d.atDepth)
	}
}

// checkLines verifies a segment's entries are where lookups go.
func checkLines(t rapid.TB, d *Dict, r ref, at int) int {
	seg := d.slab.Bytes(r.seg())
	spill := make([]uint32, r.lines())
	n := 0
	for i := range r.lines() {
		l := lineAt(seg, i)
		m := l.meta()
		if m.own()&m.foreign() != 0 {
			t.Fatalf("a slot is both own and foreign")
		}
		n += bits.OnesCount32(m.used())
		for set := m.used(); set != 0; {
			slot := next(&set)
			hash := d.keys.HashOf(l.handle(slot))
			addr := uint32(hash >> 8)
			home := r.home(addr)
			dist := (i + r.lines() - home) % r.lines()
			own := m.own()>>slot&1 == 1
			if l[slot] != uint8(hash) || d.index(addr)&^(1<<(uint(d.bits)-r.depth())-1) != uint32(at) || own != (dist == 0) {
				t.Fatalf("entry in the wrong place")
			}
			if !own {
				spill[home]++
				if hm := lineAt(seg, home).meta(); hm.reach() < dist || dist > reachMax {
					t.Fatalf("entry %d lines from home, reach %d", dist, hm.reach())
				}
			}
		}
	}
	for i, want := range spill {
		if got := lineAt(seg, uint32(i)).meta(); got.spill() != want || want == 0 && got.reach() != 0 && got.reach() != reachChain {
			t.Fatalf("line has spill %d and reach %d, want %d", got.spill(), got.reach(), want)
		}
	}
	return n
}

func TestAgainstModel(t *testing.T) {
	for name, hash := range spreads {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				m := newModel(hash)
				defer m.s.Close()
				many := rapid.IntRange(1, 200) // lookups among equal hashes take quadratic time
				if name == "even" || name == "one tag" || name == "one prefix" {
					many = rapid.IntRange(1, 2000)
				}
				pick := rapid.IntRange(0, 1<<30)
				t.Repeat(map[string]func(*rapid.T){
					"insert": func(t *rapid.T) {
						for range many.Draw(t, "count") {
							m.insert(t)
						}
					},
					"delete": func(t *rapid.T) {
						n, p := many.Draw(t, "count"), pick.Draw(t, "pick")
						for i := range n {
							m.remove(t, p+i*7919)
						}
					},
					"replace": func(t *rapid.T) { m.replace(t, pick.Draw(t, "pick")) },
					"findAll": func(t *rapid.T) { m.findAll(t, pick.Draw(t, "pick")) },
					"sample": func(t *rapid.T) {
						m.sample(t, rapid.Uint64().Draw(t, "r"), rapid.IntRange(0, 50).Draw(t, "n"))
					},
					"scan": func(t *rapid.T) {
						for range rapid.IntRange(1, 60).Draw(t, "steps") {
							m.scanStep(t)
						}
					},
					"clearStep": func(t *rapid.T) { m.clearStep(t, rapid.IntRange(0, 300).Draw(t, "max")) },
					"":          func(t *rapid.T) { m.check(t) },
				})
				m.d.Clear(func(h slab.Handle) { m.forget(m.byH[h]) })
				m.check(t)
				if st := m.s.Stats(); st.Blocks != 0 {
					t.Fatalf("%d blocks left after Clear", st.Blocks)
				}
			})
		})
	}
}

// TestMemoryReturns deletes nine tenths of the keys at random and expects the
// index of the rest.
func TestMemoryReturns(t *testing.T) {
	m := newModel(spreads["even"])
	defer m.s.Close()
	for range 60_000 {
		m.insert(t)
	}
	for range 54_000 {
		m.remove(t, int(mix(m.serie+uint64(len(m.ids)))>>1))
	}
	m.check(t)
	if per := float64(m.d.Bytes()) / float64(m.d.Len()); per > 14 {
		t.Errorf("%.1f bytes a key after deleting nine tenths", per)
	}
}

// TestRandomIsUniform draws from a dict whose segments differ in size and depth,
// and compares how often each key comes with what chance allows.
func TestRandomIsUniform(t *testing.T) {
	for name, uneven := range map[string]func(uint64) Hash{
		"even": spreads["even"],
		"uneven": func(id uint64) Hash { // half of the keys in an eighth of the addresses
			if id%2 == 0 {
				return mix(id) & (1<<37 - 1)
			}
			return mix(id) & (1<<40 - 1)
		},
		"chained": spreads["half"],
	} {
		t.Run(name, func(t *testing.T) {
			m := newModel(uneven)
			defer m.s.Close()
			const keys, draws = 5000, 100
			for range keys {
				m.insert(t)
			}
			count := map[slab.Handle]int{}
			for r := range uint64(keys * draws) {
				h, ok := m.d.Random(mix(r))
				if !ok {
					t.Fatal("Random finds nothing")
				}
				count[h]++
			}
			chi2 := float64(0)
			for _, h := range m.live {
				diff := float64(count[h] - draws)
				chi2 += diff * diff / draws
			}
			// Mean keys-1, standard deviation sqrt(2*keys) = 100: allow 6 of them.
			if chi2 > keys+600 {
				t.Errorf("chi squared %.0f for %d keys", chi2, keys)
			}
		})
	}
}

// FuzzDictModel drives the model from bytes: an operation and an argument each.
// Fuzz with -fuzzminimizetime=10x: minimising inputs takes most of the time otherwise.
func FuzzDictModel(f *testing.F) {
	f.Add(uint8(0), []byte{0, 250, 0, 250, 4, 9, 0, 250, 1, 200, 4, 200})
	f.Add(uint8(1), []byte{0, 250, 0, 250, 2, 9, 1, 250, 3, 0, 6, 7})
	names := []string{"even", "one hash", "one address", "one tag", "few", "dense", "one prefix", "half"}
	f.Fuzz(func(t *testing.T, spread uint8, ops []byte) {
		m := newModel(spreads[names[int(spread)%len(names)]])
		defer m.s.Close()
		ops = ops[:min(len(ops), 400)] // equal hashes take quadratic time
		for ; len(ops) >= 2; ops = ops[2:] {
			arg := int(ops[1])
			switch ops[0] % 7 {
			case 0:
				for range min(arg, 3000-len(m.live)) {
					m.insert(t)
				}
			case 1:
				for i := range arg {
					m.remove(t, i*7919)
				}
			case 2:
				m.replace(t, arg)
			case 3:
				m.findAll(t, arg)
			case 4:
				for range arg {
					m.scanStep(t)
				}
			case 5:
				m.sample(t, uint64(arg), arg/8)
			case 6:
				m.clearStep(t, arg)
			}
		}
		m.check(t)
	})
}

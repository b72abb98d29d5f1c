package hashtable

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// failer is what testing.T and rapid.T have in common.
type failer interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// verify checks every invariant of a table against a model.
func verify(t failer, tb *Table, model map[string]string) {
	t.Helper()
	if tb.Len() != len(model) {
		t.Fatalf("Len %d, want %d", tb.Len(), len(model))
	}
	n := 0
	tb.Each(func(key, val []byte) bool {
		want, ok := model[string(key)]
		if !ok || want != string(val) {
			t.Fatalf("%.40q is %.40q, want %.40q (%v)", key, val, want, ok)
		}
		n++
		return true
	})
	if n != len(model) {
		t.Fatalf("Each passed %d of %d", n, len(model))
	}
	verifyLayout(t, tb)
}

func verifyLayout(t failer, tb *Table) {
	t.Helper()
	used := map[chunkID]bool{}
	take := func(id chunkID, owner uint32) {
		if used[id] || tb.pool.free[id>>blockShift]>>(id&(blockMax-1))&1 != 0 || tb.pool.owner[id] != owner {
			t.Fatalf("chunk %d is shared, free, or not of segment %d", id, owner)
		}
		used[id] = true
	}
	var byDepth [depthMax + 1]uint32
	count, data := 0, int64(0)
	for i := range tb.nsegs {
		s := tb.seg(i)
		take(s.index, i)
		for _, id := range s.chunks {
			take(id, i)
		}
		byDepth[s.depth]++
		count += int(s.count)
		data += int64(cap(s.chunks)) * 4
		verifySegment(t, tb, s)
	}
	if count != tb.count || byDepth != tb.byDepth || data != tb.data {
		t.Fatalf("count %d, want %d; by depth %v, want %v; %d bytes of lists, want %d", tb.count, count, tb.byDepth, byDepth, tb.data, data)
	}
	if free := tb.pool.chunks - len(used); free != tb.pool.nfree {
		t.Fatalf("%d chunks are free, counted %d", free, tb.pool.nfree)
	}
	if len(tb.dir) != 1<<tb.depth || tb.depth > 0 && tb.byDepth[tb.depth] == 0 {
		t.Fatalf("directory of %d for depth %d", len(tb.dir), tb.depth)
	}
	for at, i := range tb.dir {
		if s := tb.seg(i); uint64(at)>>(tb.depth-s.depth) != s.prefix {
			t.Fatalf("the directory names segment %d at %d, which has prefix %b of %d bits", i, at, s.prefix, s.depth)
		}
	}
}

func verifySegment(t failer, tb *Table, s *segment) {
	idx := tb.pool.bytes(s.index)
	var spill [segGroups]uint32
	n, live := 0, 0
	for slot := range segSlots {
		if !tb.occupied(s, slot) {
			continue
		}
		n++
		r := tb.decode(tb.recordAt(s, slot))
		live += roundUnit(r.size)
		h := tb.hash(r.key)
		if top(h, s.depth) != s.prefix {
			t.Fatal("an entry is in a segment that is not its own")
		}
		for g := s.home(h); g != slot/groupSlots; g = (g + 1) % segGroups {
			spill[g]++
		}
	}
	if n != int(s.count) {
		t.Fatalf("segment of %d entries counts %d", n, s.count)
	}
	for g := range segGroups {
		if got := binary.LittleEndian.Uint32(idx[g*groupBytes+offMeta:]) >> groupSlots; got != spill[g] {
			t.Fatalf("group %d: spill %d, want %d", g, got, spill[g])
		}
	}
	if held := len(s.chunks) * chunkBytes; live+int(s.dead) > held {
		t.Fatalf("%d bytes live and %d dead in %d", live, s.dead, held)
	}
}

func anyText(few int) *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(0, few), func(i int) string { return fmt.Sprint("k", i) }),
		rapid.Custom(func(t *rapid.T) string {
			n := rapid.SampledFrom([]int{0, 1, 100, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255, 256, 300, 2000, 70000}).Draw(t, "n")
			return strings.Repeat(string(rune('a'+rapid.IntRange(0, 3).Draw(t, "c"))), n)
		}),
	)
}

func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tb, model := New(rapid.Uint64().Draw(t, "seed")), map[string]string{}
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				k, v := anyText(60).Draw(t, "key"), anyText(20).Draw(t, "val")
				_, had := model[k]
				if tb.Set([]byte(k), []byte(v)) == had {
					t.Fatalf("Set says added = %v", !had)
				}
				model[k] = v
			},
			"add": func(t *rapid.T) {
				k := anyText(60).Draw(t, "key")
				_, had := model[k]
				if tb.Add([]byte(k)) == had {
					t.Fatalf("Add says added = %v", !had)
				}
				if !had {
					model[k] = ""
				}
			},
			"delete": func(t *rapid.T) {
				k := anyText(60).Draw(t, "key")
				_, had := model[k]
				if tb.Delete([]byte(k)) != had {
					t.Fatalf("Delete says %v", !had)
				}
				delete(model, k)
			},
			"many": func(t *rapid.T) {
				from, n := rapid.IntRange(0, 4000).Draw(t, "from"), rapid.IntRange(0, 2000).Draw(t, "n")
				grow := rapid.Bool().Draw(t, "grow")
				for i := from; i < from+n; i++ {
					k := fmt.Sprint("m", i)
					if grow {
						tb.Set([]byte(k), []byte(k))
						model[k] = k
					} else {
						tb.Delete([]byte(k))
						delete(model, k)
					}
				}
			},
			"clone": func(t *rapid.T) {
				old := tb
				tb = tb.Clone()
				old.Set([]byte("k1"), []byte("changed in the original"))
				old.Each(func(k, v []byte) bool { clear(v); return true })
			},
			"": func(t *rapid.T) {
				verify(t, tb, model)
				for k, v := range model {
					if got, ok := tb.Get([]byte(k)); !ok || string(got) != v {
						t.Fatalf("Get(%.30q) = %.30q, %v", k, got, ok)
					}
				}
			},
		})
	})
}

// TestGrowAndShrink goes up and down through many splits and merges, with values that change size.
func TestGrowAndShrink(t *testing.T) {
	tb, model, rng := New(1), map[string]string{}, rand.New(rand.NewPCG(1, 2))
	for _, target := range []int{30000, 200, 5000, 0, 1000, 0} {
		for step := 0; len(model) != target; step++ {
			k := fmt.Sprint("key:", rng.IntN(40000))
			if _, had := model[k]; len(model) < target {
				v := strings.Repeat("v", rng.IntN(40))
				if rng.IntN(50) == 0 {
					v = strings.Repeat("w", rng.IntN(1000))
				}
				tb.Set([]byte(k), []byte(v))
				model[k] = v
			} else {
				if !had {
					key, _ := tb.Random(rng.Uint64())
					k = string(key)
				}
				tb.Delete([]byte(k))
				delete(model, k)
			}
			if step%5000 == 0 {
				verify(t, tb, model)
			}
		}
		verify(t, tb, model)
		t.Logf("%d entries: %d segments, %d bytes", target, tb.nsegs, tb.MemBytes())
	}
	if tb.MemBytes() > 64<<10 {
		t.Errorf("an empty table keeps %d bytes", tb.MemBytes())
	}
}

// collide returns n keys whose hashes share their top bits.
func collide(seed uint64, n int, topBits uint8) []string {
	tb := New(seed)
	var keys []string
	var buf [8]byte
	for i := uint64(0); len(keys) < n; i++ {
		binary.LittleEndian.PutUint64(buf[:], i)
		if top(tb.hash(buf[:]), topBits) == 0 {
			keys = append(keys, string(buf[:]))
		}
	}
	return keys
}

// TestCollidingHashes: keys chosen so that a split does not divide them go into overflow segments.
func TestCollidingHashes(t *testing.T) {
	tb, model := New(9), map[string]string{}
	for i := range 3000 {
		k := fmt.Sprint("other", i)
		tb.Set([]byte(k), nil)
		model[k] = ""
	}
	keys := collide(9, 2500, 14)
	for _, k := range keys {
		tb.Set([]byte(k), []byte("v"))
		model[k] = "v"
	}
	verify(t, tb, model)
	if len(tb.dir) > 1<<(bits.Len32(tb.nsegs)+depthSlack) {
		t.Errorf("the directory has %d entries for %d segments", len(tb.dir), tb.nsegs)
	}
	chained := func() (n int) {
		for i := range tb.nsegs {
			if tb.seg(i).next != 0 {
				n++
			}
		}
		return n
	}
	if chained() == 0 {
		t.Error("no overflow: the test tests nothing")
	}
	seen := map[string]int{}
	for c := tb.Scan(0, func(k, _ []byte) { seen[string(k)]++ }); c != 0; {
		c = tb.Scan(c, func(k, _ []byte) { seen[string(k)]++ })
	}
	for k := range model {
		if seen[k] != 1 {
			t.Fatalf("scan passed %x %d times", k, seen[k])
		}
	}
	rng := rand.New(rand.NewPCG(3, 4))
	rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	for i, k := range keys {
		if !tb.Delete([]byte(k)) {
			t.Fatalf("%x is missing", k)
		}
		delete(model, k)
		if i%200 == 0 {
			verify(t, tb, model)
		}
	}
	for k := range model {
		tb.Delete([]byte(k))
		delete(model, k)
	}
	verify(t, tb, model)
	if chained() != 0 {
		t.Error("overflow segments stay")
	}
}

// TestScanGuarantee scans while the table grows and shrinks: what is there throughout is passed exactly once.
func TestScanGuarantee(t *testing.T) {
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 5))
		tb := New(seed)
		stay, extra := 1+rng.IntN(6000), 0
		for i := range stay {
			tb.Set(fmt.Append(nil, "stay", i), []byte("v"))
		}
		growing := seed%2 == 0
		if !growing {
			for ; extra < 20000; extra++ {
				tb.Add(fmt.Append(nil, "extra", extra))
			}
		}
		seen := map[string]int{}
		steps := 0
		for cursor := uint64(0); ; steps++ {
			cursor = tb.Scan(cursor, func(k, _ []byte) {
				if strings.HasPrefix(string(k), "stay") {
					seen[string(k)]++
				}
			})
			if cursor == 0 {
				break
			}
			if cursor >= 1<<48 {
				t.Fatalf("cursor %d", cursor)
			}
			for range rng.IntN(100) {
				if growing {
					tb.Add(fmt.Append(nil, "extra", extra))
					extra++
				} else if extra > 0 {
					extra--
					tb.Delete(fmt.Append(nil, "extra", extra))
				}
			}
			if steps%400 == 399 {
				growing = !growing
			}
		}
		for i := range stay {
			if n := seen[fmt.Sprint("stay", i)]; n != 1 {
				t.Fatalf("seed %d: member %d of %d was passed %d times", seed, i, stay, n)
			}
		}
	}
}

func TestScanFromAnywhere(t *testing.T) {
	tb := New(3)
	for i := range 1000 {
		tb.Add(fmt.Append(nil, i))
	}
	for _, cursor := range []uint64{1, 1<<48 - 1, 1 << 48, 1<<64 - 1, 12345678901234567} {
		for steps := 0; ; steps++ {
			if cursor = tb.Scan(cursor, func(_, _ []byte) {}); cursor == 0 {
				break
			}
			if steps > 1000 {
				t.Fatal("no end")
			}
		}
	}
}

// TestRandomIsUniform compares the frequencies with the chi-squared distribution.
func TestRandomIsUniform(t *testing.T) {
	tb, rng := New(5), rand.New(rand.NewPCG(8, 8))
	const members, draws = 2000, 400000
	for i := range members {
		tb.Add(fmt.Append(nil, i))
	}
	counts := map[string]int{}
	for range draws {
		k, _ := tb.Random(rng.Uint64())
		counts[string(k)]++
	}
	chi, want := 0.0, float64(draws)/members
	for i := range members {
		d := float64(counts[fmt.Sprint(i)]) - want
		chi += d * d / want
	}
	if chi > members+5*63 { // mean + 5 standard deviations, sqrt(2 x 2000) each
		t.Errorf("chi squared %.0f with %d degrees of freedom", chi, members-1)
	}
}

func TestBlobsAreReclaimed(t *testing.T) {
	tb, rng := New(5), rand.New(rand.NewPCG(8, 9))
	model := map[string]string{}
	for i := range 60000 {
		k, v := fmt.Sprint(rng.IntN(400)), strings.Repeat(string(rune('a'+i%26)), 260+rng.IntN(3000))
		if rng.IntN(3) == 0 {
			tb.Delete([]byte(k))
			delete(model, k)
		} else {
			tb.Set([]byte(k), []byte(v))
			model[k] = v
		}
	}
	verify(t, tb, model)
	live := 0
	for _, v := range model {
		live += len(v)
	}
	if got := tb.blobs.memBytes(); got > int64(live)*2 {
		t.Errorf("%d bytes are held for %d", got, live)
	}
	for k := range model {
		tb.Delete([]byte(k))
	}
	if tb.blobs.memBytes() != 0 {
		t.Errorf("%d bytes are held for nothing", tb.blobs.memBytes())
	}
}

// TestSteadyStateAllocations: what does not grow the table does not allocate.
func TestSteadyStateAllocations(t *testing.T) {
	tb := New(1)
	keys := make([][]byte, 5000)
	for i := range keys {
		keys[i] = fmt.Append(nil, "key:", i)
		tb.Set(keys[i], keys[i])
	}
	i := 0
	if n := testing.AllocsPerRun(1000, func() {
		i = (i + 1) % len(keys)
		k := keys[i]
		tb.Set(k, k[:4])
		tb.Get(k)
		tb.Delete(k)
		tb.Add(k)
		tb.Set(k, k)
	}); n > 0.1 {
		t.Errorf("%v allocations", n)
	}
}

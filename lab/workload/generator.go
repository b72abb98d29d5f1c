package workload

import (
	"math/rand/v2"
	"strconv"
)

// KeyDigits is the least width of the number in a key. With the lab's prefix of
// 8 bytes it makes keys of 16 bytes, the size the memory figures refer to.
const KeyDigits = 8

// valuePoolBytes is how much random text values are cut from: enough that
// neighbouring values differ, little enough to stay in the cache.
const valuePoolBytes = 16 << 10

// Generator produces the requests of one thread.
type Generator struct {
	rng   *rand.PCG
	keys  picker
	count uint64
	ops   []template
	// limits holds, for each operation, the end of its share of 1 << 32.
	limits []uint64
	pool   []byte
}

// NewGenerator makes the generator of one of threads threads. The Spec must be
// valid.
func NewGenerator(s *Spec, thread, threads int) (*Generator, error) {
	g := &Generator{
		rng:   rand.NewPCG(s.Seed, uint64(thread)<<32|0x9e4),
		keys:  newPicker(s.Keys.Dist, s.Keys.Count, thread, threads),
		count: uint64(s.Keys.Count),
	}
	digits := max(KeyDigits, len(strconv.FormatInt(s.Keys.Count-1, 10)))
	sum, upTo := 0.0, 0.0
	for _, op := range s.Ops {
		sum += op.Weight
	}
	needsPool := false
	for _, op := range s.Ops {
		t, err := compile(op.Command, s.Keys.Prefix, digits, s.ValueBytes)
		if err != nil {
			return nil, err
		}
		for _, p := range t.patches {
			needsPool = needsPool || p.holder == holderValue
		}
		upTo += op.Weight
		g.ops = append(g.ops, t)
		g.limits = append(g.limits, uint64(upTo/sum*(1<<32)))
	}
	g.limits[len(g.limits)-1] = 1 << 32 // whatever the rounding
	if needsPool {
		g.pool = randomText(g.rng, s.ValueBytes+valuePoolBytes)
	}
	return g, nil
}

// randomText is printable and does not compress to less than 3/4.
func randomText(rng *rand.PCG, n int) []byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[rng.Uint64()&63]
	}
	return b
}

// Pick draws the operation of the next request: an index into Spec.Ops.
func (g *Generator) Pick() int {
	if len(g.limits) == 1 {
		return 0
	}
	x := g.rng.Uint64() >> 32
	for i, limit := range g.limits {
		if x < limit {
			return i
		}
	}
	return len(g.limits) - 1
}

// Append appends a request of operation op to dst.
func (g *Generator) Append(dst []byte, op int) []byte {
	t := &g.ops[op]
	start := len(dst)
	dst = append(dst, t.bytes...)
	for i := range t.patches {
		p := &t.patches[i]
		hole := dst[start+p.at : start+p.at+p.width]
		switch p.holder {
		case holderKey:
			putDigits(hole, g.keys.pick(g.rng))
		case holderInt:
			putDigits(hole, below(g.rng, g.count))
		case holderValue:
			copy(hole, g.pool[g.rng.Uint64()&(valuePoolBytes-1):])
		}
	}
	return dst
}

// RequestBytes is the length of a request of operation op.
func (g *Generator) RequestBytes(op int) int { return len(g.ops[op].bytes) }

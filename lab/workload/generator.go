package workload

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"strconv"
)

// Generator produces the requests of one thread.
type Generator struct {
	// NowUs is what {now} stands for: microseconds since 1970. Who sends keeps it up
	// to date; UsesNow tells whether that matters.
	NowUs int64

	rng    *rand.PCG
	space  *Space
	groups []*group // shared with other generators, and not changed
	pick   []picker // of each group
	ops    []template
	// limits holds, for each operation, the end of its share of 1 << 32.
	limits  []uint64
	pools   pools
	think   drawer
	session drawer
	pause   drawer // between the requests of a session
	usesNow bool

	thread, threads uint64
	seq             uint64
	last            []uint64 // of each group: the number of the key written last
	replies         int
	drawn           []uint64 // of a varying argument, between measuring and writing it
	task            *taskRun // instead of operations; nil in a load
}

// NewGenerator makes the generator of one of threads threads, when there is just
// one or the key spaces do not grow; see Space.Generator. The Spec must be valid.
func NewGenerator(s *Spec, thread, threads int) (*Generator, error) {
	return NewSpace(s).Generator(thread, threads)
}

// Generator makes the generator of one of threads threads.
func (sp *Space) Generator(thread, threads int) (*Generator, error) {
	s := sp.spec
	g := &Generator{
		last:  make([]uint64, len(sp.groups)),
		rng:   s.source(thread, 0x9e4),
		space: sp, groups: sp.groups, thread: uint64(thread), threads: uint64(threads),
		think: newDrawer(s.Think), session: newDrawer(s.Session.Requests), pause: newDrawer(s.Session.Think),
	}
	for _, gr := range sp.groups {
		g.pick = append(g.pick, newPicker(gr.dist, gr.count, thread, threads))
	}
	if len(s.Ops) == 1 && s.Ops[0].Task != "" {
		g.task = newTaskRun(g, s.Ops[0].Task)
		return g, g.makePools(s)
	}
	c := compiler{groups: sp.groups}
	weights := make([]float64, len(s.Ops))
	for i := range s.Ops {
		t, err := c.compile(&s.Ops[i])
		if err != nil {
			return nil, err
		}
		weights[i] = s.Ops[i].Weight
		g.ops = append(g.ops, t)
	}
	g.limits = shares(weights)
	return g, g.makePools(s)
}

// makePools makes what values are cut from, and the room for varying arguments.
func (g *Generator) makePools(s *Spec) error {
	most := 0
	use := func(p *part) {
		if p.holder == holderNow {
			g.usesNow = true
		}
		if p.holder != holderValue {
			return
		}
		size := p.width
		if p.size != nil {
			size = int(p.size.most())
		}
		g.pools.need(g.groups[p.group].pool, size)
	}
	for i := range g.ops {
		for _, st := range g.ops[i].steps {
			for j := range st.patches {
				use(&st.patches[j].part)
			}
			for j := range st.varying {
				use(&st.varying[j])
			}
			most = max(most, len(st.varying))
		}
	}
	g.drawn = make([]uint64, most)
	if g.task != nil && g.task.kind == LoadData {
		for _, gr := range g.groups {
			if gr.preload {
				g.pools.need(gr.pool, int(gr.values.Size.limit()))
			}
		}
	}
	g.pools.fill(g.rng, s)
	return nil
}

// UsesNow tells whether any request depends on NowUs.
func (g *Generator) UsesNow() bool { return g.usesNow }

// ThinkNs draws how long a connection of a closed loop waits before it sends
// again.
func (g *Generator) ThinkNs() int64 { return g.think.draw(g.rng) }

// SessionRequests draws how many requests a session sends: 1 or more.
func (g *Generator) SessionRequests() int { return int(max(1, g.session.draw(g.rng))) }

// SessionThinkNs draws how long a session waits between a reply and its next
// request.
func (g *Generator) SessionThinkNs() int64 { return g.pause.draw(g.rng) }

// Pick draws the operation of the next request: an index into Spec.Ops. It is
// negative when there is nothing more to send, as when a task is done.
func (g *Generator) Pick() int {
	if g.task != nil {
		return g.task.pick()
	}
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

// Replies is how many replies the request appended last is answered with. The
// request is answered with the last of them.
func (g *Generator) Replies() int { return g.replies }

// Append appends a request of operation op, which Pick returned, to dst.
func (g *Generator) Append(dst []byte, op int) []byte {
	if g.task != nil {
		return g.task.append(dst)
	}
	t := &g.ops[op]
	g.replies = t.replies
	for i := range t.steps {
		st := &t.steps[i]
		start := len(dst)
		dst = append(dst, st.bytes...)
		for j := range st.patches {
			p := &st.patches[j]
			g.patch(dst[start+p.at:start+p.at+p.width], p)
		}
		if len(st.varying) > 0 {
			dst = g.appendVarying(dst, st.varying)
		}
	}
	return dst
}

// patch fills a hole of fixed width.
func (g *Generator) patch(hole []byte, p *patch) {
	switch p.holder {
	case holderValue:
		copyCyclic(hole, g.pools.at(g.groups[p.group].pool), g.rng.Uint64())
	default:
		putDigits(hole, g.number(&p.part))
	}
}

// number draws what a placeholder of digits stands for.
func (g *Generator) number(p *part) uint64 {
	switch p.holder {
	case holderKey:
		gr := g.groups[p.group]
		x := g.pick[p.group].pick(g.rng, g.space.settled(gr))
		g.last[p.group] = x
		return x
	case holderNewKey:
		x := g.space.insert(g.groups[p.group])
		g.last[p.group] = x
		return x
	case holderSameKey:
		x := g.last[p.from]
		// Groups of different sizes go together as well: numbers start anew.
		if n := uint64(g.groups[p.group].count); p.from != p.group && x >= n {
			x %= n
		}
		g.last[p.group] = x
		return x
	case holderN:
		return g.last[p.from]
	}
	// {member}
	if p.span > 0 {
		return below(g.rng, p.span)
	}
	gr := g.groups[p.group]
	return below(g.rng, uint64(gr.membersOf(g.last[p.group], g.space.seed)))
}

// appendVarying appends an argument with its length. All numbers are drawn
// first, as the length stands before the content.
func (g *Generator) appendVarying(dst []byte, parts []part) []byte {
	length := 0
	for i := range parts {
		p := &parts[i]
		x := uint64(0)
		switch p.holder {
		case literal:
			length += len(p.text)
			continue
		case holderValue:
			if p.size == nil {
				length += p.width
				continue
			}
			if p.perKey {
				x = uint64(p.size.at(sizeBits(g.last[p.group], g.space.seed)))
			} else {
				x = uint64(p.size.draw(g.rng))
			}
			length += int(x)
		case holderKey, holderNewKey, holderSameKey, holderN, holderMember:
			x = g.number(p)
			length += p.width
		default:
			x = g.amount(p)
			length += numberLen(p.holder, int64(x))
		}
		g.drawn[i] = x
	}
	dst = strconv.AppendInt(dst, int64(length), 10)
	dst = append(dst, "\r\n"...)
	for i := range parts {
		dst = g.appendPart(dst, &parts[i], g.drawn[i])
	}
	return dst
}

func (g *Generator) appendPart(dst []byte, p *part, x uint64) []byte {
	switch p.holder {
	case literal:
		return append(dst, p.text...)
	case holderValue:
		if p.size == nil {
			x = uint64(p.width)
		}
		return g.appendValue(dst, g.groups[p.group].pool, int(x))
	case holderKey, holderNewKey, holderSameKey, holderN, holderMember:
		start := len(dst)
		dst = slices.Grow(dst, p.width)[:start+p.width]
		putDigits(dst[start:], x)
		return dst
	case holderFloat:
		return appendMillionths(dst, int64(x))
	}
	return strconv.AppendInt(dst, int64(x), 10)
}

// appendValue appends n bytes of a value.
func (g *Generator) appendValue(dst []byte, pool, n int) []byte {
	start := len(dst)
	dst = slices.Grow(dst, n)[:start+n]
	copyCyclic(dst[start:], g.pools.at(pool), g.rng.Uint64())
	return dst
}

// amount draws what a placeholder of a plain number stands for.
func (g *Generator) amount(p *part) uint64 {
	switch p.holder {
	case holderSeq:
		x := g.seq*g.threads + g.thread
		g.seq++
		return x
	case holderNow:
		return uint64(g.NowUs / p.base)
	case holderTTL:
		return uint64(max(1, g.groups[p.group].ttl.draw(g.rng)/1e9))
	case holderPTTL:
		return uint64(max(1, g.groups[p.group].ttl.draw(g.rng)/1e6))
	}
	if p.span == 0 { // of all numbers there are
		return g.rng.Uint64()
	}
	return uint64(p.base + int64(below(g.rng, p.span)))
}

// numberLen is the length of x as appendPart writes it.
func numberLen(h holder, x int64) int {
	if h == holderFloat {
		var b [32]byte
		return len(appendMillionths(b[:0], x))
	}
	n := 0
	u := uint64(x)
	if x < 0 {
		n, u = 1, -u
	}
	// The number of bits times log10(2), and one more from the next power on.
	d := (bits.Len64(u) * 1233) >> 12
	if u >= pow10[d] {
		d++
	}
	return n + max(1, d)
}

var pow10 = [20]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// appendMillionths writes x / 1e6.
func appendMillionths(dst []byte, x int64) []byte {
	u := uint64(x)
	if x < 0 {
		dst = append(dst, '-')
		u = -u
	}
	dst = strconv.AppendUint(dst, u/1e6, 10)
	dst = append(dst, ".000000"...)
	putDigits(dst[len(dst)-6:], u%1e6)
	return dst
}

// draw draws an amount.
func (d *drawer) draw(rng *rand.PCG) int64 {
	if d.constant {
		return d.base
	}
	return d.at(rng.Uint64())
}

// RequestBytes is the length of a request of operation op without its arguments
// of varying length.
func (g *Generator) RequestBytes(op int) int {
	if g.task != nil {
		return 0
	}
	return g.ops[op].bytes
}

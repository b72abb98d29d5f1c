package workload

import (
	"strings"
	"sync/atomic"
)

// KeyDigits is the least width of the number in a key. With the lab's prefix of
// 8 bytes it makes keys of 16 bytes, the size the memory figures refer to.
const KeyDigits = 8

const (
	defaultMembers = 10
	defaultTTL     = 3600e9 // what {ttl} is where the group has no TTL
	memberDigits   = 4
	memberLetter   = "m" // begins a member's name, so that no set becomes one of integers by chance
	// Scores of preloaded sorted sets are below it, so that ranks mean something.
	scoresBelow = 1_000_000
)

// Space is what the generators of one run share: how many keys {newkey} has
// added to each group. The generators of all threads must come from one Space.
type Space struct {
	spec   *Spec
	seed   uint64
	groups []*group
	// lag is how many of the newest keys latest passes over, as they may still be
	// on their way to the server.
	lag uint64
}

// group is a group of keys as generators use it.
type group struct {
	name          string
	before, after string // the number; before includes the workload's prefix
	digits        int
	count         int64
	most          uint64 // what digits can tell apart
	dist          Dist
	typ           Type
	values        Values
	size          drawer
	members       *drawer // nil where there are none
	memberMost    int64
	memberDigits  int
	ttl           drawer
	hasTTL        bool
	preload       bool
	scores        drawer
	pool          int // index of the pool of values
	inserted      atomic.Uint64
}

// NewSpace makes the Space of one run of s, which must be valid and must not
// change meanwhile.
func NewSpace(s *Spec) *Space {
	sp := &Space{spec: s, seed: s.Seed, lag: uint64(max(s.Connections, 1)) * uint64(max(s.Pipeline, 1))}
	grows := s.growing()
	for i, g := range s.AllGroups() {
		before, after, _ := strings.Cut(g.pattern(), "{n}")
		gr := &group{name: g.Name, before: s.Keys.Prefix + before, after: after, digits: g.digits(grows[i]),
			count: g.Count, dist: g.Dist, typ: g.Data.Type, values: s.ValuesOf(&g), preload: !g.Data.NoPreload, pool: i}
		gr.digits = min(gr.digits, maxDigits)
		gr.most = pow10[gr.digits]
		gr.size = newDrawer(gr.values.Size)
		gr.setData(&g.Data)
		sp.groups = append(sp.groups, gr)
	}
	return sp
}

// digits is Data.Digits or its default.
func (g *Group) digits(grows bool) int {
	switch {
	case g.Data.Digits > 0:
		return g.Data.Digits
	case grows:
		return max(KeyDigits, digitsOf(10*g.Count-1))
	}
	return max(KeyDigits, digitsOf(g.Count-1))
}

func (g *group) setData(d *Data) {
	if g.typ == "" {
		g.typ = String
	}
	g.memberMost = g.count
	if g.typ != String {
		law := d.Members
		if !law.Given() {
			law = Fixed(defaultMembers)
		}
		m := newDrawer(law)
		g.members, g.memberMost = &m, max(1, m.most())
	}
	g.memberDigits = max(d.MemberDigits, memberDigits, digitsOf(g.memberMost-1))
	ttl, scores := d.TTL, d.Scores
	if g.hasTTL = ttl.Given(); !g.hasTTL {
		ttl = Fixed(defaultTTL)
	}
	if !scores.Given() {
		scores = Law{Kind: UniformLaw, Max: scoresBelow - 1}
	}
	g.ttl, g.scores = newDrawer(ttl), newDrawer(scores)
}

// growing tells which groups {newkey} adds to.
func (s *Spec) growing() []bool {
	groups := s.AllGroups()
	grows := make([]bool, len(groups))
	for i := range s.Ops {
		for _, command := range s.Ops[i].All() {
			for _, arg := range command {
				pieces, _ := splitArg(arg)
				for _, p := range pieces {
					for j, g := range groups {
						if p.holder == holderNewKey && (p.text == g.Name || p.text == "" && j == 0) {
							grows[j] = true
						}
					}
				}
			}
		}
	}
	return grows
}

// insert returns the number of a key that did not exist. When the digits of a
// key are used up, the added keys are written over from the first one on.
func (sp *Space) insert(g *group) uint64 {
	n := g.inserted.Add(1) - 1
	return uint64(g.count) + n%(g.most-uint64(g.count))
}

// settled is how many keys of g surely exist.
func (sp *Space) settled(g *group) uint64 {
	if g.dist.Kind != Latest {
		return uint64(g.count)
	}
	n := min(g.inserted.Load(), g.most-uint64(g.count))
	return uint64(g.count) + n - min(n, sp.lag)
}

// Inserted is how many keys were added to each group of Spec.AllGroups.
func (sp *Space) Inserted() []int64 {
	out := make([]int64, len(sp.groups))
	for i, g := range sp.groups {
		out[i] = int64(min(g.inserted.Load(), g.most-uint64(g.count)))
	}
	return out
}

// membersOf is how many members preloading gives the key.
func (g *group) membersOf(key, seed uint64) int64 {
	if g.members == nil {
		return g.memberMost
	}
	if g.members.constant {
		return max(1, g.members.base)
	}
	return max(1, g.members.at(scramble(key^seed<<32^0x6d)))
}

// sizeBits are the random bits that decide the size of a key's value where each
// key has a size of its own.
func sizeBits(key, seed uint64) uint64 { return scramble(key ^ seed<<32 ^ 0x73) }

// scramble is the finalizer of SplitMix64: each bit of x changes half of the
// result's.
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

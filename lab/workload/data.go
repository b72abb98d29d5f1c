package workload

import "slices"

// Keys is the first group of keys, the one that {key} stands for: Prefix, then
// what Data.Pattern makes of a number below Count in fixed width, so that all
// keys of a group have the same length.
type Keys struct {
	// Prefix begins every key of every group. The lab replaces an empty one by one
	// of the run's own, which nothing else uses.
	Prefix string
	Name   string // {key:NAME} is {key}; may be empty
	Count  int64
	Dist   Dist
	Data   Data
}

// Group is a further set of keys, which {key:NAME} stands for.
type Group struct {
	Name  string
	Count int64
	Dist  Dist
	Data  Data
}

// Type is what a key holds.
type Type string

const (
	String Type = "string"
	Hash   Type = "hash"
	List   Type = "list"
	Set    Type = "set"
	ZSet   Type = "zset"
	Stream Type = "stream"
)

// Data says how the keys of a group are named and what preloading writes there.
type Data struct {
	// Pattern is the key after Keys.Prefix: text with {n} in it, which stands for
	// the number. Empty is "NAME:{n}", or "{n}" in a group without a name.
	Pattern string
	Type    Type // empty is String
	// Members is how many elements a hash, list, set, sorted set or stream has;
	// drawn once a key. Not given: 10.
	Members Law
	// Values replaces those of the Spec for this group. May be nil.
	Values *Values
	// Scores are those that preloading gives the members of a sorted set. Not
	// given: uniform:0-999999.
	Scores Law
	// TTL is the time to live that preloading sets, and what {ttl} stands for in
	// seconds, {pttl} in milliseconds, next to a key of this group; in nanoseconds.
	// Not given: preloading sets none, and {ttl} is one hour.
	TTL Law
	// NoPreload leaves the group empty before the load.
	NoPreload bool
	// Digits is the width of the number in a key. 0 is what Count takes, or ten
	// times as many keys where {newkey} adds some, and 8 at least.
	Digits int
	// MemberDigits is the width of the number in a member's name, which is "m" and
	// the number. 0 is what Members takes, and 4 at least.
	MemberDigits int
}

// Values says what {value} stands for.
type Values struct {
	// Size is in bytes. Not given: Spec.ValueBytes.
	Size Law
	// PerKey gives each key a size of its own that stays the same whenever the
	// key is written, instead of a new one each time.
	PerKey bool
	// Compressible is the share of a value, 0 to 1, that a compressor can remove
	// beyond what it gains from random text.
	Compressible float64
}

// AllGroups is the first group and the further ones.
func (s *Spec) AllGroups() []Group {
	k := &s.Keys
	return append([]Group{{Name: k.Name, Count: k.Count, Dist: k.Dist, Data: k.Data}}, s.Groups...)
}

// ValuesOf is what {value} stands for next to a key of g.
func (s *Spec) ValuesOf(g *Group) Values {
	v := s.Values
	if g != nil && g.Data.Values != nil {
		v = *g.Data.Values
	}
	if !v.Size.Given() {
		v.Size = Fixed(float64(s.ValueBytes))
	}
	return v
}

// pattern is Data.Pattern or its default.
func (g *Group) pattern() string {
	switch {
	case g.Data.Pattern != "":
		return g.Data.Pattern
	case g.Name == "":
		return "{n}"
	}
	return g.Name + ":{n}"
}

// groupIndex is where in AllGroups the group of a placeholder is, or -1.
func (s *Spec) groupIndex(name string) int {
	if name == "" {
		return 0
	}
	return slices.IndexFunc(s.AllGroups(), func(g Group) bool { return g.Name == name })
}

// PreloadKeys is how many keys preloading writes.
func (s *Spec) PreloadKeys() int64 {
	sum := int64(0)
	for _, g := range s.AllGroups() {
		if !g.Data.NoPreload {
			sum += g.Count
		}
	}
	return sum
}

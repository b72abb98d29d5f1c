package flame

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// Side is one of two profiles to compare, and how many requests it stands for:
// its values are divided by them, so that a longer run or a faster server does
// not look like more work.
type Side struct {
	Profile  *profile.Profile
	Requests float64
}

// Comparison is one call tree over two profiles of one kind, in pre-order as in
// Tree. Values are per request. Callees are sorted by the sum of both sides,
// which is also the width a frame is drawn with: what only one side does is then
// seen as well.
type Comparison struct {
	Unit string

	Names []string
	Where []string // from B, or from A where B does not have the function

	Depth []int
	Name  []int
	A, B  []float64

	Changes []Change // by the change of their own value, the largest first
}

// Change is how much of its own a function costs per request, on either side.
type Change struct {
	Name           int     // index into Names
	A, B           float64 // own value
	TotalA, TotalB float64 // with callees; recursion counts once
	// Noise is what a difference of B - A must exceed not to be chance alone, with
	// 95 % confidence: a profile counts samples. 0 where the number of samples
	// behind a value is not known.
	Noise float64
}

// Differs says whether the change is more than the chance of sampling.
func (c Change) Differs() bool { return math.Abs(c.B-c.A) > c.Noise }

// Compare lays two profiles over each other; one without samples counts as zero.
// It fails when one of them has no such sample type, when neither has a sample
// (ErrEmpty), or when a number of requests is not positive.
func Compare(a, b Side, sampleType string, opts Options) (*Comparison, error) {
	if !(a.Requests > 0) || !(b.Requests > 0) {
		return nil, fmt.Errorf("profiles cannot be compared per request: %g and %g requests", a.Requests, b.Requests)
	}
	opts = opts.withDefaults()
	var sides [2]*builder
	var units [2]string
	for i, s := range []Side{a, b} {
		var err error
		if sides[i], units[i], err = grow(s.Profile, sampleType); err != nil && !errors.Is(err, ErrEmpty) {
			return nil, err
		}
	}
	if sides[0].root.value+sides[1].root.value == 0 {
		return nil, fmt.Errorf("%w of %s on either side", ErrEmpty, sampleType)
	}
	if units[0] != units[1] {
		return nil, fmt.Errorf("profiles of different kinds cannot be compared: %s and %s", units[0], units[1])
	}
	m := &merger{a: sides[0], b: sides[1], perA: a.Requests, perB: b.Requests, index: map[string]int{}, c: &Comparison{Unit: units[0]}}
	m.least = m.threshold(opts.MaxFrames)
	m.frame(pair{"all", sides[0].root, sides[1].root}, 0)
	m.changes(opts.MaxHot, graining(a, sampleType), graining(b, sampleType))
	return m.c, nil
}

// grainOf tells what one sample stands for where it hit a function, in the unit
// of the profile; 0 where that is not known.
type grainOf func(function string) float64

// graining returns a side's grains. A CPU profile takes a sample each period of
// CPU time, and a profile of allocations one each period of allocated bytes,
// whose number of objects depends on the size of those of the function.
func graining(s Side, sampleType string) grainOf {
	p := s.Profile
	period := float64(p.Period) / s.Requests
	switch {
	case p.PeriodType == nil || p.Period <= 0:
	case p.PeriodType.Type == sampleType || p.PeriodType.Type == "space" && sampleType == "alloc_space":
		return func(string) float64 { return period }
	case p.PeriodType.Type == "space" && sampleType == "alloc_objects":
		objects, _, err := grow(p, sampleType)
		bytes, _, err2 := grow(p, "alloc_space")
		if err != nil || err2 != nil {
			break
		}
		return func(function string) float64 {
			n, _ := objects.costs(function, 1)
			size, _ := bytes.costs(function, 1)
			if size == 0 {
				return 0
			}
			return period * n / size
		}
	}
	return func(string) float64 { return 0 }
}

// merger walks two trees at once.
type merger struct {
	a, b       *builder
	perA, perB float64
	least      float64
	index      map[string]int // name -> of the comparison
	c          *Comparison
}

// pair is a frame of both trees; one of the two may be nil.
type pair struct {
	name string
	a, b *node
}

func (m *merger) valueA(n *node) float64 {
	if n == nil {
		return 0
	}
	return float64(n.value) / m.perA
}

func (m *merger) valueB(n *node) float64 {
	if n == nil {
		return 0
	}
	return float64(n.value) / m.perB
}

func (m *merger) sum(p pair) float64 { return m.valueA(p.a) + m.valueB(p.b) }

// callees pairs what both frames call by name.
func (m *merger) callees(p pair) []pair {
	byName := map[string]pair{}
	if p.a != nil {
		for fn, n := range p.a.children {
			name := m.a.fns[fn].name
			byName[name] = pair{name: name, a: n}
		}
	}
	if p.b != nil {
		for fn, n := range p.b.children {
			name := m.b.fns[fn].name
			one := byName[name]
			byName[name] = pair{name, one.a, n}
		}
	}
	out := make([]pair, 0, len(byName))
	for _, one := range byName {
		out = append(out, one)
	}
	slices.SortFunc(out, func(x, y pair) int {
		return cmp.Or(cmp.Compare(m.sum(y), m.sum(x)), strings.Compare(x.name, y.name))
	})
	return out
}

// threshold is the smallest sum a frame must have so that about limit are kept.
func (m *merger) threshold(limit int) float64 {
	var values []float64
	var walk func(p pair)
	walk = func(p pair) {
		values = append(values, m.sum(p))
		for _, c := range m.callees(p) {
			walk(c)
		}
	}
	walk(pair{a: m.a.root, b: m.b.root})
	if len(values) <= limit {
		return 0
	}
	slices.SortFunc(values, func(x, y float64) int { return cmp.Compare(y, x) })
	return math.Nextafter(values[limit], math.Inf(1))
}

// name numbers functions as they appear.
func (m *merger) name(name string) int {
	i, ok := m.index[name]
	if !ok {
		i = len(m.c.Names)
		m.index[name] = i
		where := ""
		for _, b := range []*builder{m.b, m.a} {
			if fn, ok := b.index[name]; ok && where == "" {
				where = b.fns[fn].where()
			}
		}
		m.c.Names, m.c.Where = append(m.c.Names, name), append(m.c.Where, where)
	}
	return i
}

func (m *merger) emit(name string, depth int, a, b float64) {
	m.c.Name = append(m.c.Name, m.name(name))
	m.c.Depth = append(m.c.Depth, depth)
	m.c.A, m.c.B = append(m.c.A, a), append(m.c.B, b)
}

func (m *merger) frame(p pair, depth int) {
	m.emit(p.name, depth, m.valueA(p.a), m.valueB(p.b))
	var restA, restB float64
	for _, c := range m.callees(p) {
		if m.sum(c) < m.least {
			restA, restB = restA+m.valueA(c.a), restB+m.valueB(c.b)
			continue
		}
		m.frame(c, depth+1)
	}
	if restA+restB > 0 {
		m.emit(smaller, depth+1, restA, restB)
	}
}

// changes lists the functions whose own value changed most.
func (m *merger) changes(limit int, grainA, grainB grainOf) {
	seen := map[string]bool{}
	var names []string
	for _, b := range []*builder{m.a, m.b} {
		for _, f := range b.fns {
			if f.self > 0 && !seen[f.name] {
				seen[f.name] = true
				names = append(names, f.name)
			}
		}
	}
	all := make([]Change, 0, len(names))
	byName := map[int]string{}
	for i, name := range names {
		c := Change{Name: i} // for now: into names
		byName[i] = name
		c.A, c.TotalA = m.a.costs(name, m.perA)
		c.B, c.TotalB = m.b.costs(name, m.perB)
		// The count behind a value is Poisson: its variance is the count itself.
		c.Noise = 1.96 * math.Sqrt(c.A*grainA(name)+c.B*grainB(name))
		all = append(all, c)
	}
	slices.SortFunc(all, func(x, y Change) int {
		return cmp.Or(cmp.Compare(math.Abs(y.B-y.A), math.Abs(x.B-x.A)), strings.Compare(byName[x.Name], byName[y.Name]))
	})
	for _, c := range all[:min(limit, len(all))] {
		c.Name = m.name(byName[c.Name])
		m.c.Changes = append(m.c.Changes, c)
	}
}

// costs is a function's own value and that with callees, per request.
func (b *builder) costs(name string, requests float64) (self, total float64) {
	fn, ok := b.index[name]
	if !ok {
		return 0, 0
	}
	return float64(b.fns[fn].self) / requests, float64(b.fns[fn].total) / requests
}

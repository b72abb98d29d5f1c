package geocmd

import (
	"cmp"
	"math"
	"slices"

	"redline/server/internal/object/geohash"
)

// exact makes a point's distance exact and returns it.
func (q *query) exact(p *point) float64 {
	if !p.exact {
		p.distance, p.exact = q.probe.Exact(p.lon, p.lat), true
	}
	return p.distance
}

// shown returns a distance that is good enough for four digits behind the point, whatever the unit: the exact one where
// the rough one is close to the middle between two of them.
func (q *query) shown(p *point) float64 {
	const middle = 0.01 // more than Slack in the smallest unit, in ten-thousandths
	_, fraction := math.Modf(p.distance / q.unit * 10000)
	if math.Abs(fraction-0.5) < middle {
		return q.exact(p)
	}
	return p.distance
}

// key is what points are sorted by, ascending.
func (q *query) key(distance float64) float64 {
	if q.order == descending {
		return -distance
	}
	return distance
}

// ref stands for a point while sorting: points themselves are large.
type ref struct {
	key float64
	i   int
}

func compareRefs(a, b ref) int {
	if c := cmp.Compare(a.key, b.key); c != 0 {
		return c
	}
	return a.i - b.i // at the same distance the first that was found
}

// sorted returns the points in order, as many as the query wants.
func (q *query) sorted(points []point) []point {
	refs := make([]ref, len(points))
	for i := range points {
		refs[i] = ref{q.key(points[i].distance), i}
	}
	slices.SortFunc(refs, compareRefs)
	// Neighbours that are too close for rough distances are sorted again by exact ones.
	for i := 0; i < len(refs); {
		j := i + 1
		for j < len(refs) && refs[j].key-refs[j-1].key <= 2*geohash.Slack {
			j++
		}
		if j-i > 1 {
			run := refs[i:j]
			for k := range run {
				run[k].key = q.key(q.exact(&points[run[k].i]))
			}
			slices.SortFunc(run, compareRefs)
		}
		i = j
	}
	if q.count > 0 && len(refs) > q.count {
		refs = refs[:q.count]
	}
	out := make([]point, len(refs))
	for i, r := range refs {
		out[i] = points[r.i]
	}
	return out
}

// nearest knows the n smallest keys so far, so that what cannot be among them is not kept: a heap with the greatest at
// the top. With n 0 everything may be.
type nearest struct {
	n    int
	heap []float64
}

// may says whether a point with a rough key may be among the n first.
func (b *nearest) may(key float64) bool {
	h := b.heap
	switch {
	case b.n == 0:
		return true
	case len(h) < b.n:
		h = append(h, key)
		for c := len(h) - 1; c > 0 && h[c] > h[(c-1)/2]; c = (c - 1) / 2 {
			h[c], h[(c-1)/2] = h[(c-1)/2], h[c]
		}
		b.heap = h
		return true
	case key < h[0]:
		h[0] = key
		sink(h)
		return true
	default:
		return key <= h[0]+2*geohash.Slack
	}
}

// sink moves the top of a heap down to its place.
func sink(heap []float64) {
	for p := 0; ; {
		c := 2*p + 1
		if c >= len(heap) {
			return
		}
		if c+1 < len(heap) && heap[c+1] > heap[c] {
			c++
		}
		if heap[p] >= heap[c] {
			return
		}
		heap[p], heap[c] = heap[c], heap[p]
		p = c
	}
}

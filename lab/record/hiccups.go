package record

import (
	"cmp"
	"slices"
)

// Hiccup is one line of hiccups.jsonl: a processor ran a thread that was due at
// TNs by DurNs later.
type Hiccup struct {
	TNs   int64 `json:"t_ns"`
	DurNs int64 `json:"dur_ns"`
	CPU   int   `json:"cpu"`
}

// Reach is the time in which requests may be answered late for hiccups: as long
// as each lasted, and as long again until those are answered that waited.
type Reach struct{ spans []span } // in order, apart from each other

type span struct{ fromNs, toNs int64 }

// ReachOf is the reach of hiccups in any order.
func ReachOf(list []Hiccup) Reach {
	all := make([]span, len(list))
	for i, h := range list {
		all[i] = span{h.TNs, h.TNs + 2*h.DurNs}
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.fromNs, b.fromNs) })
	apart := all[:0]
	for _, s := range all {
		if n := len(apart); n > 0 && s.fromNs <= apart[n-1].toNs {
			apart[n-1].toNs = max(apart[n-1].toNs, s.toNs)
			continue
		}
		apart = append(apart, s)
	}
	return Reach{apart}
}

// Into tells whether it covers a part of the time from ns on.
func (r Reach) Into(ns, durNs int64) bool {
	i, _ := slices.BinarySearchFunc(r.spans, ns, func(s span, ns int64) int { return cmp.Compare(s.toNs, ns+1) })
	return i < len(r.spans) && r.spans[i].fromNs < ns+durNs
}

package collection

import "math"

// UpdateFlags are the conditions of ZADD.
type UpdateFlags uint8

// NX changes no member that is there, XX adds none; GT and LT change a score only upwards or downwards; Incr adds to it.
const (
	NX UpdateFlags = 1 << iota
	XX
	GT
	LT
	Incr
)

// Outcome is what Update did.
type Outcome uint8

// The outcomes of Update.
const (
	Added Outcome = iota
	Updated
	Same   // the member has that score already
	Kept   // the flags forbade it
	NotNum // the sum is no number
)

// Update gives a member a score as ZADD does and returns the score that it then has; with Kept and NotNum nothing has
// changed. member must not be a view of the shard.
func (z *ZSet) Update(member []byte, score float64, flags UpdateFlags) (float64, Outcome) {
	if flags == 0 { // fast path: one look-up
		old, had := z.Set(member, score)
		return score, outcome(old, score, had)
	}
	cur, ok := z.Score(member)
	if !ok {
		if flags&XX != 0 {
			return 0, Kept
		}
		z.Set(member, score)
		return score, Added
	}
	if flags&NX != 0 {
		return cur, Kept
	}
	if flags&Incr != 0 {
		if score += cur; math.IsNaN(score) {
			return cur, NotNum
		}
	}
	if flags&LT != 0 && score >= cur || flags&GT != 0 && score <= cur {
		return cur, Kept
	}
	if score != cur {
		z.Set(member, score)
	}
	return score, outcome(cur, score, true)
}

func outcome(old, score float64, had bool) Outcome {
	switch {
	case !had:
		return Added
	case old != score:
		return Updated
	default:
		return Same
	}
}

package workload

import (
	"math"
	"math/rand/v2"
	"time"
)

// Schedule yields the instants at which one thread of an open loop intends to
// send. It is computed ahead of any reply and so cannot follow the server.
//
// The rate over time is a row of linear pieces, one a phase. Arrivals are drawn
// in the domain of its integral, the expected number of requests so far: evenly
// for constant arrivals, exponentially for Poisson. Each is then mapped back to
// time, which is exact for any shape.
type Schedule struct {
	pieces  []Phase
	poisson bool
	rng     *rand.PCG
	stride  float64 // threads: this thread takes every stride-th request
	at      float64 // position of the next request in expected requests
	base    float64 // expected requests before pieces[0]
	baseNs  int64   // time at which pieces[0] starts
	count   float64
	offset  float64
}

// NewSchedule returns the schedule of one of threads threads.
func NewSchedule(s *Spec, thread, threads int) *Schedule {
	sc := &Schedule{
		pieces:  s.Phases,
		poisson: s.Arrivals == Poisson,
		rng:     s.source(thread, 0x5c4ed),
		stride:  float64(threads),
		offset:  float64(thread),
	}
	sc.at = sc.offset
	if sc.poisson {
		sc.at = sc.step()
	}
	return sc
}

func (sc *Schedule) step() float64 { return -math.Log(unit(sc.rng)) * sc.stride }

// Next returns the next instant in nanoseconds after the start of the first
// phase; ok is false when the last phase is over.
func (sc *Schedule) Next() (ns int64, ok bool) {
	for len(sc.pieces) > 0 {
		p := &sc.pieces[0]
		x := sc.at - sc.base
		if area := (p.RateFrom + p.RateTo) / 2 * p.Duration.Seconds(); x >= area-1e-9*area {
			sc.base += area
			sc.baseNs += int64(p.Duration)
			sc.pieces = sc.pieces[1:]
			continue
		}
		ns = sc.baseNs + int64(within(p, max(x, 0))*float64(time.Second))
		sc.advance()
		return ns, true
	}
	return 0, false
}

func (sc *Schedule) advance() {
	if sc.poisson {
		sc.at += sc.step()
		return
	}
	sc.count++ // multiplied anew each time, so that no rounding error adds up
	sc.at = sc.offset + sc.count*sc.stride
}

// within is the time in seconds after the start of p at which x requests are
// expected: the root of from*t + (to-from)/(2 duration) * t^2 = x, in the form
// that stays exact when both rates are equal.
func within(p *Phase, x float64) float64 {
	slope := (p.RateTo - p.RateFrom) / p.Duration.Seconds()
	root := math.Sqrt(max(p.RateFrom*p.RateFrom+2*slope*x, 0))
	if p.RateFrom+root == 0 {
		return 0
	}
	return 2 * x / (p.RateFrom + root)
}

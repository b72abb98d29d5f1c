package capacity

import (
	"math"

	"redline/lab/analysis/stats"
)

// belief is a probability for each pair of a capacity and a steepness. A trial at rate r meets its service level with
//
//	P(met) = lapse + (1 - 2 lapse) / (1 + exp((ln r - ln capacity) / s))
//
// where s is how far, in ln rate, the transition reaches, and lapse the chance that something foreign decides a trial:
// without it one disturbed trial would rule out the truth for good.
type belief struct {
	logRate []float64   // of the grid
	steep   []float64   // values of s
	p       [][]float64 // by steepness, then rate; sums to 1
	trials  int         // since there was a belief
}

const (
	gridStep = 0.004 // in ln rate: well below any interval's width
	lapse    = 0.02
)

// newBelief begins with every capacity from below low to above high alike.
func newBelief(low, high float64) *belief {
	b := &belief{steep: []float64{0.002, 0.005, 0.01, 0.02, 0.04, 0.08}}
	for x := math.Log(low / growth); x <= math.Log(high*growth); x += gridStep {
		b.logRate = append(b.logRate, x)
	}
	each := 1 / float64(len(b.logRate)*len(b.steep))
	for range b.steep {
		row := make([]float64, len(b.logRate))
		for i := range row {
			row[i] = each
		}
		b.p = append(b.p, row)
	}
	return b
}

func (b *belief) learn(t Trial) {
	x, sum := math.Log(t.Rate), 0.0
	for i, s := range b.steep {
		for j, c := range b.logRate {
			p := lapse + (1-2*lapse)/(1+math.Exp((x-c)/s))
			if !t.Met {
				p = 1 - p
			}
			b.p[i][j] *= p
			sum += b.p[i][j]
		}
	}
	for i := range b.p {
		for j := range b.p[i] {
			b.p[i][j] /= sum
		}
	}
	b.trials++
}

// quantile returns the capacity below which the share q of the belief lies.
func (b *belief) quantile(q float64) float64 {
	sum := 0.0
	for j, x := range b.logRate {
		for i := range b.p {
			sum += b.p[i][j]
		}
		if sum >= q {
			return math.Exp(x)
		}
	}
	return math.Exp(b.logRate[len(b.logRate)-1])
}

func (b *belief) interval(level float64) stats.Interval {
	return stats.Interval{Low: b.quantile((1 - level) / 2), High: b.quantile((1 + level) / 2)}
}

// next returns the rate whose trial tells most: in turns the median of the belief and a point in each half, since
// trials at the median alone would say little of how steep the transition is.
func (b *belief) next() float64 {
	return b.quantile([]float64{0.5, 0.25, 0.75}[b.trials%3])
}

package cache

import (
	"math"
	"math/rand/v2"
	"sort"
)

// Trace says which key is asked for next, as a number.
type Trace func() int

// TraceNames are the names that NewTrace knows.
var TraceNames = []string{"steady", "scanned", "moving"}

// NewTrace makes a trace over n keys, the same one for the same name and n; nil for a name it does not know.
//
//   - steady: Zipf's law with exponent 0.99, as YCSB has it.
//   - scanned: the same, but every third request is for a key that never comes again.
//   - moving: the same law, but every twentieth request moves it by one key: what was most popular is not asked for
//     any more, and what was not becomes popular bit by bit.
func NewTrace(name string, n int) Trace {
	zipf := newZipf(n, 0.99, rand.New(rand.NewPCG(1, uint64(n))))
	i := 0
	switch name {
	case "steady":
		return zipf
	case "scanned":
		return func() int {
			if i++; i%3 == 0 {
				return n + i
			}
			return zipf()
		}
	case "moving":
		return func() int {
			i++
			return zipf() + i/20
		}
	}
	return nil
}

// newZipf draws 0..n-1 with probabilities that fall as 1/rank^s.
func newZipf(n int, s float64, rng *rand.Rand) Trace {
	sums, sum := make([]float64, n), 0.0
	for i := range sums {
		sum += math.Pow(float64(i+1), -s)
		sums[i] = sum
	}
	return func() int { return min(sort.SearchFloat64s(sums, rng.Float64()*sum), n-1) }
}

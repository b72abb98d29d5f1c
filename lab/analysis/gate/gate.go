// Package gate decides whether B is slower than A from measurements made in pairs, and says how often it would be wrong.
// It knows numbers only.
//
// Pairs are the point: two short measurements, one right after the other, see the same machine, so what the machine does
// over minutes falls out of their ratio. The ratio of a metric is estimated by the median of all means of two pairs
// (Hodges and Lehmann 1963) and bounded by inverting Wilcoxon's signed-rank test, neither of which a few disturbed pairs
// move. Looking at the data several times, and at several metrics, is paid for by Bonferroni's correction.
package gate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Verdicts.
const (
	Pass       = "pass"
	Regression = "regression"
	Undecided  = "undecided"
)

// Options of a decision. Zero fields stand for the defaults.
type Options struct {
	// Effect is the smallest change that matters, as a share. Default 0.03.
	Effect float64
	// Alpha is the chance of one or more wrong regressions in a gate, looks and metrics counted. Default 0.05.
	Alpha float64
	// Looks are the numbers of pairs after which the data is looked at, ascending. Default 48, 96, 192.
	Looks []int
}

// WithDefaults fills in what was left at zero.
func (o Options) WithDefaults() Options {
	if o.Effect == 0 {
		o.Effect = 0.03
	}
	if o.Alpha == 0 {
		o.Alpha = 0.05
	}
	if len(o.Looks) == 0 {
		o.Looks = []int{48, 96, 192}
	}
	return o
}

// Series are the pairs of one metric.
type Series struct {
	Metric string
	// Higher tells that higher values are better.
	Higher bool
	// Gating tells that the metric decides; the others are shown.
	Gating bool
	A, B   []float64
}

// Finding is what is known of one metric.
type Finding struct {
	Metric  string  `json:"metric"`
	Better  string  `json:"better"` // lower or higher
	Gating  bool    `json:"gating"`
	A       float64 `json:"a"` // median
	B       float64 `json:"b"`
	Ratio   float64 `json:"ratio"` // B/A
	Low     float64 `json:"low"`   // of the ratio, at the corrected level
	High    float64 `json:"high"`
	Pairs   int     `json:"pairs"`
	Verdict string  `json:"verdict"`
}

// Decide looks at the data. The verdict is that of the worst gating metric. Whoever measures goes on while it is
// Undecided and looks are left.
func Decide(series []Series, o Options) (string, []Finding) {
	o = o.WithDefaults()
	gating := 0
	for _, s := range series {
		if s.Gating {
			gating++
		}
	}
	// Two sides: an improvement of A/A would be as wrong.
	level := 1 - o.Alpha/float64(max(1, gating)*len(o.Looks))
	verdict := Pass
	var out []Finding
	for _, s := range series {
		f, ok := find(s, level, o.Effect)
		if !ok {
			if s.Gating {
				verdict = worse(verdict, Undecided)
			}
			continue
		}
		if s.Gating {
			verdict = worse(verdict, f.Verdict)
		}
		out = append(out, f)
	}
	return verdict, out
}

// worse returns the verdict that decides.
func worse(a, b string) string {
	rank := map[string]int{Pass: 0, Undecided: 1, Regression: 2}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// PairsMin is how many pairs a bound needs.
const PairsMin = 6

// find estimates one metric.
func find(s Series, level, effect float64) (Finding, bool) {
	var logs, as, bs []float64
	for i := range min(len(s.A), len(s.B)) {
		if a, b := s.A[i], s.B[i]; a > 0 && b > 0 && !math.IsInf(a, 0) && !math.IsInf(b, 0) {
			logs, as, bs = append(logs, math.Log(b/a)), append(as, a), append(bs, b)
		}
	}
	if len(logs) < PairsMin {
		return Finding{}, false
	}
	mid, low, high := SignedRank(logs, level)
	f := Finding{Metric: s.Metric, Better: "lower", Gating: s.Gating, A: median(as), B: median(bs),
		Ratio: math.Exp(mid), Low: math.Exp(low), High: math.Exp(high), Pairs: len(logs)}
	if s.Higher {
		f.Better = "higher"
	}
	f.Judge(effect)
	return f, true
}

// Judge sets the verdict that follows from the ratio and its interval.
func (f *Finding) Judge(effect float64) {
	worst, certain, slower := math.Log(f.High), math.Log(f.Low), math.Log(f.Ratio) // in the direction of worse
	if f.Better == "higher" {
		worst, certain, slower = -math.Log(f.Low), -math.Log(f.High), -slower
	}
	limit := math.Log1p(effect)
	switch {
	case certain > 0 && slower >= limit:
		f.Verdict = Regression
	case worst < limit:
		f.Verdict = Pass
	default:
		f.Verdict = Undecided
	}
}

// PairsWanted estimates how many pairs would settle an undecided finding, if the ratio stays what it is: the interval's
// width falls with the square root of their number. It returns 0 where there is none, as with a ratio at the limit.
func (f *Finding) PairsWanted(effect float64) int {
	mid, half, limit := math.Log(f.Ratio), (math.Log(f.High)-math.Log(f.Low))/2, math.Log1p(effect)
	if f.Better == "higher" {
		mid = -mid
	}
	room := limit - mid // to the limit, for a pass
	if mid >= limit {
		room = mid // to no difference, for a regression
	}
	n := math.Ceil(float64(f.Pairs) * (half / room) * (half / room))
	if f.Verdict != Undecided || !(n < wantedMax) {
		return 0
	}
	return int(n)
}

// wantedMax is above what anybody would wait for.
const wantedMax = 100_000

// Verdict returns that of the worst finding that decides; Undecided when a metric in wanted has none.
func Verdict(findings []Finding, wanted []string) string {
	verdict := Pass
	for _, name := range wanted {
		i := slices.IndexFunc(findings, func(f Finding) bool { return f.Metric == name })
		if i < 0 {
			verdict = worse(verdict, Undecided)
			continue
		}
		verdict = worse(verdict, findings[i].Verdict)
	}
	return verdict
}

// SignedRank estimates the centre of a symmetric distribution: the median of the Walsh averages, with the interval that
// inverts Wilcoxon's signed-rank test (Hollander, Wolfe, "Nonparametric Statistical Methods", 3.3). At least PairsMin
// values are wanted; with few values the widest interval there is stands for any higher level.
func SignedRank(values []float64, level float64) (mid, low, high float64) {
	sorted := slices.Sorted(slices.Values(values))
	n, m := len(sorted), len(sorted)*(len(sorted)+1)/2
	f := float64(n)
	k := int(math.Floor(f*(f+1)/4 - normalQuantile(1-(1-level)/2)*math.Sqrt(f*(f+1)*(2*f+1)/24)))
	k = max(0, min(k, (m-1)/2))
	return (walsh(sorted, (m-1)/2) + walsh(sorted, m/2)) / 2, walsh(sorted, k), walsh(sorted, m-1-k)
}

// walsh returns the average of two values, which may be the same one twice, that has rank k among all of them, from 0.
// It halves the interval that holds it and counts, n steps each time, where sorting all would take n^2 log n.
func walsh(sorted []float64, k int) float64 {
	low, high := sorted[0], sorted[len(sorted)-1] // both are averages
	for low < high {
		mid := min(low+(high-low)/2, math.Nextafter(high, low))
		count, most, least := 0, low, high // how many are up to mid, the largest of them, and the least above
		j := len(sorted) - 1
		for i := range sorted {
			for j >= i && (sorted[i]+sorted[j])/2 > mid {
				j--
			}
			if j >= i {
				count += j - i + 1
				most = max(most, (sorted[i]+sorted[j])/2)
			}
			if next := max(j+1, i); next < len(sorted) {
				least = min(least, (sorted[i]+sorted[next])/2)
			}
		}
		if count > k {
			high = most
		} else {
			low = least
		}
	}
	return low
}

func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

func median(values []float64) float64 {
	v := slices.Clone(values)
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// Calibration says how often the same decision is wrong in noise such as that of the data.
type Calibration struct {
	// FalseAlarms is the share of regressions when nothing differs.
	FalseAlarms float64 `json:"false_alarms"`
	// Missed is the share of slow-downs of Slower that are not called a regression.
	Missed float64 `json:"missed"`
	Slower float64 `json:"slower"` // planted, as a share
	Rounds int     `json:"rounds"`
}

const calibrationRounds = 400

// Calibrate replays the gate on data without a difference made from the pairs: their centred ratios with random signs,
// which keeps their noise. It is an A/A test without another hour of measuring. slower is the size of the slow-down that
// is planted for Missed.
func Calibrate(series []Series, o Options, slower float64, rng *rand.Rand) Calibration {
	o = o.WithDefaults()
	c := Calibration{Slower: slower, Rounds: calibrationRounds}
	for _, planted := range []float64{0, slower} {
		alarms := 0
		for range calibrationRounds {
			if replay(series, o, planted, rng) == Regression {
				alarms++
			}
		}
		share := float64(alarms) / calibrationRounds
		if planted == 0 {
			c.FalseAlarms = share
		} else {
			c.Missed = 1 - share
		}
	}
	return c
}

// replay draws pairs and goes through all looks.
func replay(series []Series, o Options, planted float64, rng *rand.Rand) string {
	var drawn []Series
	for _, s := range series {
		if !s.Gating {
			continue
		}
		var logs []float64
		for i := range min(len(s.A), len(s.B)) {
			if s.A[i] > 0 && s.B[i] > 0 {
				logs = append(logs, math.Log(s.B[i]/s.A[i]))
			}
		}
		if len(logs) < PairsMin {
			continue
		}
		centre := median(logs)
		shift := math.Log1p(planted)
		if s.Higher {
			shift = -shift
		}
		d := Series{Metric: s.Metric, Higher: s.Higher, Gating: true}
		for range o.Looks[len(o.Looks)-1] {
			x := logs[rng.IntN(len(logs))] - centre
			if rng.IntN(2) == 0 {
				x = -x
			}
			d.A, d.B = append(d.A, 1), append(d.B, math.Exp(x+shift))
		}
		drawn = append(drawn, d)
	}
	verdict := Undecided
	for _, n := range o.Looks {
		part := slices.Clone(drawn)
		for i := range part {
			part[i].A, part[i].B = part[i].A[:n], part[i].B[:n]
		}
		if verdict, _ = Decide(part, o); verdict != Undecided {
			break
		}
	}
	return verdict
}

// String is the finding in a line.
func (f Finding) String() string {
	return fmt.Sprintf("%s %.3f (%.3f - %.3f): %s", f.Metric, f.Ratio, f.Low, f.High, f.Verdict)
}

package attribution

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"redline/lab/record"
)

// Stages of the latency anatomy, in the order of a request's way.
var Stages = []string{"queue", "parse", "lock-wait", "execute", "log-wait", "write"}

// stageField is the beginning of the fields of INFO that tell of a stage; docs/OPERATIONS.md describes them.
const (
	stageField     = "anatomy_"
	histogramField = "_histogram"
)

// stageCounts is what INFO says of one stage: totals since the server's start.
type stageCounts struct {
	count, sumNs float64
	buckets      map[float64]float64 // count by the longest time that a bucket holds, in ns
}

// infoPairs are the snapshots of INFO to subtract, best first: from the start of the measured phase, or of the run.
var infoPairs = [][2]string{{"measure.before", "after"}, {"before", "after"}}

// anatomy fills the stages from INFO. Servers that export none have none; that is named only for those that should.
func (t *Table) anatomy(d *record.Dir) error {
	for _, pair := range infoPairs {
		after, err := readStages(d, pair[1])
		if err != nil {
			return err
		}
		before, err := readStages(d, pair[0])
		if err != nil {
			return err
		}
		if len(after) == 0 || len(before) == 0 && pair != infoPairs[len(infoPairs)-1] {
			continue
		}
		for _, name := range Stages {
			now, ok := after[name]
			if !ok {
				continue
			}
			if s, some := now.since(before[name]).stage(name); some {
				t.Anatomy = append(t.Anatomy, s)
			}
		}
		if len(t.Anatomy) == 0 {
			t.miss("anatomy", "the server took no samples of requests: see the directive latency-anatomy-sampling")
		}
		return nil
	}
	t.miss("anatomy", "INFO of the server has no section anatomy")
	return nil
}

func readStages(d *record.Dir, name string) (map[string]stageCounts, error) {
	info, err := d.InfoFields(name)
	if info == nil {
		return nil, err
	}
	return parseStages(info), nil
}

// parseStages reads fields like "anatomy_lock_wait:count=3,sum_ns=1200,..." and "anatomy_lock_wait_histogram:255=1,511=2".
func parseStages(info map[string]string) map[string]stageCounts {
	out := map[string]stageCounts{}
	for field, value := range info {
		name, found := strings.CutPrefix(field, stageField)
		if !found {
			continue
		}
		name, isHistogram := strings.CutSuffix(name, histogramField)
		name = strings.ReplaceAll(name, "_", "-")
		if !slices.Contains(Stages, name) {
			continue
		}
		s := out[name]
		if isHistogram {
			s.buckets = map[float64]float64{}
		}
		for pair := range strings.SplitSeq(value, ",") {
			key, text, _ := strings.Cut(pair, "=")
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				continue
			}
			upper, err := strconv.ParseFloat(key, 64)
			switch {
			case isHistogram && err == nil:
				s.buckets[upper] = v
			case key == "count":
				s.count = v
			case key == "sum_ns":
				s.sumNs = v
			}
		}
		out[name] = s
	}
	return out
}

// since subtracts an earlier reading. Counts that fell were reset in between: then the later reading stands alone.
func (s stageCounts) since(before stageCounts) stageCounts {
	if before.count > s.count || before.sumNs > s.sumNs {
		return s
	}
	d := stageCounts{s.count - before.count, s.sumNs - before.sumNs, map[float64]float64{}}
	for upper, n := range s.buckets {
		d.buckets[upper] = max(n-before.buckets[upper], 0)
	}
	return d
}

func (s stageCounts) stage(name string) (Stage, bool) {
	if s.count <= 0 {
		return Stage{}, false
	}
	return Stage{Name: name, MeanNs: s.sumNs / s.count, P50Ns: s.at(50), P99Ns: s.at(99), Count: int64(s.count)}, true
}

// at returns the time that a percentage of the values did not exceed, to the width of the server's buckets.
func (s stageCounts) at(percent float64) float64 {
	uppers := make([]float64, 0, len(s.buckets))
	total := 0.0
	for upper, n := range s.buckets {
		uppers = append(uppers, upper)
		total += n
	}
	slices.Sort(uppers)
	want, sum := math.Max(math.Round(percent/100*total), 1), 0.0
	for _, upper := range uppers {
		if sum += s.buckets[upper]; sum >= want {
			return upper
		}
	}
	return 0
}

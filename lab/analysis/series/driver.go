package series

import (
	"cmp"
	"maps"
	"slices"

	"redline/lab/record"
)

// Driver is what the load driver counted, by column.
type Driver struct {
	Grid Grid
	Ops  []string // by number of completed requests, largest first
	// Counts by operation; "" sums all of them.
	Counts map[string][]record.OpCounts
	// Seconds of slices that fell into each column: a rate is a count divided by
	// it. 0 where nothing was recorded.
	Covered []float64
	State   []State
}

// State is how the driver stood in a column.
type State struct {
	BacklogMax    int64
	InFlightMax   int64
	Concurrency   float64 // time average of requests sent and not yet answered
	Connections   int64   // fewest usable
	ThreadCPUNs   int64
	weightSeconds float64
}

// LoadDriver reads the driver's slices into the grid.
func LoadDriver(dir *record.Dir, g Grid) (*Driver, error) {
	d := &Driver{
		Grid:    g,
		Counts:  map[string][]record.OpCounts{"": make([]record.OpCounts, g.Columns)},
		Covered: make([]float64, g.Columns),
		State:   make([]State, g.Columns),
	}
	for s, err := range dir.Slices() {
		if err != nil {
			return nil, err
		}
		c := g.column(s.TNs, s.DurNs)
		if c < 0 {
			continue
		}
		d.Covered[c] += float64(s.DurNs) / 1e9
		d.State[c].add(&s)
		for op, counts := range s.Ops {
			if d.Counts[op] == nil {
				d.Counts[op] = make([]record.OpCounts, g.Columns)
			}
			d.Counts[op][c].Add(counts)
			d.Counts[""][c].Add(counts)
		}
	}
	d.Ops = byCompleted(d.Counts)
	return d, nil
}

func (st *State) add(s *record.Slice) {
	first := st.weightSeconds == 0
	seconds := float64(s.DurNs) / 1e9
	if first || s.Connections < st.Connections {
		st.Connections = s.Connections
	}
	st.BacklogMax = max(st.BacklogMax, s.Backlog)
	st.InFlightMax = max(st.InFlightMax, s.InFlight)
	if sum := st.weightSeconds + seconds; sum > 0 {
		st.Concurrency = (st.Concurrency*st.weightSeconds + s.ConcurrencyAvg*seconds) / sum
		st.weightSeconds = sum
	}
	st.ThreadCPUNs += s.ThreadCPUNs
}

func byCompleted(counts map[string][]record.OpCounts) []string {
	total := map[string]int64{}
	for op, columns := range counts {
		for _, c := range columns {
			total[op] += c.Completed
		}
	}
	ops := slices.Collect(maps.Keys(total))
	ops = slices.DeleteFunc(ops, func(op string) bool { return op == "" })
	slices.SortFunc(ops, func(a, b string) int { return cmp.Or(cmp.Compare(total[b], total[a]), cmp.Compare(a, b)) })
	return ops
}

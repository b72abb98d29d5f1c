package series

import (
	"redline/lab/record"
)

// Latency is the latencies of one operation, or of all, by column and in whole.
type Latency struct {
	Op      string // "" for all operations
	Kind    string // record.KindResponse or record.KindService
	Columns []Distribution
	// Measured is the latencies of requests that were due in the measured phase,
	// and of the whole run where no phase was measured.
	Measured Distribution
}

// Latencies is every distribution of a run.
type Latencies struct {
	Grid Grid
	all  map[tag]*Latency
}

type tag struct{ op, kind string }

// LoadLatencies reads the latency histograms into the grid. Everything from the
// start of the measured phase on is measured: nothing new is planned after its
// end, so what the cooldown holds are late answers, and leaving them out would
// hide the slowest.
func LoadLatencies(dir *record.Dir, g Grid) (*Latencies, error) {
	l := &Latencies{Grid: g, all: map[tag]*Latency{}}
	from := measuredFrom(dir.Run())
	for line, err := range dir.Latencies() {
		if err != nil {
			return nil, err
		}
		d := DistributionOf(line.Hist)
		middle := line.TNs + line.DurNs/2
		in := middle >= from
		column := g.column(line.TNs, line.DurNs)
		l.entry(line.Op, line.Kind).add(d, column, in)
		l.entry("", line.Kind).add(d, column, in)
	}
	return l, nil
}

// Get is the latencies of an operation ("" for all) and kind, nil when none were
// recorded.
func (l *Latencies) Get(op, kind string) *Latency { return l.all[tag{op, kind}] }

func (l *Latencies) entry(op, kind string) *Latency {
	e := l.all[tag{op, kind}]
	if e == nil {
		e = &Latency{Op: op, Kind: kind, Columns: make([]Distribution, l.Grid.Columns)}
		l.all[tag{op, kind}] = e
	}
	return e
}

func (l *Latency) add(d Distribution, column int, measured bool) {
	if column >= 0 {
		l.Columns[column] = l.Columns[column].Plus(d)
	}
	if measured {
		l.Measured = l.Measured.Plus(d)
	}
}

// measuredFrom is the start of the measured phase; of everything when there is none.
func measuredFrom(run *record.Run) int64 {
	for _, p := range run.Phases {
		if p.Name == record.PhaseMeasure {
			return p.StartNs
		}
	}
	return 0
}

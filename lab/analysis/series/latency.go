package series

import (
	"redline/lab/record"
)

// Latency is the latencies of one operation, or of all, by column and in whole.
type Latency struct {
	Op      string // "" for all operations
	Kind    string // record.KindResponse or record.KindService
	Columns []Distribution
	// Measured is the latencies of the measured phase, and of the whole run where
	// no phase was measured.
	Measured Distribution
}

// Latencies is every distribution of a run.
type Latencies struct {
	Grid Grid
	all  map[tag]*Latency
}

type tag struct{ op, kind string }

// LoadLatencies reads the latency histograms into the grid. A latency belongs to
// the measured phase when its slice began in it.
func LoadLatencies(dir *record.Dir, g Grid) (*Latencies, error) {
	l := &Latencies{Grid: g, all: map[tag]*Latency{}}
	measured := measuredSpan(dir.Run())
	for line, err := range dir.Latencies() {
		if err != nil {
			return nil, err
		}
		d := distributionOf(line.Hist)
		middle := line.TNs + line.DurNs/2
		in := middle >= measured[0] && middle < measured[1]
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

// measuredSpan is start and end of the measured phase; everything when there is none.
func measuredSpan(run *record.Run) [2]int64 {
	for _, p := range run.Phases {
		if p.Name != record.PhaseMeasure {
			continue
		}
		if p.EndNs <= p.StartNs { // a run that was killed
			return [2]int64{p.StartNs, 1 << 62}
		}
		return [2]int64{p.StartNs, p.EndNs}
	}
	return [2]int64{0, 1 << 62}
}

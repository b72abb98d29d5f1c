package series

import (
	"redline/lab/record"
)

// LoadPacing reads the generator's pacing error into the grid: one distribution
// per column, of how late requests were sent although a connection was free.
func LoadPacing(dir *record.Dir, g Grid) ([]Distribution, error) {
	columns := make([]Distribution, g.Columns)
	for line, err := range dir.Pacing() {
		if err != nil {
			return nil, err
		}
		if c := g.column(line.TNs, line.DurNs); c >= 0 {
			columns[c] = columns[c].Plus(DistributionOf(line.Hist))
		}
	}
	return columns, nil
}

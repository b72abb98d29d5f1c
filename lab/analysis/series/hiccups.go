package series

import "redline/lab/record"

// LoadHiccups reads the hiccups of the machine into the grid: the longest of each
// column in nanoseconds, 0 where there was none.
func LoadHiccups(dir *record.Dir, g Grid) ([]float64, error) {
	longest := make([]float64, g.Columns)
	for h, err := range dir.Hiccups() {
		if err != nil {
			return nil, err
		}
		if i := g.column(h.TNs, h.DurNs); i >= 0 {
			longest[i] = max(longest[i], float64(h.DurNs))
		}
	}
	return longest, nil
}

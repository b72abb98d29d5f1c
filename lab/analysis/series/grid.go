package series

import (
	"redline/lab/record"
)

// Grid cuts the span of the driver's slices into columns of equal width. The
// width is a whole number of slices.
type Grid struct {
	StartNs int64 // of the first column, since the start of the run
	StepNs  int64
	Columns int
}

// NewGrid makes a grid of at most maxColumns columns that covers every slice of
// the run. A run without slices gives a grid without columns.
func NewGrid(dir *record.Dir, maxColumns int) (Grid, error) {
	step := dir.Run().SliceNs
	g := Grid{StepNs: step}
	first, end := int64(-1), int64(0)
	for s, err := range dir.Slices() {
		if err != nil {
			return g, err
		}
		if first < 0 || s.TNs < first {
			first = s.TNs
		}
		end = max(end, s.TNs+s.DurNs)
	}
	if first < 0 {
		return g, nil
	}
	g.StartNs = first
	g.Columns = int((end - first + step - 1) / step)
	if per := (g.Columns + maxColumns - 1) / maxColumns; per > 1 {
		g.StepNs = step * int64(per)
		g.Columns = (g.Columns + per - 1) / per
	}
	return g, nil
}

// column is the column that an interval starts in, -1 outside the grid. Starts
// are taken at the middle of a slice, as a slice that began a little early or
// late still belongs to its own column.
func (g Grid) column(tNs, durNs int64) int {
	c := (tNs + durNs/2 - g.StartNs) / g.StepNs
	if tNs+durNs/2 < g.StartNs || c >= int64(g.Columns) {
		return -1
	}
	return int(c)
}

// Seconds is the middle of each column in seconds since the start of the run.
func (g Grid) Seconds() []float64 {
	s := make([]float64, g.Columns)
	for i := range s {
		s[i] = (float64(g.StartNs) + (float64(i)+0.5)*float64(g.StepNs)) / 1e9
	}
	return s
}

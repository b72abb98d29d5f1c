package report

import (
	"math"

	"redline/lab/analysis/flame"
)

// differenceDigits is how finely the values of a differential graph are told: the
// whole is about a million steps, and the page shows three digits.
const differenceDigits = 1e6

// differentialGraph lays a comparison out for the page. Its values are whole
// numbers, as they add up exactly; Scale brings them back to their unit.
func differentialGraph(label, note string, c *flame.Comparison, source string) FlameGraph {
	step := math.Pow(10, math.Floor(math.Log10((c.A[0]+c.B[0])/differenceDigits)))
	whole := func(v float64) int64 { return int64(math.Round(v / step)) }
	g := FlameGraph{Label: label, Note: note, Unit: flameUnit(c.Unit), Scale: step, Names: c.Names, Where: c.Where, Depth: c.Depth, Name: c.Name,
		Value: []int64{}, Before: []int64{}, After: []int64{}, Hot: []FlameHot{}, Changed: []FlameChange{}, Sources: []string{source}}
	for i := range c.A {
		a, b := whole(c.A[i]), whole(c.B[i])
		g.Before, g.After, g.Value = append(g.Before, a), append(g.After, b), append(g.Value, a+b)
	}
	for _, x := range c.Changes {
		g.Changed = append(g.Changed, FlameChange{Name: x.Name, Before: whole(x.A), After: whole(x.B), Noise: whole(x.Noise)})
	}
	return g
}

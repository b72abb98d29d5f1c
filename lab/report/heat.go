package report

import (
	"math"

	"redline/lab/analysis/series"
	"redline/lab/record"
)

// heatRatio is the height of a heat map's row: 12 to a factor of ten, so that a
// map of four decades has rows of about five pixels.
var heatRatio = math.Pow(10, 1.0/12)

func heatSection(in *input) (Section, bool) {
	block := HeatMap{
		Kind:    "heatmap",
		Start:   float64(in.grid.StartNs) / 1e9,
		Step:    float64(in.grid.StepNs) / 1e9,
		Ratio:   heatRatio,
		Sources: []string{record.LatencyFile},
	}
	low, high := heatRange(in)
	block.Low, block.Rows = math.Pow(heatRatio, float64(low)), high-low+1
	in.latencyViews(func(label string, l *series.Latency) {
		v := HeatView{Label: label, P50: quantiles(l.Columns, levels[0]), P99: quantiles(l.Columns, levels[2])}
		for _, d := range l.Columns {
			v.Columns = append(v.Columns, heatColumn(d, low))
		}
		block.Views = append(block.Views, v)
	})
	s := Section{ID: "heat", Title: "Latency heat map"}
	s.Lead = "Every request: when it was due, and how long it took. The darker a cell (brighter in the dark theme), the more requests. " +
		"Two bands mean two ways through the server; a vertical stripe is a stall that many requests met."
	s.Blocks = []Block{block}
	return s, len(block.Views) > 0 && high >= low
}

// heatRow is the row a latency belongs to, counted from 1 ns.
func heatRow(ns int64) int {
	return int(math.Floor(math.Log(float64(max(ns, 1))) / math.Log(heatRatio)))
}

// heatRange is the lowest and highest row that holds a request.
func heatRange(in *input) (low, high int) {
	low, high = math.MaxInt32, -1
	in.latencyViews(func(_ string, l *series.Latency) {
		for _, d := range l.Columns {
			if len(d) > 0 {
				low, high = min(low, heatRow(d.Min())), max(high, heatRow(d.Max()))
			}
		}
	})
	if high < 0 {
		return 0, -1
	}
	return low, high
}

// heatColumn counts a distribution by row: the index of the first row, then the
// counts from there upward.
func heatColumn(d series.Distribution, low int) []int64 {
	if len(d) == 0 {
		return []int64{}
	}
	first := heatRow(d[0].Ns)
	counts := make([]int64, heatRow(d.Max())-first+1)
	for _, b := range d {
		counts[heatRow(b.Ns)-first] += b.Count
	}
	return append([]int64{int64(first - low)}, counts...)
}

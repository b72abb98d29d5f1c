package report

import (
	"fmt"
	"math"

	"redline/lab/analysis/series"
	"redline/lab/record"
)

var kinds = []string{record.KindResponse, record.KindService}

// level is a percentile as charts show it. Of fewer than needs latencies a
// column says nothing about it, and shows a gap.
type level struct {
	name  string
	q     float64
	needs int64
	tone  Tone
}

var levels = []level{
	{"p50", 0.5, 1, "p1"},
	{"p90", 0.9, 10, "p2"},
	{"p99", 0.99, 100, "p3"},
	{"p99.9", 0.999, 1000, "p4"},
	{"max", 1, 1, "p5"},
}

func timeSection(in *input) (Section, bool) {
	var charts []TimeChart
	if c, ok := in.throughputChart(); ok {
		charts = append(charts, c)
	}
	if c, ok := in.percentileChart(); ok {
		charts = append(charts, c)
	}
	if c, ok := in.failureChart(); ok {
		charts = append(charts, c)
	}
	s := Section{ID: "time", Title: "Throughput and latency over time"}
	s.Lead = fmt.Sprintf("A flat completed line on the planned one means that the target kept up. Response time runs from the planned "+
		"start of a request, service time from its actual sending: when the two part, requests waited. Each point covers %s. "+
		"Shaded phases do not count. Drag across a chart to zoom all of them.", latency(float64(in.grid.StepNs)))
	s.Blocks = []Block{TimeCharts{"timecharts", true, charts}}
	return s, len(charts) > 0
}

// rates turns a counter per column into a rate. Once the measured phase is over
// and nothing is planned or answered any more there is no rate, rather than one
// of zero that looks like a collapse.
func (in *input) rates(op string, pick func(record.OpCounts) int64) numbers {
	out := make(numbers, in.grid.Columns)
	_, over := in.measured()
	middle := in.grid.Seconds()
	for i, c := range in.driver.Counts[op] {
		out[i] = math.NaN()
		idle := c.Intended+c.Completed == 0 && middle[i] >= over
		if s := in.driver.Covered[i]; s > 0 && !idle {
			out[i] = float64(pick(c)) / s
		}
	}
	return out
}

func (in *input) throughputChart() (TimeChart, bool) {
	if in.driver == nil || in.grid.Columns == 0 {
		return TimeChart{}, false
	}
	c := TimeChart{Title: "Throughput", Unit: UnitPerS, Times: in.grid.Seconds(), Sources: []string{record.SlicesFile}}
	for _, op := range in.ops() {
		lines := []Line{{"completed", "a", false, in.rates(op, func(c record.OpCounts) int64 { return c.Completed })}}
		if in.run.Workload.Loop != "closed" {
			lines = append(lines, Line{"planned", "muted", true, in.rates(op, func(c record.OpCounts) int64 { return c.Intended })})
		}
		c.Views = append(c.Views, View{opLabel(op), lines})
	}
	return c, len(c.Views) > 0
}

// failureChart shows what went wrong, and is left out when nothing did.
func (in *input) failureChart() (TimeChart, bool) {
	if in.driver == nil {
		return TimeChart{}, false
	}
	c := TimeChart{Title: "Late, dropped and failed requests", Unit: UnitPerS, Times: in.grid.Seconds(), Sources: []string{record.SlicesFile}}
	c.Note = "Late: sent more than 1 ms after its planned time. Dropped: never sent. Failed: answered with an error or not at all."
	all := []Line{
		{"late", "e", false, in.rates("", func(c record.OpCounts) int64 { return c.Late })},
		{"dropped", "d", false, in.rates("", func(c record.OpCounts) int64 { return c.Dropped })},
		{"failed", "b", false, in.rates("", func(c record.OpCounts) int64 { return c.Errors })},
	}
	var lines []Line
	for _, l := range all {
		if highest(l.Values) > 0 {
			lines = append(lines, l)
		}
	}
	c.Views = []View{{"", lines}}
	return c, len(lines) > 0
}

func highest(values []float64) float64 {
	most := math.Inf(-1)
	for _, v := range values {
		if v > most {
			most = v
		}
	}
	return most
}

// latencyViews calls add for every operation and kind that was recorded.
func (in *input) latencyViews(add func(label string, l *series.Latency)) {
	if in.latencies == nil {
		return
	}
	for _, op := range in.ops() {
		for _, kind := range kinds {
			if l := in.latencies.Get(op, kind); l != nil {
				add(opLabel(op)+" / "+kind, l)
			}
		}
	}
}

func (in *input) percentileChart() (TimeChart, bool) {
	c := TimeChart{Title: "Latency percentiles", Unit: UnitNs, Log: true, Times: in.grid.Seconds(), Sources: []string{record.LatencyFile}}
	in.latencyViews(func(label string, l *series.Latency) {
		v := View{Label: label}
		for i := len(levels) - 1; i >= 0; i-- {
			v.Lines = append(v.Lines, Line{levels[i].name, levels[i].tone, false, quantiles(l.Columns, levels[i])})
		}
		c.Views = append(c.Views, v)
	})
	return c, len(c.Views) > 0
}

func quantiles(columns []series.Distribution, lv level) numbers {
	out := make(numbers, len(columns))
	for i, d := range columns {
		out[i] = math.NaN()
		if d.Count() >= lv.needs {
			out[i] = float64(d.Quantile(lv.q))
		}
	}
	return out
}

func curveSection(in *input) (Section, bool) {
	block := Percentiles{Kind: "percentiles", Sources: []string{record.LatencyFile}}
	block.Caption = "Requests of the measured phase, those answered after its end included."
	for _, op := range in.ops() {
		v := CurveView{Label: opLabel(op)}
		for i, kind := range kinds {
			if in.latencies == nil {
				continue
			}
			if l := in.latencies.Get(op, kind); l != nil && len(l.Measured) > 0 {
				v.Curves = append(v.Curves, curve(kind, []Tone{"a", "b"}[i], l.Measured))
			}
		}
		if len(v.Curves) > 0 {
			block.Views = append(block.Views, v)
		}
	}
	s := Section{ID: "percentiles", Title: "Percentile curve"}
	s.Lead = "How slow the slowest requests were: one step to the right leaves out ten times fewer of them. Where response lies above " +
		"service, requests waited before they could be sent; a closed-loop benchmark would have hidden that."
	s.Blocks = []Block{block, in.percentileTable()}
	return s, len(block.Views) > 0
}

// stepsPerNine is how many points a curve has for each factor of ten in the share above.
const stepsPerNine = 20

// curve samples a distribution evenly on the axis of the chart, and keeps only
// the points where the value changes.
func curve(label string, tone Tone, d series.Distribution) Curve {
	c := Curve{Label: label, Tone: tone, Dash: label == record.KindService, Count: d.Count(), Points: numbers{1, float64(d.Min())}}
	last := d.Min()
	for i := 1; ; i++ {
		above := math.Pow(10, -float64(i)/stepsPerNine)
		if above*float64(c.Count) < 1 {
			break
		}
		if v := d.Quantile(1 - above); v != last {
			c.Points = append(c.Points, above, float64(v))
			last = v
		}
	}
	c.Points = append(c.Points, 0, float64(d.Max()))
	return c
}

// percentileTable is the curve as figures, for reading and for quoting.
func (in *input) percentileTable() Table {
	columns := []Column{{"Operation", false}, {"Time", false}, {"Requests", true}}
	shown := []level{{"p50", 0.5, 1, ""}, {"p90", 0.9, 10, ""}, {"p99", 0.99, 100, ""}, {"p99.9", 0.999, 1000, ""}, {"p99.99", 0.9999, 10000, ""}, {"max", 1, 1, ""}}
	for _, lv := range shown {
		columns = append(columns, Column{lv.name, true})
	}
	var rows [][]string
	for _, op := range in.ops() {
		for _, kind := range kinds {
			if in.latencies == nil {
				continue
			}
			l := in.latencies.Get(op, kind)
			if l == nil || len(l.Measured) == 0 {
				continue
			}
			row := []string{opLabel(op), kind, grouped(l.Measured.Count())}
			for _, lv := range shown {
				row = append(row, quantileText(l.Measured, lv))
			}
			rows = append(rows, row)
		}
	}
	return table("Percentiles of the measured phase", columns, rows, record.LatencyFile)
}

// quantileText leaves a percentile out that too few requests support.
func quantileText(d series.Distribution, lv level) string {
	if d.Count() < lv.needs {
		return "\u2013"
	}
	return latency(float64(d.Quantile(lv.q))).String()
}

package report

import (
	"fmt"
	"math"

	"redline/lab/analysis/series"
	"redline/lab/record"
)

func generatorSection(in *input) (Section, bool) {
	sampled, _ := in.sampledCharts(generatorCharts)
	charts := append(in.driverCharts(), sampled...)
	s := Section{ID: "generator", Title: "Health of the load generator"}
	s.Lead = "Whether the figures above can be trusted: requests must leave when planned (pacing error far below the latencies measured), " +
		"the backlog must stay near zero, and the generator must not be out of CPU."
	if items := in.generatorFacts(); len(items) > 0 {
		s.Blocks = append(s.Blocks, facts("In the measured phase", items, in.present(record.SlicesFile, record.PacingFile)...))
	}
	s.Blocks = append(s.Blocks, TimeCharts{"timecharts", false, charts})
	return s, len(charts) > 0
}

func (in *input) generatorFacts() []Fact {
	if in.sum == nil || in.sum.Intended == 0 {
		return nil
	}
	g := in.sum.Generator
	took := func(ns int64) string { return latency(float64(ns)).String() }
	items := []Fact{
		{"Late", fmt.Sprintf("%s of %s", grouped(in.sum.Late), count(in.sum.Intended, "request", "requests"))},
		{"Dropped", grouped(in.sum.Dropped)},
		{"Largest backlog", grouped(in.sum.BacklogMax)},
		{"In flight", fmt.Sprintf("%s counted, %s by Little's law", digits(g.InFlightCounted), digits(g.InFlightPredicted))},
	}
	if g.PacingCount > 0 {
		items = append(items, Fact{"Pacing error", fmt.Sprintf("p50 %s, p99 %s, max %s", took(g.PacingP50Ns), took(g.PacingP99Ns), took(g.PacingMaxNs))})
	}
	if g.CPURatio != nil {
		items = append(items, Fact{"Driver threads", percent(*g.CPURatio).String() + " busy"})
	}
	if g.RequestsPerCPU != nil {
		items = append(items, Fact{"Requests a CPU second", grouped(int64(*g.RequestsPerCPU))})
	}
	return items
}

// driverCharts shows what the driver says about itself, slice by slice.
func (in *input) driverCharts() []TimeChart {
	if in.driver == nil || in.grid.Columns == 0 {
		return nil
	}
	chart := func(title, note string, unit Unit, log bool, lines ...Line) TimeChart {
		return TimeChart{title, note, unit, log, in.grid.Seconds(), []View{{"", lines}}, []string{record.SlicesFile}}
	}
	pick := func(f func(series.State, float64) float64) numbers {
		out := make(numbers, in.grid.Columns)
		for i, st := range in.driver.State {
			out[i] = math.NaN()
			if s := in.driver.Covered[i]; s > 0 {
				out[i] = f(st, s)
			}
		}
		return out
	}
	charts := in.pacingChart()
	charts = append(charts, chart("Backlog and requests in flight", "Backlog: planned but not yet sent. In flight: sent and not yet answered.", UnitCount, false,
		Line{"backlog", "b", false, pick(func(st series.State, _ float64) float64 { return float64(st.BacklogMax) })},
		Line{"in flight", "a", false, pick(func(st series.State, _ float64) float64 { return st.Concurrency })}))
	cpu := pick(func(st series.State, s float64) float64 { return float64(st.ThreadCPUNs) / 1e9 / s })
	if highest(cpu) > 0 {
		charts = append(charts, chart("CPU of the driver's threads", "The threads that send and receive; they are part of the generator's CPU.",
			UnitCores, false, Line{"driver threads", "a", false, cpu}))
	}
	return charts
}

// pacingChart shows the pacing error; none when it was not recorded.
func (in *input) pacingChart() []TimeChart {
	c := TimeChart{Title: "Pacing error", Unit: UnitNs, Log: true, Times: in.grid.Seconds(), Sources: []string{record.PacingFile}}
	c.Note = "How much later than planned requests were sent although a connection was free."
	var lines []Line
	for _, lv := range []level{levels[4], levels[2], levels[0]} {
		lines = append(lines, Line{lv.name, lv.tone, false, quantiles(in.pacing, lv)})
	}
	c.Views = []View{{"", lines}}
	if c.still() {
		return nil
	}
	return []TimeChart{c}
}

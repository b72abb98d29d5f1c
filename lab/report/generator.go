package report

import (
	"math"

	"redline/lab/analysis/series"
	"redline/lab/record"
)

func generatorSection(in *input) (Section, bool) {
	charts := append(in.driverCharts(), in.sampledCharts(generatorCharts)...)
	s := Section{ID: "generator", Title: "Health of the load generator"}
	s.Lead = "Whether the figures above can be trusted: requests must leave when planned (pacing error far below the latencies measured), " +
		"the backlog must stay near zero, and the generator must not be out of CPU."
	s.Blocks = []Block{TimeCharts{"timecharts", false, charts}}
	return s, len(charts) > 0
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
	// A logarithmic axis has no zero; an error below a microsecond is as good as none.
	floor := func(ns int64) float64 { return math.Max(float64(ns), 1000) }
	charts := []TimeChart{
		chart("Pacing error", "How much later than planned requests were sent; the worst slice of each point.", UnitNs, true,
			Line{"max", "p5", false, pick(func(st series.State, _ float64) float64 { return floor(st.PacingMaxNs) })},
			Line{"p99", "p3", false, pick(func(st series.State, _ float64) float64 { return floor(st.PacingP99Ns) })},
			Line{"p50", "p1", false, pick(func(st series.State, _ float64) float64 { return floor(st.PacingP50Ns) })}),
		chart("Backlog and requests in flight", "Backlog: planned but not yet sent. In flight: sent and not yet answered.", UnitCount, false,
			Line{"backlog", "b", false, pick(func(st series.State, _ float64) float64 { return float64(st.BacklogMax) })},
			Line{"in flight", "a", false, pick(func(st series.State, _ float64) float64 { return st.Concurrency })}),
	}
	cpu := pick(func(st series.State, s float64) float64 { return float64(st.ThreadCPUNs) / 1e9 / s })
	if highest(cpu) > 0 {
		charts = append(charts, chart("CPU of the driver's threads", "The threads that send and receive; they are part of the generator's CPU.",
			UnitCores, false, Line{"driver threads", "a", false, cpu}))
	}
	return charts
}

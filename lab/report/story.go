package report

import (
	"fmt"
	"math"

	"redline/lab/analysis/series"
	"redline/lab/record"
)

// The sentences of the summary that say what else a reader would ask: when it
// was worst, what the server used, where its time went. Each is left out when
// the run does not hold what it is made from.

// worstMoment is the column of the measured phase with the highest p99.
func (in *input) worstMoment() (Sentence, bool) {
	if in.latencies == nil {
		return Sentence{}, false
	}
	l := in.latencies.Get("", record.KindResponse)
	if l == nil {
		return Sentence{}, false
	}
	p99 := levels[2]
	from, to := in.measured()
	var worst int64
	var when float64
	for i, middle := range in.grid.Seconds() {
		if d := l.Columns[i]; middle >= from && middle < to && d.Count() >= p99.needs && d.Quantile(p99.q) > worst {
			worst, when = d.Quantile(p99.q), middle
		}
	}
	if worst == 0 {
		return Sentence{}, false
	}
	whole := l.Measured.Quantile(p99.q)
	text := fmt.Sprintf("It was slowest around %s of the run, where 99 %% of the responses took up to %s; over the whole measured phase that was %s.",
		at(when), latency(float64(worst)), latency(float64(whole)))
	return sentence(text, record.LatencyFile), true
}

// serverUse is CPU and memory of the server while it was measured.
func (in *input) serverUse() (Sentence, bool) {
	user, ok := in.measuredRate("server_proc", "cpu_user_ns")
	system, ok2 := in.measuredRate("server_proc", "cpu_system_ns")
	if !ok || !ok2 {
		return Sentence{}, false
	}
	text := fmt.Sprintf("The server used %s cores, %s of that in the kernel", digits((user+system)/1e9), percent(system/(user+system)))
	if rss, ok := in.samples.Gauge("server_proc", "rss_bytes"); ok {
		from, to := in.measured()
		if most := rss.Within(from, to).Max(); !math.IsNaN(most) {
			text += fmt.Sprintf(", and at most %s of memory", size(most))
		}
	}
	return sentence(text+".", record.SamplesFile), true
}

// measuredRate is the mean growth of a counter per second in the measured phase.
func (in *input) measuredRate(source, name string) (float64, bool) {
	if in.samples == nil {
		return 0, false
	}
	s, ok := in.samples.Rate(source, name)
	if !ok {
		return 0, false
	}
	from, to := in.measured()
	mean := s.Within(from, to).Mean()
	return mean, !math.IsNaN(mean)
}

// hottest names the function with the largest own share of the CPU profile.
func (in *input) hottest() (Sentence, bool) {
	for _, g := range in.graphs {
		if g.Label != graphSpecs[0].label || len(g.Hot) == 0 {
			continue
		}
		h := g.Hot[0]
		where := ""
		if g.Where[h.Name] != "" {
			where = " (" + g.Where[h.Name] + ")"
		}
		text := fmt.Sprintf("Its CPU profile has the largest own share, %s, in %s%s.", percent(float64(h.Self)/float64(g.Value[0])), g.Names[h.Name], where)
		return sentence(text, g.Sources...), true
	}
	return Sentence{}, false
}

// trust says how well the load generator kept its schedule.
func (in *input) trust() (Sentence, bool) {
	if in.driver == nil || in.run.Workload.Loop == "closed" {
		return Sentence{}, false
	}
	var backlog int64
	var worst series.State
	from, to := in.measured()
	for i, middle := range in.grid.Seconds() {
		if st := in.driver.State[i]; middle >= from && middle < to {
			backlog = max(backlog, st.BacklogMax)
			worst.PacingP99Ns = max(worst.PacingP99Ns, st.PacingP99Ns)
		}
	}
	if worst.PacingP99Ns == 0 {
		return Sentence{}, false
	}
	text := fmt.Sprintf("The load generator sent 99 %% of its requests within %s of their planned time in every slice", latency(float64(worst.PacingP99Ns)))
	if backlog > 0 {
		text += fmt.Sprintf("; at its worst %s waited to be sent", count(backlog, "request", "requests"))
	}
	return sentence(text+".", record.SlicesFile), true
}

package report

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"redline/lab/record"
)

// The summary: what was asked, what came back, when it was worst, what the
// server used, where its time went, and whether the generator can be believed.
// Each sentence is left out when the run does not hold what it is made from.

func summarySection(in *input) (Section, bool) {
	s := Section{ID: "summary", Title: "Executive summary"}
	sentences := []Sentence{sentence(in.asked(), record.RunFile)}
	for _, tell := range []func() (Sentence, bool){in.answered, in.failures, in.worstMoment, in.found,
		in.parted, in.inside, in.hottest, in.serverUse, in.memoryPerKey, in.limits, in.trust, in.machineKept} {
		if one, ok := tell(); ok {
			sentences = append(sentences, one)
		}
	}
	s.Blocks = []Block{prose(sentences...)}
	return s, true
}

// asked says what the load was.
func (in *input) asked() string {
	w := in.run.Workload
	how := "as fast as replies came back"
	switch {
	case in.manyLoads():
		how = "in several loads one after the other"
	case w.RatePerS > 0:
		how = "at a planned " + perSecond(w.RatePerS).String()
	}
	text := fmt.Sprintf("%s was asked for %s over %s, %s", in.name(), mix(w.Mix), count(int64(w.Connections), "connection", "connections"), how)
	if w.Pipeline > 1 {
		text += fmt.Sprintf(" with up to %d requests in flight on each", w.Pipeline)
	}
	if w.Keys > 0 {
		text += fmt.Sprintf("; %s with values of %s", count(w.Keys, "key", "keys"), size(float64(w.ValueBytes)))
	}
	return text + "."
}

func (in *input) answered() (Sentence, bool) {
	s := in.sum
	if s == nil || s.Operations == 0 {
		return Sentence{}, false
	}
	r := s.ResponseNs
	if r.Max == 0 { // the latencies could not be read
		text := fmt.Sprintf("In %s it completed %s requests, %s per second.", quantity{digits(s.DurationS), "s"}, grouped(s.Operations), perSecondBare(s.ThroughputPerS))
		return sentence(text, record.SlicesFile), true
	}
	text := fmt.Sprintf("In %s it completed %s requests, %s per second. Half of the responses came within %s, 99\u202f%% within %s, 99.9\u202f%% within %s; the slowest took %s.",
		quantity{digits(s.DurationS), "s"}, grouped(s.Operations), perSecondBare(s.ThroughputPerS), latency(float64(r.P50)),
		latency(float64(r.P99)), latency(float64(r.P999)), latency(float64(r.Max)))
	return sentence(text, record.SlicesFile, record.LatencyFile), true
}

// failures is said only when there were some.
func (in *input) failures() (Sentence, bool) {
	s := in.sum
	if s == nil || s.Errors+s.Dropped == 0 {
		return Sentence{}, false
	}
	text := fmt.Sprintf("Of %s planned, %s failed and %s never sent", count(s.Intended, "request", "requests"), grouped(s.Errors), were(s.Dropped))
	var classes []string
	for _, class := range slices.Sorted(maps.Keys(s.ErrorClasses)) {
		classes = append(classes, class+" "+grouped(s.ErrorClasses[class]))
	}
	if len(classes) > 0 {
		text += " (" + strings.Join(classes, ", ") + ")"
	}
	return sentence(text+".", record.SlicesFile), true
}

func were(n int64) string {
	if n == 1 {
		return "1 was"
	}
	return grouped(n) + " were"
}

// memoryPerKey is what preloading cost.
func (in *input) memoryPerKey() (Sentence, bool) {
	if in.sum == nil || in.sum.Memory == nil || in.sum.Memory.BytesPerKey == nil {
		return Sentence{}, false
	}
	m := in.sum.Memory
	text := fmt.Sprintf("Loading %s made it grow by %s, %s a key.", count(m.PreloadedKeys, "key", "keys"),
		size(float64(m.RSSAfterBytes-m.RSSBeforeBytes)), size(*m.BytesPerKey))
	return sentence(text, record.SamplesFile), true
}

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
	text := fmt.Sprintf("It was slowest around %s of the run, where 99\u202f%% of the responses took up to %s; over the whole measured phase that was %s.",
		at(when), latency(float64(worst)), latency(float64(whole)))
	return sentence(text, record.LatencyFile), true
}

// serverUse is CPU and memory of the server while it was measured.
func (in *input) serverUse() (Sentence, bool) {
	user, ok := in.measuredRate("server_proc", "cpu_user_ns")
	system, ok2 := in.measuredRate("server_proc", "cpu_system_ns")
	if !ok || !ok2 || user+system == 0 {
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

// limits says what a plan found.
func (in *input) limits() (Sentence, bool) {
	if in.plan == nil || in.plan.Capacity == nil {
		return Sentence{}, false
	}
	return in.capacityWords()[0], true
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

// hottest says how much of the CPU profile is system calls, which a program can
// only do fewer of, and which function used most of the rest.
func (in *input) hottest() (Sentence, bool) {
	for _, g := range in.graphs {
		if g.Label != graphSpecs[0].label {
			continue
		}
		system, rest := int64(0), ""
		for _, h := range g.Hot {
			name := g.Names[h.Name]
			switch {
			case systemCall.MatchString(name):
				system += h.Self
			case rest == "":
				rest = name
				if where := g.Where[h.Name]; where != "" {
					rest += " (" + where + ")"
				}
				rest += " with " + percent(float64(h.Self)/float64(g.Value[0])).String()
			}
		}
		text := fmt.Sprintf("Of its CPU time, %s went into system calls", percent(float64(system)/float64(g.Value[0])))
		if rest != "" {
			text += "; of the rest, most was used by " + rest
		}
		return sentence(text+".", g.Sources...), true
	}
	return Sentence{}, false
}

// systemCall matches the functions of a Go program whose own time is the kernel's.
var systemCall = regexp.MustCompile(`^(syscall\.|internal/runtime/syscall|runtime/internal/syscall|golang\.org/x/sys/|runtime\.(futex|epoll|madvise|write1|read|usleep|osyield))`)

// machineKept says how far the machine ran what was due.
func (in *input) machineKept() (Sentence, bool) {
	if in.sum == nil || in.sum.Hiccups == nil {
		return Sentence{}, false
	}
	h := in.sum.Hiccups
	if h.Count == 0 {
		return sentence("The machine had no hiccups of a millisecond and longer.", record.HiccupsFile), true
	}
	text := fmt.Sprintf("The machine had %s, the longest of %s, in which a thread that was due did not run", count(int64(h.Count), "hiccup", "hiccups"), latency(float64(h.LongestNs)))
	if r := h.ResponseNs; r.Max > 0 {
		text += fmt.Sprintf("; in the %s of the time that they do not reach, 99\u202f%% of the responses came within %s, the slowest after %s", percent(h.CalmS/in.sum.DurationS),
			latency(float64(r.P99)), latency(float64(r.Max)))
	}
	return sentence(text+".", in.present(record.HiccupsFile, record.LatencyFile)...), true
}

// trust says how well the load generator kept its schedule.
func (in *input) trust() (Sentence, bool) {
	s := in.sum
	if s == nil || s.Generator.PacingCount == 0 {
		return Sentence{}, false
	}
	g := s.Generator
	text := fmt.Sprintf("The load generator sent 99\u202f%% of its requests within %s of their planned time", latency(float64(g.PacingP99Ns)))
	if g.CPURatio != nil {
		text += fmt.Sprintf(", with its threads busy %s of the time", percent(*g.CPURatio))
	}
	if s.BacklogMax > 0 {
		text += fmt.Sprintf("; at its worst %s waited to be sent", count(s.BacklogMax, "request", "requests"))
	}
	return sentence(text+".", in.present(record.PacingFile, record.SlicesFile)...), true
}

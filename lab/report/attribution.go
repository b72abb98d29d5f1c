package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"redline/lab/analysis/attribution"
	"redline/lab/record"
)

// partNames are the parts of the attribution as headings.
var partNames = map[string]string{
	attribution.Network: "Network", attribution.Parse: "Parsing requests", attribution.Command: "Commands", attribution.Reply: "Encoding replies",
	attribution.Lock: "Locks", attribution.Log: "Log and files", attribution.Expire: "Expiry", attribution.Evict: "Eviction",
	attribution.GC: "Garbage collection", attribution.Alloc: "Allocating memory", attribution.Scheduler: "Scheduler", attribution.Runtime: "Runtime",
	attribution.Other: "Other", attribution.Idle: "Not used by the server",
}

// partTones groups the parts by what can be done about them: the work itself, what
// surrounds it, memory, the rest.
var partTones = map[string]Tone{
	attribution.Network: "a", attribution.Parse: "c", attribution.Command: "c", attribution.Reply: "c", attribution.Lock: "b", attribution.Log: "e",
	attribution.Expire: "c", attribution.Evict: "c", attribution.GC: "d", attribution.Alloc: "d", attribution.Scheduler: "f",
}

func attributionSection(in *input) (Section, bool) {
	s := Section{ID: "attribution", Title: "Where the time goes"}
	t := in.table
	if t == nil {
		return s, false
	}
	if len(t.Rows) > 0 {
		s.Lead = "Every sample of the CPU profile belongs to one part of a request's way, by the innermost function that says so. Shares are of the CPU time " +
			"that the server used; what it did not use is a share of all that the machine had."
		s.Blocks = append(s.Blocks, in.attributionBars())
	}
	if items, sources := in.perRequest(); len(items) > 0 {
		s.Blocks = append(s.Blocks, facts("Per request", items, unique(sources)...))
	}
	if len(t.Anatomy) > 0 {
		s.Blocks = append(s.Blocks, in.anatomyBars())
	}
	return s, len(s.Blocks) > 0
}

func (in *input) attributionBars() Bars {
	b := Bars{Kind: "bars", Caption: "CPU time of the server by part", Share: "Share", Columns: []string{"CPU per request"}, Sources: []string{in.table.Source}}
	for _, r := range in.table.Rows {
		row := Bar{Label: partName(r.Part), Detail: r.Family, Share: r.Share, Tone: partTones[r.Part], Cells: []string{"\u2013"}}
		if row.Tone == "" {
			row.Tone = "muted"
		}
		if r.NsPerRequest > 0 && r.Part != attribution.Idle {
			row.Cells[0] = latency(r.NsPerRequest).String()
		}
		b.Rows = append(b.Rows, row)
	}
	return b
}

func partName(part string) string {
	if name, ok := partNames[part]; ok {
		return name
	}
	return strings.ToUpper(part[:1]) + part[1:]
}

// perRequest is what a request costs, as far as it is known, and from which files.
func (in *input) perRequest() (items []Fact, sources []string) {
	t := in.table
	sources = []string{record.SlicesFile}
	if !math.IsNaN(t.CPUSecondsPerRequest) {
		items = append(items, Fact{"CPU", latency(t.CPUSecondsPerRequest * 1e9).String()})
		if in.sum != nil && in.sum.ServerCPUUs != nil { // else it follows from the profile
			sources = append(sources, record.SamplesFile)
		} else {
			sources = append(sources, t.Source)
		}
	}
	if !math.IsNaN(t.AllocationsPerRequest) {
		items = append(items, Fact{"Allocations", digits(t.AllocationsPerRequest)})
		sources = append(sources, t.AllocationsSource)
	}
	if !math.IsNaN(t.BytesPerRequest) {
		items = append(items, Fact{"Allocated", size(t.BytesPerRequest).String()})
	}
	return items, sources
}

// stageWords says what a stage of the server's latency anatomy is.
var stageWords = map[string]string{
	"queue": "read by the kernel, not yet by the server", "parse": "making the request of bytes", "lock-wait": "waiting for the locks of its keys",
	"execute": "carrying it out", "log-wait": "waiting until the log is durable", "write": "until the reply was handed to the kernel",
}

// infoFile is the INFO that the latency anatomy follows from.
const infoFile = record.InfoDir + "/after.txt"

// anatomyBars is the latency that the server measured of itself, stage by stage.
// The share is of the time of all requests together, so that a stage that few
// requests have counts little.
func (in *input) anatomyBars() Bars {
	b := Bars{Kind: "bars", Caption: "Latency inside the server, as it measured itself", Share: "Share of the time in the server",
		Columns: []string{"Mean", "p50", "p99", "Requests"}, Sources: []string{infoFile}}
	total := 0.0
	for _, st := range in.table.Anatomy {
		total += st.MeanNs * float64(st.Count)
	}
	for _, st := range in.table.Anatomy {
		row := Bar{Label: st.Name, Detail: stageWords[st.Name], Tone: "a",
			Cells: []string{latency(st.MeanNs).String(), latency(st.P50Ns).String(), latency(st.P99Ns).String(), grouped(st.Count)}}
		if total > 0 {
			row.Share = st.MeanNs * float64(st.Count) / total
		}
		b.Rows = append(b.Rows, row)
	}
	return b
}

// parted says where the CPU time went, in a sentence.
func (in *input) parted() (Sentence, bool) {
	t := in.table
	if t == nil || len(t.Rows) == 0 {
		return Sentence{}, false
	}
	const named = 3
	var parts []string
	for _, r := range partSums(t) {
		if len(parts) < named {
			parts = append(parts, fmt.Sprintf("%s %s", percent(r.Share), lowerFirst(partName(r.Part))))
		}
	}
	text := "Of the server's CPU time, most went to: " + strings.Join(parts, ", ") + "."
	if idle := t.Part(attribution.Idle); idle.Share > 0 {
		text += fmt.Sprintf(" It used %s of the machine's processors.", percent(1-idle.Share))
	}
	return sentence(text, t.Source), true
}

// partSums are the parts without families, the largest first, idle left out.
func partSums(t *attribution.Table) []attribution.Row {
	var out []attribution.Row
	seen := map[string]bool{attribution.Idle: true}
	for _, r := range t.Rows {
		if !seen[r.Part] {
			seen[r.Part] = true
			out = append(out, t.Part(r.Part))
		}
	}
	slices.SortStableFunc(out, func(a, b attribution.Row) int { return cmp.Compare(b.CPUNs, a.CPUNs) })
	return out
}

// inside says what a request waited for in the server, in a sentence.
func (in *input) inside() (Sentence, bool) {
	if in.table == nil || len(in.table.Anatomy) == 0 {
		return Sentence{}, false
	}
	var worst attribution.Stage
	var total float64
	for _, st := range in.table.Anatomy {
		total += st.MeanNs * float64(st.Count)
		if st.MeanNs*float64(st.Count) > worst.MeanNs*float64(worst.Count) {
			worst = st
		}
	}
	if total == 0 {
		return Sentence{}, false
	}
	text := fmt.Sprintf("Inside the server, by its own measurement, the longest stage of a request was %q (%s): %s on average, %s of the time spent there.",
		worst.Name, stageWords[worst.Name], latency(worst.MeanNs), percent(worst.MeanNs*float64(worst.Count)/total))
	return sentence(text, infoFile), true
}

package report

import (
	"fmt"
	"slices"

	"redline/lab/analysis/attribution"
	"redline/lab/analysis/series"
	"redline/lab/record"
)

// partsSection is the attribution of every side beside the others'.
func partsSection(s *sides) (Section, bool) {
	sec := Section{ID: "attribution", Title: "Where the time goes"}
	sec.Lead = "CPU time of the servers by part, per request, and the share of all that they used."
	columns := []Column{{"Part", false}}
	var sources []string
	profiled := 0
	for _, one := range s.all {
		columns = append(columns, Column{one.label, true}, Column{"Share", true})
		if t := one.first.table; t != nil && len(t.Rows) > 0 {
			profiled++
			sources = append(sources, t.Source)
		}
	}
	if profiled == 0 {
		return sec, false
	}
	var rows [][]string
	for _, part := range attribution.Parts {
		row := []string{partName(part)}
		used := false
		for _, one := range s.all {
			cells := []string{"\u2013", "\u2013"}
			if t := one.first.table; t != nil && len(t.Rows) > 0 {
				sum := t.Part(part)
				used = used || sum.CPUNs > 0
				cells[1] = percent(sum.Share).String()
				if sum.NsPerRequest > 0 && part != attribution.Idle {
					cells[0] = latency(sum.NsPerRequest).String()
				}
			}
			row = append(row, cells...)
		}
		if used {
			rows = append(rows, row)
		}
	}
	sec.Blocks = []Block{table("CPU time by part", columns, rows, unique(sources)...)}
	return sec, true
}

// tones tell sides apart.
var tones = []Tone{"a", "b", "c", "d", "e", "f"}

// curvesSection is the percentile curves of all sides in one chart.
func curvesSection(s *sides) (Section, bool) {
	sec := Section{ID: "percentiles", Title: "Percentile curves"}
	sec.Lead = "How slow the slowest requests were on each side: one step to the right leaves out ten times fewer of them."
	block := Percentiles{Kind: "percentiles", Caption: "Requests of the measured phases.", Sources: []string{record.LatencyFile}}
	for _, kind := range kinds {
		v := CurveView{Label: kind}
		for i, one := range s.all {
			if d := one.measured(kind); len(d) > 0 {
				v.Curves = append(v.Curves, curve(one.short(), tones[i%len(tones)], d))
				v.Curves[len(v.Curves)-1].Dash = false
			}
		}
		if len(v.Curves) > 0 {
			block.Views = append(block.Views, v)
		}
	}
	sec.Blocks = []Block{block}
	return sec, len(block.Views) > 0
}

// short is a label that fits beside a curve.
func (s *side) short() string {
	const fits = 13
	if r := []rune(s.label); len(r) > fits {
		return string(r[:fits-1]) + "\u2026"
	}
	return s.label
}

// measured is the latencies of all runs of a side.
func (s *side) measured(kind string) series.Distribution {
	var sum series.Distribution
	for i, d := range s.dirs {
		in := s.first
		if i > 0 {
			in = &input{dir: d, run: d.Run()}
			in.loadDriver()
		}
		if in.latencies == nil {
			continue
		}
		if l := in.latencies.Get("", kind); l != nil {
			sum = sum.Plus(l.Measured)
		}
	}
	return sum
}

// courseSection is throughput and latency of the first run of each side over the
// time since its measured phase began.
func courseSection(s *sides) (Section, bool) {
	sec := Section{ID: "time", Title: "Throughput and latency over time"}
	sec.Lead = "Seconds since the start of the measured phase, the first run of each side."
	throughput := TimeChart{Title: "Throughput", Unit: UnitPerS, Sources: []string{record.SlicesFile}}
	slow := TimeChart{Title: "Response time p99", Unit: UnitNs, Log: true, Sources: []string{record.LatencyFile}}
	var rates, tails []Line
	for i, one := range s.all {
		in := one.first
		if in.driver == nil || in.latencies == nil || in.grid.Columns == 0 {
			continue
		}
		from, to := in.measured()
		at := in.grid.Seconds()
		shifted := make([]float64, len(at))
		for j := range at {
			shifted[j] = at[j] - from
		}
		if throughput.Times == nil {
			for _, x := range shifted {
				if x >= 0 && x < to-from {
					throughput.Times = append(throughput.Times, x)
				}
			}
			slow.Times = throughput.Times
		}
		rate := series.Series{Seconds: shifted, Values: in.rates("", func(c record.OpCounts) int64 { return c.Completed })}
		rates = append(rates, Line{one.label, tones[i%len(tones)], false, onTimes(rate, throughput.Times)})
		if l := in.latencies.Get("", record.KindResponse); l != nil {
			p99 := series.Series{Seconds: shifted, Values: quantiles(l.Columns, levels[2])}
			tails = append(tails, Line{one.label, tones[i%len(tones)], false, onTimes(p99, slow.Times)})
		}
	}
	throughput.Views, slow.Views = []View{{"", list(rates)}}, []View{{"", list(tails)}}
	sec.Blocks = []Block{TimeCharts{"timecharts", true, []TimeChart{throughput, slow}}}
	return sec, len(rates) > 0 && len(throughput.Times) > 1
}

// bothFindingsSection is what is at fault on each side.
func bothFindingsSection(s *sides) (Section, bool) {
	sec := Section{ID: "findings", Title: "Findings"}
	sec.Lead = "What costs most in the first run of each side."
	for i, one := range s.all {
		if one.first.findings == nil {
			continue
		}
		items := one.first.findingItems()
		for j := range items {
			items[j].ID = fmt.Sprintf("%s-%d", items[j].ID, i+1) // ids are of the whole page
			for k := range items[j].Evidence {
				items[j].Evidence[k].From, items[j].Evidence[k].To = 0, 0 // the charts have another time axis
			}
		}
		caption := one.label
		if len(items) == 0 {
			caption += ": nothing that costs the run noticeably"
		}
		sec.Blocks = append(sec.Blocks, Findings{"findings", caption, items})
	}
	return sec, len(sec.Blocks) > 0
}

// differingSection is the conditions of all sides: what differs as a table, what
// is the same as facts, and the commands.
func differingSection(s *sides) (Section, bool) {
	sec := Section{ID: "conditions", Title: "Conditions"}
	sec.Lead = "What the sides have in common, what not, and the exact commands."
	var order []string
	bySide := make([]map[string]string, len(s.all))
	for i, one := range s.all {
		bySide[i] = map[string]string{}
		for _, f := range slices.Concat(one.first.machine(), one.first.target(), one.first.workload(), one.first.runFacts()) {
			if _, ok := bySide[i][f.Label]; !ok {
				bySide[i][f.Label] = f.Value
			}
			if !slices.Contains(order, f.Label) {
				order = append(order, f.Label)
			}
		}
	}
	columns := []Column{{"", false}}
	for _, one := range s.all {
		columns = append(columns, Column{one.label, false})
		sec.Blocks = append(sec.Blocks, Command{"command", "Exact command of " + one.label, commandLine(one.first.run.Command), []string{record.RunFile}})
	}
	var differs [][]string
	var same []Fact
	for _, label := range order {
		row := []string{label}
		equal := true
		for i := range s.all {
			equal = equal && bySide[i][label] == bySide[0][label]
			row = append(row, bySide[i][label])
		}
		if equal {
			same = append(same, Fact{label, bySide[0][label]})
		} else {
			differs = append(differs, row)
		}
	}
	if len(differs) > 0 {
		sec.Blocks = append(sec.Blocks, table("What differs", columns, differs, record.RunFile))
	}
	sec.Blocks = append(sec.Blocks, facts("What is the same", same, record.RunFile), s.directories())
	return sec, true
}

// directories says where the files are that the report names.
func (s *sides) directories() Table {
	var rows [][]string
	for _, one := range s.all {
		for _, d := range one.dirs {
			rows = append(rows, []string{one.label, d.Run().ID, instant(d.Run().StartedUnixNs)})
		}
	}
	return table("Run directories", []Column{{"Side", false}, {"Run", false}, {"Started", false}}, rows, record.RunFile)
}

func sidesMissingSection(s *sides) (Section, bool) {
	sec := Section{ID: "missing", Title: "What is missing"}
	var rows [][]string
	for _, one := range s.all {
		for _, m := range one.first.missing {
			rows = append(rows, []string{one.label, m.Part, m.Why})
		}
	}
	for _, m := range s.missing {
		rows = append(rows, []string{"", m.Part, m.Why})
	}
	if len(rows) == 0 {
		sec.Lead = "Nothing: every part that the lab can record of these targets was recorded."
		return sec, true
	}
	sec.Lead = "Parts that could not be recorded, read or compared, and why. Everything else in this report stands without them."
	sec.Blocks = []Block{table("Missing parts", []Column{{"Side", false}, {"Part", false}, {"Why", false}}, rows, record.RunFile)}
	return sec, true
}

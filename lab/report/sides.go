package report

import (
	"errors"
	"fmt"
	"strings"

	"redline/lab/analysis/compare"
	"redline/lab/analysis/delta"
	"redline/lab/analysis/flame"
	"redline/lab/record"
)

// Side is one run, or several that count as one, beside another side.
type Side struct {
	Label string // empty: A, B, C ...
	Dirs  []string
}

// Comparison is what BuildComparison makes a document of.
type Comparison struct {
	// Sides are at least two; the others are held against the first.
	Sides []Side
	// Verdict and Decision are of a gate or a comparison that decided something;
	// nil: the figures of the runs are compared, and nothing is decided.
	Verdict  *Verdict
	Decision []Section
}

// side is a Side that has been read.
type side struct {
	label string
	dirs  []*record.Dir
	first *input // of the first run: conditions, attribution, findings
}

// sides is everything that a comparison is made from.
type sides struct {
	c       Comparison
	all     []side
	ratios  []*compare.Comparison // of each further side to the first; nil where they could not be computed
	missing []record.Missing
}

// BuildComparison makes one document of several runs: side by side, what changed
// most, and differential flame graphs, per request. It fails when a directory has
// no readable run.json.
func BuildComparison(c Comparison) (*Document, error) {
	if len(c.Sides) < 2 {
		return nil, fmt.Errorf("a comparison needs two runs at least, not %d", len(c.Sides))
	}
	s := &sides{c: c}
	for i, one := range c.Sides {
		if one.Label == "" {
			one.Label = string(rune('A' + i%26))
		}
		loaded, err := loadSide(one)
		if err != nil {
			return nil, err
		}
		s.all = append(s.all, *loaded)
	}
	if c.Decision == nil {
		s.compute()
	}
	doc := &Document{Format: documentFormat, Title: s.title(), Subtitle: s.subtitle(), Verdict: s.verdict(), Figures: list(s.figures()), Phases: []Span{}}
	doc.Sections = append(doc.Sections, c.Decision...)
	for _, build := range []func(*sides) (Section, bool){sidesSection, changeSection, partsSection, differenceSection, curvesSection, courseSection,
		bothFindingsSection, differingSection, sidesMissingSection} {
		if section, ok := build(s); ok {
			section.Blocks = list(section.Blocks)
			doc.Sections = append(doc.Sections, section)
		}
	}
	return doc, nil
}

func loadSide(one Side) (*side, error) {
	if len(one.Dirs) == 0 {
		return nil, fmt.Errorf("side %q has no run", one.Label)
	}
	out := &side{label: one.Label}
	for _, path := range one.Dirs {
		d, err := record.Open(path)
		if err != nil {
			return nil, err
		}
		out.dirs = append(out.dirs, d)
	}
	var err error
	if out.first, err = load(one.Dirs[0]); err != nil {
		return nil, err
	}
	what := strings.TrimSpace(out.first.name() + " " + out.first.run.Target.Version)
	out.label += ": " + what
	return out, nil
}

// compute holds each further side against the first.
func (s *sides) compute() {
	for _, one := range s.all[1:] {
		cmp, err := compare.Compute(s.all[0].dirs, one.dirs, "")
		if err != nil {
			s.missing = append(s.missing, record.Missing{Part: "ratios of " + one.label, Why: err.Error()})
			cmp = nil
		}
		s.ratios = append(s.ratios, cmp)
	}
}

func (s *sides) title() string {
	var names []string
	for _, one := range s.all {
		names = append(names, one.label)
	}
	return strings.Join(names, " against ")
}

func (s *sides) subtitle() string {
	return fmt.Sprintf("%s, the first is the baseline; %s", count(int64(len(s.all)), "side", "sides"), instant(s.all[0].first.run.StartedUnixNs))
}

func (s *sides) verdict() Verdict {
	if s.c.Verdict != nil {
		v := *s.c.Verdict
		v.Reasons = list(v.Reasons)
		return v
	}
	v := Verdict{State: "undecided", Label: "Compared", Headline: "Figures of recorded runs side by side. Nothing was decided: runs made one after the other also differ by what the machine did meanwhile.", Reasons: []string{}}
	if err := s.sameLoad(); err != "" {
		v.Reasons = append(v.Reasons, err)
	}
	for _, cmp := range s.ratios {
		if cmp != nil {
			v.Reasons = append(v.Reasons, cmp.Caveats...)
		}
	}
	v.Reasons = unique(v.Reasons)
	v.Reasons = list(v.Reasons)
	return v
}

// sameLoad says in what the loads differ, as their figures then say little of
// each other.
func (s *sides) sameLoad() string {
	a := s.all[0].first.workload()
	for _, one := range s.all[1:] {
		values := map[string]string{}
		for _, f := range one.first.workload() {
			values[f.Label] = f.Value
		}
		for _, f := range a {
			if f.Label != "Key prefix" && f.Label != "Name" && values[f.Label] != f.Value {
				return fmt.Sprintf("The loads differ: %s is %s in %s, %s in %s.", lowerFirst(f.Label), f.Value, s.all[0].label, orNone(values[f.Label]), one.label)
			}
		}
	}
	return ""
}

// metricNames are the figures of a comparison as headings.
var metricNames = map[string]string{
	"throughput": "Throughput", "server_cpu_per_request": "Server CPU per request", "response_mean": "Response mean", "response_p50": "Response p50",
	"response_p90": "Response p90", "response_p99": "Response p99", "response_p999": "Response p99.9", "response_max": "Response worst",
	"calm_response_p99": "Response p99 without hiccups", "calm_response_max": "Response worst without hiccups", "memory_per_key": "Memory per key",
	"allocations_per_request": "Allocations per request", "allocated_per_request": "Allocated per request",
}

// metricSource is the file that a figure follows from.
func metricSource(metric string) string {
	switch metric {
	case "throughput":
		return record.SlicesFile
	case "server_cpu_per_request", "memory_per_key":
		return record.SamplesFile
	}
	return record.LatencyFile
}

func metricText(v float64, unit string) string {
	switch unit {
	case "1/s":
		return perSecond(v).String()
	case "us":
		return latency(v * 1e3).String()
	}
	return amount(v, unit)
}

// figures are the ratios that everybody asks for, of the second side to the first.
func (s *sides) figures() []Figure {
	if len(s.ratios) == 0 || s.ratios[0] == nil {
		return nil
	}
	var out []Figure
	for _, r := range s.ratios[0].Ratios {
		switch r.Metric {
		case "throughput", "response_p50", "response_p99", "server_cpu_per_request", "memory_per_key":
			note := metricText(r.A, r.Unit) + ", then " + metricText(r.B, r.Unit)
			out = append(out, Figure{metricNames[r.Metric], digits(r.Ratio), "\u00d7", note, metricSource(r.Metric)})
		}
	}
	return out
}

// sidesSection is the table of all figures.
func sidesSection(s *sides) (Section, bool) {
	sec := Section{ID: "sides", Title: "Side by side"}
	if len(s.ratios) == 0 || s.ratios[0] == nil {
		return sec, false
	}
	sec.Lead = "Each figure of every side, and its ratio to the first. An interval that includes 1 shows no difference."
	columns := []Column{{"Figure", false}, {s.all[0].label, true}}
	for _, one := range s.all[1:] {
		columns = append(columns, Column{one.label, true}, Column{"Ratio", true}, Column{"95\u202f% confidence", false})
	}
	var rows [][]string
	for _, r := range s.ratios[0].Ratios {
		row := []string{metricNames[r.Metric], metricText(r.A, r.Unit)}
		for _, cmp := range s.ratios {
			row = append(row, ratioCells(cmp, r.Metric)...)
		}
		rows = append(rows, row)
	}
	failed := []string{"Errors", grouped(s.ratios[0].A.Errors)}
	for _, cmp := range s.ratios {
		n := "\u2013"
		if cmp != nil {
			n = grouped(cmp.B.Errors)
		}
		failed = append(failed, n, "", "")
	}
	sec.Blocks = []Block{table("Figures of the measured phases", columns, append(rows, failed), record.SlicesFile, record.LatencyFile, record.SamplesFile)}
	return sec, true
}

func ratioCells(cmp *compare.Comparison, metric string) []string {
	if cmp != nil {
		for _, r := range cmp.Ratios {
			if r.Metric != metric {
				continue
			}
			interval := "none"
			if r.Low != nil {
				interval = fmt.Sprintf("%.3f to %.3f", *r.Low, *r.High)
				if !r.Differs() {
					interval += ", no difference shown"
				}
			}
			return []string{metricText(r.B, r.Unit), fmt.Sprintf("%.3f", r.Ratio), interval}
		}
	}
	return []string{"\u2013", "\u2013", ""}
}

// changeSection names what changed most, in words.
func changeSection(s *sides) (Section, bool) {
	sec := Section{ID: "changed", Title: "What changed most"}
	var told []Sentence
	for _, one := range s.all[1:] {
		profiles, _ := delta.Changes(s.all[0].dirs, one.dirs)
		for _, p := range profiles {
			if text := changeText(s.all[0].label, one.label, p); text != "" {
				told = append(told, sentence(text, p.Source))
			}
		}
	}
	sec.Blocks = []Block{prose(told...)}
	sec.Lead = "Per request, by the functions' own values. What chance of sampling alone explains is left out."
	return sec, len(told) > 0
}

// changeText says what a request costs on either side and which functions differ.
func changeText(a, b string, p delta.Profile) string {
	if p.A == 0 && p.B == 0 || p.Label == "Block" { // idle readers block: what they waited says nothing of a request
		return ""
	}
	value := func(v float64) string { return flameAmount(v, p.Unit) }
	text := fmt.Sprintf("%s: %s a request in %s, %s in %s (%s).", p.Label, value(p.A), a, value(p.B), b, relative(p.A, p.B))
	const named = 3
	var parts []string
	for _, f := range p.Functions {
		if f.Differs && len(parts) < named {
			part := fmt.Sprintf("%s from %s to %s", f.Function, value(f.A), value(f.B))
			if f.Where != "" {
				part += " (" + f.Where + ")"
			}
			parts = append(parts, part)
		}
	}
	if len(parts) > 0 {
		return text + " Most of the change: " + strings.Join(parts, "; ") + "."
	}
	return text + " No single function differs by more than chance explains."
}

func relative(a, b float64) string {
	if a == 0 {
		return "new"
	}
	sign := "+"
	if b < a {
		sign = "\u2212"
	}
	change := b/a - 1
	if change < 0 {
		change = -change
	}
	return sign + percent(change).String()
}

// flameAmount writes a value of a profile.
func flameAmount(v float64, unit string) string {
	switch flameUnit(unit) {
	case UnitNs:
		return latency(v).String()
	case UnitBytes:
		return size(v).String()
	}
	return digits(v)
}

// differenceSection is the differential flame graphs.
func differenceSection(s *sides) (Section, bool) {
	sec := Section{ID: "profiles", Title: "Differential flame graphs"}
	sec.Lead = "Both sides in one graph, each divided by the requests it answered. A bar is as wide as both sides together; its colour says which side of it grew. " +
		"What is grey costs the same on both."
	block := Flames{Kind: "flames", Graphs: []FlameGraph{}}
	for _, one := range s.all[1:] {
		for _, k := range delta.Kinds {
			c, err := delta.Compare(s.all[0].dirs, one.dirs, k, flame.Options{})
			if err != nil {
				if !errors.Is(err, flame.ErrEmpty) && (some(s.all[0].dirs, k) || some(one.dirs, k)) {
					s.missing = append(s.missing, record.Missing{Part: "difference of " + k.Label + " to " + one.label, Why: err.Error()})
				}
				continue
			}
			label := k.Label
			if len(s.all) > 2 {
				label += ", " + one.label
			}
			block.Graphs = append(block.Graphs, differentialGraph(label, fmt.Sprintf("Before: %s. After: %s.", s.all[0].label, one.label), c, delta.Source(k)))
		}
	}
	sec.Blocks = []Block{block}
	return sec, len(block.Graphs) > 0
}

func some(dirs []*record.Dir, k delta.Kind) bool {
	for _, d := range dirs {
		if _, ok := d.Profile(k.Profile); ok {
			return true
		}
	}
	return false
}

package live

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// Colours of 256-colour terminals; the library adapts them to others.
var (
	styleTitle = lipgloss.NewStyle().Bold(true)
	styleLabel = lipgloss.NewStyle().Foreground(lipgloss.Color("245"))
	styleGood  = lipgloss.NewStyle().Foreground(lipgloss.Color("35"))
	styleWarn  = lipgloss.NewStyle().Foreground(lipgloss.Color("214"))
	styleBad   = lipgloss.NewStyle().Foreground(lipgloss.Color("196"))
	styleHeat  = []lipgloss.Style{
		lipgloss.NewStyle().Foreground(lipgloss.Color("29")), lipgloss.NewStyle().Foreground(lipgloss.Color("70")),
		lipgloss.NewStyle().Foreground(lipgloss.Color("178")), lipgloss.NewStyle().Foreground(lipgloss.Color("208")),
		lipgloss.NewStyle().Foreground(lipgloss.Color("196")),
	}
)

const (
	labelWidth = 10
	chartMost  = 8  // lines of the rate over time, when there is room
	leastWidth = 20 // narrower screens are drawn as if they had this
	// Marks of the generator's health, those of the verdict on a run.
	cpuWarn, cpuBad       = 0.7, 0.9
	pacingWarn, pacingBad = 1e6, 50e6 // ns
)

// block is a part of the screen. When there is not enough room, blocks go in the
// order of their rank, the highest first.
type block struct {
	rank  int
	lines []string
}

// screen draws everything that fits.
func (m model) screen() string {
	if m.width == 0 || m.height == 0 {
		return "" // the size is not known yet
	}
	w := max(m.width, leastWidth)
	blocks := m.blocks(w, 1)
	rows := func() (n int) {
		for _, b := range blocks {
			n += len(b.lines)
		}
		return n
	}
	if left := m.height - rows(); left > 0 {
		blocks = m.blocks(w, min(1+left, chartMost))
	}
	for rows() > m.height {
		worst := 0
		for i, b := range blocks {
			if b.rank > blocks[worst].rank {
				worst = i
			}
		}
		blocks = slices.Delete(blocks, worst, worst+1)
	}
	var lines []string
	for _, b := range blocks {
		for _, l := range b.lines {
			lines = append(lines, ansi.Truncate(l, m.width, ""))
		}
	}
	return strings.Join(lines, "\n")
}

// blocks are the parts of the screen from top to bottom, with a chart of the
// rate that has the given number of lines.
func (m model) blocks(w, chart int) []block {
	f := &m.frame
	if !m.shown {
		return []block{{0, []string{m.header(w)}}, {2, []string{m.noteLine("waiting for the first figures")}}, {1, []string{m.help()}}}
	}
	out := []block{
		{4, []string{m.header(w)}},
		{1, []string{m.phase(w)}},
		{20, []string{""}},
		{0, []string{m.rates(w)}},
		{8, m.chart(w, chart)},
		{0, []string{m.quantiles("response", f.ResponseNs, w)}},
		{10, []string{m.quantiles("service", f.ServiceNs, w)}},
	}
	out = append(out, m.heat(w)...)
	out = append(out, block{21, []string{""}},
		block{2, []string{m.errors(w)}},
		block{5, []string{m.generator(w)}},
		block{3, []string{m.server(w)}})
	out = append(out, m.ops(w)...)
	if text := m.noteText(); text != "" {
		out = append(out, block{9, []string{m.noteLine(text)}})
	}
	return append(out, block{22, []string{""}}, block{6, []string{m.help()}})
}

func (m model) header(w int) string {
	left := " redline " + m.title
	if gap := w - lipgloss.Width(left) - lipgloss.Width(m.where) - 1; gap >= 2 {
		return styleTitle.Render(left) + strings.Repeat(" ", gap) + styleLabel.Render(m.where)
	}
	return styleTitle.Render(left)
}

// phase is the name of the phase, a bar and the time.
func (m model) phase(w int) string {
	f := &m.frame
	name := f.Phase
	if m.ending {
		name = "ending"
	}
	at := seconds(f.PhaseElapsedS)
	if f.PhaseOfS > 0 {
		at += " of " + seconds(f.PhaseOfS)
	}
	label := label(name)
	room := w - labelWidth - 1 - len(at) - 2
	if f.PhaseOfS <= 0 || room < 5 {
		return label + at
	}
	done, rest := bar(f.PhaseElapsedS/f.PhaseOfS, room)
	return label + styleGood.Render(done) + styleLabel.Render(rest) + "  " + at
}

func label(text string) string {
	return " " + styleLabel.Render(fmt.Sprintf("%-*s", labelWidth, ansi.Truncate(text, labelWidth-1, "")))
}

// fields joins as many of parts as fit beside a label.
func fields(name string, w int, parts ...string) string {
	room := w - labelWidth - 1
	var fit []string
	for _, p := range parts {
		if p == "" {
			continue
		}
		if room -= lipgloss.Width(p); room < 0 && len(fit) > 0 {
			break
		}
		room -= 3
		fit = append(fit, p)
	}
	return label(name) + strings.Join(fit, "   ")
}

func (m model) rates(w int) string {
	f := &m.frame
	asked := ""
	got := count(f.GotPerS) + "/s"
	if f.AskedPerS > 0 {
		asked = "asked " + count(f.AskedPerS) + "/s"
		switch {
		case f.GotPerS < 0.9*f.AskedPerS:
			got = styleBad.Render(got)
		case f.GotPerS < 0.99*f.AskedPerS:
			got = styleWarn.Render(got)
		default:
			got = styleGood.Render(got)
		}
	}
	return fields("rate", w, "got "+got, asked, "answered "+count(float64(f.Total.Completed)))
}

// chart is the rate over time against the highest asked or got.
func (m model) chart(w, lines int) []string {
	cells := m.last(w - labelWidth - 2)
	top := 0.0
	for _, c := range cells {
		top = max(top, c.asked, c.got)
	}
	out := make([]string, lines)
	for i := range lines {
		strip := strip(cells, func(c cell) (string, *lipgloss.Style) {
			style := &styleGood
			switch {
			case c.failed:
				style = &styleBad
			case c.asked > 0 && c.got < 0.9*c.asked:
				style = &styleWarn
			}
			return string(spark(c.got*float64(lines), top, lines-1-i)), style
		})
		name := ""
		if i == 0 && lines > 1 {
			name = count(top) + "/s"
		}
		out[i] = label(name) + strip
	}
	return out
}

// strip draws cells side by side, neighbours of one style in one go.
func strip(cells []cell, draw func(cell) (string, *lipgloss.Style)) string {
	var out, run strings.Builder
	var of *lipgloss.Style
	flush := func() {
		if run.Len() > 0 {
			out.WriteString(of.Render(run.String()))
			run.Reset()
		}
	}
	for _, c := range cells {
		glyph, style := draw(c)
		if style != of {
			flush()
			of = style
		}
		run.WriteString(glyph)
	}
	flush()
	return out.String()
}

// last are the newest cells that fit in n columns.
func (m model) last(n int) []cell { return m.history[max(0, len(m.history)-max(n, 0)):] }

func (m model) quantiles(name string, q Quantiles, w int) string {
	if q.Max == 0 && q.P99 == 0 {
		return fields(name, w, "none yet")
	}
	if w < 60 {
		return fields(name, w, "p50 "+took(q.P50), "p99 "+took(q.P99), "max "+took(q.Max))
	}
	return fields(name, w, "p50 "+took(q.P50), "p90 "+took(q.P90), "p99 "+took(q.P99), "p99.9 "+took(q.P999), "max "+took(q.Max))
}

// heat are strips of percentiles over time, each a block so that the less
// important go first, and their legend.
func (m model) heat(w int) []block {
	cells := m.last(w - labelWidth - 2)
	var out []block
	for _, row := range []struct {
		name string
		rank int
		of   func(Quantiles) int64
	}{
		{"max", 13, func(q Quantiles) int64 { return q.Max }},
		{"p99.9", 16, func(q Quantiles) int64 { return q.P999 }},
		{"p99", 7, func(q Quantiles) int64 { return q.P99 }},
		{"p90", 17, func(q Quantiles) int64 { return q.P90 }},
		{"p50", 14, func(q Quantiles) int64 { return q.P50 }},
	} {
		strip := strip(cells, func(c cell) (string, *lipgloss.Style) {
			level := heatLevel(row.of(c.latency))
			if level < 0 {
				return " ", &styleLabel
			}
			return heatGlyphs[level], &styleHeat[level]
		})
		out = append(out, block{row.rank, []string{label(row.name) + strip}})
	}
	var legend []string
	for i, g := range heatGlyphs {
		legend = append(legend, styleHeat[i].Render(g)+" "+heatNames[i])
	}
	return append(out, block{18, []string{fields("", w, legend...)}})
}

func (m model) errors(w int) string {
	f := &m.frame
	errs := "none"
	if f.Total.Errors > 0 {
		errs = styleBad.Render(count(float64(f.Total.Errors)))
	}
	var classes []string
	for _, c := range slices.Sorted(maps.Keys(f.ErrorClasses)) {
		classes = append(classes, c+" "+count(float64(f.ErrorClasses[c])))
	}
	now := ""
	if len(classes) > 0 {
		now = "now " + strings.Join(classes, ", ")
	}
	waiting := ""
	if f.Backlog > 0 {
		waiting = styleWarn.Render("waiting " + count(float64(f.Backlog)))
	}
	dropped := ""
	if f.Total.Dropped > 0 {
		dropped = styleBad.Render("dropped " + count(float64(f.Total.Dropped)))
	}
	return fields("errors", w, errs, now, waiting, dropped, "late "+count(float64(f.Total.Late)))
}

// marked colours text by how bad v is.
func marked(text string, v, warn, bad float64) string {
	switch {
	case v >= bad:
		return styleBad.Render(text)
	case v >= warn:
		return styleWarn.Render(text)
	}
	return text
}

func (m model) generator(w int) string {
	f, g := &m.frame, &m.frame.Generator
	cpu := ""
	if g.CPURatio > 0 {
		cpu = marked(fmt.Sprintf("CPU %.0f %%", 100*g.CPURatio), g.CPURatio, cpuWarn, cpuBad)
	}
	late := marked("late p99 "+took(g.PacingP99Ns), float64(g.PacingP99Ns), pacingWarn, pacingBad)
	return fields("generator", w, cpu, late, "in flight "+count(float64(f.InFlight)), "connections "+count(float64(f.Connections)))
}

func (m model) server(w int) string {
	s := &m.frame.Server
	var parts []string
	add := func(v *float64, text func(float64) string) {
		if v != nil {
			parts = append(parts, text(*v))
		}
	}
	add(s.CPURatio, func(v float64) string { return fmt.Sprintf("CPU %.0f %%", 100*v) })
	add(s.RSSBytes, func(v float64) string { return "memory " + memory(v) })
	add(s.Keys, func(v float64) string { return "keys " + count(v) })
	add(s.Clients, func(v float64) string { return "clients " + count(v) })
	add(s.UsedMemoryBytes, func(v float64) string { return "data " + memory(v) })
	if len(parts) == 0 {
		parts = []string{"not known"}
	}
	return fields("server", w, parts...)
}

// ops are lines for each operation, where there are several.
func (m model) ops(w int) []block {
	if len(m.frame.Ops) < 2 || w < 60 {
		return nil
	}
	const most, nameWidth = 12, 16
	out := []block{{30, []string{""}}}
	for i, op := range m.frame.Ops[:min(len(m.frame.Ops), most)] {
		line := fmt.Sprintf("%-*s %12s   p50 %7s   p99 %7s", nameWidth, ansi.Truncate(op.Name, nameWidth, ""), count(op.GotPerS)+"/s",
			took(op.ResponseNs.P50), took(op.ResponseNs.P99))
		if op.Errors > 0 {
			line += "   " + styleBad.Render("errors "+count(float64(op.Errors)))
		}
		name := ""
		if i == 0 {
			name = "by kind"
		}
		out = append(out, block{31 + i, []string{label(name) + line}})
	}
	return out
}

func (m model) noteText() string {
	if m.note != "" {
		return m.note
	}
	return m.frame.Note
}

func (m model) noteLine(text string) string { return label("note") + text }

func (m model) help() string {
	if m.ending {
		return " " + styleWarn.Render("ending in order; once more to leave this view")
	}
	return " " + styleLabel.Render("q or Ctrl-C ends the run")
}

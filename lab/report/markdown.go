package report

import (
	"fmt"
	"math"
	"strings"
)

// Markdown is a document in words and tables, for a pull request, a ticket or a
// terminal. What only a picture can show is told by its figures: a chart by the
// lowest, mean and highest value of each line, a flame graph by its functions.
func Markdown(doc *Document) string {
	m := &markdown{}
	m.line("# %s", m.text(doc.Title))
	m.line("")
	m.line("%s", m.text(doc.Subtitle))
	m.line("")
	m.line("**%s.** %s", m.text(doc.Verdict.Label), m.text(doc.Verdict.Headline))
	m.line("")
	for _, r := range doc.Verdict.Reasons {
		m.line("- %s", m.text(r))
	}
	if len(doc.Figures) > 0 {
		m.line("")
		rows := make([][]string, len(doc.Figures))
		for i, f := range doc.Figures {
			rows[i] = []string{f.Label, strings.TrimSpace(f.Value + thin + f.Unit), f.Note, f.Source}
		}
		m.table([]Column{{"Figure", false}, {"Value", true}, {"", false}, {"From", false}}, rows)
	}
	for _, s := range doc.Sections {
		m.section(s)
	}
	return m.b.String()
}

type markdown struct{ b strings.Builder }

func (m *markdown) line(format string, args ...any) { fmt.Fprintf(&m.b, format+"\n", args...) }

// text escapes what Markdown would take for markup, and keeps it on one line.
func (m *markdown) text(s string) string {
	s = strings.ReplaceAll(s, "\n", " ")
	return markdownEscaper.Replace(strings.ReplaceAll(s, thin, " "))
}

var markdownEscaper = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "<", "&lt;", "|", `\|`, "[", `\[`, "]", `\]`, "#", `\#`)

func (m *markdown) section(s Section) {
	m.line("")
	m.line("## %s", m.text(s.Title))
	if s.Lead != "" {
		m.line("")
		m.line("%s", m.text(s.Lead))
	}
	for _, b := range s.Blocks {
		m.block(b)
	}
}

func (m *markdown) block(b Block) {
	switch b := b.(type) {
	case Prose:
		for _, s := range b.Paragraphs {
			m.line("")
			m.line("%s%s", m.text(s.Text), m.sources(s.Sources))
		}
	case Facts:
		m.heading(b.Caption, b.Sources)
		rows := make([][]string, len(b.Items))
		for i, f := range b.Items {
			rows[i] = []string{f.Label, f.Value}
		}
		m.table([]Column{{"", false}, {"", false}}, rows)
	case Table:
		m.heading(b.Caption, b.Sources)
		m.table(b.Columns, b.Rows)
	case Command:
		m.heading(b.Caption, b.Sources)
		m.line("```sh\n%s\n```", strings.ReplaceAll(b.Text, "```", "` ` `"))
	case Bars:
		m.bars(b)
	case Findings:
		m.findings(b)
	case Strips:
		m.strips(b)
	case TimeCharts:
		m.timeCharts(b)
	case Percentiles: // the table beside it holds the figures; several sides have none
		m.percentiles(b)
	case Plots:
		m.plots(b)
	case Flames:
		m.flames(b)
	case HeatMap: // its figures are those of the percentiles over time
	}
}

// heading begins a block; without a caption it only separates.
func (m *markdown) heading(caption string, sources []string) {
	m.line("")
	if caption != "" {
		m.line("**%s**%s", m.text(caption), m.sources(sources))
		m.line("")
	}
}

func (m *markdown) sources(files []string) string {
	if len(files) == 0 {
		return ""
	}
	return " (`" + strings.Join(files, "`, `") + "`)"
}

func (m *markdown) table(columns []Column, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	var heads, rules strings.Builder
	for _, c := range columns {
		heads.WriteString("| " + m.text(c.Label) + " ")
		if c.Numeric {
			rules.WriteString("|--:")
		} else {
			rules.WriteString("|---")
		}
	}
	m.line("%s|\n%s|", heads.String(), rules.String())
	for _, row := range rows {
		var line strings.Builder
		for _, cell := range row {
			line.WriteString("| " + m.text(cell) + " ")
		}
		m.line("%s|", line.String())
	}
}

func (m *markdown) bars(b Bars) {
	m.heading(b.Caption, b.Sources)
	columns := []Column{{"", false}, {b.Share, true}}
	for _, c := range b.Columns {
		columns = append(columns, Column{c, true})
	}
	var rows [][]string
	for _, r := range b.Rows {
		rows = append(rows, append([]string{strings.TrimSpace(r.Label + " " + r.Detail), percent(r.Share).String()}, r.Cells...))
	}
	m.table(columns, rows)
}

func (m *markdown) findings(b Findings) {
	m.heading(b.Caption, nil)
	for i, f := range b.Items {
		cost := ""
		if f.Cost > 0 {
			cost = ", " + m.text(percent(f.Cost).String())
		}
		subject := ""
		if f.Subject != "" && !strings.Contains(strings.ToLower(f.Title), strings.ToLower(f.Subject)) {
			subject = ": " + m.text(f.Subject)
		}
		m.line("%d. **%s%s**%s (%s)", i+1, m.text(f.Title), subject, cost, m.text(f.About))
		m.line("")
		for _, part := range [][2]string{{"Why", f.Explanation}, {"Do", f.Advice}, {"To gain", f.Gain}} {
			if part[1] != "" {
				m.line("   - %s: %s", part[0], m.text(part[1]))
			}
		}
		for _, e := range f.Evidence {
			m.line("   - Evidence: %s", m.evidence(e))
		}
		m.line("")
	}
}

func (m *markdown) evidence(e Evidence) string {
	text := m.text(e.Text)
	for _, more := range []string{e.Function, e.Where} {
		if more != "" && !strings.Contains(e.Text, more) {
			text += " `" + more + "`"
		}
	}
	if e.To > e.From {
		text += fmt.Sprintf(", from %s to %s", m.text(at(e.From)), m.text(at(e.To)))
	}
	return text + m.sources(unique([]string{e.Source}))
}

func (m *markdown) strips(b Strips) {
	m.heading(b.Caption, b.Sources)
	var rows [][]string
	for _, r := range b.Rows {
		rows = append(rows, []string{r.Resource, r.Aspect, r.Label, unitText(r.Mean, r.Unit), unitText(r.Max, r.Unit)})
	}
	m.table([]Column{{"Resource", false}, {"", false}, {"What", false}, {"Mean", true}, {"Most", true}}, rows)
}

// timeCharts tells each line by its lowest, mean and highest value.
func (m *markdown) timeCharts(b TimeCharts) {
	var rows [][]string
	var sources []string
	for _, c := range b.Charts {
		sources = append(sources, c.Sources...)
		if len(c.Views) == 0 {
			continue
		}
		for _, l := range c.Views[0].Lines {
			low, mean, high := spread(l.Values)
			rows = append(rows, []string{c.Title, l.Label, unitText(low, c.Unit), unitText(mean, c.Unit), unitText(high, c.Unit)})
		}
	}
	m.heading("Over the whole run", unique(sources))
	m.table([]Column{{"Chart", false}, {"Line", false}, {"Lowest", true}, {"Mean", true}, {"Highest", true}}, rows)
}

// spread is the lowest, mean and highest value, NaN where there is none.
func spread(values []float64) (low, mean, high float64) {
	low, high = math.NaN(), math.NaN()
	sum, n := 0.0, 0
	for _, v := range values {
		if math.IsNaN(v) {
			continue
		}
		if n == 0 || v < low {
			low = v
		}
		if n == 0 || v > high {
			high = v
		}
		sum += v
		n++
	}
	return low, sum / float64(n), high
}

func (m *markdown) percentiles(b Percentiles) {
	shown := []struct {
		name  string
		above float64
	}{{"p50", 0.5}, {"p90", 0.1}, {"p99", 0.01}, {"p99.9", 0.001}, {"max", 0}}
	columns := []Column{{"", false}, {"Curve", false}}
	for _, p := range shown {
		columns = append(columns, Column{p.name, true})
	}
	var rows [][]string
	for _, v := range b.Views {
		for _, c := range v.Curves {
			row := []string{v.Label, c.Label}
			for _, p := range shown {
				row = append(row, latency(c.at(p.above)).String())
			}
			rows = append(rows, row)
		}
	}
	m.heading("Percentile curves", b.Sources)
	m.table(columns, rows)
}

// at is the value that a share of the requests exceeded.
func (c *Curve) at(above float64) float64 {
	for i := 0; i+1 < len(c.Points); i += 2 {
		if c.Points[i] <= above {
			return c.Points[i+1]
		}
	}
	return math.NaN()
}

func (m *markdown) plots(b Plots) {
	for _, p := range b.Plots {
		var rows [][]string
		for _, mark := range p.Marks {
			unit := p.X.Unit
			if mark.Axis == "y" {
				unit = p.Y.Unit
			}
			interval := ""
			if mark.High > mark.Low {
				interval = unitText(mark.Low, unit) + " to " + unitText(mark.High, unit)
			}
			rows = append(rows, []string{mark.Label, unitText(mark.Value, unit), interval})
		}
		m.heading(p.Title+" (a chart of the HTML report)", p.Sources)
		m.table([]Column{{"Mark", false}, {"Value", true}, {"Interval", false}}, rows)
	}
}

func (m *markdown) flames(b Flames) {
	for _, g := range b.Graphs {
		m.heading(g.Label+". "+g.Note, g.Sources)
		value := func(v int64) string { return unitText(float64(v)*g.Scale, g.Unit) }
		var rows [][]string
		if len(g.Changed) > 0 {
			for _, f := range g.Changed {
				chance := ""
				if f.Noise > 0 && f.Noise >= max(f.After-f.Before, f.Before-f.After) {
					chance = "may be chance"
				}
				rows = append(rows, []string{value(f.Before), value(f.After), value(f.After - f.Before), chance, g.Names[f.Name], g.Where[f.Name]})
			}
			m.table([]Column{{"Before", true}, {"After", true}, {"Change", true}, {"", false}, {"Function", false}, {"Where", false}}, rows)
			continue
		}
		for _, f := range g.Hot {
			total := float64(g.Value[0])
			rows = append(rows, []string{percent(float64(f.Self) / total).String(), value(f.Self), percent(float64(f.Total) / total).String(), g.Names[f.Name], g.Where[f.Name]})
		}
		m.table([]Column{{"Own share", true}, {"Own", true}, {"With callees", true}, {"Function", false}, {"Where", false}}, rows)
	}
}

// unitText writes a number as the page does.
func unitText(v float64, unit Unit) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "\u2013"
	}
	switch unit {
	case UnitNs:
		return latency(v).String()
	case UnitPerS:
		return perSecond(v).String()
	case UnitBytes:
		return size(v).String()
	case UnitBytesS:
		return size(v).String() + "/s"
	case UnitRatio:
		return percent(v).String()
	case UnitUsPerReq:
		return quantity{digits(v), "\u00b5s"}.String()
	case UnitCount:
		return scaled(v, 1000, "", "k", "M", "G").String()
	}
	return digits(v)
}

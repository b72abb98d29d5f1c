package file

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"redline/lab/workload"
)

// Format writes s as a workload file, without comments. Parse of it gives s
// again; only operations that work on the data set (workload.Task) have no form.
// Shapes and a Test are written as the phases they were made into.
func Format(s *workload.Spec) []byte {
	w := &writer{}
	w.field("name", s.Name)
	w.field("loop", string(s.Loop))
	w.field("arrivals", string(s.Arrivals))
	w.number("connections", int64(s.Connections))
	w.number("pipeline", int64(s.Pipeline))
	w.number("threads", int64(s.Threads))
	w.law("think", s.Think, workload.Time)
	if s.Session.Requests.Given() || s.Session.Think.Given() {
		w.line("session:")
		w.in(func() {
			w.law("requests", s.Session.Requests, workload.Count)
			w.law("think", s.Session.Think, workload.Time)
		})
	}
	w.duration("timeout", s.Timeout)
	w.number("backlog", int64(s.BacklogMax))
	w.line("seed: " + strconv.FormatUint(s.Seed, 10))
	w.field("prefix", s.Keys.Prefix)
	values := s.ValuesOf(nil)
	w.values(&values)
	w.line("keys:")
	for _, g := range s.AllGroups() {
		w.item(func() { w.group(&g) })
	}
	w.line("operations:")
	for i := range s.Ops {
		w.item(func() { w.operation(&s.Ops[i]) })
	}
	w.line("phases:")
	for i := range s.Phases {
		w.item(func() { w.phase(&s.Phases[i]) })
	}
	w.thresholds("thresholds", s.Thresholds)
	if s.Stop != nil {
		w.line("stop:")
		w.in(func() {
			w.duration("window", s.Stop.Window)
			w.number("windows", int64(s.Stop.Windows))
		})
	}
	return w.b.Bytes()
}

// writer writes lines with their indent.
type writer struct {
	b      bytes.Buffer
	indent int
	dash   bool // the next line begins an item
}

func (w *writer) line(text string) {
	for i := range w.indent {
		if w.dash && i == w.indent-1 {
			w.b.WriteString("- ")
		} else {
			w.b.WriteString("  ")
		}
	}
	w.dash = false
	w.b.WriteString(text)
	w.b.WriteByte('\n')
}

func (w *writer) in(f func()) {
	w.indent++
	f()
	w.indent--
}

func (w *writer) item(f func()) {
	w.dash = true
	w.in(f)
	w.dash = false
}

// field writes a text that is not empty.
func (w *writer) field(name, text string) {
	if text != "" {
		w.line(name + ": " + scalarText(text))
	}
}

func (w *writer) number(name string, n int64) {
	if n != 0 {
		w.line(name + ": " + strconv.FormatInt(n, 10))
	}
}

func (w *writer) duration(name string, d time.Duration) {
	if d != 0 {
		w.line(name + ": " + workload.FormatDuration(d))
	}
}

func (w *writer) law(name string, l workload.Law, u workload.Unit) {
	if l.Given() {
		w.field(name, l.Text(u))
	}
}

func (w *writer) values(v *workload.Values) {
	w.line("values:")
	w.in(func() {
		w.law("size", v.Size, workload.Bytes)
		w.line("per-key: " + strconv.FormatBool(v.PerKey))
		w.line("compressible: " + strconv.FormatFloat(v.Compressible, 'g', -1, 64))
	})
}

func (w *writer) group(g *workload.Group) {
	d := &g.Data
	w.number("count", g.Count)
	w.field("name", g.Name)
	w.field("pattern", d.Pattern)
	w.field("distribution", g.Dist.String())
	w.field("type", string(d.Type))
	w.law("members", d.Members, workload.Count)
	w.law("scores", d.Scores, workload.Count)
	w.law("ttl", d.TTL, workload.Time)
	w.number("digits", int64(d.Digits))
	w.number("member-digits", int64(d.MemberDigits))
	if d.NoPreload {
		w.line("preload: false")
	}
	if d.Values != nil {
		w.values(d.Values)
	}
}

func (w *writer) operation(o *workload.Op) {
	w.field("name", o.Name)
	w.line("weight: " + strconv.FormatFloat(o.Weight, 'g', -1, 64))
	switch {
	case len(o.Command) > 0:
		w.line("command: " + scalarText(workload.JoinCommand(o.Command)))
	default:
		w.line(map[bool]string{true: "transaction:", false: "pipeline:"}[o.Transaction])
		for _, c := range o.Commands {
			w.item(func() { w.line(scalarText(workload.JoinCommand(c))) })
		}
	}
	w.line("writes: " + strconv.FormatBool(o.Writes))
	w.thresholds("slo", o.SLO)
}

func (w *writer) thresholds(name string, list []workload.Threshold) {
	if len(list) == 0 {
		return
	}
	w.line(name + ":")
	for _, t := range list {
		w.item(func() { w.line(scalarText(t.String())) })
	}
}

func (w *writer) phase(p *workload.Phase) {
	rate := func(r float64) string { return strconv.FormatFloat(r, 'f', -1, 64) }
	if p.RateFrom == p.RateTo && p.Duration%workload.Grain == 0 {
		w.line("shape: constant")
		w.line("rate: " + rate(p.RateFrom))
	} else {
		w.line("shape: piece")
		w.line("from: " + rate(p.RateFrom))
		w.line("to: " + rate(p.RateTo))
	}
	w.duration("for", p.Duration)
	w.field("label", p.Label)
	if p.Name == workload.PhaseWarmup {
		w.line("warmup: true")
	}
}

// scalarText quotes text unless YAML takes it for the same text without.
func scalarText(text string) string {
	for i := range len(text) {
		c := text[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && (i == 0 || c != '-' && c != '_' && c != '.' && c != '/' && c != '=' && c != ',' && c != '%') && !(c == ':' && i+1 < len(text) && text[i+1] != ' ') {
			return quoted(text)
		}
	}
	if text == "" || text == "null" || text == "true" || text == "false" {
		return quoted(text)
	}
	return text
}

// quoted is text in double quotes with the escapes that YAML and Go share.
func quoted(text string) string {
	b := []byte{'"'}
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ' || r == 0x7f:
			b = fmt.Appendf(b, `\x%02x`, r)
		default:
			b = append(b, string(r)...)
		}
	}
	return string(append(b, '"'))
}

// Package explain says in words what a workload will do: Text is what `redline
// load check` prints.
package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"redline/lab/workload"
)

// Text describes s, which must be valid and have its defaults.
func Text(s *workload.Spec) string {
	var p page
	p.head(s)
	p.data(s)
	p.mix(s)
	p.course(s)
	p.rules(s)
	return p.b.String()
}

// page collects paragraphs with a title in the margin.
type page struct {
	b     strings.Builder
	title string
}

const margin = "  %-12s %s\n"

func (p *page) line(format string, args ...any) {
	fmt.Fprintf(&p.b, margin, p.title, fmt.Sprintf(format, args...))
	p.title = ""
}

func (p *page) head(s *workload.Spec) {
	if s.Name != "" {
		p.title = "workload"
		p.line("%s", s.Name)
	}
	p.title = "loop"
	conns := plural(int64(s.Connections), "connection")
	depth := ""
	if s.Pipeline > 1 {
		depth = fmt.Sprintf(", up to %d requests in flight on each", s.Pipeline)
	}
	switch s.Loop {
	case workload.Open:
		p.line("open: requests are due %s, whatever the replies do; %s%s", spacing(s), conns, depth)
	case workload.PartlyOpen:
		p.line("partly open: sessions arrive %s; each sends %s requests, with %s between a reply and the next; %s", spacing(s),
			amount(s.Session.Requests, workload.Count), pause(s.Session.Think), conns)
	default:
		p.line("closed: each of %s sends when its replies are in, after %s%s", conns, pause(s.Think), depth)
		p.line("(a server that stalls then gets fewer requests: such latencies look better than users see them)")
	}
	p.line("a reply may take %v, then the request counts as failed", s.Timeout)
}

func spacing(s *workload.Spec) string {
	if s.Arrivals == workload.Poisson {
		return "at random (Poisson)"
	}
	return "evenly spaced"
}

func pause(l workload.Law) string {
	if !l.Given() {
		return "no pause"
	}
	return "a pause of " + amount(l, workload.Time)
}

// amount says a law in words.
func amount(l workload.Law, u workload.Unit) string {
	text := func(v float64) string {
		if u == workload.Time && v > float64(time.Millisecond) {
			v = float64(time.Duration(v).Round(time.Microsecond))
		}
		return u.Format(v)
	}
	switch l.Kind {
	case workload.UniformLaw:
		return text(l.Min) + " to " + text(l.Max)
	case workload.LognormalLaw:
		return fmt.Sprintf("about %s (half below, 1 %% above %s)", text(l.Value), text(l.P99))
	case workload.ExponentialLaw:
		return text(l.Value) + " on average (exponential)"
	case workload.ListLaw:
		var parts []string
		sum := 0.0
		for _, c := range l.Choices {
			sum += c.Weight
		}
		for _, c := range l.Choices {
			parts = append(parts, fmt.Sprintf("%s (%.3g %%)", text(c.Value), 100*c.Weight/sum))
		}
		return strings.Join(parts, ", ")
	}
	return text(l.Value)
}

func (p *page) data(s *workload.Spec) {
	p.title = "keys"
	total := size{}
	for _, g := range s.AllGroups() {
		sz := sizeOf(s, &g)
		what := fmt.Sprintf("%s %s", plural(g.Count, "key"), keyForm(s, &g))
		if g.Name != "" {
			what = g.Name + ": " + what
		}
		if g.Data.NoPreload {
			p.line("%s, not there at the start", what)
		} else {
			each := ", each "
			if g.Count == 1 {
				each = ", "
			}
			p.line("%s%s%s%s", what, each, content(s, &g), life(&g))
			total.add(sz)
		}
		if g.Count > 1 && used(s, g.Name, g.Name == s.Keys.Name) {
			p.line("  requests pick %s", pick(g.Dist, g.Count))
		}
	}
	if total.keys > 0 {
		p.line("about %s of keys and values; in a server roughly %s", about(total.payload), about(total.payload+total.overhead))
	}
	if s.Values.Compressible > 0 {
		p.line("%.3g %% of each value can be compressed away", 100*s.Values.Compressible)
	}
	p.line("all under a prefix of the run's own, and removed afterwards")
}

func keyForm(s *workload.Spec, g *workload.Group) string {
	pattern := g.Data.Pattern
	if pattern == "" {
		if pattern = "{n}"; g.Name != "" {
			pattern = g.Name + ":{n}"
		}
	}
	return s.Keys.Prefix + pattern
}

func content(s *workload.Spec, g *workload.Group) string {
	v := s.ValuesOf(g)
	value := amount(v.Size, workload.Bytes)
	if v.PerKey && v.Size.Kind != workload.FixedLaw {
		value += ", the same whenever it is written"
	}
	m := g.Data.Members
	if !m.Given() {
		m = workload.Fixed(10)
	}
	n := amount(m, workload.Count)
	switch g.Data.Type {
	case workload.Hash:
		return fmt.Sprintf("a hash of %s fields of %s", n, value)
	case workload.List:
		return fmt.Sprintf("a list of %s elements of %s", n, value)
	case workload.Set:
		return fmt.Sprintf("a set of %s members", n)
	case workload.ZSet:
		return fmt.Sprintf("a sorted set of %s members", n)
	case workload.Stream:
		return fmt.Sprintf("a stream of %s entries of %s", n, value)
	}
	return "a string of " + value
}

func life(g *workload.Group) string {
	if !g.Data.TTL.Given() {
		return ""
	}
	return ", which live for " + amount(g.Data.TTL, workload.Time)
}

// used tells whether any operation draws a key of the group.
func used(s *workload.Spec, name string, first bool) bool {
	for i := range s.Ops {
		for _, c := range s.Ops[i].All() {
			for _, arg := range c {
				if first && strings.Contains(arg, "{key}") || name != "" && strings.Contains(arg, "{key:"+name+"}") {
					return true
				}
			}
		}
	}
	return false
}

func pick(d workload.Dist, n int64) string {
	switch d.Kind {
	case workload.Uniform:
		return "any of them alike"
	case workload.Sequential:
		return "one after the other"
	case workload.Hotspot:
		return fmt.Sprintf("%.3g %% of the time one of %.3g %% of them", 100*d.HotOps, 100*d.HotKeys)
	case workload.Gaussian:
		return fmt.Sprintf("those around the one at %.3g %%, with a deviation of %.3g %%", 100*d.Mean, 100*d.Stddev)
	case workload.Latest:
		return fmt.Sprintf("the newest most often (zipf by age, theta %g)", d.Theta)
	}
	return fmt.Sprintf("few of them often (zipf, theta %g): the hottest gets %.2g %% of the requests", d.Theta, 100*workload.TopShare(d.Theta, n))
}

func (p *page) mix(s *workload.Spec) {
	p.title = "mix"
	shares := s.Mix()
	for i := range s.Ops {
		o := &s.Ops[i]
		how := ""
		switch all := o.All(); {
		case o.Transaction:
			how = fmt.Sprintf("MULTI, %s, EXEC", commands(all[1:len(all)-1]))
		case len(all) > 1:
			how = "in one write: " + commands(all)
		default:
			how = commands(all)
		}
		kind := "reads"
		if o.Writes {
			kind = "writes"
		}
		p.line("%5.1f %%  %s (%s): %s", 100*shares[o.Name], o.Name, kind, how)
	}
}

func commands(all [][]string) string {
	var out []string
	for _, c := range all {
		text := workload.JoinCommand(c)
		if len(text) > 70 {
			text = text[:67] + "..."
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

// stagesMost is how many stages are listed before they are summed up.
const stagesMost = 12

func (p *page) course(s *workload.Spec) {
	p.title = "course"
	if s.Test != "" {
		p.line("the named test %s", s.Test)
	}
	stages := s.Stages()
	for i, st := range stages {
		if i >= stagesMost/2 && i < len(stages)-1 && len(stages) > stagesMost {
			if i == stagesMost/2 {
				p.line("... %d more stages", len(stages)-stagesMost/2-1)
			}
			continue
		}
		name := st.Name
		if st.Label != "" {
			name += ", " + st.Label
		}
		if name == workload.PhaseWarmup {
			name = "warm-up (not part of the result)"
		}
		p.line("%-8s %s%s", workload.FormatDuration(st.Duration), name, rates(s, &st))
	}
	requests := expected(s)
	text := workload.FormatDuration(s.Duration()) + " in all"
	if requests > 0 {
		text += fmt.Sprintf(", %s requests or so", workload.FormatCount(round(requests)))
	}
	if s.Stop != nil {
		text = "at most " + text
	}
	p.line("%s", text)
	if s.Stop != nil {
		p.line("ends earlier when a threshold is missed in %d windows of %s in a row: how far it got is the result", s.Stop.Windows, workload.FormatDuration(s.Stop.Window))
	}
}

func rates(s *workload.Spec, st *workload.Stage) string {
	if s.Loop == workload.Closed {
		return ", as fast as replies come in"
	}
	what := "requests"
	if s.Loop == workload.PartlyOpen {
		what = "sessions"
	}
	rate := func(r float64) string { return workload.FormatCount(round(r)) }
	low, high := st.RateAvg, st.RateAvg
	for _, r := range []float64{st.RateFrom, st.RateTo} {
		low, high = min(low, r), max(high, r)
	}
	if high-low < 1e-9*high {
		return fmt.Sprintf(", %s %s per second", rate(high), what)
	}
	return fmt.Sprintf(", from %s to %s %s per second, %s on average", rate(st.RateFrom), rate(st.RateTo), what, rate(st.RateAvg))
}

// expected is the number of requests of an open loop, 0 of a closed one.
func expected(s *workload.Spec) float64 {
	n := 0.0
	for _, p := range s.Phases {
		n += (p.RateFrom + p.RateTo) / 2 * p.Duration.Seconds()
	}
	if s.Loop == workload.PartlyOpen {
		n *= s.Session.Requests.Mean()
	}
	if s.Loop == workload.Closed {
		return 0
	}
	return n
}

func (p *page) rules(s *workload.Spec) {
	p.title = "passes if"
	rules := s.Rules()
	for _, t := range rules {
		p.line("%s", t.String())
	}
	open := s.Loop == workload.Open && s.Stop == nil
	if open && !slices.ContainsFunc(rules, func(t workload.Threshold) bool { return t.Metric == workload.Throughput && t.Op == "" }) {
		p.line("throughput >= 99%%")
	}
	if !slices.ContainsFunc(rules, func(t workload.Threshold) bool { return t.Metric == workload.Errors && t.Op == "" }) {
		p.line("no request fails")
	}
}

func plural(n int64, what string) string {
	text := workload.FormatCount(float64(n))
	if n == 1 {
		return text + " " + what
	}
	return text + " " + what + "s"
}

// round keeps two digits or so: an estimate should look like one.
func round(v float64) float64 {
	f := 1.0
	for v/f >= 100 {
		f *= 10
	}
	return float64(int64(v/f+0.5)) * f
}

// about is an estimated size in bytes.
func about(bytes float64) string {
	for _, u := range []struct {
		f    float64
		name string
	}{{1e9, "GB"}, {1e6, "MB"}, {1e3, "KB"}} {
		if bytes >= u.f {
			return fmt.Sprintf("%.0f %s", round(bytes/u.f), u.name)
		}
	}
	return fmt.Sprintf("%.0f bytes", bytes)
}

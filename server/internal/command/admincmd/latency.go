package admincmd

import (
	"fmt"
	"strings"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/observe"
	"redline/server/internal/session"
)

func latencyLatest(c *command.Call) {
	all := session.From(c).Hub.Spikes.Latest()
	c.Reply.Array(len(all))
	for _, l := range all {
		c.Reply.Array(4)
		c.Reply.BulkString(l.Event)
		c.Reply.Int(l.Unix)
		c.Reply.Int(l.Ms)
		c.Reply.Int(l.Max)
	}
}

func latencyHistory(c *command.Call) {
	spikes, _ := session.From(c).Hub.Spikes.History(string(c.Args[2]))
	c.Reply.Array(len(spikes))
	for _, s := range spikes {
		c.Reply.Array(2)
		c.Reply.Int(s.Unix)
		c.Reply.Int(s.Ms)
	}
}

func latencyReset(c *command.Call) {
	events := make([]string, len(c.Args)-2)
	for i, a := range c.Args[2:] {
		events[i] = string(a)
	}
	c.Reply.Int(int64(session.From(c).Hub.Spikes.Reset(events...)))
}

// graphRows and graphCols bound the picture of LATENCY GRAPH.
const (
	graphRows = 4
	graphCols = 80
)

// latencyGraph draws one column for each of the last moments, as high as it took long, with its age below.
func latencyGraph(c *command.Call) {
	h := session.From(c).Hub
	event := string(c.Args[2])
	spikes, longest := h.Spikes.History(event)
	if len(spikes) == 0 {
		c.Reply.Error("ERR No samples available for event '" + event + "'")
		return
	}
	if len(spikes) > graphCols {
		spikes = spikes[len(spikes)-graphCols:]
	}
	low, high := spikes[0].Ms, spikes[0].Ms
	for _, s := range spikes {
		low, high = min(low, s.Ms), max(high, s.Ms)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s - high %d ms, low %d ms (all time high %d ms)\n", event, high, low, longest)
	b.WriteString(strings.Repeat("-", graphCols) + "\n")
	for row := graphRows; row > 0; row-- {
		for _, s := range spikes {
			height := int64(graphRows)
			if high > low {
				height = 1 + (s.Ms-low)*(graphRows-1)/(high-low)
			}
			if height >= int64(row) {
				b.WriteByte('#')
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteByte('\n')
	}
	writeAges(&b, spikes, h.Clock().Unix())
	c.Reply.Verbatim("txt", []byte(b.String()))
}

// writeAges writes each column's age downwards: "5s", "12m".
func writeAges(b *strings.Builder, spikes []observe.Spike, now int64) {
	ages, longest := make([]string, len(spikes)), 0
	for i, s := range spikes {
		switch age := max(now-s.Unix, 0); {
		case age < 60:
			ages[i] = fmt.Sprintf("%ds", age)
		case age < 3600:
			ages[i] = fmt.Sprintf("%dm", age/60)
		case age < 86400:
			ages[i] = fmt.Sprintf("%dh", age/3600)
		default:
			ages[i] = fmt.Sprintf("%dd", age/86400)
		}
		longest = max(longest, len(ages[i]))
	}
	for row := range longest {
		b.WriteByte('\n')
		for _, a := range ages {
			if row < len(a) {
				b.WriteByte(a[row])
			} else {
				b.WriteByte(' ')
			}
		}
	}
	b.WriteByte('\n')
}

func latencyDoctor(c *command.Call) {
	h := session.From(c).Hub
	threshold := h.Config.Values().LatencyThresholdMs
	all := h.Spikes.Latest()
	var b strings.Builder
	switch {
	case threshold == 0 && len(all) == 0:
		b.WriteString("The latency monitor is off. Turn it on with: CONFIG SET latency-monitor-threshold <milliseconds>.\n")
	case len(all) == 0:
		fmt.Fprintf(&b, "No event took %d ms or longer since the latency monitor was turned on.\n", threshold)
	}
	for _, l := range all {
		spikes, _ := h.Spikes.History(l.Event)
		sum := int64(0)
		for _, s := range spikes {
			sum += s.Ms
		}
		fmt.Fprintf(&b, "%s: %d moments, %d ms on average, %d ms at most; the last one %d s ago took %d ms.\n",
			l.Event, len(spikes), sum/int64(len(spikes)), l.Max, max(h.Clock().Unix()-l.Unix, 0), l.Ms)
		fmt.Fprintf(&b, "  %s\n", advice[l.Event])
	}
	c.Reply.Verbatim("txt", []byte(b.String()))
}

// advice says what to do about an event.
var advice = map[string]string{
	observe.EventCommand:     "See which commands they were with SLOWLOG GET, and split up those that work on many elements.",
	observe.EventFastCommand: "These commands do little work: look for a machine short of processors or memory (INFO cpu, INFO memory).",
	observe.EventExpireCycle: "Many keys expired together: spread their deadlines.",
}

// latencyHistogram counts durations up to powers of two. Names of commands that do not exist are left out; a container
// stands for all its subcommands.
func latencyHistogram(c *command.Call) {
	h := session.From(c).Hub
	var specs []*command.Spec
	add := func(s *command.Spec) {
		specs = append(specs, s)
		for i := range s.Subcommands {
			specs = append(specs, &s.Subcommands[i])
		}
	}
	if len(c.Args) == 2 {
		for _, s := range h.Table.Top() {
			add(s)
		}
	}
	for _, name := range c.Args[2:] {
		if s := h.Table.Find(name); s != nil {
			add(s)
		}
	}
	mark, n := c.Reply.Begin(), 0
	var d observe.Distribution
	for _, s := range specs {
		if h.Stats.Distribution(s.ID, &d); d.Count > 0 {
			c.Reply.BulkString(s.FullName)
			histogram(c.Reply, &d)
			n++
		}
	}
	c.Reply.EndMap(mark, n)
}

func histogram(w *resp.Writer, d *observe.Distribution) {
	w.Map(2)
	w.BulkString("calls")
	w.Int(d.Count)
	w.BulkString("histogram_usec")
	mark, n := w.Begin(), 0
	seen := int64(0)
	for ns := int64(1024); seen < d.Count; ns *= 2 {
		count := d.UpTo(ns - 1)
		if ns > 1<<37 {
			count = d.Count
		}
		if count > seen {
			// The upper end of the bucket around ns in Redis' histogram, which has two significant digits.
			w.Int((ns + ns/128 - 1) / 1000)
			w.Int(count)
			n++
			seen = count
		}
	}
	w.EndMap(mark, n)
}

func latencyHelp(c *command.Call) {
	c.Help("LATENCY", []string{
		"DOCTOR", "    Explain the latency that was seen.",
		"GRAPH <event>", "    Draw an event's last moments.",
		"HISTOGRAM [<command> ...]", "    Return how long commands took: calls by duration, up to powers of two in microseconds.",
		"HISTORY <event>", "    Return an event's last moments: unix time and milliseconds.",
		"LATEST", "    Return the last and the longest moment of every event.",
		"RESET [<event> ...]", "    Forget events, all of them by default.",
	})
}

package report

import (
	"fmt"
	"strings"

	"redline/lab/analysis/findings"
)

// about says who could act on a finding.
var about = map[string]string{
	findings.Server: "server", findings.Load: "use of the server", findings.Machine: "machine", findings.Measurement: "measurement",
}

func findingsSection(in *input) (Section, bool) {
	s := Section{ID: "findings", Title: "Findings"}
	if in.findings == nil {
		return s, false
	}
	s.Lead = "What costs most, the costliest first, each with what it rests on. The share is what could be won at most if it were gone."
	if len(in.findings) == 0 {
		s.Lead = "Nothing: none of the rules found anything that costs this run noticeably."
		return s, true
	}
	s.Blocks = []Block{Findings{"findings", "", in.findingItems()}}
	return s, true
}

func (in *input) findingItems() []Finding {
	items := make([]Finding, len(in.findings))
	for i, f := range in.findings {
		items[i] = Finding{ID: f.ID, Title: f.Title, About: about[f.About], Subject: f.Subject, Cost: f.Cost, Gain: f.Gain, Explanation: f.Explanation,
			Advice: f.Advice, Evidence: []Evidence{}}
		for _, e := range f.Evidence {
			items[i].Evidence = append(items[i].Evidence, evidence(e))
		}
	}
	return items
}

func evidence(e findings.Evidence) Evidence {
	out := Evidence{Text: e.Text, Function: e.Function, Where: e.File, Source: e.Source}
	if e.File != "" && e.Line > 0 {
		out.Where = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	if e.ToNs > e.FromNs {
		out.From, out.To = float64(e.FromNs)/1e9, float64(e.ToNs)/1e9
	}
	if e.Before != nil && e.After != nil {
		out.Text = fmt.Sprintf("%s (%s, then %s)", strings.TrimSuffix(e.Text, "."), amount(*e.Before, e.Unit), amount(*e.After, e.Unit))
	}
	return out
}

// amount writes a figure of a finding in the manner of its unit.
func amount(v float64, unit string) string {
	switch unit {
	case "ns":
		return latency(v).String()
	case "bytes":
		return size(v).String()
	case "ratio", "share":
		return percent(v).String()
	case "1/s", "/s", "per_s":
		return perSecond(v).String()
	case "":
		return digits(v)
	}
	return digits(v) + thin + unit
}

// found is the costliest findings in a sentence.
func (in *input) found() (Sentence, bool) {
	if len(in.findings) == 0 {
		return Sentence{}, false
	}
	const named = 3
	var parts, files []string
	for i, f := range in.findings[:min(named, len(in.findings))] {
		part := fmt.Sprintf("(%d) %s", i+1, lowerFirst(f.Title))
		if f.Subject != "" && !strings.Contains(strings.ToLower(f.Title), strings.ToLower(f.Subject)) {
			part += ": " + f.Subject
		}
		if f.Cost > 0 {
			part += ", " + percent(f.Cost).String()
		}
		parts = append(parts, part)
		for _, e := range f.Evidence {
			files = append(files, e.Source)
		}
	}
	text := "What costs most: " + strings.Join(parts, "; ") + "."
	if more := len(in.findings) - len(parts); more > 0 {
		text += fmt.Sprintf(" %s below.", count(int64(more), "more finding is", "more findings are"))
	}
	return sentence(text, unique(files)...), true
}

// unique keeps the first of equal values, and drops empty ones.
func unique(values []string) []string {
	var out []string
	seen := map[string]bool{"": true}
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

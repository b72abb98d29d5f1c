package scenario

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"redline/lab/analysis/summary"
	"redline/lab/record"
)

// ResultFile is the scenario's own file in its run directory.
const ResultFile = "scenario.json"

// Result is the outcome of a scenario: scenario.json, and what --json prints.
type Result struct {
	Format   int    `json:"format"`
	Scenario string `json:"scenario"`
	// Target is the server, Params what the scenario was run with.
	Target  record.Target     `json:"target"`
	Params  map[string]string `json:"params"`
	Figures []Figure          `json:"figures"`
	// Skipped names what was left out on purpose, and why.
	Skipped []Skipped `json:"skipped"`
	Advice  []string  `json:"advice"`
	Caveats []string  `json:"caveats"`
	// Verdict is pass, fail or undecided; Reasons say why.
	Verdict   string   `json:"verdict"`
	Reasons   []string `json:"reasons"`
	DurationS float64  `json:"duration_s"`
	RunDir    string   `json:"run_dir"`
}

// Skipped is something that was not done.
type Skipped struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// Figure is a measured value, with the bound it must keep if there is one.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"` // ns, 1/s, bytes, or empty for numbers
	Bound *Bound  `json:"bound,omitempty"`
	Met   *bool   `json:"met,omitempty"` // nil without a bound
}

// Bound is what a figure is compared with.
type Bound struct {
	Op    string  `json:"op"` // <=, >= or =
	Value float64 `json:"value"`
}

func (b Bound) met(v float64) bool {
	switch b.Op {
	case "<=":
		return v <= b.Value
	case ">=":
		return v >= b.Value
	}
	return v == b.Value
}

// timed tells whether a figure depends on the speed of the generator as well.
func (f *Figure) timed() bool { return f.Unit == "ns" || f.Unit == "1/s" }

// missed tells whether the figure is outside its bound.
func (f *Figure) missed() bool { return f.Met != nil && !*f.Met }

// Text is the value with its unit, for people.
func (f *Figure) Text() string { return amount(f.Value, f.Unit) }

// BoundText is the bound in the same form; empty without one.
func (f *Figure) BoundText() string {
	if f.Bound == nil {
		return ""
	}
	return f.Bound.Op + " " + amount(f.Bound.Value, f.Unit)
}

func amount(v float64, unit string) string {
	switch unit {
	case "ns":
		return durationText(time.Duration(v))
	case "1/s":
		return grouped(v) + "/s"
	case "bytes":
		return bytesText(v)
	}
	if v != float64(int64(v)) {
		return fmt.Sprintf("%.3g", v)
	}
	return grouped(v)
}

func durationText(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		d = d.Round(100 * time.Millisecond)
	case d >= time.Second:
		d = d.Round(10 * time.Millisecond)
	case d >= 10*time.Millisecond:
		d = d.Round(100 * time.Microsecond)
	case d >= time.Millisecond:
		d = d.Round(10 * time.Microsecond)
	default:
		d = d.Round(time.Microsecond)
	}
	return strings.Replace(d.String(), "µ", "u", 1)
}

// grouped prints a whole number with commas between thousands.
func grouped(v float64) string {
	text := fmt.Sprintf("%.0f", v)
	digits := strings.TrimPrefix(text, "-")
	sign := text[:len(text)-len(digits)]
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

func bytesText(v float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1 << 30, "GB"}, {1 << 20, "MB"}, {1 << 10, "KB"}} {
		if v >= u.size || v <= -u.size {
			return fmt.Sprintf("%.1f %s", v/u.size, u.name)
		}
	}
	return fmt.Sprintf("%.0f B", v)
}

// judge sets the verdict. A figure that depends on the speed of the machine and
// was missed while the generator was in doubt decides nothing; one that does not
// is a failure whatever the generator did.
func (r *Result) judge(hard, doubts []string) {
	var timed []string
	for i := range r.Figures {
		f := &r.Figures[i]
		switch text := fmt.Sprintf("%s is %s, required is %s", f.Name, f.Text(), f.BoundText()); {
		case f.missed() && f.timed():
			timed = append(timed, text)
		case f.missed():
			hard = append(hard, text)
		}
	}
	switch {
	case len(hard) > 0 || len(timed) > 0 && len(doubts) == 0:
		r.Verdict, r.Reasons = summary.Fail, append(hard, timed...)
	case len(timed) > 0:
		r.Verdict, r.Reasons = summary.Undecided, append(doubts, timed...)
	default:
		r.Verdict, r.Reasons = summary.Pass, []string{"all figures are within their bounds"}
		r.Caveats = append(r.Caveats, doubts...)
	}
}

// write stores r in its run directory.
func (r *Result) write() error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return record.Replace(filepath.Join(r.RunDir, ResultFile), append(text, '\n'))
}

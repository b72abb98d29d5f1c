package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"redline/lab/record"
)

// maxEvents bounds the table; a run that fails all the time has as many errors as requests.
const maxEvents = 60

func eventSection(in *input) (Section, bool) {
	s := Section{ID: "events", Title: "Course of the run"}
	s.Lead = "What happened when. Only the measured phase counts for the figures; warm-up fills caches and lets the server settle first."
	var phases [][]string
	for _, p := range in.phases() {
		phases = append(phases, []string{p.Name, at(p.Start), at(p.End), at(p.End - p.Start)})
	}
	if len(phases) > 0 {
		columns := []Column{{"Phase", false}, {"From", true}, {"To", true}, {"Length", true}}
		s.Blocks = append(s.Blocks, table("Phases", columns, phases, record.RunFile))
	}
	var rows [][]string
	for _, e := range in.events {
		if e.Kind != "phase" {
			rows = append(rows, []string{at(float64(e.TNs) / 1e9), e.Kind, e.Text, fields(e.Fields)})
		}
	}
	if len(rows) > 0 {
		caption := "Events"
		if len(rows) > maxEvents {
			caption = fmt.Sprintf("The first %d of %s", maxEvents, count(int64(len(rows)), "event", "events"))
			rows = rows[:maxEvents]
		}
		columns := []Column{{"At", true}, {"Kind", false}, {"What", false}, {"Details", false}}
		s.Blocks = append(s.Blocks, table(caption, columns, rows, record.EventsFile))
	}
	return s, len(s.Blocks) > 0
}

// at writes a time of the run with a tenth of a second.
func at(s float64) string { return fmt.Sprintf("%.1f%ss", s, thin) }

// fields writes what an event carries; names end with their unit, as everywhere
// in a run directory.
func fields(f map[string]any) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		parts = append(parts, field(name, f[name]))
	}
	return strings.Join(parts, ", ")
}

func field(name string, value any) string {
	v, ok := value.(float64)
	if !ok {
		return fmt.Sprintf("%s %v", name, value)
	}
	if plain, ok := strings.CutSuffix(name, "_ns"); ok {
		return plain + " " + latency(v).String()
	}
	if plain, ok := strings.CutSuffix(name, "_bytes"); ok {
		return plain + " " + size(v).String()
	}
	return name + " " + digits(v)
}

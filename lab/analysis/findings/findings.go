package findings

import (
	"cmp"
	"encoding/json"
	"path/filepath"
	"slices"

	"redline/lab/record"
)

// File is the name of the stored findings in a run directory.
const File = "findings.json"

// What a finding is about: who could act on it.
const (
	Server      = "server"      // the server's code or settings
	Load        = "load"        // how clients use it
	Machine     = "machine"     // the host or its other tenants
	Measurement = "measurement" // the run itself: its figures are not to be taken at face value
)

// Evidence is one thing that was recorded and speaks for a finding.
type Evidence struct {
	Text     string   `json:"text"`
	Function string   `json:"function,omitempty"`
	File     string   `json:"file,omitempty"` // package and file name of the function
	Line     int      `json:"line,omitempty"`
	Share    float64  `json:"share,omitempty"`   // 0..1 of what Text names
	FromNs   int64    `json:"from_ns,omitempty"` // span of time since the start of the run
	ToNs     int64    `json:"to_ns,omitempty"`
	Before   *float64 `json:"before,omitempty"` // a figure at the start of the span and at its end
	After    *float64 `json:"after,omitempty"`
	Unit     string   `json:"unit,omitempty"` // of Before and After
	Source   string   `json:"source"`         // file of the run directory
}

// Finding is something that costs time, processor or memory, or makes the run's
// figures doubtful.
type Finding struct {
	ID          string     `json:"id"`
	Title       string     `json:"title"`
	About       string     `json:"about"`
	Subject     string     `json:"subject,omitempty"`     // the function, key, command or resource at fault
	Cost        float64    `json:"cost"`                  // 0..1 of what Gain names; it ranks
	Gain        string     `json:"gain"`                  // the most that could be won
	MaxSpeedup  float64    `json:"max_speedup,omitempty"` // by Amdahl's law; absent where speed is not what would be won
	Explanation string     `json:"explanation"`
	Advice      string     `json:"advice"`
	Evidence    []Evidence `json:"evidence"`
}

// RuleInfo describes a rule.
type RuleInfo struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	About       string `json:"about"`
	Explanation string `json:"explanation"`
	// Evidence and Threshold say in words what the rule reads and when it speaks.
	Evidence  string `json:"evidence"`
	Threshold string `json:"threshold"`
}

// rule is one rule. It returns nil, or what it found without what the rule itself
// says already (ID, title, explanation).
type rule struct {
	RuleInfo
	find func(*view) *Finding
	// causes are rules whose findings explain this one: it keeps only the cost that
	// they leave unexplained.
	causes []string
}

// rules is every rule, in the order of the documentation.
func rules() []rule {
	return []rule{
		lockContention, allocationHotSpot, gcPressure, goroutineGrowth, cpuBound, serverQueueing, slowCommand, fsyncStall, unfairShards, snapshotStall,
		evictionPressure, memoryFragmentation, requestErrors,
		expiryStorm, hotKey, bigKey, noPipelining, connectionChurn, poolTooSmall,
		networkSaturation, packetLoss, diskSaturation, cpuSteal, hiccups, cpuThrottling, noisyNeighbour, swapping,
		generatorLimited, clientLatency, tooShort, notWarmedUp,
	}
}

// Rules describes every rule.
func Rules() []RuleInfo {
	var out []RuleInfo
	for _, r := range rules() {
		out = append(out, r.RuleInfo)
	}
	return out
}

// Of applies every rule to a run and returns what they found, the costliest first.
// Damaged files count up to the damage, unreadable profiles as missing. An error
// says that the run could not be read at all.
func Of(d *record.Dir) ([]Finding, error) {
	v, err := read(d)
	if err != nil {
		return nil, err
	}
	return v.apply(rules()), nil
}

func (v *view) apply(rules []rule) []Finding {
	found := []Finding{}
	if v.measureNs == 0 {
		return found
	}
	for _, r := range rules {
		f := r.find(v)
		if f == nil {
			continue
		}
		f.ID, f.Title, f.About, f.Explanation = r.ID, r.Title, r.About, r.Explanation
		f.Cost = min(max(f.Cost, 0), 1)
		found = append(found, *f)
	}
	found = explained(found, rules)
	slices.SortStableFunc(found, func(a, b Finding) int { return cmp.Compare(b.Cost, a.Cost) })
	return found
}

// leftOver is the share of its cost that a symptom must keep, beyond what its
// causes explain, to be told beside them: with less than half of it left it would
// say the same thing twice.
const leftOver = 0.5

// explained takes off each symptom what found causes explain of it.
func explained(found []Finding, rules []rule) []Finding {
	cost := map[string]float64{}
	for i := range found {
		cost[found[i].ID] = found[i].Cost
	}
	causes := map[string][]string{}
	for _, r := range rules {
		causes[r.ID] = r.causes
	}
	return slices.DeleteFunc(found, func(f Finding) bool {
		most := 0.0
		for _, id := range causes[f.ID] {
			most = max(most, cost[id])
		}
		return most > 0 && f.Cost-most < leftOver*f.Cost
	})
}

// Write computes the findings of the run directory at path and stores them there
// as findings.json.
func Write(path string) ([]Finding, error) {
	d, err := record.Open(path)
	if err != nil {
		return nil, err
	}
	found, err := Of(d)
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(stored{record.Format, found}, "", "  ")
	if err != nil {
		return nil, err
	}
	return found, record.Replace(filepath.Join(path, File), append(text, '\n'))
}

// stored is findings.json.
type stored struct {
	Format   int       `json:"format"`
	Findings []Finding `json:"findings"`
}

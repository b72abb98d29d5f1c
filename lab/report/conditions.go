package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"redline/lab/record"
)

func conditionSection(in *input) (Section, bool) {
	s := Section{ID: "conditions", Title: "Conditions"}
	s.Lead = "On what, with what and how this was measured. Figures from other conditions cannot be compared with these."
	s.Blocks = []Block{
		Command{"command", "Exact command", commandLine(in.run.Command), []string{record.RunFile}},
		facts("Machine", in.machine(), record.RunFile),
		facts("Target", in.target(), record.RunFile),
		facts("Workload", in.workload(), record.RunFile),
	}
	if config := in.run.Conditions.ServerConfig; len(config) > 0 {
		var items []Fact
		for _, name := range slices.Sorted(maps.Keys(config)) {
			items = append(items, Fact{name, orNone(config[name])})
		}
		s.Blocks = append(s.Blocks, facts("Settings of the server", items, record.RunFile))
	}
	s.Blocks = append(s.Blocks, facts("Run", in.runFacts(), record.RunFile))
	return s, true
}

// known keeps the facts that have a value.
func known(items ...Fact) []Fact {
	return slices.DeleteFunc(items, func(f Fact) bool { return f.Value == "" })
}

func (in *input) machine() []Fact {
	c := in.run.Conditions
	items := []Fact{
		{"Processor", c.CPUModel},
		{"Cores", positive(int64(c.CPUs))},
		{"Memory", sizeOrNone(c.MemoryBytes)},
		{"System", strings.TrimSpace(c.OS + " " + c.Arch)},
		{"Kernel", c.Kernel},
		{"Container", yesNo(c.Container)},
		{"CPU limit", ""},
		{"Memory limit", sizeOrNone(c.CgroupMemoryBytes)},
		{"Huge pages", c.THP},
		{"CPU governor", c.Governor},
		{"Load before", digits(c.Loadavg1mBefore) + " (1 min average)"},
	}
	if c.CgroupCPUQuota > 0 {
		items[6].Value = digits(c.CgroupCPUQuota) + " cores"
	}
	return known(items...)
}

func (in *input) target() []Fact {
	t := in.run.Target
	place := "another machine"
	if t.Local {
		place = "this machine"
	}
	by := "was running already"
	if t.StartedByLab {
		by = "started by the lab"
	}
	return known(
		Fact{"Address", t.URL},
		Fact{"Server", strings.TrimSpace(t.Kind + " " + t.Version)},
		Fact{"Process", idText(uint64(t.PID))},
		Fact{"Where", place},
		Fact{"Started", by},
		Fact{"Profiles from", t.Pprof},
	)
}

func (in *input) workload() []Fact {
	w := in.run.Workload
	loop := w.Loop
	switch w.Loop {
	case "open":
		loop = "open: requests are sent on schedule, whether or not replies come back"
	case "closed":
		loop = "closed: each connection waits for its replies, so a slow server is asked less"
	}
	rate := ""
	if w.RatePerS > 0 {
		rate = perSecond(w.RatePerS).String()
	}
	return known(
		Fact{"Name", w.Name},
		Fact{"Loop", loop},
		Fact{"Planned rate", rate},
		Fact{"Arrivals", w.Arrivals},
		Fact{"Mix", mix(w.Mix)},
		Fact{"Connections", positive(int64(w.Connections))},
		Fact{"Pipeline", positive(int64(w.Pipeline))},
		Fact{"Driver threads", positive(int64(w.Threads))},
		Fact{"Keys", positive(w.Keys)},
		Fact{"Keys are drawn", w.KeyDistribution},
		Fact{"Value size", sizeOrNone(int64(w.ValueBytes))},
		Fact{"Key prefix", w.KeyPrefix},
		Fact{"Seed", idText(w.Seed)},
	)
}

func (in *input) runFacts() []Fact {
	r := in.run
	var ended, objective string
	if r.EndedUnixNs > 0 {
		ended = instant(r.EndedUnixNs)
	}
	if r.SLO.ResponseP99Ns > 0 {
		objective = fmt.Sprintf("response p99 at most %s, errors at most %s", latency(float64(r.SLO.ResponseP99Ns)), percent(r.SLO.ErrorRatio))
	}
	return known(
		Fact{"Id", r.ID},
		Fact{"State", strings.TrimSuffix(r.State+": "+r.StateReason, ": ")},
		Fact{"Started", instant(r.StartedUnixNs)},
		Fact{"Ended", ended},
		Fact{"Objective", objective},
		Fact{"Redline", r.RedlineVersion},
		Fact{"Go", r.Conditions.GoVersion},
		Fact{"Slices", latency(float64(r.SliceNs)).String()},
	)
}

func missingSection(in *input) (Section, bool) {
	s := Section{ID: "missing", Title: "What is missing"}
	if len(in.missing) == 0 {
		s.Lead = "Nothing: every part that the lab can record of this kind of target was recorded."
		return s, true
	}
	s.Lead = "Parts that could not be recorded or read, and why. Everything else in this report stands without them."
	var rows [][]string
	for _, m := range in.missing {
		rows = append(rows, []string{m.Part, m.Why})
	}
	s.Blocks = []Block{table("Missing parts", []Column{{"Part", false}, {"Why", false}}, rows, record.RunFile)}
	return s, true
}

// commandLine writes arguments so that a shell reads them back.
func commandLine(args []string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = a
		if a == "" || strings.ContainsAny(a, " \t\n\"'`$\\|&;<>()*?[]{}~#!") {
			quoted[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// mix writes shares, the largest first: "90 % get, 10 % set".
func mix(shares map[string]float64) string {
	ops := slices.SortedFunc(maps.Keys(shares), func(a, b string) int {
		if shares[a] != shares[b] {
			if shares[a] > shares[b] {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	for i, op := range ops {
		ops[i] = percent(shares[op]).String() + " " + op
	}
	return strings.Join(ops, ", ")
}

func positive(v int64) string {
	if v <= 0 {
		return ""
	}
	return grouped(v)
}

func sizeOrNone(bytes int64) string {
	if bytes <= 0 {
		return ""
	}
	return size(float64(bytes)).String()
}

// idText writes a number that is a name, and none for 0.
func idText(v uint64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatUint(v, 10)
}

func yesNo(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}

func orNone(s string) string {
	if s == "" {
		return "(empty)"
	}
	return s
}

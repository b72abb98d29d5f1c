package report

import (
	"math"

	"redline/lab/analysis/series"
	"redline/lab/record"
)

// The USE method (B. Gregg): for every resource its utilisation, its saturation
// and its errors. Each is a row over time, so that what was short when the
// latency rose is seen at once.

// useSpec is one row: the sum of the growth of some counters per second, or a
// sampled value, as a share of what the resource can give.
type useSpec struct {
	resource, aspect, label string
	source                  string
	names                   []string
	unit                    Unit
	// factor brings the value to the unit; perCPU divides by the number of cores.
	factor float64
	perCPU bool
	// full is the value with the strongest colour; 0: the largest of the run.
	full float64
	// of makes the value of a sampled one; nil: the names are counters.
	of func(in *input, v float64) float64
}

const (
	utilisation = "utilisation"
	saturation  = "saturation"
	failures    = "errors"
)

// Values with the strongest colour.
const (
	fullWaiting    = 0.5  // of the time: half of it a task waited for the resource
	fullRetransmit = 10   // segments a second
	fullThrottled  = 0.25 // of the time
	fullSteal      = 0.1  // of all cores
	fullHiccup     = 5e6  // nanoseconds
)

var useSpecs = []useSpec{
	{resource: "CPU of the host", aspect: utilisation, label: "busy, of all cores", source: "host", names: []string{"host_cpu_busy_ns"}, unit: UnitRatio, factor: perNs, perCPU: true, full: 1},
	{resource: "CPU of the host", aspect: saturation, label: "ready tasks that waited for a core, on average", source: "host", names: []string{"run_delay_ns"}, unit: UnitCount, factor: perNs, full: 2},
	{resource: "CPU of the host", aspect: saturation, label: "time with a task waiting (PSI)", source: "psi", names: []string{"psi_cpu_some_us"}, unit: UnitRatio, factor: perMicro, full: fullWaiting},
	{resource: "CPU of the host", aspect: failures, label: "steal: given to other machines", source: "host", names: []string{"host_cpu_steal_ns"}, unit: UnitRatio, factor: perNs, perCPU: true, full: fullSteal},
	{resource: "CPU of the server", aspect: utilisation, label: "of all cores", source: "server_proc", names: []string{"cpu_user_ns", "cpu_system_ns"}, unit: UnitRatio, factor: perNs, perCPU: true, full: 1},
	{resource: "CPU of the server", aspect: saturation, label: "its threads waited for a core, on average", source: "server_proc", names: []string{"run_delay_ns"}, unit: UnitCount, factor: perNs, full: 1},
	{resource: "CPU of the server", aspect: failures, label: "throttled by its limit", source: "cgroup", names: []string{"cpu_throttled_ns"}, unit: UnitRatio, factor: perNs, full: fullThrottled},
	{resource: "CPU of the generator", aspect: utilisation, label: "of all cores", source: "generator", names: []string{"cpu_user_ns", "cpu_system_ns"}, unit: UnitRatio, factor: perNs, perCPU: true, full: 1},
	{resource: "Memory", aspect: utilisation, label: "not available, of all", source: "host", names: []string{"mem_available_bytes"}, unit: UnitRatio, factor: 1, full: 1, of: memoryUsed},
	{resource: "Memory", aspect: saturation, label: "time with a task waiting (PSI)", source: "psi", names: []string{"psi_memory_some_us"}, unit: UnitRatio, factor: perMicro, full: fullWaiting},
	{resource: "Memory", aspect: saturation, label: "swapped", source: "host", names: []string{"swap_in_bytes", "swap_out_bytes"}, unit: UnitBytesS, factor: 1, full: 1 << 20},
	{resource: "Memory", aspect: failures, label: "major faults of the server", source: "server_proc", names: []string{"major_faults"}, unit: UnitPerS, factor: 1, full: 100},
	{resource: "Disk", aspect: utilisation, label: "busy, all disks together", source: "host", names: []string{"disk_busy_ns"}, unit: UnitRatio, factor: perNs, full: 1},
	{resource: "Disk", aspect: saturation, label: "time with a task waiting (PSI)", source: "psi", names: []string{"psi_io_some_us"}, unit: UnitRatio, factor: perMicro, full: fullWaiting},
	{resource: "Network", aspect: utilisation, label: "bytes both ways", source: "host", names: []string{"net_rx_bytes", "net_tx_bytes"}, unit: UnitBytesS, factor: 1},
	{resource: "Network", aspect: saturation, label: "TCP segments sent again", source: "host", names: []string{"tcp_retransmits"}, unit: UnitPerS, factor: 1, full: fullRetransmit},
	{resource: "Network", aspect: failures, label: "connections dropped in the accept queue, resets", source: "host", names: []string{"tcp_listen_drops", "tcp_resets_out"}, unit: UnitPerS, factor: 1, full: fullRetransmit},
	{resource: "Connections", aspect: failures, label: "refused by the server", source: "info", names: []string{"info_rejected_connections"}, unit: UnitPerS, factor: 1, full: 1},
}

// memoryUsed is the share of the host's memory that is not available, NaN when
// its size is not known.
func memoryUsed(in *input, available float64) float64 {
	total := float64(in.run.Conditions.MemoryBytes)
	if total <= 0 {
		return math.NaN()
	}
	return 1 - available/total
}

func useSection(in *input) (Section, bool) {
	s := Section{ID: "use", Title: "Utilisation, saturation, errors"}
	s.Lead = "Every resource over the run: how far it was used, how much had to wait for it, and what went wrong. A row that turns dark when the " +
		"latency rises is where to look; one that is missing could not be sampled."
	block := Strips{Kind: "strips", Caption: "Resources over time", Sources: []string{record.SamplesFile}}
	if in.samples == nil {
		return s, false
	}
	for _, spec := range useSpecs {
		if row, ok := in.strip(spec); ok {
			block.Rows = append(block.Rows, row)
		}
		if spec.names[0] == "host_cpu_steal_ns" { // beside it: steal is counted in hundredths of a second, if at all
			if row, ok := in.hiccupStrip(); ok {
				block.Rows = append(block.Rows, row)
				block.Sources = append(block.Sources, record.HiccupsFile)
			}
		}
	}
	s.Blocks = []Block{block}
	return s, len(block.Rows) > 0
}

// stripColumns bounds the cells of a row: each is at least a few pixels wide.
const stripColumns = 120

func (in *input) strip(spec useSpec) (Strip, bool) {
	row := Strip{Resource: spec.resource, Aspect: spec.aspect, Label: spec.label, Unit: spec.unit, Full: spec.full}
	total, ok := in.useSeries(spec)
	if !ok || len(total.Seconds) < 2 {
		return row, false
	}
	from, to := in.measured()
	row.Mean, row.Max = total.Within(from, to).Mean(), total.Within(from, to).Max()
	if math.IsNaN(row.Mean) || math.IsNaN(row.Max) {
		row.Mean, row.Max = total.Mean(), total.Max()
	}
	if math.IsNaN(row.Mean) || math.IsNaN(row.Max) {
		return row, false
	}
	if row.Full == 0 {
		row.Full = total.Max()
	}
	thin := total.ThinMax(stripColumns)
	row.Times, row.Values = thin.Seconds, thin.Values
	return row, true
}

// hiccupStrip shows the longest hiccup of the machine in each column.
func (in *input) hiccupStrip() (Strip, bool) {
	row := Strip{Resource: "CPU of the host", Aspect: failures, Label: "hiccups, the longest", Unit: UnitNs, Full: fullHiccup}
	if in.sum == nil || in.sum.Hiccups == nil || in.grid.Columns < 2 {
		return row, false
	}
	values, err := series.LoadHiccups(in.dir.Salvage(), in.grid)
	if err != nil {
		return row, false
	}
	longest := series.Series{Seconds: in.grid.Seconds(), Values: values}
	from, to := in.measured()
	row.Mean, row.Max = longest.Within(from, to).Mean(), longest.Within(from, to).Max()
	thin := longest.ThinMax(stripColumns)
	row.Times, row.Values = thin.Seconds, thin.Values
	return row, true
}

// useSeries sums the series of a row.
func (in *input) useSeries(spec useSpec) (series.Series, bool) {
	factor := spec.factor
	if spec.perCPU {
		if in.run.Conditions.CPUs <= 0 {
			return series.Series{}, false
		}
		factor /= float64(in.run.Conditions.CPUs)
	}
	var total series.Series
	for _, name := range spec.names {
		read := in.samples.Rate
		if spec.of != nil {
			read = in.samples.Gauge
		}
		s, ok := read(spec.source, name)
		if !ok {
			continue
		}
		s = s.Times(factor)
		if total.Values == nil {
			total = s
			continue
		}
		for i, v := range onTimes(s, total.Seconds) {
			if !math.IsNaN(v) {
				total.Values[i] += v
			}
		}
	}
	if spec.of != nil {
		for i, v := range total.Values {
			total.Values[i] = spec.of(in, v)
		}
	}
	return total, total.Values != nil
}

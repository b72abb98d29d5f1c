package report

import (
	"math"
	"os"
	"path/filepath"
	"slices"

	"redline/lab/analysis/attribution"
	"redline/lab/analysis/findings"
	"redline/lab/analysis/series"
	"redline/lab/analysis/summary"
	"redline/lab/record"
)

// maxColumns bounds the points of a chart over time: about one per two pixels of
// the widest chart, and every slice of a run of half a minute.
const maxColumns = 400

// input is everything a report is made from. Parts that could not be read are
// nil, and said in missing.
type input struct {
	dir       *record.Dir
	run       *record.Run
	grid      series.Grid
	driver    *series.Driver
	latencies *series.Latencies
	pacing    []series.Distribution
	samples   *series.Samples
	events    []record.Event
	graphs    []FlameGraph
	sum       *summary.Summary
	plan      *planDoc
	table     *attribution.Table
	findings  []findings.Finding
	missing   []record.Missing
}

func load(runDir string) (*input, error) {
	dir, err := record.Open(runDir)
	if err != nil {
		return nil, err
	}
	in := &input{dir: dir, run: dir.Run()}
	in.missing = append(in.missing, in.run.Missing...)
	in.loadDriver()
	// Computed, not read: the verdict then follows from the same recordings as the charts, by the rules of this version.
	if in.sum, err = summary.Compute(dir); err != nil {
		in.miss("summary", err)
	}
	in.loadPlan()
	in.loadGraphs()
	if in.samples, err = series.LoadSamples(dir); err != nil {
		in.miss("resources of server and host", err)
	}
	in.loadExplanations()
	for e, err := range dir.Events() {
		if err != nil {
			in.miss("events", err)
			break
		}
		in.events = append(in.events, e)
	}
	return in, nil
}

// loadExplanations computes what the recordings say about causes.
func (in *input) loadExplanations() {
	var err error
	if in.table, err = attribution.Of(in.dir); err != nil {
		in.miss("attribution of CPU time", err)
	} else {
		in.missing = append(in.missing, in.table.Missing...)
	}
	if in.findings, err = findings.Of(in.dir); err != nil {
		in.miss("findings", err)
	}
}

func (in *input) loadDriver() {
	var err error
	if in.grid, err = series.NewGrid(in.dir, maxColumns); err != nil {
		in.miss("throughput and latency over time", err)
		return
	}
	if in.driver, err = series.LoadDriver(in.dir, in.grid); err != nil {
		in.miss("throughput over time", err)
	}
	if in.latencies, err = series.LoadLatencies(in.dir, in.grid); err != nil {
		in.miss("latencies", err)
	}
	if in.pacing, err = series.LoadPacing(in.dir, in.grid); err != nil {
		in.miss("pacing of the load generator", err)
	}
}

// present keeps the files that the run directory has: a figure that can be had from
// one of two files names the one it was had from.
func (in *input) present(files ...string) []string {
	return slices.DeleteFunc(files, func(name string) bool {
		_, err := os.Stat(filepath.Join(in.dir.Path(), name))
		return err != nil
	})
}

func (in *input) miss(part string, err error) {
	in.missing = append(in.missing, record.Missing{Part: part, Why: err.Error()})
}

// ops is the operations of the run, the most frequent first, and "" before them
// for all together when there is more than one.
func (in *input) ops() []string {
	if in.driver == nil {
		return nil
	}
	if len(in.driver.Ops) == 1 {
		return in.driver.Ops
	}
	return append([]string{""}, in.driver.Ops[:min(len(in.driver.Ops), maxOps)]...)
}

// maxOps bounds the operations that get views of their own, and with them the
// size of a report.
const maxOps = 6

// opLabel names an operation for the reader.
func opLabel(op string) string {
	if op == "" {
		return "all"
	}
	return op
}

// measured is from the first measured phase to the end of the last one, in
// seconds, and the whole run where there was none.
func (in *input) measured() (from, to float64) {
	from, to = 0, math.Inf(1)
	found := false
	for _, p := range in.phases() {
		if p.Name != record.PhaseMeasure {
			continue
		}
		if !found {
			from, found = p.Start, true
		}
		to = p.End
	}
	return from, to
}

// manyLoads says that the run made loads of different rates one after the other,
// as a plan or a scenario does: then no one rate was asked for.
func (in *input) manyLoads() bool {
	switch in.run.Kind {
	case "plan", "scenario", "gate":
		return true
	}
	return false
}

// phases is the phases on the time axis; one that did not end ends with the run.
func (in *input) phases() []Span {
	var spans []Span
	for _, p := range in.run.Phases {
		end := p.EndNs
		if end <= p.StartNs {
			end = max(p.StartNs, in.run.EndedUnixNs-in.run.StartedUnixNs, in.grid.StartNs+int64(in.grid.Columns)*in.grid.StepNs)
		}
		spans = append(spans, Span{p.Name, float64(p.StartNs) / 1e9, float64(end) / 1e9})
	}
	return spans
}

package report

// documentFormat is checked by the page, which must be of the same build.
const documentFormat = 1

// Document is what a report says. web/src/model.ts describes the same shape for
// the page; field names there are the JSON names here.
type Document struct {
	Format   int       `json:"format"`
	Title    string    `json:"title"`
	Subtitle string    `json:"subtitle"`
	Verdict  Verdict   `json:"verdict"`
	Figures  []Figure  `json:"figures"`
	Phases   []Span    `json:"phases"`
	Sections []Section `json:"sections"`
}

// Verdict is the answer in one line, and what led to it.
type Verdict struct {
	State    string   `json:"state"` // pass, fail or undecided
	Label    string   `json:"label"`
	Headline string   `json:"headline"`
	Reasons  []string `json:"reasons"`
}

// Figure is one of the few figures of the head, in human units.
type Figure struct {
	Label  string `json:"label"`
	Value  string `json:"value"`
	Unit   string `json:"unit"`
	Note   string `json:"note"`
	Source string `json:"source"` // file of the run directory
}

// Span is a phase of the run in seconds since its start.
type Span struct {
	Name  string  `json:"name"`
	Start float64 `json:"start"`
	End   float64 `json:"end"`
}

// Section is a chapter of the report.
type Section struct {
	ID     string  `json:"id"` // for links
	Title  string  `json:"title"`
	Lead   string  `json:"lead"` // how to read it
	Blocks []Block `json:"blocks"`
}

// Block is a part of a section. Its "kind" in JSON selects the renderer.
type Block interface{ block() }

// Prose is sentences.
type Prose struct {
	Kind       string     `json:"kind"`
	Paragraphs []Sentence `json:"paragraphs"`
}

// Sentence carries the files that its figures come from.
type Sentence struct {
	Text    string   `json:"text"`
	Sources []string `json:"sources"`
}

// Facts is a list of names and values.
type Facts struct {
	Kind    string   `json:"kind"`
	Caption string   `json:"caption"`
	Items   []Fact   `json:"items"`
	Sources []string `json:"sources"`
}

// Fact is one name and value.
type Fact struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Table is rows of text under named columns.
type Table struct {
	Kind    string     `json:"kind"`
	Caption string     `json:"caption"`
	Columns []Column   `json:"columns"`
	Rows    [][]string `json:"rows"`
	Sources []string   `json:"sources"`
}

// Column heads a column; numeric ones are aligned to the right.
type Column struct {
	Label   string `json:"label"`
	Numeric bool   `json:"numeric"`
}

// Command is text to copy into a terminal.
type Command struct {
	Kind    string   `json:"kind"`
	Caption string   `json:"caption"`
	Text    string   `json:"text"`
	Sources []string `json:"sources"`
}

// Unit says what a charted number is; the page formats axes and tooltips by it.
type Unit string

// The units that the page knows.
const (
	UnitNs       Unit = "ns"
	UnitPerS     Unit = "per_s"
	UnitBytes    Unit = "bytes"
	UnitBytesS   Unit = "bytes_per_s"
	UnitRatio    Unit = "ratio"
	UnitCount    Unit = "count"
	UnitCores    Unit = "cores"
	UnitUsPerReq Unit = "us_per_request"
)

// Tone is the colour of a line: p1 to p5 are steps of one ramp, for percentiles;
// a to f are distinct.
type Tone string

// TimeCharts is a group of charts over the time of the run.
type TimeCharts struct {
	Kind   string      `json:"kind"`
	Wide   bool        `json:"wide"` // one below the other instead of two side by side
	Charts []TimeChart `json:"charts"`
}

// TimeChart is lines over time. Views are alternatives that the reader picks from.
type TimeChart struct {
	Title   string   `json:"title"`
	Note    string   `json:"note"`
	Unit    Unit     `json:"unit"`
	Log     bool     `json:"log"`
	Times   instants `json:"times"`
	Views   []View   `json:"views"`
	Sources []string `json:"sources"`
}

// View is one alternative of a chart.
type View struct {
	Label string `json:"label"`
	Lines []Line `json:"lines"`
}

// Line is one value per time of its chart; NaN is a gap.
type Line struct {
	Label  string  `json:"label"`
	Tone   Tone    `json:"tone"`
	Dash   bool    `json:"dash"`
	Values numbers `json:"values"`
}

// HeatMap counts requests by time and latency. Row i spans low * ratio^i to
// low * ratio^(i+1) nanoseconds.
type HeatMap struct {
	Kind    string     `json:"kind"`
	Caption string     `json:"caption"`
	Start   float64    `json:"start"` // seconds
	Step    float64    `json:"step"`
	Low     float64    `json:"low"`
	Ratio   float64    `json:"ratio"`
	Rows    int        `json:"rows"`
	Views   []HeatView `json:"views"`
	Sources []string   `json:"sources"`
}

// HeatView is one alternative of a heat map. A column is the index of its first
// row and the counts from there upward; empty when nothing completed.
type HeatView struct {
	Label   string    `json:"label"`
	Columns [][]int64 `json:"columns"`
	P50     numbers   `json:"p50"`
	P99     numbers   `json:"p99"`
}

// Percentiles is percentile curves.
type Percentiles struct {
	Kind    string      `json:"kind"`
	Caption string      `json:"caption"`
	Views   []CurveView `json:"views"`
	Sources []string    `json:"sources"`
}

// CurveView is one alternative of percentile curves.
type CurveView struct {
	Label  string  `json:"label"`
	Curves []Curve `json:"curves"`
}

// Curve is pairs, flattened, of the share of requests that took longer and the
// nanoseconds they exceeded: from 1 and the minimum to 0 and the maximum. Shares,
// as they keep their digits where quantiles (0.99999) run out of them.
type Curve struct {
	Label  string  `json:"label"`
	Tone   Tone    `json:"tone"`
	Dash   bool    `json:"dash"`
	Count  int64   `json:"count"`
	Points numbers `json:"points"`
}

// Flames is flame graphs to pick from.
type Flames struct {
	Kind    string       `json:"kind"`
	Caption string       `json:"caption"`
	Graphs  []FlameGraph `json:"graphs"`
}

// FlameGraph is a call tree as lab/analysis/flame lays it out.
type FlameGraph struct {
	Label   string     `json:"label"`
	Note    string     `json:"note"`
	Unit    Unit       `json:"unit"`
	Names   []string   `json:"names"`
	Where   []string   `json:"where"`
	Depth   []int      `json:"depth"`
	Name    []int      `json:"name"`
	Value   []int64    `json:"value"`
	Hot     []FlameHot `json:"hot"`
	Sources []string   `json:"sources"`
}

// FlameHot is one of the hottest functions.
type FlameHot struct {
	Name  int   `json:"name"`
	Self  int64 `json:"self"`
	Total int64 `json:"total"`
}

func (Prose) block()       {}
func (Facts) block()       {}
func (Table) block()       {}
func (Command) block()     {}
func (TimeCharts) block()  {}
func (HeatMap) block()     {}
func (Percentiles) block() {}
func (Flames) block()      {}

func prose(paragraphs ...Sentence) Prose { return Prose{"prose", paragraphs} }

func sentence(text string, sources ...string) Sentence { return Sentence{text, list(sources)} }

func facts(caption string, items []Fact, sources ...string) Facts {
	return Facts{"facts", caption, items, list(sources)}
}

func table(caption string, columns []Column, rows [][]string, sources ...string) Table {
	return Table{"table", caption, columns, list(rows), list(sources)}
}

// list turns nil into an empty list, which JSON tells apart.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

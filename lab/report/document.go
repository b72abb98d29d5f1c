package report

// documentFormat is checked by the page, which must be of the same build.
const documentFormat = 2

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

// FlameGraph is a call tree as lab/analysis/flame lays it out. A value times
// Scale is in Unit.
type FlameGraph struct {
	Label string   `json:"label"`
	Note  string   `json:"note"`
	Unit  Unit     `json:"unit"`
	Scale float64  `json:"scale"`
	Names []string `json:"names"`
	Where []string `json:"where"`
	Depth []int    `json:"depth"`
	Name  []int    `json:"name"`
	Value []int64  `json:"value"`
	// Before and After are set in a differential graph; Value is their sum, so that
	// what only one side does is seen as well. Changed takes the place of Hot.
	Before  []int64       `json:"before"`
	After   []int64       `json:"after"`
	Hot     []FlameHot    `json:"hot"`
	Changed []FlameChange `json:"changed"`
	Sources []string      `json:"sources"`
}

// FlameHot is one of the hottest functions.
type FlameHot struct {
	Name  int   `json:"name"`
	Self  int64 `json:"self"`
	Total int64 `json:"total"`
}

// FlameChange is one of the functions whose own value changed most between the
// sides of a differential graph.
type FlameChange struct {
	Name   int   `json:"name"`
	Before int64 `json:"before"`
	After  int64 `json:"after"`
	Noise  int64 `json:"noise"` // what chance alone explains; 0: not known
}

// Bars is a table whose rows have a share of a whole, drawn as bars.
type Bars struct {
	Kind    string   `json:"kind"`
	Caption string   `json:"caption"`
	Share   string   `json:"share"` // heading of the bars
	Columns []string `json:"columns"`
	Rows    []Bar    `json:"rows"`
	Sources []string `json:"sources"`
}

// Bar is one row. Cells are as many as the columns.
type Bar struct {
	Label  string   `json:"label"`
	Detail string   `json:"detail"` // smaller, behind the label
	Share  float64  `json:"share"`  // 0 to 1
	Tone   Tone     `json:"tone"`
	Cells  []string `json:"cells"`
}

// Findings is what is at fault, the costliest first.
type Findings struct {
	Kind    string    `json:"kind"`
	Caption string    `json:"caption"` // whose they are, where several sides have some
	Items   []Finding `json:"items"`
}

// Finding is one of them, with what it rests on.
type Finding struct {
	ID          string     `json:"id"`
	Title       string     `json:"title"`
	About       string     `json:"about"` // who could act on it
	Subject     string     `json:"subject"`
	Cost        float64    `json:"cost"` // share of the time or CPU, 0 to 1; 0: not known
	Gain        string     `json:"gain"`
	Explanation string     `json:"explanation"`
	Advice      string     `json:"advice"`
	Evidence    []Evidence `json:"evidence"`
}

// Evidence is a fact that a finding rests on. With a function, the page leads to
// the flame graph; with a span of time, to the charts.
type Evidence struct {
	Text     string  `json:"text"`
	Function string  `json:"function"`
	Where    string  `json:"where"`
	From     float64 `json:"from"` // seconds since the start of the run; both 0: no span
	To       float64 `json:"to"`
	Source   string  `json:"source"`
}

// Strips is rows of one resource each over the time of the run, coloured by how
// far the resource was used, overdrawn or failing.
type Strips struct {
	Kind    string   `json:"kind"`
	Caption string   `json:"caption"`
	Rows    []Strip  `json:"rows"`
	Sources []string `json:"sources"`
}

// Strip is one row. A value of Full or more has the strongest colour.
type Strip struct {
	Resource string   `json:"resource"`
	Aspect   string   `json:"aspect"` // utilisation, saturation or errors
	Label    string   `json:"label"`
	Unit     Unit     `json:"unit"`
	Full     float64  `json:"full"`
	Mean     float64  `json:"mean"` // of the measured phase
	Max      float64  `json:"max"`
	Times    instants `json:"times"`
	Values   numbers  `json:"values"`
}

// Plots is charts of one quantity over another.
type Plots struct {
	Kind  string `json:"kind"`
	Plots []Plot `json:"plots"`
}

// Plot is lines and points on two axes, with marks that stand for single figures.
type Plot struct {
	Title   string   `json:"title"`
	Note    string   `json:"note"`
	X       Axis     `json:"x"`
	Y       Axis     `json:"y"`
	Lines   []XYLine `json:"lines"`
	Marks   []Mark   `json:"marks"`
	Sources []string `json:"sources"`
}

// Axis names an axis and says how it is scaled.
type Axis struct {
	Label string `json:"label"`
	Unit  Unit   `json:"unit"`
	Log   bool   `json:"log"`
}

// XYLine is pairs of x and y, flattened, drawn as a line, as points, or as both;
// a band is pairs of a lower and an upper y at each x: x, low, high.
type XYLine struct {
	Label  string  `json:"label"`
	Tone   Tone    `json:"tone"`
	Dash   bool    `json:"dash"`
	Draw   string  `json:"draw"` // line, points, both or band
	Points numbers `json:"points"`
}

// Mark is a value on an axis, with its interval where Low and High differ.
type Mark struct {
	Axis  string  `json:"axis"` // x or y
	Label string  `json:"label"`
	Tone  Tone    `json:"tone"`
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

func (Prose) block()       {}
func (Bars) block()        {}
func (Findings) block()    {}
func (Strips) block()      {}
func (Plots) block()       {}
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

// NewTable makes a table of figures that follow from files of the run directory.
func NewTable(caption string, columns []Column, rows [][]string, sources ...string) Table {
	return table(caption, columns, rows, sources...)
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

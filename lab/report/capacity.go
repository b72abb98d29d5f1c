package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"redline/lab/analysis/queueing"
	"redline/lab/analysis/usl"
	"redline/lab/record"
)

// planFile is what `redline plan` leaves in its run directory; docs/format/plan.md
// describes it. The report reads the file and does not import the package that
// measures.
const planFile = "plan.json"

// planFormat is the version of the file that this package reads.
const planFormat = 1

type planDoc struct {
	Format          int           `json:"format"`
	SLO             record.SLO    `json:"slo"`
	Capacity        *planEstimate `json:"capacity_per_s"`
	SaturationPerS  float64       `json:"saturation_per_s"`
	RecoversAtPerS  float64       `json:"recovers_at_per_s"`
	Scalability     *planLaw      `json:"scalability"`
	Loads           []planLoad    `json:"loads"`
	Trials          []planTrial   `json:"trials"`
	BytesPerKey     *float64      `json:"bytes_per_key"`
	BytesPerRequest float64       `json:"bytes_per_request"`
	Needs           *planNeeds    `json:"needs"`
	Caveats         []string      `json:"caveats"`
}

type planEstimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

type planLaw struct {
	Lambda    planEstimate `json:"lambda"`
	Sigma     planEstimate `json:"sigma"`
	Kappa     planEstimate `json:"kappa"`
	Peak      float64      `json:"peak_concurrency"`
	RSquared  float64      `json:"r_squared"`
	Queueing  *planQueue   `json:"queueing"`  // nil: no knee, or a plan of an older version
	Predictor string       `json:"predictor"` // one of those below, else the Universal Scalability Law
	ErrorPerS float64      `json:"prediction_error_per_s"`
	ErrorMean float64      `json:"prediction_error_mean"`
	Why       string       `json:"why"`
}

type planQueue struct {
	AloneNs      planEstimate `json:"alone_ns"`
	CapacityPerS planEstimate `json:"capacity_per_s"`
	Full         planEstimate `json:"full_at_concurrency"`
	Sharpness    float64      `json:"sharpness"`
}

type planLoad struct {
	Concurrency     int           `json:"concurrency"`
	PerS            float64       `json:"per_s"`
	MeanNs          float64       `json:"response_mean_ns"`
	FitPerS         *planEstimate `json:"fit_per_s"`
	PredictedPerS   *float64      `json:"predicted_per_s"`
	PredictedMeanNs *float64      `json:"predicted_mean_ns"`
}

type planTrial struct {
	Rate          float64 `json:"rate"`
	Achieved      float64 `json:"achieved"`
	Met           bool    `json:"met"`
	Stage         string  `json:"stage"`
	ResponseP50Ns int64   `json:"response_p50_ns"`
	ResponseP99Ns int64   `json:"response_p99_ns"`
	ErrorRatio    float64 `json:"error_ratio"`
	Why           string  `json:"why"`
}

type planNeeds struct {
	Rate            float64  `json:"rate"`
	Utilisation     float64  `json:"utilisation"`
	Capacity        float64  `json:"capacity"`
	Machines        int      `json:"machines"`
	Headroom        float64  `json:"headroom"`
	NetworkBitsPerS float64  `json:"network_bits_per_s"`
	MemoryBytes     float64  `json:"memory_bytes"`
	Ends            *planEnd `json:"ends"`
}

type planEnd struct {
	At      time.Time `json:"at"`
	PerYear float64   `json:"per_year"`
	Fit     string    `json:"fit"`
}

// loadPlan reads the plan of a run that made one.
func (in *input) loadPlan() {
	text, err := os.ReadFile(filepath.Join(in.dir.Path(), planFile))
	if errors.Is(err, fs.ErrNotExist) {
		if in.run.Kind == "plan" {
			in.missing = append(in.missing, record.Missing{Part: planFile, Why: "the plan ended without an answer"})
		}
		return
	}
	p := &planDoc{}
	if err == nil {
		err = json.Unmarshal(text, p)
	}
	if err == nil && p.Format != planFormat {
		err = fmt.Errorf("it has format %d, this program reads format %d", p.Format, planFormat)
	}
	if err != nil {
		in.miss(planFile, err)
		return
	}
	in.plan = p
}

func capacitySection(in *input) (Section, bool) {
	s := Section{ID: "capacity", Title: "Capacity"}
	if in.plan == nil {
		return in.stagesSection(s)
	}
	p := in.plan
	s.Lead = "Capacity is the highest rate that meets the service level; saturation is where throughput stops rising, whatever the latency. The " +
		"open loop shows the first, the closed loop with more and more clients what holds throughput back."
	s.Blocks = append(s.Blocks, prose(in.capacityWords()...))
	var plots []Plot
	if plot, ok := p.latencyPlot(); ok {
		plots = append(plots, plot)
	}
	if plot, ok := p.scalabilityPlot(); ok {
		plots = append(plots, plot)
	}
	if len(plots) > 0 {
		s.Blocks = append(s.Blocks, Plots{"plots", plots})
	}
	if p.Scalability != nil {
		s.Blocks = append(s.Blocks, p.lawTable())
	}
	if facts := p.needs(); len(facts) > 0 {
		s.Blocks = append(s.Blocks, factsBlock("What to provide", facts))
	}
	if len(p.Loads) > 0 {
		s.Blocks = append(s.Blocks, p.loadTable())
	}
	return s, true
}

func factsBlock(caption string, items []Fact) Facts { return facts(caption, items, planFile) }

// capacityWords is the answer in sentences.
func (in *input) capacityWords() []Sentence {
	p := in.plan
	var out []Sentence
	if c := p.Capacity; c != nil {
		text := fmt.Sprintf("%s meets the service level (response p99 within %s) up to %s per second; with 95\u202f%% confidence that is %s to %s.",
			in.name(), latency(float64(p.SLO.ResponseP99Ns)), grouped(int64(math.Round(c.Value))), grouped(int64(math.Round(c.Low))), grouped(int64(math.Round(c.High))))
		out = append(out, sentence(text, planFile))
	}
	if p.SaturationPerS > 0 {
		text := fmt.Sprintf("The highest throughput seen was %s per second.", grouped(int64(math.Round(p.SaturationPerS))))
		if p.RecoversAtPerS > 0 {
			text += fmt.Sprintf(" Coming down from overload, the service level was met again at %s per second.", grouped(int64(math.Round(p.RecoversAtPerS))))
		}
		out = append(out, sentence(text, planFile))
	}
	if l := p.Scalability; l != nil && l.Why != "" {
		out = append(out, sentence(strings.ToUpper(l.Why[:1])+l.Why[1:]+".", planFile))
	}
	if l := p.Scalability; l != nil && l.Queueing != nil {
		q := l.Queueing
		out = append(out, sentence(fmt.Sprintf("Alone a request takes %s, and the busiest resource does %s per second: from %s requests in flight on they wait for each other.",
			latency(q.AloneNs.Value), grouped(int64(math.Round(q.CapacityPerS.Value))), digits(q.Full.Value)), planFile))
	}
	for _, c := range p.Caveats {
		out = append(out, sentence("To know before using the figures: "+c+".", planFile))
	}
	return out
}

// planVerdict is the answer of a plan, or that there is none.
func (in *input) planVerdict(v *Verdict) {
	if in.plan == nil || in.plan.Capacity == nil {
		v.Label, v.Headline = "No answer", "The trials gave no capacity; what was seen is below."
		return
	}
	v.State, v.Label, v.Headline = "pass", "Capacity found", in.capacityWords()[0].Text
	v.Reasons = append(v.Reasons, in.plan.Caveats...)
}

// planFigures is the top line of a plan.
func (in *input) planFigures() []Figure {
	p := in.plan
	figure := func(label string, q quantity, note string) Figure {
		return Figure{label, q.value, q.unit, note, planFile}
	}
	var out []Figure
	if c := p.Capacity; c != nil {
		out = append(out, figure("Capacity", perSecond(c.Value), fmt.Sprintf("%s to %s with 95\u202f%%", perSecond(c.Low), perSecond(c.High))))
	}
	if p.SLO.ResponseP99Ns > 0 {
		out = append(out, figure("Service level", latency(float64(p.SLO.ResponseP99Ns)), "response time p99"))
	}
	out = append(out, figure("Saturation", perSecond(p.SaturationPerS), "whatever the latency"))
	if l := p.Scalability; l != nil {
		out = append(out, figure("Contention", percent(l.Sigma.Value), fmt.Sprintf("%s to %s of the work", percent(l.Sigma.Low), percent(l.Sigma.High))))
		if l.Peak > 0 {
			out = append(out, figure("Peak", quantity{digits(l.Peak), ""}, "requests in flight"))
		}
	}
	if n := p.Needs; n != nil && n.Machines > 0 {
		out = append(out, figure("Machines", quantity{grouped(int64(n.Machines)), ""}, "for "+perSecond(n.Rate).String()))
	}
	return out
}

// latencyPlot is response time over the rate that was asked for.
func (p *planDoc) latencyPlot() (Plot, bool) {
	plot := Plot{Title: "Response time over rate", X: Axis{"requests per second, open loop", UnitPerS, true}, Y: Axis{"response time", UnitNs, true},
		Note: "One point a trial. A trial that missed the service level was overloaded: how slow it got depends on how long it lasted.", Marks: []Mark{},
		Sources: []string{planFile}}
	lines := map[bool]*XYLine{true: {Label: "p99, met", Tone: "a", Draw: "points"}, false: {Label: "p99, missed", Tone: "b", Draw: "points"}}
	median := XYLine{Label: "p50", Tone: "muted", Draw: "points"}
	for _, t := range p.Trials {
		if t.ResponseP99Ns <= 0 || t.Rate <= 0 {
			continue
		}
		l := lines[t.Met]
		l.Points = append(l.Points, t.Rate, float64(t.ResponseP99Ns))
		median.Points = append(median.Points, t.Rate, float64(t.ResponseP50Ns))
	}
	for _, l := range []*XYLine{&median, lines[true], lines[false]} {
		if len(l.Points) > 0 {
			plot.Lines = append(plot.Lines, *l)
		}
	}
	if slo := float64(p.SLO.ResponseP99Ns); slo > 0 {
		plot.Marks = append(plot.Marks, Mark{"y", "service level", "p5", slo, slo, slo})
	}
	if c := p.Capacity; c != nil {
		plot.Marks = append(plot.Marks, Mark{"x", "capacity", "c", c.Value, c.Low, c.High})
	}
	return plot, len(plot.Lines) > 0
}

// scalabilityPlot is throughput over clients, with the fitted law and its band.
func (p *planDoc) scalabilityPlot() (Plot, bool) {
	plot := Plot{Title: "Throughput over concurrency", X: Axis{"requests in flight, closed loop", UnitCount, false}, Y: Axis{"throughput", UnitPerS, false}, Marks: []Mark{},
		Note: "The line is the " + p.Scalability.name() + " of the full points, the band its 95\u202f% confidence. Hollow points were kept out to test it.", Sources: []string{planFile}}
	fitted := XYLine{Label: "measured", Tone: "a", Draw: "points"}
	held := XYLine{Label: "measured, not in the fit", Tone: "b", Dash: true, Draw: "points"}
	band := XYLine{Label: "95\u202f% confidence", Tone: "a", Draw: "band"}
	most := 0.0
	for _, l := range p.Loads {
		n := float64(l.Concurrency)
		most = max(most, n)
		if l.PredictedPerS != nil {
			held.Points = append(held.Points, n, l.PerS)
		} else {
			fitted.Points = append(fitted.Points, n, l.PerS)
		}
		if l.FitPerS != nil {
			band.Points = append(band.Points, n, l.FitPerS.Low, l.FitPerS.High)
		}
	}
	if len(fitted.Points) == 0 {
		return plot, false
	}
	if law := p.Scalability; law != nil {
		line := XYLine{Label: law.name(), Tone: "a", Draw: "line"}
		if law.Predictor == byNeighbours {
			for _, l := range p.Loads {
				if l.FitPerS != nil {
					line.Points = append(line.Points, float64(l.Concurrency), l.FitPerS.Value)
				}
			}
		} else {
			for i := range curveSteps {
				n := 1 + (most-1)*float64(i)/float64(curveSteps-1)
				line.Points = append(line.Points, n, law.at(n))
			}
		}
		if len(band.Points) > 0 {
			plot.Lines = append(plot.Lines, band)
		}
		plot.Lines = append(plot.Lines, line)
		switch {
		case law.queues():
			full := law.Queueing.Full
			plot.Marks = append(plot.Marks, Mark{"x", "full", "muted", full.Value, full.Low, full.High})
		case law.Predictor != byNeighbours && law.Peak > 1 && law.Peak <= most:
			plot.Marks = append(plot.Marks, Mark{"x", "peak", "muted", law.Peak, law.Peak, law.Peak})
		}
	}
	plot.Lines = append(plot.Lines, fitted)
	if len(held.Points) > 0 {
		plot.Lines = append(plot.Lines, held)
	}
	return plot, true
}

// curveSteps is how many points a fitted curve is drawn with.
const curveSteps = 60

// Predictors beside the Universal Scalability Law.
const (
	byQueueing   = "queueing"
	byNeighbours = "neighbours"
)

// queues tells whether the queueing law predicts.
func (l *planLaw) queues() bool { return l != nil && l.Predictor == byQueueing && l.Queueing != nil }

// name is what predicts.
func (l *planLaw) name() string {
	switch {
	case l.queues():
		return "queueing law"
	case l != nil && l.Predictor == byNeighbours:
		return "line between neighbours"
	}
	return "Universal Scalability Law"
}

// at is the predicting law's throughput with n requests in flight.
func (l *planLaw) at(n float64) float64 {
	if l.queues() {
		q := l.Queueing
		return queueing.Model{Alone: q.AloneNs.Value / 1e9, Capacity: q.CapacityPerS.Value, Sharpness: q.Sharpness}.Throughput(n)
	}
	return usl.Model{Lambda: l.Lambda.Value, Sigma: l.Sigma.Value, Kappa: l.Kappa.Value}.Throughput(n)
}

func (p *planDoc) lawTable() Table {
	l := p.Scalability
	row := func(name, meaning string, e planEstimate, format func(float64) string) []string {
		return []string{name, meaning, format(e.Value), format(e.Low) + " to " + format(e.High)}
	}
	plain := func(v float64) string { return digits(v) }
	rows := [][]string{
		row("lambda", "throughput of one request in flight, per second", l.Lambda, plain),
		row("sigma", "contention: share of the work that runs one at a time", l.Sigma, func(v float64) string { return percent(v).String() }),
		row("kappa", "coherency: cost of clients slowing each other down, per pair", l.Kappa, func(v float64) string { return fmt.Sprintf("%.3g", v) }),
	}
	if q := l.Queueing; q != nil {
		rows = append(rows,
			row("R", "queueing: time of a request that is alone", q.AloneNs, func(v float64) string { return latency(v).String() }),
			row("C", "queueing: what the busiest resource can do, per second", q.CapacityPerS, plain),
			row("R C", "queueing: requests in flight from which on they wait for each other", q.Full, plain))
	}
	caption := fmt.Sprintf("Universal Scalability Law (R\u00b2 %.4f) and queueing; loads that were kept out, by the %s: throughput within %s, mean latency within %s",
		l.RSquared, l.name(), percent(l.ErrorPerS), percent(l.ErrorMean))
	return table(caption, []Column{{"", false}, {"Meaning", false}, {"Value", true}, {"95\u202f% confidence", true}}, rows, planFile)
}

// needs is what was asked to be provided for.
func (p *planDoc) needs() []Fact {
	n := p.Needs
	if n == nil {
		return nil
	}
	var items []Fact
	if n.Machines > 0 {
		items = append(items,
			Fact{"To carry", perSecond(n.Rate).String()},
			Fact{"Utilisation", fmt.Sprintf("%s of the lower end of the capacity", percent(n.Utilisation))},
			Fact{"Machines", grouped(int64(n.Machines)) + " such as this one"},
			Fact{"Headroom", percent(n.Headroom).String()},
			Fact{"Network", digits(n.NetworkBitsPerS/1e6) + " Mbit/s for each"})
	}
	if n.MemoryBytes > 0 {
		memory := size(n.MemoryBytes).String()
		if p.BytesPerKey != nil {
			memory += fmt.Sprintf(" (%s bytes a key)", digits(*p.BytesPerKey))
		}
		items = append(items, Fact{"Memory", memory})
	}
	if e := n.Ends; e != nil {
		when := "not within 20 years"
		if !e.At.IsZero() {
			when = e.At.UTC().Format("2 January 2006")
		}
		items = append(items, Fact{"Capacity ends", fmt.Sprintf("%s, growing %s-fold a year (%s)", when, digits(e.PerYear), e.Fit)})
	}
	return items
}

func (p *planDoc) loadTable() Table {
	var rows [][]string
	for _, l := range p.Loads {
		row := []string{grouped(int64(l.Concurrency)), perSecond(l.PerS).String(), latency(l.MeanNs).String(), "", ""}
		if l.PredictedPerS != nil {
			row[3] = perSecond(*l.PredictedPerS).String()
		}
		if l.PredictedMeanNs != nil {
			row[4] = latency(*l.PredictedMeanNs).String()
		}
		rows = append(rows, row)
	}
	return table("Closed loop, and what was predicted for loads that were kept out", []Column{{"In flight", true}, {"Throughput", true}, {"Mean response", true},
		{"Predicted throughput", true}, {"Predicted response", true}}, rows, planFile)
}

// stagesSection is the throughput-latency curve of a run in steps.
func (in *input) stagesSection(s Section) (Section, bool) {
	const stagesMin = 3
	if in.sum == nil || len(in.sum.Stages) < stagesMin {
		return s, false
	}
	s.Title = "Throughput and latency by stage"
	s.Lead = "Each stage of the load: what was asked for, what was answered, and how fast. Where throughput stops rising and latency takes off, the server is saturated."
	p50, p99 := XYLine{Label: "p50", Tone: "p1", Draw: "both"}, XYLine{Label: "p99", Tone: "p4", Draw: "both"}
	var rows [][]string
	for _, st := range in.sum.Stages {
		if st.Operations > 0 {
			p50.Points = append(p50.Points, st.ThroughputPerS, float64(st.ResponseNs.P50))
			p99.Points = append(p99.Points, st.ThroughputPerS, float64(st.ResponseNs.P99))
		}
		asked := "\u2013"
		if st.AskedPerS > 0 {
			asked = perSecond(st.AskedPerS).String()
		}
		rows = append(rows, []string{st.Label, asked, perSecond(st.ThroughputPerS).String(), latency(float64(st.ResponseNs.P50)).String(),
			latency(float64(st.ResponseNs.P99)).String(), grouped(st.Errors)})
	}
	plot := Plot{Title: "Response time over throughput", X: Axis{"answered per second", UnitPerS, false}, Y: Axis{"response time", UnitNs, true},
		Lines: []XYLine{p50, p99}, Marks: []Mark{}, Sources: []string{record.SlicesFile, record.LatencyFile}}
	if slo := float64(in.run.SLO.ResponseP99Ns); slo > 0 {
		plot.Marks = append(plot.Marks, Mark{"y", "service level", "p5", slo, slo, slo})
	}
	s.Blocks = []Block{Plots{"plots", []Plot{plot}}, table("Stages", []Column{{"Stage", false}, {"Asked", true}, {"Answered", true}, {"p50", true}, {"p99", true}, {"Errors", true}},
		rows, record.SlicesFile, record.LatencyFile)}
	return s, true
}

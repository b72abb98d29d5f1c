package file

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"redline/lab/workload"
)

// decoder reads one file.
type decoder struct {
	name   string
	places map[string]value // what Validate's field names refer to
	phased bool             // the file says what the rates are
	// timing is the short form of phases, and named the test: both are made into
	// phases when the whole file is read, as they depend on the loop.
	timing timing
	named  func() error
	open   func(name string) (*os.File, error)
}

// Read reads the workload file of the given path. Files that it names are looked
// up beside it.
func Read(path string) (workload.Spec, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return workload.Spec{}, fmt.Errorf("cannot read the workload: %w", err)
	}
	return decode(path, text, openBeside(path))
}

// Parse reads a workload file from memory; name stands for it in errors. It may
// not refer to other files.
func Parse(name string, text []byte) (workload.Spec, error) {
	return decode(name, text, func(other string) (*os.File, error) {
		return nil, fmt.Errorf("there are no files beside %s", name)
	})
}

// decode reads the text and checks the workload, but for what flags may still
// give: without phases, it has those of a default.
func decode(name string, text []byte, open func(string) (*os.File, error)) (workload.Spec, error) {
	d := &decoder{name: name, places: map[string]value{}, open: open}
	root, err := parse(name, text)
	if err != nil {
		return workload.Spec{}, err
	}
	s := workload.Spec{Loop: workload.Open, Connections: 50, ValueBytes: 64, Seed: 1,
		Keys: workload.Keys{Count: 100_000, Dist: workload.Dist{Kind: workload.Uniform}}}
	v := value{d: d, node: plain(root)}
	if err := v.mapping(d.watch(d.top(&s))); err != nil {
		return s, err
	}
	if err := d.finishPhases(&s); err != nil {
		return s, err
	}
	if len(s.Ops) == 0 {
		return s, v.fail(errors.New("the field operations is missing: say what is sent"))
	}
	if s.Values.Size.Kind == workload.FixedLaw { // one form for one thing
		s.ValueBytes, s.Values.Size = int(s.Values.Size.Value), workload.Law{}
	}
	checked := s.WithDefaults(1)
	if checked.Keys.Prefix == "" {
		checked.Keys.Prefix = "rl:0000:" // stands for the one that the run gets
	}
	if err := checked.Validate(); err != nil {
		return s, d.locate(v, err)
	}
	return s, nil
}

// watch notes where each field stands.
func (d *decoder) watch(known fields) fields {
	out := fields{}
	for name, read := range known {
		out[name] = func(v value) error {
			d.places[v.field] = v
			return read(v)
		}
	}
	return out
}

// locate gives an error of Validate its place.
func (d *decoder) locate(root value, err error) error {
	var f *workload.FieldError
	if !errors.As(err, &f) {
		return root.fail(err)
	}
	for field := f.Field; field != ""; {
		if v, ok := d.places[field]; ok {
			return v.fail(f.Err)
		}
		cut := max(strings.LastIndexAny(field, ".["), 0)
		field = field[:cut]
	}
	return root.fail(f.Err)
}

// Fields are the names of all fields of a file at its top, sorted.
func Fields() []string {
	return slices.Sorted(maps.Keys((&decoder{}).top(&workload.Spec{})))
}

func (d *decoder) top(s *workload.Spec) fields {
	t := &d.timing
	return fields{
		"name":        scalar(&s.Name, word),
		"loop":        scalar(&s.Loop, func(t string) (workload.Loop, error) { return workload.Loop(t), nil }),
		"arrivals":    scalar(&s.Arrivals, func(t string) (workload.Arrivals, error) { return workload.Arrivals(t), nil }),
		"connections": scalar(&s.Connections, integer[int]),
		"pipeline":    scalar(&s.Pipeline, integer[int]),
		"threads":     scalar(&s.Threads, integer[int]),
		"timeout":     scalar(&s.Timeout, workload.ParseDuration),
		"backlog":     scalar(&s.BacklogMax, integer[int]),
		"seed":        scalar(&s.Seed, func(t string) (uint64, error) { return strconv.ParseUint(t, 10, 64) }),
		"prefix":      scalar(&s.Keys.Prefix, asIs),
		"think":       scalar(&s.Think, law(workload.Time)),
		"session":     func(v value) error { return d.session(v, &s.Session) },
		"values":      func(v value) error { return d.values(v, &s.Values) },
		"keys":        func(v value) error { return d.keys(v, s) },
		"operations":  func(v value) error { return d.operations(v, s) },
		"phases":      func(v value) error { return d.phases(v, s) },
		"rate":        func(v value) error { return d.short(v, &t.rate, workload.ParseRate) },
		"test":        func(v value) error { return d.test(v, s) },
		"thresholds": func(v value) error {
			return d.thresholds(v, &s.Thresholds)
		},
		"stop":     func(v value) error { return d.stop(v, s) },
		"duration": func(v value) error { return d.short(v, &t.duration, seconds) },
		"warmup":   func(v value) error { t.warmed = true; return d.short(v, &t.warmup, seconds) },
	}
}

// timing is the short form of phases: a rate, a duration and a warm-up, in
// seconds.
type timing struct {
	rate, duration, warmup float64
	warmed                 bool
}

func seconds(text string) (float64, error) {
	d, err := workload.ParseDuration(text)
	return d.Seconds(), err
}

// short reads a field of the short form.
func (d *decoder) short(v value, into *float64, parse func(string) (float64, error)) error {
	if listed := d.places["phases"].field; listed == "phases" || d.named != nil {
		return v.fail(errTwice)
	}
	if err := scalar(into, parse)(v); err != nil {
		return err
	}
	if *into < 0 || *into == 0 && into != &d.timing.warmup {
		return v.failf("want more than 0")
	}
	d.phased = true
	if _, ok := d.places["phases"]; !ok {
		d.places["phases"] = v
	}
	return nil
}

var errTwice = errors.New("the file says what the rates are in another way as well: keep one of phases, test, and rate with duration and warmup")

// finishPhases makes the phases that the file does not list.
func (d *decoder) finishPhases(s *workload.Spec) error {
	if d.named != nil {
		return d.named()
	}
	if len(s.Phases) == 0 {
		warmup := -1.0
		if d.timing.warmed {
			warmup = d.timing.warmup
		}
		addDefaultPhases(s, d.timing.rate, d.timing.duration, warmup)
	}
	if s.Loop == workload.Closed {
		for i := range s.Phases {
			s.Phases[i].RateFrom, s.Phases[i].RateTo = 0, 0
		}
	}
	return nil
}

// Defaults of what a file does not say.
const (
	defaultRate     = 10_000
	defaultDuration = 30 * time.Second
	defaultWarmup   = 5 * time.Second
)

// addDefaultPhases gives s a warm-up and a measured phase. A rate and a duration
// of 0, and a negative warm-up, in seconds, are those of the default.
func addDefaultPhases(s *workload.Spec, rate, duration, warmup float64) {
	if rate == 0 {
		rate = defaultRate
	}
	long, warm := defaultDuration, defaultWarmup
	if duration > 0 {
		long = workload.WholeGrains(time.Duration(min(duration, 1e9) * 1e9))
	}
	if warmup >= 0 {
		warm = workload.WholeGrains(time.Duration(min(warmup, 1e9) * 1e9))
	}
	if warm > 0 {
		s.Phases = append(s.Phases, workload.Phase{Name: workload.PhaseWarmup, Duration: warm, RateFrom: rate, RateTo: rate})
	}
	s.Phases = append(s.Phases, workload.Phase{Name: workload.PhaseMeasure, Duration: long, RateFrom: rate, RateTo: rate})
}

func (d *decoder) session(v value, s *workload.Session) error {
	return v.mapping(d.watch(fields{
		"requests": scalar(&s.Requests, law(workload.Count)),
		"think":    scalar(&s.Think, law(workload.Time)),
	}))
}

// values reads a size, or fields.
func (d *decoder) values(v value, into *workload.Values) error {
	if !v.isMapping() {
		return scalar(&into.Size, law(workload.Bytes))(v)
	}
	return v.mapping(fields{
		"size":         scalar(&into.Size, law(workload.Bytes)),
		"per-key":      scalar(&into.PerKey, boolean),
		"compressible": scalar(&into.Compressible, workload.ParseShare),
	})
}

// keys reads one group or a list of them.
func (d *decoder) keys(v value, s *workload.Spec) error {
	first := func(v value) error {
		g := workload.Group{Count: s.Keys.Count, Dist: s.Keys.Dist}
		d.places["keys[0]"] = v
		err := d.group(v, &g)
		s.Keys = workload.Keys{Prefix: s.Keys.Prefix, Name: g.Name, Count: g.Count, Dist: g.Dist, Data: g.Data}
		return err
	}
	if !v.isList() {
		return first(v)
	}
	return v.list(func(i int, v value) error {
		d.places[v.field] = v
		if i == 0 {
			return first(v)
		}
		g := workload.Group{Count: 100_000, Dist: workload.Dist{Kind: workload.Uniform}}
		if err := d.group(v, &g); err != nil {
			return err
		}
		if g.Name == "" {
			return v.failf("a further group of keys needs a name, for {key:NAME}")
		}
		s.Groups = append(s.Groups, g)
		return nil
	})
}

func (d *decoder) group(v value, g *workload.Group) error {
	return v.mapping(fields{
		"name":          scalar(&g.Name, asIs),
		"count":         scalar(&g.Count, integer[int64]),
		"pattern":       scalar(&g.Data.Pattern, asIs),
		"distribution":  scalar(&g.Dist, workload.ParseDist),
		"type":          scalar(&g.Data.Type, func(t string) (workload.Type, error) { return workload.Type(t), nil }),
		"members":       scalar(&g.Data.Members, law(workload.Count)),
		"scores":        scalar(&g.Data.Scores, law(workload.Count)),
		"ttl":           scalar(&g.Data.TTL, law(workload.Time)),
		"digits":        scalar(&g.Data.Digits, integer[int]),
		"member-digits": scalar(&g.Data.MemberDigits, integer[int]),
		"preload": scalar(&g.Data.NoPreload, func(t string) (bool, error) {
			yes, err := boolean(t)
			return !yes, err
		}),
		"values": func(v value) error {
			g.Data.Values = &workload.Values{}
			return d.values(v, g.Data.Values)
		},
	})
}

func (d *decoder) thresholds(v value, into *[]workload.Threshold) error {
	*into = nil
	return v.list(func(_ int, v value) error {
		d.places[v.field] = v
		text, err := v.text()
		if err != nil {
			return err
		}
		t, err := workload.ParseThreshold(text)
		*into = append(*into, t)
		return err
	})
}

func (d *decoder) stop(v value, s *workload.Spec) error {
	s.Stop = &workload.StopRule{}
	return v.mapping(fields{
		"window":  scalar(&s.Stop.Window, workload.ParseDuration),
		"windows": scalar(&s.Stop.Windows, integer[int]),
	})
}

func asIs(text string) (string, error) { return text, nil }

// word reads a name that stands in file names and tables.
func word(text string) (string, error) {
	if text == "" || len(text) > 100 || strings.ContainsAny(text, "\r\n\t\x00") {
		return text, fmt.Errorf("%.100q: want a name of one line", text)
	}
	return text, nil
}

func boolean(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "yes", "on":
		return true, nil
	case "false", "no", "off":
		return false, nil
	}
	return false, fmt.Errorf("%.40q: want true or false", text)
}

// integer reads a whole number, with k, M or G after it or without.
func integer[T int | int64](text string) (T, error) {
	n, err := workload.ParseCount(text)
	if err != nil {
		return 0, err
	}
	if n != math.Trunc(n) || math.Abs(n) > 1<<53 {
		return 0, fmt.Errorf("%.40q: want a whole number", text)
	}
	return T(n), nil
}

func law(u workload.Unit) func(string) (workload.Law, error) {
	return func(text string) (workload.Law, error) { return workload.ParseLaw(text, u) }
}

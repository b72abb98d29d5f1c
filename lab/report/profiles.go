package report

import (
	"fmt"

	"github.com/google/pprof/profile"

	"redline/lab/analysis/flame"
)

// graphSpec is one flame graph: a sample type of a profile of the run directory.
type graphSpec struct {
	profile, sampleType, label, note string
	difference                       bool // NAME.before.pb.gz is subtracted where it exists
}

var graphSpecs = []graphSpec{
	{"cpu", "cpu", "CPU", "CPU time of the server while the profile ran.", false},
	{"perf", "cpu", "CPU with kernel (perf)", "CPU time of the server's process as Linux perf sampled it, the kernel's part included.", false},
	{"allocs", "alloc_space", "Allocated bytes", "Bytes allocated on the Go heap, whether freed since or not.", true},
	{"allocs", "alloc_objects", "Allocations", "Objects allocated on the Go heap.", true},
	{"heap", "inuse_space", "Heap", "Bytes in use on the Go heap when the profile was taken.", false},
	{"mutex", "delay", "Mutex", "Time that goroutines waited for mutexes, charged to the code that held them.", true},
	{"block", "delay", "Block", "Time that goroutines were blocked; idle readers are part of it.", true},
	{"goroutine", "goroutine", "Goroutines", "Goroutines by what they were doing at the end of the measured phase.", false},
}

// loadGraphs builds every flame graph that the run has a profile for.
func (in *input) loadGraphs() {
	damaged := map[string]bool{}
	for _, spec := range graphSpecs {
		g, ok, err := in.graph(spec)
		if err != nil && !damaged[spec.profile] {
			damaged[spec.profile] = true
			in.miss(spec.label+" profile", err)
		}
		if ok {
			in.graphs = append(in.graphs, g)
		}
	}
}

func profileSection(in *input) (Section, bool) {
	s := Section{ID: "profiles", Title: "Flame graphs"}
	s.Lead = "Each bar is a function, called by the one above it; its width is its share. Wide bars with nothing below do the work " +
		"themselves. Click a bar to zoom into it, search to see a function's share wherever it is called."
	s.Blocks = []Block{Flames{"flames", "", in.graphs}}
	return s, len(in.graphs) > 0
}

// graph builds one flame graph; false when the profile was not taken or is empty.
func (in *input) graph(spec graphSpec) (FlameGraph, bool, error) {
	path, ok := in.dir.Profile(spec.profile)
	if !ok {
		return FlameGraph{}, false, nil
	}
	p, err := flame.Read(path)
	if err != nil {
		return FlameGraph{}, false, err
	}
	name := "profiles/" + spec.profile + ".pb.gz"
	sources := []string{name}
	note := spec.note
	if beforePath, ok := in.dir.Profile(spec.profile + ".before"); ok && spec.difference {
		if p, err = difference(p, beforePath); err != nil {
			return FlameGraph{}, false, err
		}
		sources = append(sources, "profiles/"+spec.profile+".before.pb.gz")
		note += " What was there before the measured phase is subtracted."
	} else if spec.difference {
		note += " Since the start of the server."
	}
	if p.DurationNanos > 0 && spec.sampleType == "cpu" {
		note += fmt.Sprintf(" It covers %s.", seconds(p.DurationNanos))
	}
	t, err := flame.Build(p, spec.sampleType, flame.Options{})
	if err != nil {
		return FlameGraph{}, false, nil // no samples: nothing to draw, and nothing wrong
	}
	return flameGraph(spec.label, note, t, sources), true, nil
}

func difference(p *profile.Profile, beforePath string) (*profile.Profile, error) {
	before, err := flame.Read(beforePath)
	if err != nil {
		return nil, err
	}
	return flame.Diff(p, before)
}

func flameGraph(label, note string, t *flame.Tree, sources []string) FlameGraph {
	g := FlameGraph{Label: label, Note: note, Unit: flameUnit(t.Unit), Scale: 1, Names: t.Names, Where: t.Where, Depth: t.Depth, Name: t.Name, Value: t.Value,
		Before: []int64{}, After: []int64{}, Changed: []FlameChange{}, Sources: sources}
	g.Hot = make([]FlameHot, len(t.Hot))
	for i, h := range t.Hot {
		g.Hot[i] = FlameHot(h)
	}
	return g
}

// flameUnit is the page's name of a unit of pprof.
func flameUnit(unit string) Unit {
	switch unit {
	case "nanoseconds":
		return UnitNs
	case "bytes":
		return UnitBytes
	}
	return UnitCount
}

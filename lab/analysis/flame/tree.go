package flame

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// Tree is a call tree in pre-order. Frame i is a callee of the nearest earlier
// frame that is one less deep; frame 0 is the root and holds the total. Callees
// are sorted by value, largest first, then by name, so that the same profile
// always gives the same tree.
type Tree struct {
	Unit string // of the values, as pprof names it: nanoseconds, bytes, count

	// Functions: fully qualified names, and "package/file.go:12" with the line
	// that carries the most value, or "" where the profile does not say.
	Names []string
	Where []string

	// Frames, parallel.
	Depth []int
	Name  []int // index into Names
	Value []int64

	Hot []Hot // by own value, largest first
}

// Hot is the share of one function over the whole profile, however it was called.
type Hot struct {
	Name  int   // index into Names
	Self  int64 // value in the function itself
	Total int64 // with callees; recursion counts once
}

// Total is the value of the whole profile.
func (t *Tree) Total() int64 { return t.Value[0] }

// Options bounds the size of a tree. The zero value asks for the defaults.
type Options struct {
	MaxFrames int // default 3000: about 60 KB of JSON, and more than fit on a screen
	MaxHot    int // default 20
}

// smaller stands for callees that were left out to keep a tree small.
const smaller = "(smaller frames)"

// Build merges the stacks of one sample type ("cpu", "alloc_space", "delay",
// ...) into a tree. Frames too small for opts.MaxFrames are summed up in frames
// named "(smaller frames)". It fails when the profile has no such sample type or
// no samples with a value.
func Build(p *profile.Profile, sampleType string, opts Options) (*Tree, error) {
	b, unit, err := grow(p, sampleType)
	if err != nil {
		return nil, err
	}
	return b.tree(unit, opts.withDefaults()), nil
}

func (o Options) withDefaults() Options {
	if o.MaxFrames <= 0 {
		o.MaxFrames = 3000
	}
	if o.MaxHot <= 0 {
		o.MaxHot = 20
	}
	return o
}

// ErrEmpty says that a profile was taken and nothing happened that it samples.
var ErrEmpty = errors.New("profile holds no samples")

// grow merges the stacks of one sample type. With ErrEmpty the builder is empty.
func grow(p *profile.Profile, sampleType string) (b *builder, unit string, err error) {
	value := slices.IndexFunc(p.SampleType, func(t *profile.ValueType) bool { return t.Type == sampleType })
	if value < 0 {
		return nil, "", fmt.Errorf("profile has no sample type %q", sampleType)
	}
	b = newBuilder()
	for _, s := range p.Sample {
		if v := s.Value[value]; v > 0 {
			b.add(s, v)
		}
	}
	if b.root.value == 0 {
		return b, p.SampleType[value].Unit, fmt.Errorf("%w of %s", ErrEmpty, sampleType)
	}
	return b, p.SampleType[value].Unit, nil
}

// node is a frame while the tree grows.
type node struct {
	fn       int
	value    int64
	children map[int]*node
}

type function struct {
	name        string
	file        string
	self, total int64
	lines       map[int64]int64 // value by line, callees included
	seen        int             // number of the last sample that held it
}

type builder struct {
	root    *node
	fns     []*function
	index   map[string]int
	nodes   int
	samples int
}

func newBuilder() *builder {
	b := &builder{index: map[string]int{}, nodes: 1}
	b.root = &node{fn: b.function("all", "")}
	return b
}

func (b *builder) function(name, file string) int {
	i, ok := b.index[name]
	if !ok {
		i = len(b.fns)
		b.index[name] = i
		b.fns = append(b.fns, &function{name: name, file: file, lines: map[int64]int64{}})
	}
	return i
}

// add walks a stack from its outermost frame inward. Locations and the inlined
// lines within one are stored innermost first.
func (b *builder) add(s *profile.Sample, v int64) {
	b.samples++
	at := b.root
	at.value += v
	for i := len(s.Location) - 1; i >= 0; i-- {
		loc := s.Location[i]
		if len(loc.Line) == 0 {
			at = b.enter(at, fmt.Sprintf("0x%x", loc.Address), "", 0, v)
			continue
		}
		for j := len(loc.Line) - 1; j >= 0; j-- {
			name, file := "(unknown)", ""
			if f := loc.Line[j].Function; f != nil {
				name, file = f.Name, f.Filename
			}
			at = b.enter(at, name, file, loc.Line[j].Line, v)
		}
	}
	b.fns[at.fn].self += v
}

func (b *builder) enter(at *node, name, file string, line, v int64) *node {
	i := b.function(name, file)
	f := b.fns[i]
	f.lines[line] += v
	if f.seen != b.samples {
		f.seen = b.samples
		f.total += v
	}
	child := at.children[i]
	if child == nil {
		if at.children == nil {
			at.children = map[int]*node{}
		}
		child = &node{fn: i}
		at.children[i] = child
		b.nodes++
	}
	child.value += v
	return child
}

func (b *builder) tree(unit string, opts Options) *Tree {
	t := &Tree{Unit: unit}
	b.function(smaller, "")
	w := writer{b: b, t: t, least: b.threshold(opts.MaxFrames), index: map[int]int{}}
	w.frame(b.root, 0)
	w.hot(opts.MaxHot)
	return t
}

// threshold is the smallest value a frame must have so that about limit are kept.
func (b *builder) threshold(limit int) int64 {
	if b.nodes <= limit {
		return 0
	}
	values := make([]int64, 0, b.nodes)
	var walk func(n *node)
	walk = func(n *node) {
		values = append(values, n.value)
		for _, c := range n.children {
			walk(c)
		}
	}
	walk(b.root)
	slices.SortFunc(values, func(x, y int64) int { return cmp.Compare(y, x) })
	return values[limit] + 1 // equal values go together, so that the choice does not depend on order
}

// writer lays the nodes out as a Tree, numbering functions as they appear.
type writer struct {
	b     *builder
	t     *Tree
	least int64
	index map[int]int // function of the builder -> name of the tree
}

func (w *writer) name(fn int) int {
	i, ok := w.index[fn]
	if !ok {
		i = len(w.t.Names)
		w.index[fn] = i
		f := w.b.fns[fn]
		w.t.Names = append(w.t.Names, f.name)
		w.t.Where = append(w.t.Where, f.where())
	}
	return i
}

func (w *writer) emit(fn, depth int, value int64) {
	w.t.Name = append(w.t.Name, w.name(fn))
	w.t.Depth = append(w.t.Depth, depth)
	w.t.Value = append(w.t.Value, value)
}

func (w *writer) frame(n *node, depth int) {
	w.emit(n.fn, depth, n.value)
	children := make([]*node, 0, len(n.children))
	var rest int64
	for _, c := range n.children {
		if c.value < w.least {
			rest += c.value
		} else {
			children = append(children, c)
		}
	}
	slices.SortFunc(children, func(x, y *node) int {
		return cmp.Or(cmp.Compare(y.value, x.value), strings.Compare(w.b.fns[x.fn].name, w.b.fns[y.fn].name))
	})
	for _, c := range children {
		w.frame(c, depth+1)
	}
	if rest > 0 {
		w.emit(w.b.index[smaller], depth+1, rest)
	}
}

func (w *writer) hot(limit int) {
	fns := make([]int, 0, len(w.b.fns))
	for i, f := range w.b.fns {
		if f.self > 0 {
			fns = append(fns, i)
		}
	}
	slices.SortFunc(fns, func(x, y int) int {
		a, b := w.b.fns[x], w.b.fns[y]
		return cmp.Or(cmp.Compare(b.self, a.self), cmp.Compare(b.total, a.total), strings.Compare(a.name, b.name))
	})
	for _, i := range fns[:min(limit, len(fns))] {
		f := w.b.fns[i]
		w.t.Hot = append(w.t.Hot, Hot{Name: w.name(i), Self: f.self, Total: f.total})
	}
}

// where names the file within its package and the line with the most value, the
// lower one of equals. The directory a program was built in is left out: it says
// nothing and differs between machines.
func (f *function) where() string {
	if f.file == "" {
		return ""
	}
	file := f.file[strings.LastIndexByte(f.file, '/')+1:]
	if pkg := packageOf(f.name); pkg != "" {
		file = pkg + "/" + file
	}
	line, most := int64(0), int64(-1)
	for l, v := range f.lines {
		if v > most || v == most && l < line {
			line, most = l, v
		}
	}
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}

// packageOf cuts the import path off a function's name, "" for names without one.
func packageOf(name string) string {
	end := len(name)
	if i := strings.IndexAny(name, "([{<"); i >= 0 {
		end = i
	}
	slash := strings.LastIndexByte(name[:end], '/') + 1
	if dot := strings.IndexByte(name[slash:end], '.'); dot >= 0 {
		return name[:slash+dot]
	}
	return ""
}

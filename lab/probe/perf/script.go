package perf

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/google/pprof/profile"
)

const (
	maxLineBytes  = 1 << 20 // names of C++ templates are long, but not that long
	maxFrames     = 512     // of one sample; perf itself stops at 127
	maxSamples    = 4 << 20
	periodMostNs  = 1e12 // no sample stands for more: their sum stays within 64 bits
	unknownSymbol = "[unknown]"
)

// scriptFields are what `perf script -F` must be asked for.
const scriptFields = "comm,pid,tid,time,period,event,ip,sym,dso"

// Parse reads the output of `perf script` with scriptFields: for each sample a
// line "COMM PID/TID TIME: PERIOD EVENT:", a line "IP SYMBOL (DSO)" for each
// frame, innermost first, and an empty line.
//
// The profile has the values samples/count and cpu/nanoseconds; the latter is
// the sum of the periods, which are nanoseconds for the events cpu-clock and
// task-clock, and 0 for others. Samples carry the name of their thread as label
// thread. Functions without a symbol are named after the file they are in, as
// [FILE]. File names of sources are those of the mapped files: perf reads line
// numbers too slowly.
func Parse(r io.Reader) (*profile.Profile, error) {
	b := newBuilder()
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 64<<10), maxLineBytes)
	var s sample
	open := false
	for n := 1; sc.Scan(); n++ {
		line := sc.Text()
		text := strings.TrimSpace(line)
		switch {
		case text == "":
			if open {
				b.add(&s)
			}
			open = false
		case strings.HasPrefix(text, "#"):
		case line[0] == ' ' || line[0] == '\t':
			f, ok := parseFrame(text)
			if open && ok {
				if len(s.frames) < maxFrames {
					s.frames = append(s.frames, f)
				}
				continue
			}
			// The name of a thread may begin with a blank.
			fallthrough
		default:
			if open {
				b.add(&s)
			}
			head, ok := parseHead(text)
			if !ok {
				return nil, fmt.Errorf("perf script line %d is no sample: %.60q", n, text)
			}
			s, open = sample{head: head, frames: s.frames[:0]}, true
		}
		if len(b.p.Sample) > maxSamples {
			return nil, fmt.Errorf("perf script has more than %d different stacks", maxSamples)
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("perf script: %w", err)
	}
	if open {
		b.add(&s)
	}
	if len(b.p.Sample) == 0 {
		return nil, ErrNoSamples
	}
	return b.p, nil
}

// ErrNoSamples says that the process did not run while it was profiled.
var ErrNoSamples = errors.New("perf has seen the process on no CPU")

// sample is one sample as it is read; frames are reused.
type sample struct {
	head
	frames []frame
}

type head struct {
	thread   string
	periodNs int64 // 0 where the period is no time
}

// frame is a function, or what is known of it.
type frame struct {
	symbol string
	dso    string // the mapped file; empty when unknown
}

// parseHead reads "redis-server 26570/26570 23841.779779: 2004008 cpu-clock:pppH:". The name of the thread may contain
// anything, so the line is read from its end.
func parseHead(line string) (h head, ok bool) {
	rest, event, ok := cutLast(line)
	if !ok || !strings.HasSuffix(event, ":") {
		return h, false
	}
	rest, period, ok := cutLast(rest)
	if !ok {
		return h, false
	}
	n, err := strconv.ParseInt(period, 10, 64)
	if err != nil || n < 0 {
		return h, false
	}
	rest, at, ok := cutLast(rest)
	if !ok || !strings.HasSuffix(at, ":") {
		return h, false
	}
	thread, ids, ok := cutLast(rest)
	if !ok {
		return h, false
	}
	pid, tid, ok := strings.Cut(ids, "/")
	if !ok || !decimal(pid) || !decimal(tid) {
		return h, false
	}
	h.thread = thread
	if isClock(event) {
		h.periodNs = min(n, periodMostNs)
	}
	return h, true
}

// isClock tells whether the periods of an event are times: cpu-clock:, or with modifiers cpu-clock:pppH:.
func isClock(event string) bool {
	return strings.HasPrefix(event, "cpu-clock:") || strings.HasPrefix(event, "task-clock:")
}

// cutLast cuts off the last word.
func cutLast(s string) (before, word string, ok bool) {
	s = strings.TrimRight(s, " \t")
	i := strings.LastIndexAny(s, " \t")
	if i < 0 {
		return "", s, false
	}
	return strings.TrimRight(s[:i], " \t"), s[i+1:], true
}

func decimal(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return err == nil
}

// parseFrame reads "ffffffff81e2bc3b sock_recvmsg ([kernel.kallsyms])". Symbols may contain blanks and parentheses, as
// those of C++ and Go do.
func parseFrame(line string) (f frame, ok bool) {
	ip, rest, ok := strings.Cut(line, " ")
	if !ok {
		return f, false
	}
	if _, err := strconv.ParseUint(ip, 16, 64); err != nil {
		return f, false
	}
	rest = strings.TrimSpace(rest)
	inner, ok := strings.CutSuffix(rest, ")")
	if !ok {
		return f, false
	}
	inner = strings.TrimSuffix(inner, " (deleted)") // the file of a running process that was replaced
	i := strings.LastIndex(inner, "(")
	if i < 0 {
		return f, false
	}
	f.symbol, f.dso = strings.TrimSpace(inner[:i]), strings.TrimSpace(inner[i+1:])
	if f.dso == unknownSymbol {
		f.dso = ""
	}
	if f.symbol == "" || f.symbol == unknownSymbol {
		f.symbol = ""
	}
	return f, true
}

// name is that of the function in the profile.
func (f frame) name() string {
	switch {
	case f.symbol != "":
		return f.symbol
	case f.dso == "":
		return unknownSymbol
	case strings.HasPrefix(f.dso, "["): // such as [vdso]
		return f.dso
	}
	return "[" + filepath.Base(f.dso) + "]"
}

// builder gathers samples of the same stack and thread.
type builder struct {
	p         *profile.Profile
	mappings  map[string]*profile.Mapping
	locations map[frame]*profile.Location
	samples   map[string]*profile.Sample
	key       []byte
	stack     []*profile.Location
}

func newBuilder() *builder {
	return &builder{
		p: &profile.Profile{SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
			DefaultSampleType: "cpu", PeriodType: &profile.ValueType{Type: "cpu", Unit: "nanoseconds"}},
		mappings: map[string]*profile.Mapping{}, locations: map[frame]*profile.Location{}, samples: map[string]*profile.Sample{},
	}
}

// add takes a sample. Frames at its outer end that are in no file are what perf took for return addresses in functions
// without frame pointers: they are left out.
func (b *builder) add(s *sample) {
	frames := s.frames
	for len(frames) > 0 && frames[len(frames)-1] == (frame{}) {
		frames = frames[:len(frames)-1]
	}
	if len(frames) == 0 {
		frames = []frame{{}}
	}
	if s.periodNs > 0 && b.p.Period == 0 {
		b.p.Period = s.periodNs
	}
	b.key, b.stack = b.key[:0], b.stack[:0]
	for _, f := range frames {
		loc := b.location(f)
		b.stack = append(b.stack, loc)
		b.key = append(strconv.AppendUint(b.key, loc.ID, 36), ' ')
	}
	b.key = append(b.key, s.thread...)
	known := b.samples[string(b.key)]
	if known == nil {
		known = &profile.Sample{Location: append([]*profile.Location(nil), b.stack...), Value: make([]int64, 2)}
		if s.thread != "" {
			known.Label = map[string][]string{"thread": {s.thread}}
		}
		b.samples[string(b.key)] = known
		b.p.Sample = append(b.p.Sample, known)
	}
	known.Value[0]++
	known.Value[1] += s.periodNs
}

func (b *builder) location(f frame) *profile.Location {
	if loc, ok := b.locations[f]; ok {
		return loc
	}
	fn := &profile.Function{ID: uint64(len(b.p.Function) + 1), Name: f.name(), SystemName: f.name(), Filename: f.dso}
	b.p.Function = append(b.p.Function, fn)
	loc := &profile.Location{ID: uint64(len(b.p.Location) + 1), Mapping: b.mapping(f.dso), Line: []profile.Line{{Function: fn}}}
	b.p.Location = append(b.p.Location, loc)
	b.locations[f] = loc
	return loc
}

// mapping is one a file. The addresses are not known and not needed: the symbols are there.
func (b *builder) mapping(dso string) *profile.Mapping {
	if dso == "" {
		return nil
	}
	m, ok := b.mappings[dso]
	if !ok {
		m = &profile.Mapping{ID: uint64(len(b.p.Mapping) + 1), File: dso, HasFunctions: true}
		b.mappings[dso] = m
		b.p.Mapping = append(b.p.Mapping, m)
	}
	return m
}

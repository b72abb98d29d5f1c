package findings

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// stacks is one profile: how much of a value each stack holds.
type stacks struct {
	all     []stack
	total   float64
	samples float64 // how many observations the total rests on, where the profile says
}

// stack is one call stack, innermost frame first.
type stack struct {
	value, count float64
	frames       []frame
}

type frame struct {
	function, file string
	line           int
}

// stacksOf reads the stacks of one sample type; nil when there are none.
func stacksOf(p *profile.Profile, value string) *stacks {
	i := slices.IndexFunc(p.SampleType, func(t *profile.ValueType) bool { return t.Type == value })
	if i < 0 {
		return nil
	}
	out := &stacks{}
	for _, s := range p.Sample {
		if s.Value[i] <= 0 {
			continue
		}
		k := stack{value: float64(s.Value[i]), count: float64(s.Value[0])}
		for _, loc := range s.Location {
			for _, line := range loc.Line {
				if f := line.Function; f != nil {
					k.frames = append(k.frames, frame{f.Name, shortFile(f.Name, f.Filename), int(line.Line)})
				}
			}
		}
		if k.has(probing) {
			continue
		}
		out.all = append(out.all, k)
		out.total += k.value
		out.samples += k.count
	}
	if out.total == 0 {
		return nil
	}
	return out
}

// shortFile names a file within its package, as flame graphs do: the directory a
// program was built in says nothing and differs between machines.
func shortFile(function, file string) string {
	if file == "" || file[0] == '[' { // perf names the kernel and stripped objects so
		return ""
	}
	base := file[strings.LastIndexByte(file, '/')+1:]
	if !strings.Contains(base, ".") { // the program itself, where its lines are not known
		return ""
	}
	end := len(function)
	if i := strings.IndexAny(function, "([{<"); i >= 0 {
		end = i
	}
	slash := strings.LastIndexByte(function[:end], '/') + 1
	if dot := strings.IndexByte(function[slash:end], '.'); dot >= 0 {
		return function[:slash+dot] + "/" + base
	}
	return base
}

// machinery are functions that carry out what the program asked for: the one at
// fault is the nearest caller that is none of them.
var machinery = regexp.MustCompile(`^(runtime|sync|syscall|internal|time|bytes|strings|strconv|bufio|fmt|io|errors|slices|maps|sort|hash|encoding|reflect|unsafe|os|net|container)([./]|$)` +
	`|^(compress|context|crypto|log|math|mime|path|text|html)([./]|$)|^(type:|go:|\[|_|0x)`)

// probing are functions that carry out the probes of the lab: what they cost is not
// the program's.
var probing = regexp.MustCompile(`^(runtime/pprof|net/http/pprof|runtime/trace|github\.com/prometheus/client_golang/.*)\.`)

// culprit is the innermost frame that belongs to the program itself rather than
// to the runtime or the standard library; ok is false when there is none.
func (k *stack) culprit() (frame, bool) {
	for _, f := range k.frames {
		if !machinery.MatchString(f.function) {
			return f, true
		}
	}
	return frame{}, false
}

// has tells whether a frame's function satisfies match.
func (k *stack) has(match *regexp.Regexp) bool {
	return slices.ContainsFunc(k.frames, func(f frame) bool { return match.MatchString(f.function) })
}

// outermost is the frame with the most value among those that match and are called
// by one that does not: where the program enters what match is about.
func (s *stacks) outermost(match *regexp.Regexp) (at frame, ok bool) {
	sums, most := map[string]float64{}, 0.0
	for i := range s.all {
		k := &s.all[i]
		for j := len(k.frames) - 1; j >= 0; j-- {
			f := k.frames[j]
			if !match.MatchString(f.function) {
				continue
			}
			if sums[f.function] += k.value; sums[f.function] > most {
				at, most, ok = f, sums[f.function], true
			}
			break
		}
	}
	return at, ok
}

// site is what stacks blame one function for.
type site struct {
	frame
	value, count float64
}

// sites sums the stacks that keep accepts by culprit, the largest first.
func (s *stacks) sites(keep func(*stack) bool) []site {
	if s == nil {
		return nil
	}
	at := map[string]int{}
	lines := map[frame]float64{}
	var out []site
	for i := range s.all {
		k := &s.all[i]
		f, ok := k.culprit()
		if !ok || keep != nil && !keep(k) {
			continue
		}
		j, known := at[f.function]
		if !known {
			j = len(out)
			at[f.function] = j
			out = append(out, site{frame: f})
		}
		out[j].value += k.value
		out[j].count += k.count
		lines[f] += k.value
		if lines[f] > lines[out[j].frame] {
			out[j].frame = f
		}
	}
	slices.SortStableFunc(out, func(a, b site) int {
		switch {
		case a.value > b.value:
			return -1
		case a.value < b.value:
			return 1
		}
		return strings.Compare(a.function, b.function)
	})
	return out
}

// share is the share of the total that lies in stacks which keep accepts; 0 of no
// profile.
func (s *stacks) share(keep func(*stack) bool) float64 {
	if s == nil {
		return 0
	}
	sum := 0.0
	for i := range s.all {
		if keep(&s.all[i]) {
			sum += s.all[i].value
		}
	}
	return sum / s.total
}

// leastSamples is how many samples a CPU profile must hold for its shares to be
// quoted at all: a third of a second of one processor.
const leastSamples = 30

// sure tells whether a share of n samples is more than least beyond the chance of
// sampling: by the lower end of Wilson's interval at two standard errors, which holds
// for few samples as well. One in forty shares passes by luck that is just below.
func sure(share, n, least float64) bool {
	const z = 2.0
	if n < leastSamples {
		return false
	}
	share = min(share, 1)
	low := (share + z*z/(2*n) - z*math.Sqrt(share*(1-share)/n+z*z/(4*n*n))) / (1 + z*z/n)
	return low >= least
}

package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Param is a parameter of a scenario.
type Param struct {
	Name    string
	Kind    ParamKind
	Default string
	Help    string
}

// ParamKind says how the text of a parameter is read.
type ParamKind string

// Kinds of parameters. Lists are separated by commas; numbers may carry k or m
// for thousands and millions, sizes KB, MB and GB for powers of 1,024.
const (
	Count    ParamKind = "count"
	Counts   ParamKind = "counts"
	Sizes    ParamKind = "sizes"
	Duration ParamKind = "duration"
)

// maxCount bounds every number, maxBytes every size: far above what one machine can do.
const (
	maxCount = 1_000_000_000
	maxBytes = 16 << 30
)

func (p *Param) check() error {
	bad := func(want string) error {
		return fmt.Errorf("parameter %s is %q: want %s", p.Name, p.Default, want)
	}
	switch p.Kind {
	case Duration:
		d, err := time.ParseDuration(p.Default)
		if err != nil || d < 100*time.Millisecond || d > 365*24*time.Hour {
			return bad("a duration such as 30s, at least 100ms")
		}
	case Count:
		if n, ok := number(p.Default); !ok || n < 1 {
			return bad("a number above 0, such as 500 or 10k")
		}
	case Counts:
		if _, ok := list(p.Default, number); !ok {
			return bad("numbers above 0, such as 150,1k,10k")
		}
	case Sizes:
		if _, ok := list(p.Default, size); !ok {
			return bad("sizes such as 100KB,1MB")
		}
	default:
		panic("scenario: parameter " + p.Name + " is of no kind")
	}
	return nil
}

// get returns a parameter, which the scenario must have.
func (p params) get(name string, kinds ...ParamKind) Param {
	v, ok := p[name]
	for _, k := range kinds {
		if ok && v.Kind == k {
			return v
		}
	}
	panic("scenario: no such parameter: " + name)
}

func (p params) count(name string) int64 {
	n, _ := number(p.get(name, Count).Default)
	return n
}

func (p params) counts(name string) []int64 {
	v, _ := list(p.get(name, Counts).Default, number)
	return v
}

func (p params) sizes(name string) []int64 {
	v, _ := list(p.get(name, Sizes).Default, size)
	return v
}

func (p params) duration(name string) time.Duration {
	d, _ := time.ParseDuration(p.get(name, Duration).Default)
	return d
}

func list(text string, read func(string) (int64, bool)) ([]int64, bool) {
	var out []int64
	for _, part := range strings.Split(text, ",") {
		n, ok := read(strings.TrimSpace(part))
		if !ok || n < 1 {
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}

// number reads 500, 10k or 1m.
func number(text string) (int64, bool) {
	return suffixed(strings.ToLower(text), map[string]int64{"k": 1000, "m": 1_000_000}, maxCount)
}

// size reads 64, 100KB, 1MB or 1GB.
func size(text string) (int64, bool) {
	return suffixed(strings.ToLower(text), map[string]int64{"kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30}, maxBytes)
}

func suffixed(text string, units map[string]int64, most int64) (int64, bool) {
	factor := int64(1)
	for unit, f := range units {
		if rest, ok := strings.CutSuffix(text, unit); ok {
			text, factor = rest, f
			break
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > most/factor {
		return 0, false
	}
	return n * factor, true
}

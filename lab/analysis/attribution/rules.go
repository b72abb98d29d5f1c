package attribution

import (
	"errors"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// A rule gives functions to a part. The name is a function's full name, or its beginning when it ends with an asterisk; the
// longest that matches holds.
type rule struct {
	name   string
	part   string
	family string
}

// Marks that stand in place of a part.
const (
	// through: a helper of whoever calls it, such as copying memory. A function that no rule knows is one as well.
	through = ""
	// data: work on the data by order of a command; the family is that of the nearest caller that has one.
	data = "(data)"
	// A part that is only likely, because the function serves several: its callers within the runtime and the kernel may
	// say better.
	likely = "likely "
)

// Families of rows that are not those of commands.
const (
	// FamilyDispatch is finding the command, checking whether it may run, locating its keys and counting it.
	FamilyDispatch = "dispatch"
	// FamilyKeyspace is work on keys for commands of families that the stack does not tell.
	FamilyKeyspace = "keyspace"
	// FamilyHousekeeping (of part other) is what a server does by itself.
	FamilyHousekeeping = "housekeeping"
	// FamilyHTTP (of part other) is being observed: metrics, profiles, health.
	FamilyHTTP = "http"
)

// book is all rules, ready to be asked.
type book struct {
	exact    map[string]rule
	prefixes []rule // longest first, names without asterisk
}

func newBook(tables ...[]rule) *book {
	b := &book{exact: map[string]rule{}}
	for _, table := range tables {
		for _, r := range table {
			if prefix, ok := strings.CutSuffix(r.name, "*"); ok {
				r.name = prefix
				b.prefixes = append(b.prefixes, r)
			} else {
				b.exact[r.name] = r
			}
		}
	}
	slices.SortStableFunc(b.prefixes, func(x, y rule) int { return len(y.name) - len(x.name) })
	return b
}

// find returns the rule for a function.
func (b *book) find(name string) (rule, bool) {
	if r, ok := b.exact[name]; ok {
		return r, true
	}
	for _, r := range b.prefixes {
		if strings.HasPrefix(name, r.name) {
			return r, true
		}
	}
	return rule{}, false
}

// where is what a sample is given to.
type where struct{ part, family string }

// Reading is what a profile's samples were given to.
type Reading struct {
	spent map[where]int64
	total int64
}

// CPUNs returns the CPU time of a part in nanoseconds, over all families.
func (r *Reading) CPUNs(part string) (sum int64) {
	for w, ns := range r.spent {
		if w.part == part {
			sum += ns
		}
	}
	return sum
}

// Read attributes the samples of a CPU profile: of sample type cpu in nanoseconds, as Go's pprof and perf have it.
func Read(p *profile.Profile) (*Reading, error) {
	value := slices.IndexFunc(p.SampleType, func(t *profile.ValueType) bool { return t.Type == "cpu" && t.Unit == "nanoseconds" })
	if value < 0 {
		return nil, errors.New("the profile has no sample type cpu/nanoseconds: it is not a CPU profile")
	}
	r := &Reading{spent: map[where]int64{}}
	w := newWalker()
	for _, s := range p.Sample {
		if v := s.Value[value]; v > 0 {
			r.spent[w.sample(s)] += v
			r.total += v
		}
	}
	if r.total == 0 {
		return nil, errors.New("the CPU profile holds no samples: the server did next to nothing meanwhile")
	}
	return r, nil
}

// walker gives stacks to parts. It remembers what rules say of functions, as the same ones come again and again.
type walker struct {
	book  *book
	known map[string]rule
	names []string
}

func newWalker() *walker {
	return &walker{book: newBook(goRules, redlineRules, redisRules, redisFamilies, nativeRules, kernelRules), known: map[string]rule{}}
}

func (w *walker) rule(name string) rule {
	r, ok := w.known[name]
	if !ok {
		r, _ = w.book.find(plainName(name))
		w.known[name] = r
	}
	return r
}

// sample gives a sample to a part.
func (w *walker) sample(s *profile.Sample) where {
	w.names = w.names[:0]
	for _, loc := range s.Location {
		for _, line := range loc.Line { // inlined ones are stored innermost first
			if line.Function != nil {
				w.names = append(w.names, line.Function.Name)
			}
		}
	}
	return w.stack(w.names)
}

// stack gives a stack, leaf first, to a part.
func (w *walker) stack(names []string) where {
	guess := where{}
	for i, name := range names {
		r := w.rule(name)
		if guess.part != "" && !inRuntime(name) {
			return guess
		}
		switch {
		case r.part == through:
		case r.part == data:
			return w.family(names[i:])
		case strings.HasPrefix(r.part, likely):
			if guess.part == "" {
				guess = where{strings.TrimPrefix(r.part, likely), r.family}
			}
		default:
			return where{r.part, r.family}
		}
	}
	if guess.part != "" {
		return guess
	}
	if len(names) > 0 && strings.HasPrefix(names[0], "runtime.") {
		return where{part: Runtime}
	}
	return where{part: Other}
}

// family finds whom work on the data was done for: the nearest caller of a family, or who else sits above.
func (w *walker) family(names []string) where {
	for _, name := range names {
		r := w.rule(name)
		switch {
		case r.part == Command && r.family == FamilyDispatch, r.part == data, r.part == through, strings.HasPrefix(r.part, likely):
		case r.part == Command:
			return where{Command, r.family}
		case r.part == Expire || r.part == Evict || r.part == Log || r.part == Other:
			return where{r.part, r.family}
		}
	}
	return where{Command, FamilyKeyspace}
}

// inRuntime says whether a function belongs to the machinery below a program: Go's runtime, or the kernel and C, whose
// names have no package.
func inRuntime(name string) bool {
	for _, prefix := range []string{"runtime.", "sync.", "sync/", "internal/", "syscall."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return !strings.ContainsAny(name, "./")
}

// plainName removes what compilers and linkers add to a C function's name: "skip_cow.isra.0", "malloc@plt".
func plainName(name string) string {
	name, _, _ = strings.Cut(name, "@")
	for {
		i := strings.LastIndexByte(name, '.')
		if i <= 0 || strings.ContainsAny(name, "/*(") {
			return name
		}
		switch suffix := name[i+1:]; {
		case suffix == "isra" || suffix == "part" || suffix == "constprop" || suffix == "cold" || suffix == "lto_priv":
		case suffix != "" && strings.Trim(suffix, "0123456789") == "":
		default:
			return name
		}
		name = name[:i]
	}
}

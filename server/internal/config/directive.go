package config

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"redline/resp"
)

// Directive describes one setting. The tables are made with the constructors below and read by everything else.
type Directive struct {
	Name  string
	Alias string // the former name, shown by CONFIG GET as well

	kind  kind
	def   string // as CONFIG GET shows it; computed per process for a few (see dynamicDefault)
	apply func(v *Values, s setting)

	// inert is why the directive has no effect here; empty for one that has.
	inert string
	// refuse is why any value but the default is not accepted.
	refuse string

	fixed     bool // cannot be changed at run time, and naming it in CONFIG SET is an error
	settled   bool // cannot be changed at run time, but naming its present value in CONFIG SET is not an error
	hooked    bool // a change at run time needs a subsystem that carries it out
	multi     bool // takes several arguments
	secret    bool // the value is kept out of the slow log and MONITOR
	hidden    bool // shown only when asked for by its exact name
	protected bool // enable-protected-configs guards it
}

// setting is a directive's parsed value.
type setting struct {
	text string // canonical, as CONFIG GET shows it
	num  int64  // numbers; yes is 1; sizes above 2^63 are kept as 2^63-1
}

// source says where a value comes from.
type source struct {
	live  bool    // CONFIG SET, as opposed to a file or the command line
	first bool    // the first time that this load names the directive
	old   setting // the value in force
}

// kind is how a value is read and written.
type kind interface {
	// parse checks the arguments. The error text is the one that Redis gives.
	parse(args []string, from source) (setting, error)
	// lines returns the arguments as CONFIG REWRITE writes them, one string a line; none removes the directive.
	lines(s setting) []string
}

// userError is an error whose text goes to the user as it is.
type userError string

func (e userError) Error() string { return string(e) }

const errArgCount = userError("wrong number of arguments")

type boolKind struct{}

func (boolKind) parse(args []string, _ source) (setting, error) {
	switch {
	case strings.EqualFold(args[0], "yes"):
		return setting{"yes", 1}, nil
	case strings.EqualFold(args[0], "no"):
		return setting{"no", 0}, nil
	}
	return setting{}, userError("argument must be 'yes' or 'no'")
}

func (boolKind) lines(s setting) []string { return []string{s.text} }

// stringKind is any text. nullable: empty means "not set", and then CONFIG REWRITE drops the directive.
type stringKind struct {
	nullable bool
	check    func(s string) error
}

func (k stringKind) parse(args []string, _ source) (setting, error) {
	if k.check != nil {
		if err := k.check(args[0]); err != nil {
			return setting{}, err
		}
	}
	return setting{text: args[0]}, nil
}

func (k stringKind) lines(s setting) []string {
	if k.nullable && s.text == "" {
		return nil
	}
	return []string{quote(s.text)}
}

// enumKind is one of several words. ours are words that Redis does not know: the error, which lists what Redis lists, is
// silent about them. same maps further spellings to the canonical one.
type enumKind struct {
	words []string
	ours  []string
	same  map[string]string
}

func (k enumKind) parse(args []string, _ source) (setting, error) {
	if len(args) == 1 {
		word := strings.ToLower(args[0])
		if to, ok := k.same[word]; ok {
			return setting{text: to}, nil
		}
		for i, w := range k.words {
			if w == word {
				return setting{w, int64(i)}, nil
			}
		}
		if i := slices.Index(k.ours, word); i >= 0 {
			return setting{word, int64(len(k.words) + i)}, nil
		}
	}
	return setting{}, wordError(k.words)
}

func (k enumKind) lines(s setting) []string { return []string{s.text} }

func wordError(words []string) error {
	return userError("argument(s) must be one of the following: " + strings.Join(words, ", "))
}

// numberForm is how a number is written.
type numberForm uint8

const (
	plain      numberForm = iota
	memory                // 100mb
	percentage            // 100mb or 10%; a percentage is kept below zero
	octal
)

type numberKind struct {
	form     numberForm
	min, max int64
	unsigned bool // the upper bound is 2^64-1
	clamp    func(n int64) int64
}

func (k numberKind) parse(args []string, _ source) (setting, error) {
	n, huge, err := k.read(args[0])
	if err != nil {
		return setting{}, err
	}
	if k.form == percentage && n < 0 {
		if n < k.min {
			return setting{}, userError("percentage argument must be less or equal to " + strconv.FormatInt(-k.min, 10))
		}
		return setting{strconv.FormatInt(-n, 10) + "%", n}, nil
	}
	if k.unsigned {
		if huge != 0 {
			return setting{strconv.FormatUint(huge, 10), math.MaxInt64}, nil
		}
	} else if huge != 0 || n < k.min || n > k.max {
		base := 10
		if k.form == octal {
			base = 8
		}
		return setting{}, userError("argument must be between " + strconv.FormatInt(k.min, base) + " and " +
			strconv.FormatInt(k.max, base) + " inclusive")
	}
	if k.clamp != nil {
		n = k.clamp(n)
	}
	if k.form == octal {
		return setting{strconv.FormatInt(n, 8), n}, nil
	}
	return setting{strconv.FormatInt(n, 10), n}, nil
}

// read parses the text. huge is the value when it does not fit n.
func (k numberKind) read(text string) (n int64, huge uint64, err error) {
	switch k.form {
	case plain:
		if n, ok := resp.ParseInt([]byte(text)); ok {
			return n, 0, nil
		}
		return 0, 0, userError("argument couldn't be parsed into an integer")
	case octal:
		if n, err := strconv.ParseInt(text, 8, 64); err == nil {
			return n, 0, nil
		}
		return 0, 0, userError("argument couldn't be parsed as an octal number")
	}
	if u, ok := ParseMemory(text); ok {
		if u > math.MaxInt64 {
			return 0, u, nil
		}
		return int64(u), 0, nil
	}
	if k.form == percentage {
		if digits, ok := strings.CutSuffix(text, "%"); ok {
			if n, ok := resp.ParseInt([]byte(digits)); ok && n >= 0 {
				return -n, 0, nil
			}
		}
		return 0, 0, userError("argument must be a memory or percent value")
	}
	return 0, 0, userError("argument must be a memory value")
}

func (k numberKind) lines(s setting) []string {
	if (k.form == memory || k.form == percentage) && s.num > 0 && s.num < math.MaxInt64 {
		return []string{formatMemory(s.num)}
	}
	return []string{s.text}
}

// ParseMemory reads a size with Redis' units: 1k is 1000 bytes, 1kb 1024, and so on to gb. No unit, or b, means bytes.
// Unlike in Redis, what does not fit 64 bits is an error.
func ParseMemory(text string) (bytes uint64, ok bool) {
	i := 0
	for i < len(text) && '0' <= text[i] && text[i] <= '9' {
		i++
	}
	unit, known := memoryUnits[strings.ToLower(text[i:])]
	if !known {
		return 0, false
	}
	if i == 0 { // Redis takes an empty number for zero
		return 0, true
	}
	n, err := strconv.ParseUint(text[:i], 10, 64)
	if err != nil || n > math.MaxUint64/unit {
		return 0, false
	}
	return n * unit, true
}

var memoryUnits = map[string]uint64{
	"": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 1000 * 1000, "mb": 1 << 20, "g": 1000 * 1000 * 1000, "gb": 1 << 30,
}

// formatMemory writes a size with the largest unit that divides it.
func formatMemory(n int64) string {
	switch {
	case n%(1<<30) == 0:
		return strconv.FormatInt(n>>30, 10) + "gb"
	case n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + "mb"
	case n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + "kb"
	}
	return strconv.FormatInt(n, 10)
}

package config

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// saveKind is save: pairs of seconds and changes. In a file each line adds to those before.
type saveKind struct{}

func (saveKind) parse(args []string, from source) (setting, error) {
	var points []string
	if !from.live && !from.first {
		points = strings.Fields(from.old.text)
	}
	if len(args) == 1 && args[0] == "" {
		return setting{}, nil
	}
	if len(args)%2 != 0 {
		return setting{}, userError("Invalid save parameters")
	}
	for i, a := range args {
		n, err := strconv.ParseInt(a, 10, 64)
		if err != nil || i%2 == 0 && n < 1 || n < 0 {
			return setting{}, userError("Invalid save parameters")
		}
		points = append(points, strconv.FormatInt(n, 10))
	}
	return setting{text: strings.Join(points, " ")}, nil
}

func (saveKind) lines(s setting) []string {
	points := savePoints(s.text)
	if len(points) == 0 {
		return []string{`""`}
	}
	lines := make([]string, len(points))
	for i, p := range points {
		lines[i] = strconv.FormatInt(p.Seconds, 10) + " " + strconv.FormatInt(p.Changes, 10)
	}
	return lines
}

func savePoints(text string) []SavePoint {
	f := strings.Fields(text)
	points := make([]SavePoint, 0, len(f)/2)
	for i := 0; i+1 < len(f); i += 2 {
		seconds, _ := strconv.ParseInt(f[i], 10, 64)
		changes, _ := strconv.ParseInt(f[i+1], 10, 64)
		points = append(points, SavePoint{seconds, changes})
	}
	return points
}

// outputLimitKind is client-output-buffer-limit: class, hard limit, soft limit, seconds; classes that are not named keep
// theirs.
type outputLimitKind struct{}

var outputClasses = [3]string{ClassNormal: "normal", ClassReplica: "slave", ClassPubSub: "pubsub"}

func outputClass(name string) int {
	if strings.EqualFold(name, "replica") {
		return ClassReplica
	}
	for i, c := range outputClasses {
		if strings.EqualFold(name, c) {
			return i
		}
	}
	return -1
}

func (outputLimitKind) parse(args []string, from source) (setting, error) {
	if len(args)%4 != 0 {
		return setting{}, userError("Wrong number of arguments in buffer limit configuration.")
	}
	limits := outputLimits(from.old.text)
	for ; len(args) > 0; args = args[4:] {
		class := outputClass(args[0])
		if class < 0 {
			return setting{}, userError("Invalid client class specified in buffer limit configuration.")
		}
		hard, ok1 := ParseMemory(args[1])
		soft, ok2 := ParseMemory(args[2])
		seconds, err := strconv.ParseInt(args[3], 10, 32)
		if !ok1 || !ok2 || err != nil || seconds < 0 || int64(hard) < 0 || int64(soft) < 0 {
			return setting{}, userError("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
		}
		limits[class] = OutputLimit{int64(hard), int64(soft), int(seconds)}
	}
	var b []string
	for i, l := range limits {
		b = append(b, outputClasses[i], strconv.FormatInt(l.Hard, 10), strconv.FormatInt(l.Soft, 10), strconv.Itoa(l.SoftSeconds))
	}
	return setting{text: strings.Join(b, " ")}, nil
}

func (outputLimitKind) lines(s setting) (lines []string) {
	limits, std := outputLimits(s.text), outputLimits(outputLimitDefault)
	for i, l := range limits {
		if s.text == outputLimitDefault || l != std[i] {
			lines = append(lines, strings.Replace(outputClasses[i], "slave", "replica", 1)+" "+formatLimit(l.Hard)+" "+
				formatLimit(l.Soft)+" "+strconv.Itoa(l.SoftSeconds))
		}
	}
	return lines
}

func formatLimit(n int64) string {
	if n == 0 {
		return "0"
	}
	return formatMemory(n)
}

const outputLimitDefault = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"

// outputLimits reads the canonical form.
func outputLimits(text string) (limits [3]OutputLimit) {
	f := strings.Fields(text)
	for i := 0; i+3 < len(f); i += 4 {
		l := &limits[outputClass(f[i])]
		l.Hard, _ = strconv.ParseInt(f[i+1], 10, 64)
		l.Soft, _ = strconv.ParseInt(f[i+2], 10, 64)
		l.SoftSeconds, _ = strconv.Atoi(f[i+3])
	}
	return limits
}

// eventsKind is notify-keyspace-events: a set of letters, of which A stands for several.
type eventsKind struct{}

const (
	eventsA      = "g$lshzxetd" // what A stands for, in the order in which Redis shows them
	eventsOthers = "nKEm"
)

func (eventsKind) parse(args []string, _ source) (setting, error) {
	given := strings.ReplaceAll(args[0], "A", eventsA)
	if strings.Trim(given, eventsA+eventsOthers) != "" {
		return setting{}, userError("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
	}
	return setting{text: pickEvents(given)}, nil
}

// pickEvents brings letters into the order in which Redis shows them. Unlike in Redis the class of new keys is shown
// beside A as well, so that CONFIG REWRITE does not lose it.
func pickEvents(given string) string {
	var b []byte
	for _, c := range []byte(eventsA + eventsOthers) {
		if strings.IndexByte(given, c) >= 0 {
			b = append(b, c)
		}
	}
	return strings.Replace(string(b), eventsA, "A", 1)
}

func (eventsKind) lines(s setting) []string { return []string{quote(s.text)} }

// wordsKind is any number of words up to max; a single empty one means none.
type wordsKind struct {
	max     int
	tooMany string
}

func (k wordsKind) parse(args []string, _ source) (setting, error) {
	if len(args) > k.max {
		return setting{}, userError(k.tooMany)
	}
	return setting{text: strings.Join(args, " ")}, nil
}

func (wordsKind) lines(s setting) []string {
	if s.text == "" {
		return []string{`""`}
	}
	return []string{s.text}
}

// flagsKind is a set of words; def stands for the empty set.
type flagsKind struct {
	words    []string // the first one means "none of the others"
	conflict [2]string
	text     string // of the error for the conflict
}

func (k flagsKind) parse(args []string, _ source) (setting, error) {
	given := make(map[string]bool)
	for _, a := range args {
		given[strings.ToLower(a)] = true
	}
	var set []string
	known := 0
	for i, w := range k.words {
		if given[w] {
			known++
			if i > 0 {
				set = append(set, w)
			}
		}
	}
	if known != len(given) || known == 0 {
		return setting{}, wordError(k.words)
	}
	if given[k.conflict[0]] && given[k.conflict[1]] {
		return setting{}, userError(k.text)
	}
	if len(set) == 0 {
		set = k.words[:1]
	}
	return setting{text: strings.Join(set, " ")}, nil
}

func (flagsKind) lines(s setting) []string { return []string{s.text} }

// percentilesKind is latency-tracking-info-percentiles.
type percentilesKind struct{}

func (percentilesKind) parse(args []string, _ source) (setting, error) {
	if len(args) == 1 && args[0] == "" {
		return setting{}, nil
	}
	out := make([]string, len(args))
	for i, a := range args {
		p, err := strconv.ParseFloat(a, 64)
		if err != nil {
			return setting{}, userError("Invalid latency-tracking-info-percentiles parameters")
		}
		if !(p >= 0 && p <= 100) {
			return setting{}, userError("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
		}
		// Six digits at most, as Redis shows them.
		out[i] = strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(p, 'f', 6, 64), "0"), ".")
	}
	return setting{text: strings.Join(out, " ")}, nil
}

func (percentilesKind) lines(s setting) []string { return wordsKind{}.lines(s) }

func percentiles(text string) []float64 {
	f := strings.Fields(text)
	p := make([]float64, len(f))
	for i := range f {
		p[i], _ = strconv.ParseFloat(f[i], 64)
	}
	return p
}

// oomKind is oom-score-adj-values: three numbers.
type oomKind struct{}

func (oomKind) parse(args []string, _ source) (setting, error) {
	if len(args) != 3 {
		return setting{}, errArgCount
	}
	for _, a := range args {
		if n, err := strconv.Atoi(a); err != nil || n < -2000 || n > 2000 {
			return setting{}, userError("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")
		}
	}
	return setting{text: strings.Join(args, " ")}, nil
}

func (oomKind) lines(s setting) []string { return []string{s.text} }

// primaryKind is replicaof: host and port, or "no one".
type primaryKind struct{}

func (primaryKind) parse(args []string, _ source) (setting, error) {
	if len(args) != 2 {
		return setting{}, errArgCount
	}
	if strings.EqualFold(args[0], "no") && strings.EqualFold(args[1], "one") {
		return setting{}, nil
	}
	if n, err := strconv.Atoi(args[1]); err != nil || n < 0 || n > 65535 {
		return setting{}, userError("Invalid master port")
	}
	return setting{text: args[0] + " " + args[1]}, nil
}

func (primaryKind) lines(s setting) []string {
	if s.text == "" {
		return nil
	}
	return []string{s.text}
}

// dirKind is dir: an existing directory, kept as an absolute path. The process does not change its own directory: a
// library must not.
type dirKind struct{}

func (dirKind) parse(args []string, from source) (setting, error) {
	path := args[0]
	if !filepath.IsAbs(path) {
		path = filepath.Join(from.old.text, path)
	}
	st, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return setting{}, userError("No such file or directory")
	case err != nil:
		return setting{}, userError(err.Error())
	case !st.IsDir():
		return setting{}, userError("Not a directory")
	}
	return setting{text: filepath.Clean(path)}, nil
}

func (dirKind) lines(s setting) []string { return []string{quote(s.text)} }

// shardsKind is a power of two.
type shardsKind struct{}

const shardsMax = 256 // keyspace.ShardsMax: a set of shards is four words

func (shardsKind) parse(args []string, _ source) (setting, error) {
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 || n > shardsMax || n&(n-1) != 0 {
		return setting{}, userError("argument must be a power of two between 1 and 256")
	}
	return setting{strconv.Itoa(n), int64(n)}, nil
}

func (shardsKind) lines(s setting) []string { return []string{s.text} }

// fileName checks that a name is a plain file name. what is the directive's name in the error.
func fileName(what, noun string, mayBeEmpty bool) func(string) error {
	return func(s string) error {
		if s == "" && !mayBeEmpty {
			return userError(what + " can't be empty")
		}
		if s != "" && filepath.Base(s) != s || strings.ContainsAny(s, `/\`) {
			return userError(what + " can't be a path, just a " + noun)
		}
		return nil
	}
}

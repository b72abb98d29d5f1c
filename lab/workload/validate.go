package workload

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Bounds of what a Spec may ask for; each is far above what one machine can do
// and low enough that a typing error shows.
const (
	maxRatePerS        = 50e6
	maxConnections     = 100_000
	maxPipeline        = 10_000
	maxThreads         = 256
	maxKeys            = 10_000_000_000
	maxValueBytes      = 512 << 20 // the protocol's limit of a string
	maxPrefixBytes     = 1 << 10
	maxDigits          = 18 // of a 64-bit number
	maxMembers         = 100_000_000
	maxCommands        = 1000 // of one request
	maxSessionRequests = 1_000_000
	maxBacklog         = 1 << 20 // 8 MB of pending instants
)

// Validate returns an error of one line that names what is wrong and the likely
// fix, or nil.
func (s *Spec) Validate() error {
	for _, check := range []func(*Spec) error{checkLoop, checkSizes, checkKeys, checkOps, checkPhases, checkThresholds} {
		if err := check(s); err != nil {
			return err
		}
	}
	return nil
}

// FieldError is an error of Validate that knows which field of a workload file it
// is about, such as "operations[2]". Its text is that of Err.
type FieldError struct {
	Field string
	Err   error
}

func (e *FieldError) Error() string { return e.Err.Error() }
func (e *FieldError) Unwrap() error { return e.Err }

// at makes a FieldError of err, unless it is one or nil.
func at(err error, format string, args ...any) error {
	var known *FieldError
	if err == nil || errors.As(err, &known) {
		return err
	}
	return &FieldError{fmt.Sprintf(format, args...), err}
}

func checkLoop(s *Spec) error {
	if s.Loop != Open && s.Loop != Closed && s.Loop != PartlyOpen {
		return at(fmt.Errorf("loop %q: want open, closed or partly-open", s.Loop), "loop")
	}
	if s.Arrivals != Constant && s.Arrivals != Poisson {
		return at(fmt.Errorf("arrivals %q: want constant or poisson", s.Arrivals), "arrivals")
	}
	for _, l := range []struct {
		name  string
		field string
		loop  Loop
		law   Law
		unit  Unit
	}{
		{"think time", "think", Closed, s.Think, Time},
		{"requests of a session", "session.requests", PartlyOpen, s.Session.Requests, Count},
		{"think time of a session", "session.think", PartlyOpen, s.Session.Think, Time},
	} {
		if l.law.Given() && s.Loop != l.loop {
			return at(fmt.Errorf("%s: the loop is %s, and only a %s one has that", l.name, s.Loop, l.loop), "%s", l.field)
		}
		if err := l.law.validate(l.unit); err != nil {
			return at(fmt.Errorf("%s: %w", l.name, err), "%s", l.field)
		}
	}
	return checkSession(s)
}

// checkSession bounds what one session of a partly open loop may do.
func checkSession(s *Spec) error {
	if s.Loop != PartlyOpen {
		return nil
	}
	r := &s.Session.Requests
	if !r.Given() {
		return at(fmt.Errorf("a partly open loop needs the number of requests of a session"), "session")
	}
	if few(*r, 1) || r.limit() > maxSessionRequests {
		return at(fmt.Errorf("requests of a session are %s: want 1 to %d", r.Text(Count), maxSessionRequests), "session.requests")
	}
	return nil
}

func checkSizes(s *Spec) error {
	for _, f := range []struct {
		name      string
		got       int
		low, high int
	}{
		{"connections", s.Connections, 1, maxConnections},
		{"pipeline", s.Pipeline, 1, maxPipeline},
		{"threads", s.Threads, 1, maxThreads},
		{"value size", s.ValueBytes, 0, maxValueBytes},
		{"backlog", s.BacklogMax, 1, maxBacklog},
	} {
		if f.got < f.low || f.got > f.high {
			return at(fmt.Errorf("%s is %d: want %d to %d", f.name, f.got, f.low, f.high), "%s", strings.Replace(f.name, "value size", "values", 1))
		}
	}
	if s.Threads > s.Connections {
		return at(fmt.Errorf("%d threads for %d connections: each thread needs a connection, so lower threads or raise connections",
			s.Threads, s.Connections), "threads")
	}
	if s.Timeout < time.Millisecond || s.Timeout > time.Hour {
		return at(fmt.Errorf("timeout is %v: want 1ms to 1h", s.Timeout), "timeout")
	}
	return nil
}

func checkKeys(s *Spec) error {
	k := &s.Keys
	if len(k.Prefix) > maxPrefixBytes || strings.ContainsAny(k.Prefix, "{}*?[]\\\r\n\x00") {
		return at(fmt.Errorf("key prefix %.40q: want at most %d bytes without {}*?[]\\ and control characters", k.Prefix, maxPrefixBytes), "prefix")
	}
	if err := s.Values.validate(); err != nil {
		return at(err, "values")
	}
	seen := map[string]bool{}
	for i, g := range s.AllGroups() {
		if i > 0 || g.Name != "" {
			if !isWord(g.Name) {
				return at(fmt.Errorf("group %q: want a name of letters, digits, - and _", g.Name), "keys[%d]", i)
			}
			if seen[g.Name] {
				return at(fmt.Errorf("group %s is given twice", g.Name), "keys[%d]", i)
			}
			seen[g.Name] = true
		}
		if err := checkGroup(&g); err != nil {
			if g.Name != "" {
				err = fmt.Errorf("group %s: %w", g.Name, err)
			}
			return at(err, "keys[%d]", i)
		}
	}
	return at(checkPatterns(s), "keys")
}

// few tells whether l draws amounts below least. Those of the laws without a
// lower bound are raised to it where they are used.
func few(l Law, least float64) bool {
	return l.Given() && l.Kind != LognormalLaw && l.Kind != ExponentialLaw && l.least() < least
}

func checkGroup(g *Group) error {
	if g.Count < 1 || g.Count > maxKeys {
		return fmt.Errorf("key count is %d: want 1 to %d", g.Count, int64(maxKeys))
	}
	if err := g.Dist.validate(); err != nil {
		return err
	}
	d := &g.Data
	switch d.Type {
	case "", String, Hash, List, Set, ZSet, Stream:
	default:
		return fmt.Errorf("type %q: want string, hash, list, set, zset or stream", d.Type)
	}
	if d.Digits != 0 && (d.Digits > maxDigits || d.Digits < digitsOf(g.Count-1)) {
		return fmt.Errorf("numbers of %d digits for %d keys: want enough digits, and at most %d", d.Digits, g.Count, maxDigits)
	}
	if d.MemberDigits < 0 || d.MemberDigits > maxDigits {
		return fmt.Errorf("members of %d digits: want 0 to %d", d.MemberDigits, maxDigits)
	}
	if err := d.Scores.validate(Count); err != nil {
		return fmt.Errorf("scores: %w", err)
	}
	if d.Members.Given() && (d.Type == "" || d.Type == String) {
		return fmt.Errorf("members: a string has none; give the group a type such as hash")
	}
	if err := d.Members.validate(Count); err != nil {
		return fmt.Errorf("members: %w", err)
	}
	if d.Members.Given() && (d.Members.limit() > maxMembers || few(d.Members, 1)) {
		return fmt.Errorf("members are %s: want 1 to %d", d.Members.Text(Count), int64(maxMembers))
	}
	if err := d.TTL.validate(Time); err != nil {
		return fmt.Errorf("ttl: %w", err)
	}
	if few(d.TTL, 1e6) {
		return fmt.Errorf("ttl is %s: want at least 1ms", d.TTL.Text(Time))
	}
	if d.Values != nil {
		return d.Values.validate()
	}
	return nil
}

func (v *Values) validate() error {
	if err := v.Size.validate(Bytes); err != nil {
		return fmt.Errorf("value size: %w", err)
	}
	if v.Size.Given() && v.Size.limit() > maxValueBytes {
		return fmt.Errorf("value size is %s: want at most %s", v.Size.Text(Bytes), FormatSize(maxValueBytes))
	}
	if !(v.Compressible >= 0 && v.Compressible <= 1) {
		return fmt.Errorf("compressible share is %g: want 0 to 1", v.Compressible)
	}
	return nil
}

// checkPatterns makes sure that no key belongs to two groups: one would find
// data of the other's type.
func checkPatterns(s *Spec) error {
	used := map[string]string{}
	for _, g := range s.AllGroups() {
		before, after, ok := strings.Cut(g.pattern(), "{n}")
		if !ok || strings.ContainsAny(before+after, "{}*?[]\\\r\n\x00") || len(before)+len(after) > maxPrefixBytes {
			return fmt.Errorf("key pattern %.60q: want text with one {n} in it, at most %d bytes, without *?[]\\ and control characters", g.pattern(), maxPrefixBytes)
		}
		form := before + "{n}" + after
		if other, taken := used[form]; taken {
			return fmt.Errorf("groups %q and %q have the same key pattern %s", other, g.Name, form)
		}
		used[form] = g.Name
	}
	return nil
}

func isWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return s != ""
}

func checkOps(s *Spec) error {
	if len(s.Ops) == 0 {
		return at(fmt.Errorf("no operations: give a mix such as get=0.9,set=0.1"), "operations")
	}
	seen := map[string]bool{}
	for i := range s.Ops {
		op := &s.Ops[i]
		err := checkOp(s, op)
		if err == nil && seen[op.Name] {
			err = fmt.Errorf("operation %s is given twice: add up its weights", op.Name)
		}
		if err != nil {
			return at(err, "operations[%d]", i)
		}
		seen[op.Name] = true
	}
	return nil
}

func checkOp(s *Spec, op *Op) error {
	if op.Name == "" || len(op.Name) > 100 || strings.ContainsAny(op.Name, ":, \r\n\"<>") {
		return fmt.Errorf("operation name %.100q: want a word without colons, commas, quotes and spaces", op.Name)
	}
	if !(op.Weight > 0) || math.IsInf(op.Weight, 0) {
		return fmt.Errorf("operation %s has weight %g: want more than 0", op.Name, op.Weight)
	}
	if err := checkCommands(s, op); err != nil {
		return fmt.Errorf("operation %s%w", op.Name, err)
	}
	return nil
}

// checkCommands returns an error that continues "operation NAME".
func checkCommands(s *Spec, op *Op) error {
	if op.Task != "" {
		if len(s.Ops) > 1 || len(op.All()) > 0 || op.Task != LoadData && (op.Task != RemoveData || len(op.Forms) != 1+len(s.Groups)) {
			return fmt.Errorf(" works on the data set: it can be the only one, has no command, and its task is load or remove")
		}
		return nil
	}
	if len(op.Command) > 0 && len(op.Commands) > 0 {
		return fmt.Errorf(" has both one command and several")
	}
	if op.Transaction && len(op.Commands) == 0 {
		return fmt.Errorf(" is a transaction without commands")
	}
	all := op.All()
	if len(all) == 0 {
		return fmt.Errorf(" has no command")
	}
	if len(all) > maxCommands {
		return fmt.Errorf(" has %d commands: want at most %d", len(all), maxCommands)
	}
	for _, command := range all {
		if len(command) == 0 || command[0] == "" {
			return fmt.Errorf(" has no command")
		}
		if err := checkReach(op, command); err != nil {
			return fmt.Errorf(": %w", err)
		}
	}
	c := compiler{groups: NewSpace(s).groups}
	if _, err := c.compile(op); err != nil {
		return err
	}
	return nil
}

func checkThresholds(s *Spec) error {
	for i, t := range s.Rules() {
		if err := checkThreshold(s, &t); err != nil {
			if i < len(s.Thresholds) {
				return at(err, "thresholds[%d]", i)
			}
			return at(err, "operations[%d].slo", slices.IndexFunc(s.Ops, func(o Op) bool { return o.Name == t.Op }))
		}
	}
	if s.Stop == nil {
		return nil
	}
	if len(s.Rules()) == 0 {
		return at(fmt.Errorf("a stop rule needs thresholds: it stops when they are missed"), "stop")
	}
	if s.Stop.Window < Grain || s.Stop.Window > time.Hour || s.Stop.Windows < 1 || s.Stop.Windows > 1000 {
		return at(fmt.Errorf("stop rule of %d windows of %v: want 1 to 1000 of 100ms to 1h", s.Stop.Windows, s.Stop.Window), "stop")
	}
	return nil
}

func checkThreshold(s *Spec, t *Threshold) error {
	if err := t.validate(); err != nil {
		return err
	}
	if t.Op != "" && !slices.ContainsFunc(s.Ops, func(o Op) bool { return o.Name == t.Op }) {
		return fmt.Errorf("threshold %s: there is no operation %s", t, t.Op)
	}
	if t.Stage != "" && !slices.ContainsFunc(s.Phases, func(p Phase) bool { return p.Name == PhaseMeasure && p.Label == t.Stage }) {
		return fmt.Errorf("threshold %s: there is no measured stage %q", t, t.Stage)
	}
	if t.Metric == Throughput && t.Share && s.Loop == Closed {
		return fmt.Errorf("threshold %s: a closed loop asks for no rate, so there is no share of it", t)
	}
	return nil
}

func checkPhases(s *Spec) error { return at(phasesError(s), "phases") }

func phasesError(s *Spec) error {
	if len(s.Phases) == 0 {
		return fmt.Errorf("no phases: give a duration")
	}
	for i, p := range s.Phases {
		if i > 0 && p.Name == PhaseWarmup && s.Phases[i-1].Name != PhaseWarmup {
			return fmt.Errorf("a warm-up stands after what is measured: put it first")
		}
		if p.Duration <= 0 || p.Duration > 10*365*24*time.Hour {
			return fmt.Errorf("duration of phase %s is %v: want more than 0", p.Name, p.Duration)
		}
		if s.Loop == Closed {
			continue
		}
		for _, r := range []float64{p.RateFrom, p.RateTo} {
			if !(r >= 0) || r > maxRatePerS {
				return fmt.Errorf("rate of phase %s is %g per second: want 0 to %g", p.Name, r, float64(maxRatePerS))
			}
		}
	}
	if s.Loop != Closed && s.PeakRate() == 0 {
		return fmt.Errorf("rate of phase %s is 0: give a rate, or use a closed loop", s.Phases[0].Name)
	}
	return nil
}

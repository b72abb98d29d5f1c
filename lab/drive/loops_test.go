package drive

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"redline/hist"
	"redline/lab/record"
	"redline/lab/workload"
)

// seen is a request as the simulated server got it.
type seen struct {
	at   time.Duration
	slot int
	args []string
}

// witness keeps what arrives, and answers +OK unless answer says otherwise.
type witness struct {
	mu     sync.Mutex
	all    []seen
	answer func(slot int, args []string) []byte
}

func (w *witness) reply(at time.Duration, slot int, args []string) ([]byte, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, seen{at, slot, args})
	if w.answer != nil {
		return w.answer(slot, args), simService
	}
	return nil, simService
}

// TestSimThink: a closed loop of N connections that think for Z and are served
// in S sends N/(Z+S) requests a second, and thinking is no part of the response.
func TestSimThink(t *testing.T) {
	t.Parallel()
	w := &witness{}
	spec := closedLoop(5 * time.Second)
	spec.Think = workload.Fixed(float64(10*time.Millisecond - simService))
	out := (&sim{reply: w.reply}).run(t, Config{Spec: spec})
	sum := out.Total()
	near(t, "requests", float64(sum.Completed), 5*10/0.01, 0.01)
	if p99 := out.response.Quantile(0.99); p99 > int64(2*simService) || sum.Late != 0 {
		t.Errorf("response p99 is %d, %d late", p99, sum.Late)
	}
	if out.pacing.Count() != sum.Sent || out.pacing.Max() > 10_000 {
		t.Errorf("%d pacing errors up to %d for %d requests", out.pacing.Count(), out.pacing.Max(), sum.Sent)
	}
	last := map[int]time.Duration{}
	for _, r := range w.all {
		if before, ok := last[r.slot]; ok && r.at-before < 10*time.Millisecond-2*time.Microsecond {
			t.Fatalf("connection %d sent again after %v", r.slot, r.at-before)
		}
		last[r.slot] = r.at
	}
}

// TestSimClosedLoopOwnsUp: a generator that sleeps between its looks says so in
// a closed loop too, where it makes the server look slow.
func TestSimClosedLoopOwnsUp(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		stall time.Duration
		least int64
		most  int64
	}{"awake": {0, 0, 1e6}, "asleep": {20 * time.Millisecond, 5e6, 25e6}} {
		s := &sim{}
		s.wait = func(time.Duration) { time.Sleep(tc.stall) }
		out := s.run(t, Config{Spec: closedLoop(time.Second)})
		if p99 := out.pacing.Quantile(0.99); out.pacing.Count() < 20 || p99 < tc.least || p99 > tc.most {
			t.Errorf("%s: pacing error p99 is %d of %d, want %d to %d", name, p99, out.pacing.Count(), tc.least, tc.most)
		}
	}
}

// TestSimThinkAcrossFailures: a connection that fails while it thinks goes on
// once it stands again, with one timer and not two.
func TestSimThinkAcrossFailures(t *testing.T) {
	t.Parallel()
	w := &witness{}
	w.answer = func(slot int, _ []string) []byte {
		if len(w.all)%7 == 0 {
			return append([]byte("+OK\r\n"), closeMark...) // the end comes while it thinks
		}
		return nil
	}
	spec := closedLoop(3 * time.Second)
	spec.Think = workload.Fixed(float64(20 * time.Millisecond))
	out := (&sim{reply: w.reply}).run(t, Config{Spec: spec})
	if sum := out.Total(); sum.Completed < 800 || sum.Completed > 1500 || out.ConnectErrors != 0 {
		t.Errorf("%+v, %d failed to connect; want about 10 x 3 s / 20 ms less the time of reconnecting", sum, out.ConnectErrors)
	}
}

// TestSimPartlyOpen: sessions arrive on schedule, whatever the server does; each
// sends its requests one after another, with thinking between.
func TestSimPartlyOpen(t *testing.T) {
	t.Parallel()
	spec := openLoop(50, 10*time.Second)
	spec.Loop = workload.PartlyOpen
	spec.Session = workload.Session{Requests: workload.Fixed(4), Think: workload.Fixed(float64(100 * time.Millisecond))}
	out := (&sim{reply: stallBetween(5*time.Second, 6*time.Second)}).run(t, Config{Spec: spec})
	sum := out.Total()
	// Sessions that began within the last 300 ms do not come to their end, and the
	// stall holds back further requests of those under way at its time.
	if sum.Intended < 1950 || sum.Intended > 2000 || sum.Completed != sum.Intended {
		t.Errorf("%+v, want nearly 4 requests of each of 500 sessions", sum)
	}
	// In the stall 50 sessions arrive; those under way wait once each.
	if n := out.response.CountAbove(int64(time.Millisecond)); n < 50 || n > 70 {
		t.Errorf("%d slow responses, want one of each of about 65 sessions", n)
	}
	near(t, "response max", float64(out.response.Max()), 1e9, 0.02)
}

func TestSimPartlyOpenUnderFailures(t *testing.T) {
	t.Parallel()
	w := &witness{}
	w.answer = func(int, []string) []byte {
		if len(w.all)%5 == 0 {
			return []byte("-OOM no\r\n")
		}
		return nil
	}
	spec := openLoop(50, 4*time.Second)
	spec.Loop, spec.Threads = workload.PartlyOpen, 2
	spec.Session = workload.Session{Requests: workload.Fixed(3), Think: workload.Fixed(float64(10 * time.Millisecond))}
	out := (&sim{reply: w.reply}).run(t, Config{Spec: spec})
	if sum := out.Total(); sum.Intended < 595 || sum.Intended > 600 || out.Errors[OOM] != sum.Errors || sum.Errors == 0 {
		t.Errorf("%+v, errors %v: a session goes on after an error", sum, out.Errors)
	}
}

// commandsOf joins what one connection got.
func (w *witness) commandsOf(slot int) string {
	var names []string
	for _, r := range w.all {
		if r.slot == slot {
			names = append(names, r.args[0])
		}
	}
	return strings.Join(names, " ")
}

// TestSimTransaction: several commands make one request, answered with the last
// reply; an error anywhere in them makes it fail once.
func TestSimTransaction(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answers map[string]string
		class   Class
		fails   bool
		misses  bool
	}{
		"done":    {map[string]string{"SET": "+QUEUED\r\n", "GET": "+QUEUED\r\n", "EXEC": "*2\r\n+OK\r\n$1\r\nx\r\n"}, 0, false, false},
		"within":  {map[string]string{"EXEC": "*2\r\n+OK\r\n-OOM no memory\r\n"}, OOM, true, false},
		"refused": {map[string]string{"EXEC": "-EXECABORT Transaction discarded\r\n"}, Aborted, true, false},
		"queue":   {map[string]string{"GET": "-NOPERM no\r\n", "EXEC": "-EXECABORT Transaction discarded\r\n"}, Auth, true, false},
		"watched": {map[string]string{"EXEC": "*-1\r\n"}, 0, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := &witness{answer: func(_ int, args []string) []byte {
				if a := tc.answers[args[0]]; a != "" {
					return []byte(a)
				}
				return nil
			}}
			spec := openLoop(100, time.Second)
			spec.Connections, spec.Pipeline = 1, 4
			spec.Ops = []workload.Op{{Name: "move", Weight: 1, Transaction: true, Writes: true,
				Commands: [][]string{{"SET", "{key}", "{value}"}, {"GET", "{key}"}}}}
			out := (&sim{reply: w.reply}).run(t, Config{Spec: spec})
			sum := out.Total()
			if want := strings.TrimSpace(strings.Repeat("MULTI SET GET EXEC ", 100)); w.commandsOf(0) != want {
				t.Errorf("the server got %.80s", w.commandsOf(0))
			}
			if tc.fails && (sum.Errors != 100 || out.Errors[tc.class] != 100) || !tc.fails && sum.Completed != 100 {
				t.Errorf("%+v, errors %v", sum, out.Errors)
			}
			if tc.misses != (sum.Misses == 100) {
				t.Errorf("%d misses", sum.Misses)
			}
			if !tc.fails && out.response.Max() < int64(simService) {
				t.Errorf("response %d is shorter than the last reply takes", out.response.Max())
			}
		})
	}
}

// TestSimCutTransaction: a connection that ends between the replies of one
// request fails that request, and nothing of it is left for the next connection.
func TestSimCutTransaction(t *testing.T) {
	t.Parallel()
	w := &witness{}
	w.answer = func(_ int, args []string) []byte {
		if args[0] == "EXEC" && len(w.all)%40 == 0 {
			return closeMark
		}
		if args[0] == "GET" && len(w.all)%52 == 3 {
			return []byte("-ERR early\r\n")
		}
		return nil
	}
	spec := openLoop(100, 2*time.Second)
	spec.Connections = 1
	spec.Ops = []workload.Op{{Name: "move", Weight: 1, Transaction: true, Writes: true,
		Commands: [][]string{{"SET", "{key}", "{value}"}, {"GET", "{key}"}}}}
	out := (&sim{reply: w.reply}).run(t, Config{Spec: spec})
	if sum := out.Total(); out.Errors[Closed] == 0 || out.Errors[Server] == 0 || sum.Errors != out.Errors[Closed]+out.Errors[Server] || sum.Intended != 200 {
		t.Errorf("%+v, errors %v", sum, out.Errors)
	}
}

// TestSimGrowingKeys: threads that add keys add different ones.
func TestSimGrowingKeys(t *testing.T) {
	t.Parallel()
	w := &witness{}
	spec := openLoop(1000, time.Second)
	spec.Threads = 3
	spec.Ops = []workload.Op{{Name: "add", Weight: 1, Writes: true, Command: []string{"SET", "{newkey}", "{value}"}}}
	space := workload.NewSpace(spec)
	out := (&sim{reply: w.reply}).run(t, Config{Spec: spec, Space: space})
	var keys []string
	for _, r := range w.all {
		keys = append(keys, r.args[1])
	}
	slices.Sort(keys)
	if n := len(slices.Compact(keys)); n != 1000 || out.Total().Completed != 1000 || space.Inserted()[0] != 1000 {
		t.Errorf("%d different keys of %d requests, %d inserted", n, out.Total().Completed, space.Inserted()[0])
	}
}

// stress is a load of steps against a server that takes 200 requests a second.
func stress() (*sim, *workload.Spec) {
	var free time.Duration
	s := &sim{}
	s.reply = func(at time.Duration, _ int, _ []string) ([]byte, time.Duration) {
		free = max(free, at) + 5*time.Millisecond
		return nil, free - at
	}
	spec := openLoop(0, 0)
	spec.Phases = []workload.Phase{{Name: workload.PhaseWarmup, Duration: 5 * time.Second, RateFrom: 1000, RateTo: 1000}}
	for i := range 10 {
		rate := float64(50 * (i + 1))
		spec.Phases = append(spec.Phases, workload.Phase{Name: workload.PhaseMeasure, Duration: 4 * time.Second, RateFrom: rate, RateTo: rate,
			Label: "step " + string(rune('0'+i))})
	}
	spec.Phases[0].RateFrom, spec.Phases[0].RateTo = 10, 10
	spec.Timeout = time.Minute
	*spec = spec.WithDefaults(1)
	spec.Thresholds = []workload.Threshold{{Metric: workload.Response, Stat: "p99", Cmp: "<", Value: 100e6}}
	spec.Stop = &workload.StopRule{Window: time.Second, Windows: 2}
	return s, spec
}

func TestSimStopRule(t *testing.T) {
	t.Parallel()
	s, spec := stress()
	out := s.run(t, Config{Spec: spec})
	// 200/s are still served; at 250/s the wait grows by 0.2 s each second.
	if out.Stopped == nil || out.Stopped.Stage != "step 4" || out.Interrupted || out.Stopped.Rule.Stat != "p99" {
		t.Fatalf("stopped %+v", out.Stopped)
	}
	if text := out.Stopped.String(); !strings.Contains(text, "response.p99 < 100ms was missed in 2 windows in a row during step 4") {
		t.Error(text)
	}
	begun := out.StartNs + int64(5*time.Second) + int64(16*time.Second)
	if out.StopNs < begun+int64(2*time.Second) || out.StopNs > begun+int64(3*time.Second) {
		t.Errorf("stopped %v after the step began, want about 2 s", time.Duration(out.StopNs-begun))
	}
	if sum := out.Total(); sum.Dropped != 0 || sum.Completed != sum.Intended {
		t.Errorf("%+v: what was under way must be answered", sum)
	}
	s, spec = stress()
	spec.Stop = nil
	if out := s.run(t, Config{Spec: spec}); out.Stopped != nil {
		t.Error("stopped without a rule")
	}
}

// TestStopperWindows: one bad window is no reason, warm-ups are not looked at,
// and silence is a miss.
func TestStopperWindows(t *testing.T) {
	spec := openLoop(100, 10*time.Second)
	spec.Phases = append([]workload.Phase{{Name: workload.PhaseWarmup, Duration: 2 * time.Second, RateFrom: 100, RateTo: 100}}, spec.Phases...)
	spec.Ops[0].SLO = []workload.Threshold{{Metric: workload.Errors, Cmp: "<", Value: 0.5}}
	spec.Thresholds = []workload.Threshold{{Metric: workload.Response, Stat: "max", Cmp: "<", Value: 1e9}}
	spec.Stop = &workload.StopRule{Window: 2 * time.Second, Windows: 2}
	for name, tc := range map[string]struct {
		seconds string // one letter a second: . is good, x bad, s silent, - without requests
		stops   int    // after which second; 0 is never
		rule    string
	}{
		"good": {"............", 0, ""}, "warm-up": {"xx..........", 0, ""}, "one": {"..xx..xx..xx", 0, ""},
		"two": {"..xxxx......", 6, "get.errors"}, "apart": {"..xx..xxxx..", 10, "get.errors"}, "silence": {"..ssss......", 6, "response.max"},
		"pause": {"..----------", 0, ""},
	} {
		st := newStopper(spec, 7e9)
		at := 0
		for i, c := range tc.seconds {
			sl := newSlice(2)
			sl.TNs, sl.DurNs = 7e9+int64(i)*1e9, 1e9
			op := &sl.Ops[0]
			switch c {
			case '.':
				op.Counts = record.OpCounts{Intended: 100, Completed: 100}
				record100(&op.Response, 1e6)
			case 'x':
				op.Counts = record.OpCounts{Intended: 100, Errors: 100, Completed: 0}
				sl.Ops[1].Counts = record.OpCounts{Intended: 1, Completed: 1}
				sl.Ops[1].Response.Record(1e6)
			case 's':
				op.Counts = record.OpCounts{Intended: 100}
			}
			if got := st.add(sl); got != nil && at == 0 {
				at = i + 1
				if got.Rule.Name() != tc.rule {
					t.Errorf("%s: stopped by %s", name, got)
				}
			}
		}
		if at != tc.stops {
			t.Errorf("%s: stopped after second %d, want %d", name, at, tc.stops)
		}
	}
}

func record100(r *hist.Recorder, ns int64) {
	for range 100 {
		r.Record(ns)
	}
}

package drive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"redline/hist"
	"redline/lab/record"
	"redline/lab/workload"
)

// pollers are the platform's poller and the portable one: everything must hold
// with both.
var pollers = map[string]func(Address, int) (poller, error){
	"native":   newPoller,
	"portable": func(a Address, slots int) (poller, error) { return newNetPoller(a, slots), nil },
}

func withPollers(t *testing.T, f func(t *testing.T, newPoll func(Address, int) (poller, error))) {
	for name, p := range pollers {
		t.Run(name, func(t *testing.T) { t.Parallel(); f(t, p) })
	}
}

func openLoop(rate float64, d time.Duration) *workload.Spec {
	ops, _ := workload.ParseMix("get=0.5,set=0.5")
	s := workload.Spec{Loop: workload.Open, Connections: 10, ValueBytes: 64, Ops: ops,
		Keys:   workload.Keys{Prefix: "t:", Count: 100, Dist: workload.Dist{Kind: workload.Uniform}},
		Phases: []workload.Phase{{Name: record.PhaseMeasure, Duration: d, RateFrom: rate, RateTo: rate}}}.WithDefaults(2)
	return &s
}

func closedLoop(d time.Duration) *workload.Spec {
	s := openLoop(0, d)
	s.Loop = workload.Closed
	return s
}

// outcome is everything a run recorded.
type outcome struct {
	*Result
	response, service *hist.Hist
	pacing            *hist.Hist
	slices            []*record.Slice
	notes             []Note
}

func drive(t *testing.T, cfg Config) outcome {
	t.Helper()
	out, err := tryDrive(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryDrive(ctx context.Context, cfg Config) (outcome, error) {
	out := outcome{response: hist.New(), service: hist.New(), pacing: hist.New()}
	cfg.Epoch, cfg.SliceNs = time.Now(), 1e8
	sink := cfg.Sink
	cfg.Sink = func(s *Slice) error {
		for i := range s.Ops {
			out.response.MergeRecorder(&s.Ops[i].Response)
			out.service.MergeRecorder(&s.Ops[i].Service)
		}
		out.pacing.MergeRecorder(&s.Pacing)
		names := make([]string, len(s.Ops))
		for i := range names {
			names[i] = cfg.Spec.Ops[i].Name
		}
		out.slices = append(out.slices, s.Record(names))
		if sink != nil {
			return sink(s)
		}
		return nil
	}
	cfg.Notify = func(n Note) { out.notes = append(out.notes, n) }
	var err error
	out.Result, err = Run(ctx, cfg)
	return out, err
}

// checkAccounts verifies that every intended request ended in exactly one way.
func checkAccounts(t *testing.T, out outcome) {
	t.Helper()
	sum := out.Total()
	if sum.Intended != sum.Sent+sum.Dropped {
		t.Errorf("intended %d, but sent %d and dropped %d", sum.Intended, sum.Sent, sum.Dropped)
	}
	if sum.Sent != sum.Completed+sum.Errors {
		t.Errorf("sent %d, but completed %d and failed %d", sum.Sent, sum.Completed, sum.Errors)
	}
	var fromSlices record.OpCounts
	for i, s := range out.slices {
		fromSlices.Add(s.Total())
		if i > 0 && s.TNs != out.slices[i-1].TNs+out.slices[i-1].DurNs {
			t.Errorf("slice %d starts at %d, the one before ends at %d", i, s.TNs, out.slices[i-1].TNs+out.slices[i-1].DurNs)
		}
	}
	if fromSlices != sum {
		t.Errorf("slices sum to %+v, the result is %+v", fromSlices, sum)
	}
	if n := out.response.Count(); n != sum.Completed {
		t.Errorf("%d response times for %d completed requests", n, sum.Completed)
	}
	classes := int64(0)
	for _, n := range out.Errors {
		classes += n
	}
	if classes != sum.Errors {
		t.Errorf("%d errors, %d by class", sum.Errors, classes)
	}
}

func TestOpenLoop(t *testing.T) {
	withPollers(t, func(t *testing.T, newPoll func(Address, int) (poller, error)) {
		m := &memory{data: map[string]string{}}
		spec := openLoop(2000, time.Second)
		spec.Threads = 2
		out := drive(t, Config{Address: startFake(t, m.answer).addr(), Spec: spec, newPoll: newPoll,
			Greeting: [][]string{{"AUTH", "secret"}, {"SELECT", "3"}}})
		checkAccounts(t, out)
		sum := out.Total()
		if sum.Intended != 2000 || sum.Completed < 1500 || sum.Errors != 0 {
			t.Errorf("%+v", sum)
		}
		if out.Ops[1].Misses != 0 || out.Ops[0].Completed == 0 || out.Ops[0].BytesIn == 0 {
			t.Errorf("get %+v, set %+v", out.Ops[0], out.Ops[1])
		}
		for _, s := range out.slices[:10] {
			if s.Phase != record.PhaseMeasure || s.Connections != 10 {
				t.Errorf("slice %+v", s)
			}
		}
	})
}

func TestClosedLoop(t *testing.T) {
	withPollers(t, func(t *testing.T, newPoll func(Address, int) (poller, error)) {
		m := &memory{data: map[string]string{}}
		spec := closedLoop(300 * time.Millisecond)
		spec.Pipeline = 8
		var requests, early atomic.Int64
		srv := startFake(t, func(conn int, args []string) []byte { requests.Add(1); return m.answer(conn, args) })
		out := drive(t, Config{Address: srv.addr(), Spec: spec, newPoll: newPoll,
			Started: func(int64) { early.Store(requests.Load()) }})
		if n := early.Load(); n != 0 {
			t.Errorf("%d requests were sent before the load began", n)
		}
		checkAccounts(t, out)
		if sum := out.Total(); sum.Completed < 100 || sum.Errors != 0 || sum.Late != 0 {
			t.Errorf("%+v", sum)
		}
		checkConcurrency(t, out, 80)
	})
}

// checkConcurrency verifies that no slice claims more requests in flight than
// the connections can carry: time must be counted in the slice it belongs to.
func checkConcurrency(t *testing.T, out outcome, most float64) {
	t.Helper()
	for i, s := range out.slices {
		if s.ConcurrencyAvg < 0 || s.ConcurrencyAvg > most {
			t.Errorf("slice %d: %g requests in flight on average, at most %g are possible", i, s.ConcurrencyAvg, most)
		}
	}
}

func TestRequestsQuota(t *testing.T) {
	t.Parallel()
	m := &memory{data: map[string]string{}}
	spec := closedLoop(time.Minute)
	spec.Keys.Count = 1003
	pre := workload.Preload(*spec)
	pre.Threads = 3
	out := drive(t, Config{Address: startFake(t, m.answer).addr(), Spec: &pre, Requests: 1003})
	checkAccounts(t, out)
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.data) != 1003 || out.Total().Completed != 1003 {
		t.Errorf("%d keys after %d requests, want 1003", len(m.data), out.Total().Completed)
	}
}

func TestUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Skip(err)
	}
	m := &memory{data: map[string]string{}}
	out := drive(t, Config{Address: serveFake(t, ln, m.answer).addr(), Spec: openLoop(1000, 100*time.Millisecond)})
	if out.Total().Completed != 100 {
		t.Errorf("%+v", out.Total())
	}
}

// TestHonestyServerStall is the law of the open loop: a stall of s seconds delays
// every request intended within it, so the response time at quantile
// 1 - x/duration is s - x; a closed view sees one slow request a connection.
func TestHonestyServerStall(t *testing.T) {
	withPollers(t, func(t *testing.T, newPoll func(Address, int) (poller, error)) {
		const stall = 300 * time.Millisecond
		var requests atomic.Int64
		var until atomic.Pointer[time.Time]
		answer := func(int, []string) []byte {
			if requests.Add(1) == 700 {
				end := time.Now().Add(stall)
				until.Store(&end)
			}
			if end := until.Load(); end != nil && time.Now().Before(*end) {
				<-time.After(time.Until(*end))
			}
			return []byte("+OK\r\n")
		}
		out := drive(t, Config{Address: startFake(t, answer).addr(), Spec: openLoop(1000, 1500*time.Millisecond), newPoll: newPoll})
		checkAccounts(t, out)
		checkStall(t, out, stall)
		if slow := out.service.CountAbove(int64(stall / 2)); slow < 1 {
			t.Error("no service time shows the stall")
		}
		if late := out.Total().Late; late < 200 {
			t.Errorf("%d late requests, want most of 300", late)
		}
	})
}

// checkStall verifies p99 and max of 1,500 requests with one stall among them.
// The bounds are one-sided: a busy machine adds stalls of its own, but nothing
// may make the stall look shorter. The exact figures are those of the simulation.
func checkStall(t *testing.T, out outcome, stall time.Duration) {
	t.Helper()
	if sum := out.Total(); sum.Intended != 1500 || sum.Errors != 0 {
		t.Fatalf("%+v, want 1500 intended and no errors", sum)
	}
	p99, most := time.Duration(out.response.Quantile(0.99)), time.Duration(out.response.Max())
	if want := stall - 15*time.Millisecond; p99 < want-20*time.Millisecond { // 1 % of 1.5 s
		t.Errorf("response p99 is %v, want about %v", p99, want)
	}
	if most < stall-20*time.Millisecond {
		t.Errorf("response max is %v, want about %v", most, stall)
	}
}

// stallingPoller sleeps once in the middle of the run, as a generator that gets
// no CPU does.
type stallingPoller struct {
	poller
	at, stall time.Duration
	start     time.Time
	done      bool
}

func (p *stallingPoller) wait(ns int64) ([]event, error) {
	if !p.done && time.Since(p.start) > p.at {
		p.done = true
		<-time.After(p.stall)
	}
	return p.poller.wait(ns)
}

func TestHonestyGeneratorStall(t *testing.T) {
	t.Parallel()
	const stall = 300 * time.Millisecond
	m := &memory{data: map[string]string{}}
	newPoll := func(a Address, slots int) (poller, error) {
		p, err := newPoller(a, slots)
		return &stallingPoller{poller: p, at: 700 * time.Millisecond, stall: stall, start: time.Now()}, err
	}
	out := drive(t, Config{Address: startFake(t, m.answer).addr(), Spec: openLoop(1000, 1500*time.Millisecond), newPoll: newPoll})
	checkAccounts(t, out)
	checkStall(t, out, stall)
	if most := time.Duration(out.pacing.Max()); most < stall-20*time.Millisecond {
		t.Errorf("pacing error max is %v: the generator must own up to its stall of %v", most, stall)
	}
}

func TestErrorClasses(t *testing.T) {
	t.Parallel()
	every := func(k int64, bad []byte) func(int, []string) []byte {
		var n atomic.Int64
		return func(int, []string) []byte {
			if n.Add(1)%k == 0 {
				return bad
			}
			return []byte("+OK\r\n")
		}
	}
	for name, tc := range map[string]struct {
		answer func(int, []string) []byte
		class  Class
		text   string
	}{
		"server error": {every(10, []byte("-WRONGTYPE Operation\r\n")), Server, "WRONGTYPE Operation"},
		"loading":      {every(10, []byte("-LOADING Redis is loading\r\n")), Loading, "LOADING"},
		"oom":          {every(10, []byte("-OOM command not allowed\r\n")), OOM, "OOM command not allowed"},
		"misconf":      {every(10, []byte("-MISCONF Errors writing\r\n")), Misconf, "MISCONF"},
		"busy":         {every(10, []byte("-BUSY Redis is busy\r\n")), Busy, "BUSY"},
		"readonly":     {every(10, []byte("-READONLY You can't write\r\n")), ReadOnly, "READONLY"},
		"auth":         {every(10, []byte("-NOPERM this user\r\n")), Auth, "NOPERM"},
		"element":      {every(10, []byte("*2\r\n+OK\r\n-OOM nested\r\n")), OOM, "OOM nested"},
		"close":        {every(50, nil), Closed, "closed the connection"},
		"mid-reply":    {every(50, append([]byte("$100\r\nhalf"), closeMark...)), Truncated, "middle of a reply"},
		"garbage":      {every(50, []byte("HTTP/1.1 200 OK\r\n")), Protocol, "not RESP"},
		"unasked":      {every(50, []byte("+OK\r\n+OK\r\n+OK\r\n")), Protocol, "not RESP"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := openLoop(2000, 400*time.Millisecond)
			out := drive(t, Config{Address: startFake(t, tc.answer).addr(), Spec: spec})
			checkAccounts(t, out)
			if name != "unasked" && out.Errors[tc.class] == 0 {
				t.Errorf("no error of class %v: %v", tc.class, out.Errors)
			}
			if out.Total().Completed < 100 {
				t.Errorf("only %d completed: connections must come back", out.Total().Completed)
			}
			if len(out.notes) == 0 || out.notes[0].Class != tc.class || !strings.Contains(out.notes[0].Text, tc.text) {
				t.Errorf("notes %v, want class %v with %q", out.notes, tc.class, tc.text)
			}
		})
	}
}

func TestClasses(t *testing.T) {
	seen := map[string]bool{}
	for c := range classCount {
		if name := c.String(); name == "" || seen[name] {
			t.Errorf("class %d is named %q", c, name)
		}
		seen[c.String()] = true
	}
	for err, want := range map[error]Class{
		syscall.ECONNREFUSED: Refused, syscall.ECONNRESET: Reset, syscall.EPIPE: Reset, io.EOF: Closed, errTruncated: Truncated,
		errTimeout: Timeout, errProtocol: Protocol, syscall.EADDRNOTAVAIL: Local, syscall.EMFILE: Local, syscall.EINVAL: Other,
		serverError("ERR max number of clients reached"): MaxClients, serverError("EXECABORT Transaction"): Aborted,
		serverError("NOAUTH Authentication required."): Auth, serverError("LOADINGX"): Server, serverError(""): Server,
	} {
		if got := classify(fmt.Errorf("wrapped: %w", err)); got != want {
			t.Errorf("%v is of class %v, want %v", err, got, want)
		}
	}
}

func TestTimeout(t *testing.T) {
	withPollers(t, func(t *testing.T, newPoll func(Address, int) (poller, error)) {
		release := make(chan struct{})
		answer := func(conn int, _ []string) []byte {
			if conn == 0 {
				<-release
			}
			return []byte("+OK\r\n")
		}
		spec := openLoop(1000, 400*time.Millisecond)
		spec.Timeout = 100 * time.Millisecond
		srv := startFake(t, answer)
		defer close(release)
		out := drive(t, Config{Address: srv.addr(), Spec: spec, newPoll: newPoll})
		checkAccounts(t, out)
		if n := out.Errors[Timeout]; n < 1 || n != out.Total().Errors || out.Total().Completed < 300 {
			t.Errorf("%v errors, %d completed; want one time-out", out.Errors, out.Total().Completed)
		}
	})
}

// TestServerNeverAnswers must end by itself, with a bounded backlog.
func TestServerNeverAnswers(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	srv := startFake(t, func(int, []string) []byte { <-release; return nil })
	defer close(release)
	spec := openLoop(5000, 300*time.Millisecond)
	spec.Timeout = 200 * time.Millisecond
	spec.BacklogMax = 100
	out := drive(t, Config{Address: srv.addr(), Spec: spec})
	checkAccounts(t, out)
	sum := out.Total()
	if sum.Intended != 1500 || sum.Completed != 0 || sum.Dropped < 1000 || out.Errors[Timeout] != sum.Errors {
		t.Errorf("%+v, errors %v", sum, out.Errors)
	}
	for _, s := range out.slices {
		if s.Backlog > 100 {
			t.Errorf("backlog of %d, want at most 100", s.Backlog)
		}
	}
}

func TestCannotConnect(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := Address{"tcp", ln.Addr().String()}
	_ = ln.Close()
	withPollers(t, func(t *testing.T, newPoll func(Address, int) (poller, error)) {
		_, err := tryDrive(t.Context(), Config{Address: addr, Spec: openLoop(100, time.Second), newPoll: newPoll})
		if err == nil || classify(err) != Refused || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want a refusal in one line", err)
		}
	})
	wrong := startFake(t, func(int, []string) []byte { return []byte("-WRONGPASS invalid password\r\n") })
	_, err = tryDrive(t.Context(), Config{Address: wrong.addr(), Spec: openLoop(100, time.Second), Greeting: [][]string{{"AUTH", "x"}}})
	if err == nil || !strings.Contains(err.Error(), "WRONGPASS") {
		t.Errorf("got %v, want WRONGPASS", err)
	}
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	m := &memory{data: map[string]string{}}
	ctx, cancel := context.WithCancel(t.Context())
	slices := 0
	cfg := Config{Address: startFake(t, m.answer).addr(), Spec: openLoop(1000, time.Hour)}
	cfg.Sink = func(*Slice) error {
		if slices++; slices == 2 {
			cancel()
		}
		return nil
	}
	out, err := tryDrive(ctx, cfg)
	if err != nil || !out.Interrupted {
		t.Fatalf("interrupted %v, error %v", out.Result, err)
	}
	checkAccounts(t, out)
}

func TestSinkError(t *testing.T) {
	t.Parallel()
	m := &memory{data: map[string]string{}}
	full := errors.New("disk full")
	cfg := Config{Address: startFake(t, m.answer).addr(), Spec: openLoop(1000, time.Hour)}
	cfg.Sink = func(*Slice) error { return full }
	if _, err := tryDrive(t.Context(), cfg); !errors.Is(err, full) {
		t.Fatalf("got %v, want the error of the sink", err)
	}
}

func TestConfigErrors(t *testing.T) {
	for want, cfg := range map[string]Config{
		"closed loop": {Spec: openLoop(1, time.Second), Requests: 5, SliceNs: 1e8},
		"slice":       {Spec: openLoop(1, time.Second)},
		"rate":        {Spec: openLoop(0, time.Second), SliceNs: 1e8},
		"network":     {Spec: openLoop(1, time.Second), SliceNs: 1e8, Address: Address{"udp", "x"}},
	} {
		if _, err := Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestBigValuesAreCutAnywhere(t *testing.T) {
	withPollers(t, func(t *testing.T, newPoll func(Address, int) (poller, error)) {
		m := &memory{data: map[string]string{}}
		spec := closedLoop(300 * time.Millisecond)
		spec.ValueBytes = 300_000 // above every buffer on the way
		spec.Keys.Count = 3
		spec.Pipeline = 4
		out := drive(t, Config{Address: startFake(t, m.answer).addr(), Spec: spec, newPoll: newPoll})
		checkAccounts(t, out)
		if sum := out.Total(); sum.Errors != 0 || sum.Completed < 20 {
			t.Errorf("%+v, errors %v, notes %v", sum, out.Errors, out.notes)
		}
	})
}

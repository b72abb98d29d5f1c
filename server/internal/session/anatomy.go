package session

import (
	"math"
	"time"
	"unsafe"

	"redline/server/internal/command"
	"redline/server/internal/observe"
)

// Where requests spend their time is measured for one request in latency-anatomy-sampling, chosen at random, so that a
// regular pattern of requests cannot hide from it, and at most one for each turn of the session. Of a request that is
// measured two more times are read than of others: when it has been parsed, and when its reply has left. All else follows
// from the times that are read anyway: one when a turn begins, one when a command ends, two when a lock has to be waited
// for.
//
// Besides, whatever has been in the server for slowFloor when its command ends is followed to its end, sampled or not, so
// that what is slow is never missed; it does not count for the distributions.

// slowFloor is from where on a request may be one of the slowest, in nanoseconds: a thousand times what a GET takes.
const slowFloor = 1_000_000

// probe is what a session measures. A transport that knows longer than Feed that input is there says so with Arrived.
type probe struct {
	left   int32  // requests until the next sample
	every  int32  // the setting for which left was drawn
	random uint32 // xorshift
	busy   int32  // traces that ran and whose reply has not left

	arrived int64 // of the next turn; 0: it begins with Feed
	began   int64 // of this turn: when its input was there
	held    int64 // since when the output has waited for the log; 0: it does not

	sample trace
	slow   trace
}

// trace follows one request.
type trace struct {
	state traceState
	spec  *command.Spec
	key   [keyShown]byte
	size  int   // of the key
	from  int64 // when its last complete stage ended
	buf   *byte // of the output that holds its reply, in state traceTaken
	times observe.Times
}

// keyShown is how much of a key is kept of a slow request, in bytes.
const keyShown = 64

type traceState uint8

const (
	traceNone   traceState = iota
	traceParsed            // its command is about to run
	traceRan               // its reply is in the output
	traceTaken             // its reply is with the transport
)

// Arrived tells when the transport learned that there is input for the next Feed (Hub.Nanotime), for the time that the
// request waited for its connection's turn. Without it the wait begins with Feed.
func (s *Session) Arrived(nanos int64) { s.probe.arrived = nanos }

// beginTurn is called at the start of Feed, when the clock has been read.
func (s *Session) beginTurn() {
	p := &s.probe
	p.began = s.lap
	if p.arrived != 0 {
		p.began, p.arrived = min(p.arrived, s.lap), 0
	}
	if every := s.call.Conf.AnatomySampling; every != p.every {
		if p.every = every; p.random == 0 {
			p.random = uint32(s.ID)*2654435761 | 1
		}
		p.draw()
	}
	if p.busy > 0 && len(s.out.Buf) == 0 { // CLIENT REPLY OFF took the reply away
		p.forget(&p.sample)
		p.forget(&p.slow)
	}
}

func (p *probe) forget(t *trace) {
	if t.state == traceRan {
		t.state = traceNone
		p.busy--
	}
}

// draw chooses how many requests are passed over: every on average.
func (p *probe) draw() {
	if p.every == 0 {
		p.left = math.MaxInt32
		return
	}
	p.random ^= p.random << 13
	p.random ^= p.random >> 17
	p.random ^= p.random << 5
	p.left = int32(uint64(p.random) * uint64(2*p.every-1) >> 32)
}

// due counts a request and says whether it is to be measured.
func (p *probe) due() bool {
	p.left--
	return p.left < 0
}

// parsed begins a sample: its request has been parsed since s.lap.
func (s *Session) parsed() {
	p := &s.probe
	p.draw()
	if t := &p.sample; p.every > 0 && t.state == traceNone {
		now := s.Hub.Nanotime()
		t.state, t.times = traceParsed, observe.Times{}
		t.times[observe.StageQueue], t.times[observe.StageParse] = s.lap-p.began, now-s.lap
	}
}

// unrun drops the sample if its request did not run to its end: it was refused or queued, or it blocks.
func (p *probe) unrun() {
	if p.sample.state == traceParsed {
		p.sample.state = traceNone
	}
}

// measured is called when a command has ended, at s.lap, after spent nanoseconds, parsing included. It is on the path of every
// request.
func (s *Session) measured(spec *command.Spec, spent int64) {
	p := &s.probe
	if p.sample.state == traceParsed {
		s.ran(&p.sample, spec, spent-p.sample.times[observe.StageParse])
	}
	if s.lap-p.began >= slowFloor {
		s.followSlow(spec, spent)
	}
}

// ran ends the stages up to the end of the command, which took spent nanoseconds without parsing.
func (s *Session) ran(t *trace, spec *command.Spec, spent int64) {
	wait := min(s.call.LockWait, spent)
	t.state, t.spec, t.from = traceRan, spec, s.lap
	t.times[observe.StageLock], t.times[observe.StageExecute] = wait, spent-wait
	t.size = 0
	if s.call.Keys() > 0 {
		k, _ := s.call.KeyAt(0)
		t.size = copy(t.key[:], k.Name)
	}
	s.probe.busy++
}

// followSlow follows the request of a turn that took longest by itself: those behind it were slow because of it.
func (s *Session) followSlow(spec *command.Spec, spent int64) {
	p := &s.probe
	t := &p.slow
	if t.state == traceTaken || t.state == traceRan && t.times[observe.StageExecute]+t.times[observe.StageLock] >= spent {
		return
	}
	if !s.Hub.Stats.Anatomy.Wants(s.lap-p.began, s.when()) {
		return
	}
	p.forget(t)
	t.times = observe.Times{}
	t.times[observe.StageQueue] = s.lap - spent - p.began
	s.ran(t, spec, spent)
}

func (s *Session) when() time.Time { return time.UnixMilli(s.now) }

// logWaits notes that the output waits for the log.
func (s *Session) logWaits() {
	if s.probe.held == 0 {
		s.probe.held = s.Hub.Nanotime()
	}
}

// logDone ends the wait for the log, if there was one.
func (s *Session) logDone() {
	p := &s.probe
	if p.held == 0 {
		return
	}
	now := s.Hub.Nanotime()
	waited := now - p.held
	p.held = 0
	if t := &p.slow; t.state == traceNone && waited >= slowFloor && s.Hub.Stats.Anatomy.Wants(waited, s.when()) {
		if spec := s.info.lastSpec.Load(); spec != nil { // all of the batch waited: the last one stands for them
			*t = trace{state: traceRan, spec: spec, from: now - waited}
			p.busy++
		}
	}
	for _, t := range [...]*trace{&p.sample, &p.slow} {
		if t.state == traceRan {
			t.times[observe.StageLog] += now - t.from
			t.from = now
		}
	}
}

// taken notes that the transport has the output b. It is called while traces are under way.
func (s *Session) taken(b []byte) {
	for _, t := range [...]*trace{&s.probe.sample, &s.probe.slow} {
		if t.state == traceRan {
			t.state, t.buf = traceTaken, unsafe.SliceData(b)
		}
	}
}

// left ends the traces whose reply was in b.
func (s *Session) left(b []byte) {
	now := int64(0)
	p := &s.probe
	for _, t := range [...]*trace{&p.sample, &p.slow} {
		if t.state != traceTaken || t.buf != unsafe.SliceData(b) {
			continue
		}
		if now == 0 {
			now = s.Hub.Nanotime()
		}
		t.times[observe.StageWrite] = now - t.from
		t.state, t.buf = traceNone, nil
		p.busy--
		if t == &p.sample {
			s.Hub.Stats.Anatomy.Add(&t.times)
		}
		s.reportSlow(t)
	}
}

// reportSlow hands a request over that is one of the slowest.
func (s *Session) reportSlow(t *trace) {
	a, when := &s.Hub.Stats.Anatomy, s.when()
	if !a.Wants(t.times.Total(), when) {
		return
	}
	a.AddSlow(observe.SlowRequest{Unix: when, Command: t.spec.FullName, Key: string(t.key[:t.size]), Client: s.Peer.Addr, Times: t.times})
}

package crash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"redline/server"
	"redline/vfs"
)

// dataDir is where a simulated server keeps its data: the one directory that is there in every file system.
const dataDir = "/"

// A mode is a way to keep data, and what it promises.
type mode struct {
	name       string
	directives [][2]string
	promise    func(r *run) promise
}

var modes = []mode{
	{"always", [][2]string{{"appendonly", "yes"}, {"appendfsync", "always"}}, func(*run) promise { return everything }},
	{"everysec", [][2]string{{"appendonly", "yes"}, {"appendfsync", "everysec"}}, func(r *run) promise {
		return promise{everything.tick, r.ended.Add(-time.Second)}
	}},
	{"no", [][2]string{{"appendonly", "yes"}, {"appendfsync", "no"}}, func(*run) promise { return nothing }},
	{"writes", [][2]string{{"appendonly", "yes"}, {"appendfsync", "no"}, {"appendfsync-writes", "3"}},
		func(*run) promise { return nothing }},
	{"snapshots", [][2]string{{"appendonly", "no"}}, func(r *run) promise {
		return promise{int(r.saved.Load()), everything.time}
	}},
}

// A run is one seed's history: servers that live one after the other on what the one before left.
type run struct {
	rng     *rand.Rand
	mode    mode
	mem     *vfs.Mem
	over    vfs.FS // what servers see instead of mem, if anything
	clients []*client
	clock   atomic.Int64
	saved   atomic.Int64 // the clock when the last SAVE that succeeded was sent
	off     atomic.Int64 // the clock when the log was switched off, until it is on again; 0: it is on
	ended   time.Time    // when the last life ended
	promise promise
	log     bytes.Buffer
	stats   Stats

	segmentBytes int64 // of the log; small, so that runs see many
}

// Stats counts what happened, to show that the runs reach what they are meant to reach.
type Stats struct {
	Lives, Steps, Acked              int
	Crashes, Kills, Stops, InRestart int
	Refused                          int // writes, by a server whose disk failed
}

// promised is what a server that ends now has promised.
func (r *run) promised() promise {
	p := r.mode.promise(r)
	if off := r.off.Load(); off > 0 {
		p.tick = min(p.tick, int(off))
	}
	return p
}

// Simulate does the run of a seed. It has to be called in a bubble of testing/synctest. The error says what is broken, and
// the second text what the servers logged.
func Simulate(seed uint64) (Stats, string, error) {
	r := newRun(seed)
	if r.mode.name != "snapshots" && r.rng.IntN(4) == 0 {
		if err := r.inherit(); err != nil {
			return r.stats, "", err
		}
	}
	lives := 2 + r.rng.IntN(2)
	for i := range lives {
		if err := r.life(i == lives-1); err != nil {
			return r.stats, r.log.String(), fmt.Errorf("mode %s, life %d of %d: %w", r.mode.name, i+1, lives, err)
		}
	}
	return r.stats, r.log.String(), nil
}

// newRun makes the run of a seed, with nothing done yet.
func newRun(seed uint64) *run {
	rng := rand.New(rand.NewPCG(seed, 0x5eed))
	r := &run{rng: rng, mode: modes[rng.IntN(len(modes))], mem: vfs.NewMem(), promise: nothing}
	if rng.IntN(2) == 0 {
		r.mode = modes[0] // the strictest promise finds most
	}
	for i := range 1 + rng.IntN(3) {
		r.clients = append(r.clients, &client{db: i + 1, clock: &r.clock, base: state{},
			maker: maker{rng: rand.New(rand.NewPCG(seed, uint64(i))), m: newModel(), client: i,
				far: time.Now().Add(1000 * time.Hour).UnixMilli(), large: 1 << rng.IntN(15)}})
	}
	r.segmentBytes = 8 << 10 << rng.IntN(4)
	return r
}

// A live is a server that serves.
type live struct {
	s      *server.Server
	served chan error
}

func (r *run) start() (*live, error) {
	cfg := server.NewConfig()
	cfg.FS, cfg.Log, cfg.Embedded, cfg.LogSegmentBytes = r.mem, &r.log, true, r.segmentBytes
	if r.over != nil {
		cfg.FS = r.over
	}
	set := append([][2]string{{"dir", dataDir}, {"save", ""}, {"shards", []string{"1", "2", "4"}[r.rng.IntN(3)]}}, r.mode.directives...)
	for _, d := range set {
		if err := cfg.Set(d[0], d[1]); err != nil {
			return nil, err
		}
	}
	s, err := server.Open(cfg)
	if err != nil {
		return nil, err
	}
	l := &live{s, make(chan error, 1)}
	go func() { l.served <- s.Serve(context.Background()) }()
	return l, nil
}

// shutdownMax is longer than any shutdown may take, in simulated time.
const shutdownMax = 2 * time.Minute

var errHangs = errors.New("the server does not end")

// end asks the server to end and waits for it.
func (l *live) end() error {
	l.s.Close()
	select {
	case err := <-l.served:
		return err
	case <-time.After(shutdownMax):
		return errHangs
	}
}

// ready waits until a server has loaded its data.
func (l *live) ready() error {
	c := newConn(l.s.Conn())
	defer c.close()
	for {
		_, err := c.do("PING")
		switch {
		case err == nil || strings.HasPrefix(err.Error(), "MISCONF"):
			return nil
		case !strings.HasPrefix(err.Error(), "LOADING"):
			served := <-l.served // it has closed the connection
			l.served <- served
			return errors.Join(err, served)
		}
		select {
		case err := <-l.served:
			l.served <- err
			return err
		case <-time.After(time.Millisecond):
		}
	}
}

func (r *run) down() bool {
	select {
	case <-r.mem.Down():
		return true
	default:
		return false
	}
}

// begin starts a server, with crashes while it starts, until one is there.
func (r *run) begin() (*live, error) {
	for attempt := 0; ; attempt++ {
		if attempt < 3 && r.rng.IntN(3) == 0 {
			r.mem.PowerOffAt(1 + r.rng.IntN(1<<r.rng.IntN(7)))
		}
		l, err := r.start()
		if err == nil {
			err = l.ready()
		}
		if !r.down() {
			r.mem.PowerOffAt(0)
			if err != nil && l != nil {
				err = errors.Join(err, l.end())
			}
			return l, err
		}
		if l != nil {
			if err := l.end(); errors.Is(err, errHangs) {
				return nil, err
			}
		}
		r.stats.InRestart++
		r.ended = time.Now()
		r.promise = r.promise.and(r.promised())
		r.mem = r.mem.Crash(r.rng)
	}
}

// life starts a server, checks what it holds, puts it to work and ends it somehow.
func (r *run) life(last bool) error {
	l, err := r.begin()
	if err != nil {
		return fmt.Errorf("it does not start: %w", err)
	}
	r.stats.Lives++
	c := newConn(l.s.Conn())
	err = verify(c, r.clients, r.promise)
	c.close()
	r.saved.Store(0)
	r.off.Store(0)
	if err == nil && !last {
		err = r.work(l)
	}
	if err != nil || last {
		return errors.Join(err, l.end())
	}
	return r.finish(l)
}

// finish ends a server: by loss of power, by death, or in order.
func (r *run) finish(l *live) error {
	how := r.rng.IntN(8)
	if !r.down() { // else it ended when the power went off
		r.ended = time.Now()
	}
	if how >= 2 {
		r.mem.PowerOff()
	}
	var killed *vfs.Mem
	if how == 1 && !r.down() { // else what was stored and acknowledged since is gone with the power
		killed = r.mem.Kill()
		r.mem.PowerOff()
	}
	err := l.end()
	down := r.down() // maybe only now
	if errors.Is(err, errHangs) || err != nil && !down {
		return fmt.Errorf("shutting down: %w", err)
	}
	for _, cl := range r.clients {
		r.stats.Steps += len(cl.history)
		for _, s := range cl.history {
			if s.acked > 0 {
				r.stats.Acked++
			}
		}
	}
	switch {
	case down && killed == nil:
		r.stats.Crashes++
		r.promise = r.promised()
		r.mem = r.mem.Crash(r.rng)
	case killed != nil:
		r.stats.Kills++
		r.promise = everything
		r.mem = killed
		if r.mode.name == "snapshots" || r.rng.IntN(2) == 0 {
			r.mem.WriteBack() // nobody promised that a snapshot which was not acknowledged outlives the next loss of power
		}
	default:
		r.stats.Stops++
		r.promise = everything
		r.mem = r.mem.Kill()
	}
	if r.mode.name == "snapshots" || r.off.Load() > 0 {
		r.promise = r.promise.and(r.promised())
	}
	return nil
}

// work has clients and an administrator use a server until they are through or the power goes off.
func (r *run) work(l *live) error {
	r.mem.PowerOffAt(1 + r.rng.IntN(1<<(1+r.rng.IntN(9))))
	errs := make(chan error, len(r.clients)+1)
	stop := make(chan struct{})
	var using sync.WaitGroup
	for _, cl := range r.clients {
		batches, pause := 1+r.rng.IntN(12), time.Duration(r.rng.IntN(1000))*time.Millisecond
		using.Go(func() { errs <- r.use(l, cl, batches, pause, stop) })
	}
	seed := r.rng.Uint64()
	using.Go(func() { errs <- r.administer(l, rand.New(rand.NewPCG(seed, 1)), stop) })
	var out error
	down := r.mem.Down()
	for range cap(errs) {
		select {
		case err := <-errs:
			out = errors.Join(out, err)
		case <-down:
			down, r.ended = nil, time.Now() // closing may take a while: it waits for the disk
			close(stop)
			l.s.Close() // ends the connections of those that wait for replies which cannot come
			out = errors.Join(out, <-errs)
		}
	}
	using.Wait()
	if down != nil && r.down() {
		r.ended = time.Now()
	}
	if out != nil && r.down() && !errors.Is(out, errUnexpected) {
		return nil // what the loss of power explains
	}
	return out
}

// use is one client at work.
func (r *run) use(l *live, cl *client, batches int, pause time.Duration, stop chan struct{}) error {
	c := newConn(l.s.Conn())
	defer c.close()
	if _, err := c.do("SELECT", fmt.Sprint(cl.db)); err != nil {
		return err
	}
	for range batches {
		if err := cl.batch(c, 1+cl.rng.IntN(4)); err != nil {
			return err
		}
		if cl.rng.IntN(3) == 0 {
			if !sleep(time.Duration(cl.rng.Int64N(int64(pause+1))), stop) {
				return nil
			}
		}
	}
	return nil
}

// sleep waits; it returns false when there is no more to wait for.
func sleep(d time.Duration, stop chan struct{}) bool {
	select {
	case <-time.After(d):
		return true
	case <-stop:
		return false
	}
}

// toggle switches the log off for a while. What is acknowledged meanwhile counts when it is on again, with its base.
func (r *run) toggle(c *conn, rng *rand.Rand, stop chan struct{}) error {
	r.off.CompareAndSwap(0, r.clock.Add(1))
	if _, err := c.do("CONFIG", "SET", "appendonly", "no"); err != nil {
		return err
	}
	if !sleep(time.Duration(rng.IntN(300))*time.Millisecond, stop) {
		return errHangs
	}
	if _, err := c.do("CONFIG", "SET", "appendonly", "yes"); err != nil {
		return err
	}
	for range 1000 { // ten seconds
		info, err := c.do("INFO", "persistence")
		if err != nil || !sleep(10*time.Millisecond, stop) {
			return errors.Join(err, errHangs)
		}
		text := info.Text()
		if strings.Contains(text, "aof_enabled:1") && strings.Contains(text, "aof_rewrite_in_progress:0") &&
			strings.Contains(text, "aof_last_bgrewrite_status:ok") && strings.Contains(text, "aof_rewrite_scheduled:0") {
			r.off.Store(0)
			return nil
		}
	}
	return errHangs
}

// administer has the server write snapshots and begin its log anew.
func (r *run) administer(l *live, rng *rand.Rand, stop chan struct{}) error {
	c := newConn(l.s.Conn())
	defer c.close()
	for range rng.IntN(5) {
		if !sleep(time.Duration(rng.IntN(200))*time.Millisecond, stop) {
			return nil
		}
		now := r.clock.Add(1)
		command := []string{"BGREWRITEAOF", "SAVE", "BGSAVE", "BGREWRITEAOF"}[rng.IntN(4)]
		if r.mode.name == "snapshots" {
			command = "SAVE"
		} else if rng.IntN(6) == 0 {
			if err := r.toggle(c, rng, stop); err != nil {
				return nil // the connection has ended
			}
			continue
		}
		if _, err := c.do(command); err == nil && command == "SAVE" {
			r.saved.Store(now)
		}
	}
	return nil
}

// add sums up.
func (s *Stats) add(o Stats) {
	s.Lives += o.Lives
	s.Steps += o.Steps
	s.Acked += o.Acked
	s.Crashes += o.Crashes
	s.Kills += o.Kills
	s.Stops += o.Stops
	s.InRestart += o.InRestart
	s.Refused += o.Refused
}

package scenario

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"redline/lab/probe"
)

var ttlStorm = Scenario{
	Name: "ttl-storm",
	What: "10,000, 100,000 and 1,000,000 keys due in the same millisecond, another client that reads meanwhile, and the events of expiring",
	Pass: "the other client's worst response <= 5 ms and p99 <= 2 ms, all keys gone within 1 s, every key's event sent, 99 % of them within 100 ms",
	Params: []Param{
		{"keys", Counts, "10k,100k,1m", "keys due together in each step"},
		{"rate", Count, "2k", "requests per second of the other client"},
		{"connections", Count, "1", "of the other client, each with one request under way"},
		{"events", Count, "10k", "keys due together in the step that counts events"},
		{"calm", Duration, "1s", "of load before the deadline"},
	},
	directives: func(params) []string { return []string{"--notify-keyspace-events", "Ex"} },
	run:        runTTLStorm,
}

const (
	stormWorst   = 5 * time.Millisecond
	stormP99     = 2 * time.Millisecond
	stormDrain   = time.Second
	stormEvents  = 100 * time.Millisecond
	stormPatient = 30 * time.Second // how long keys may stay; Redis takes some seconds for a million
	// stormFillPerS is how fast filling is assumed to be at least; when it is
	// slower, a later deadline is tried.
	stormFillPerS = 150_000
	stormTries    = 3
	eventsTail    = 3 * time.Second // how long the last events may be on their way
)

func runTTLStorm(ctx context.Context, b *bench) error {
	if n, err := b.Client().Keys(); err != nil || n > 0 {
		return cannot(fmt.Sprintf("the drain of a storm shows only on an empty server, and this one holds %d keys", n))
	}
	// Events cost the server something: they are on in their own step alone.
	before, ok := b.Client().Config("notify-keyspace-events")
	if !ok {
		b.skip("events of expiring", "the server does not tell notify-keyspace-events through CONFIG GET")
	} else if err := b.events(""); err != nil {
		ok = false
		b.skip("events of expiring", "the server refuses CONFIG SET notify-keyspace-events: "+err.Error())
	} else {
		b.Undo(func(c *probe.Client) error {
			_, err := c.Do("CONFIG", "SET", "notify-keyspace-events", before)
			return err
		})
	}
	for _, n := range b.counts("keys") {
		if err := b.storm(ctx, n); err != nil {
			return err
		}
	}
	if !ok {
		return nil
	}
	return b.countEvents(ctx, b.count("events"))
}

func (b *bench) events(flags string) error {
	_, err := b.Client().Do("CONFIG", "SET", "notify-keyspace-events", flags)
	return err
}

// brew writes n keys that are due at one instant and returns it.
func (b *bench) brew(ctx context.Context, n int64) (due time.Time, err error) {
	reserve := b.duration("calm") * 3 / 2
	for try, allow := 1, time.Duration(float64(n)/stormFillPerS*1e9); ; try, allow = try+1, 4*allow+time.Second {
		due = time.Now().Add(allow + reserve).Truncate(time.Millisecond)
		b.tell("writing %s keys due at one instant", grouped(float64(n)))
		spec := closed(50, n, time.Second, op("set", 1, true, "SET", "{key}", "{value}", "PXAT", strconv.FormatInt(due.UnixMilli(), 10)))
		if err := b.Fill(ctx, spec, n); err != nil {
			return due, err
		}
		if time.Until(due) > b.duration("calm") {
			return due, nil
		}
		if try == stormTries {
			return due, cannot("the keys cannot be written fast enough to be due together")
		}
		if _, err := b.drained(ctx, due); err != nil {
			return due, err
		}
	}
}

// drained waits until the database is empty and tells how long after due.
func (b *bench) drained(ctx context.Context, due time.Time) (time.Duration, error) {
	c, err := b.dial(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	var failed error
	empty := eventually(ctx, time.Until(due)+stormPatient, func() bool {
		v, err := c.Do("DBSIZE")
		failed = err
		return err != nil || v.Int == 0
	})
	switch took := time.Since(due); {
	case failed != nil:
		return took, failed
	case !empty && ctx.Err() == nil:
		return took, fmt.Errorf("keys are still there %v after they were due", stormPatient)
	default:
		return took, ctx.Err()
	}
}

// storm measures one step.
func (b *bench) storm(ctx context.Context, n int64) error {
	due, err := b.brew(ctx, n)
	if err != nil {
		return err
	}
	var drain time.Duration
	m, err := b.during(ctx, open(float64(b.count("rate")), b.count("connections"), n, 0, absent()), func(ctx context.Context) (err error) {
		if drain, err = b.drained(ctx, due); err == nil {
			err = pause(ctx, b.duration("calm")/2)
		}
		return err
	})
	if err != nil {
		return err
	}
	name := grouped(float64(n)) + " keys"
	b.worst(name+": worst response of another client", m, stormWorst)
	b.most(name+": p99 of its responses", float64(m.Response.Quantile(0.99)), "ns", float64(stormP99))
	b.most(name+": until all are gone", float64(drain), "ns", float64(stormDrain))
	b.errorsOf(name, m)
	return nil
}

// countEvents counts the expired events of n keys and their lag.
func (b *bench) countEvents(ctx context.Context, n int64) error {
	if err := b.events("Ex"); err != nil {
		return err
	}
	due, err := b.brew(ctx, n)
	if err != nil {
		return err
	}
	w, err := b.watch(ctx) // there is time left before the deadline
	if err != nil {
		return err
	}
	defer w.stop()
	if _, err := b.drained(ctx, due); err != nil {
		return err
	}
	eventually(ctx, eventsTail, func() bool { return w.seen.Load() >= n })
	w.stop()
	b.exactly("events of "+grouped(float64(n))+" keys", float64(len(w.at)), float64(n))
	if len(w.at) > 0 {
		slices.SortFunc(w.at, time.Time.Compare)
		lag := w.at[min(len(w.at)-1, len(w.at)*99/100)].Sub(due)
		b.most("lag of an event p99", float64(max(lag, 0)), "ns", float64(stormEvents))
	}
	return ctx.Err()
}

// watcher receives the expired events of the session's keys.
type watcher struct {
	g    *guest
	seen atomic.Int64
	at   []time.Time // when they came; to be read after stop
	done chan struct{}
}

func (b *bench) watch(ctx context.Context) (*watcher, error) {
	g, err := b.guest(ctx)
	if err != nil {
		return nil, err
	}
	for _, cmd := range append(b.Target().Greeting(), []string{"PSUBSCRIBE", "__keyevent@*__:expired"}) {
		if reply := g.ask(quoted(cmd)); strings.HasPrefix(reply, "-") {
			_ = g.conn.Close()
			return nil, fmt.Errorf("the server refuses %s: %s", cmd[0], reply)
		}
	}
	_ = g.conn.SetReadDeadline(time.Time{})
	w := &watcher{g: g, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for {
			line, err := g.r.ReadString('\n')
			if err != nil {
				return
			}
			if strings.HasPrefix(line, b.Prefix()) {
				w.at = append(w.at, time.Now())
				w.seen.Add(1)
			}
		}
	}()
	return w, nil
}

func (w *watcher) stop() {
	_ = w.g.conn.Close()
	<-w.done
}

// quoted is a command in the inline form of the protocol.
func quoted(cmd []string) string {
	out := make([]string, len(cmd))
	for i, arg := range cmd {
		out[i] = strconv.Quote(arg)
	}
	return strings.Join(out, " ")
}

package scenario

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

var slowConsumer = Scenario{
	Name: "slow-consumer",
	What: "a subscriber that does not read, beside one that does and clients that do other things",
	Pass: "the slow one is closed at the output limit, the other gets every message, memory stays within the limit and comes back, and other clients keep p99 <= 10 ms",
	Params: []Param{
		{"message", Sizes, "16KB", "size of a message"},
		{"rate", Count, "2k", "requests per second of the other clients"},
		{"limit", Sizes, "32MB", "output limit of subscribers, on a server of the lab's own"},
	},
	directives: func(p params) []string {
		limit := strconv.FormatInt(p.sizes("limit")[0], 10)
		return []string{"--client-output-buffer-limit", "pubsub", limit, limit, "60"}
	},
	run: runSlowConsumer,
}

const (
	slowP99 = 10 * time.Millisecond
	// slowBeyond is how much more than the limit is published before the slow
	// subscriber must be gone: its limit, what the kernel's buffers take, and more.
	slowBeyond = 4
	// slowKernel is what the sockets' buffers may hold: tcp_wmem and tcp_rmem allow
	// 4 and 6 MB by default, the latter is bounded here.
	slowKernel = 16 << 20
	slowGone   = 10 * time.Second
	// slowMemory is what the server may use beyond the limit meanwhile, for its
	// other work and the sizes its allocator has.
	slowMemory = 64 << 20
)

func runSlowConsumer(ctx context.Context, b *bench) error {
	limit, err := b.pubsubLimit()
	if err != nil {
		return err
	}
	channel := b.Prefix() + "channel"
	slow, err := b.subscribe(ctx, channel)
	if err != nil {
		return err
	}
	defer slow.conn.Close()
	if tcp, ok := slow.conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(64 << 10) // a failure costs a few more messages
	}
	quick, err := b.subscribe(ctx, channel)
	if err != nil {
		return err
	}
	defer quick.conn.Close()
	p := &publisher{channel: channel, message: strings.Repeat("m", int(b.sizes("message")[0])), limit: limit, quick: &reader{guest: quick}}
	p.quick.start(len(p.message))
	before, err := b.info("used_memory")
	if err != nil {
		return err
	}
	from := b.Writer().Now()
	m, err := b.during(ctx, open(float64(b.count("rate")), 10, 1000, 0, get(0.9), set(0.1)), func(ctx context.Context) error {
		return b.publish(ctx, p)
	})
	if err != nil {
		return err
	}
	b.slowFigures(p, before, from)
	b.latencies("other clients", m, slowP99)
	b.errorsOf("other clients", m)
	return nil
}

// publisher sends until the slow subscriber is gone.
type publisher struct {
	channel, message string
	limit            int64
	quick            *reader
	sent             int64
	cutAt            int64 // bytes published when only one subscriber was left; 0 if never
}

// publish goes on until the server counts one receiver instead of two, or far
// beyond the limit. It goes no faster than the quick subscriber, which must not
// become slow itself.
func (b *bench) publish(ctx context.Context, p *publisher) error {
	c, err := b.dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	most := (slowBeyond*p.limit + slowKernel) / int64(len(p.message))
	for p.sent < most && ctx.Err() == nil {
		v, err := c.Do("PUBLISH", p.channel, p.message)
		if err != nil {
			return fmt.Errorf("publishing: %w", err)
		}
		p.sent++
		if v.Int <= 1 {
			p.cutAt = p.sent * int64(len(p.message))
			break
		}
		const ahead = 64 // messages
		if !eventually(ctx, slowGone, func() bool { return p.quick.got.Load() >= p.sent-ahead }) {
			return errors.New("the subscriber that reads did not get its messages")
		}
	}
	eventually(ctx, slowGone, func() bool { return p.quick.got.Load() >= p.sent })
	return nil
}

func (b *bench) slowFigures(p *publisher, before float64, fromNs int64) {
	if p.cutAt == 0 {
		b.failf("the subscriber that does not read was still there after %s, with an output limit of %s",
			bytesText(float64(p.sent)*float64(len(p.message))), bytesText(float64(p.limit)))
	} else {
		b.most("published until the slow subscriber was closed", float64(p.cutAt), "bytes", float64(slowBeyond*p.limit+slowKernel))
	}
	b.figure("output limit", float64(p.limit), "bytes")
	b.exactly("messages the other subscriber got", float64(p.quick.got.Load()), float64(p.sent))
	if peak, ok := highest(b.series.between("info_used_memory_bytes", fromNs, 0)); ok {
		b.most("server memory above that before", max(peak-before, 0), "bytes", float64(p.limit+slowMemory))
	}
	var after float64
	back := eventually(context.Background(), slowGone, func() bool {
		v, err := b.info("used_memory")
		after = v
		return err == nil && v <= before+float64(slowMemory)/2
	})
	b.figure("server memory afterwards above that before", max(after-before, 0), "bytes")
	if !back {
		b.failf("the memory of the closed subscriber was not given back within %v", slowGone)
	}
}

// pubsubLimit is the hard limit of class pubsub.
func (b *bench) pubsubLimit() (int64, error) {
	text, ok := b.Client().Config("client-output-buffer-limit")
	fields := strings.Fields(text)
	for i := 0; ok && i+1 < len(fields); i++ {
		if fields[i] == "pubsub" {
			n, err := strconv.ParseInt(fields[i+1], 10, 64)
			switch {
			case err != nil:
				return 0, cannot("client-output-buffer-limit of the server is not understood: " + text)
			case n == 0:
				return 0, cannot("the server has no output limit for subscribers: set client-output-buffer-limit pubsub")
			case n > 1<<30:
				return 0, cannot("the server's output limit for subscribers is above 1 GB: lower it for this scenario")
			}
			return n, nil
		}
	}
	return 0, cannot("the server does not tell client-output-buffer-limit through CONFIG GET")
}

// subscribe makes a subscriber.
func (b *bench) subscribe(ctx context.Context, channel string) (*guest, error) {
	g, err := b.guest(ctx)
	if err != nil {
		return nil, err
	}
	for _, cmd := range append(b.Target().Greeting(), []string{"SUBSCRIBE", channel}) {
		if reply := g.ask(quoted(cmd)); strings.HasPrefix(reply, "-") {
			_ = g.conn.Close()
			return nil, fmt.Errorf("the server refuses %s: %s", cmd[0], reply)
		}
	}
	return g, nil
}

// reader reads as fast as messages come.
type reader struct {
	*guest
	got atomic.Int64
}

// start counts messages of size bytes until the connection ends. Lines of that
// length are messages; everything else around them is shorter.
func (r *reader) start(size int) {
	_ = r.conn.SetReadDeadline(time.Time{})
	go func() {
		for {
			line, err := r.r.ReadString('\n')
			if err != nil {
				return
			}
			if len(line) == size+len("\r\n") {
				r.got.Add(1)
			}
		}
	}()
}

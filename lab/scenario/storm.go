package scenario

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var connectionStorm = Scenario{
	Name: "connection-storm",
	What: "clients that connect, ask once and leave: in order, abruptly, in the middle of a request, or without a word",
	Pass: "every client that asks is answered, others keep p99 <= 20 ms and see no error, and the server forgets all who left",
	Params: []Param{
		{"connections", Count, "10k", "connections made in all"},
		{"workers", Count, "20", "clients at a time"},
		{"rate", Count, "1k", "requests per second of the others"},
	},
	run: runConnectionStorm,
}

const (
	churnP99 = 20 * time.Millisecond
	// churnClients and churnFiles are how many may be left when all have gone:
	// those of the lab itself may have been made anew.
	churnClients = 2
	churnFiles   = 4
)

// leaving is how a client leaves.
type leaving int

const (
	inOrder  leaving = iota // asks, reads, closes
	abruptly                // asks, reads, resets the connection
	midway                  // sends half of a request and closes
	silently                // closes at once
	leavings
)

func runConnectionStorm(ctx context.Context, b *bench) error {
	base, err := b.info("connected_clients")
	if err != nil {
		return err
	}
	files := openFilesOf(b.PID())
	c := &churn{b: b, total: b.count("connections")}
	var took time.Duration
	m, err := b.during(ctx, open(float64(b.count("rate")), 10, 1000, 0, get(0.9), set(0.1)), func(ctx context.Context) error {
		start := time.Now()
		c.run(ctx, int(b.count("workers")))
		took = time.Since(start)
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	b.figure("connections", float64(c.done.Load()), "")
	b.figure("connections per second", float64(c.done.Load())/took.Seconds(), "1/s")
	b.exactly("clients that were not answered", float64(c.failed.Load()), 0)
	if text := c.why.Load(); text != nil {
		b.failf("a client: %s", *text)
	}
	b.latencies("others", m, churnP99)
	b.errorsOf("others", m)
	var left float64
	eventually(ctx, settleWithin, func() bool {
		v, err := b.info("connected_clients")
		left = v - base
		return err == nil && left <= 0
	})
	b.most("clients the server still counts", max(left, 0), "", churnClients)
	if files > 0 {
		open := 0
		eventually(ctx, settleWithin, func() bool { open = openFilesOf(b.PID()); return open <= files })
		b.most("files the server still has open", float64(max(open-files, 0)), "", churnFiles)
	}
	return nil
}

// churn makes connections until there were enough.
type churn struct {
	b     *bench
	total int64

	next, done, failed atomic.Int64
	why                atomic.Pointer[string] // the first failure
}

func (c *churn) run(ctx context.Context, workers int) {
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for ctx.Err() == nil {
				i := c.next.Add(1) - 1
				if i >= c.total {
					return
				}
				// Closing in order leaves the port unusable for a minute; of so many it
				// may be one in eight.
				how := leaving(i % int64(leavings))
				if how != abruptly && i%8 >= int64(leavings) {
					how = abruptly
				}
				if err := c.visit(ctx, how); err != nil && ctx.Err() == nil {
					c.failed.Add(1)
					text := err.Error()
					c.why.CompareAndSwap(nil, &text)
				}
				c.done.Add(1)
			}
		})
	}
	all.Wait()
}

// visit is one client.
func (c *churn) visit(ctx context.Context, how leaving) error {
	g, err := c.b.guest(ctx)
	if err != nil {
		return err
	}
	defer g.conn.Close()
	switch how {
	case silently:
		return nil
	case midway:
		_, err := g.conn.Write([]byte("*3\r\n$3\r\nSET\r\n$100\r\nhalf"))
		return err
	}
	// A server with a password answers as well, with an error.
	if reply := g.ask("PING"); reply != "+PONG" && !strings.HasPrefix(reply, "-NOAUTH") {
		return fmt.Errorf("PING was answered %q", reply)
	}
	if tcp, ok := g.conn.(*net.TCPConn); ok && how == abruptly {
		return tcp.SetLinger(0)
	}
	return nil
}

// openFilesOf counts the open files of a process; 0 when that cannot be seen.
func openFilesOf(pid int) int {
	if pid == 0 {
		return 0
	}
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return 0
	}
	return len(list)
}

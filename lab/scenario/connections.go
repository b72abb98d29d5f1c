package scenario

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

var connections = Scenario{
	Name: "connections",
	What: "150, 1,000 and 10,000 clients at once, then more than maxclients",
	Pass: "no client refused below maxclients, no errors, p99 <= 50 ms; above it a clear error, and room again when clients leave",
	Params: []Param{
		{"clients", Counts, "150,1k,10k", "clients of each step"},
		{"rate", Count, "5k", "requests per second over all of them"},
		{"duration", Duration, "5s", "of each step"},
	},
	directives: func(p params) []string {
		return []string{"--maxclients", strconv.FormatInt(slices.Max(p.counts("clients"))+connectionsSpare, 10)}
	},
	run: runConnections,
}

const (
	// connectionsSpare is what the lab's own connections take beside the clients.
	connectionsSpare = 16
	connectionsP99   = 50 * time.Millisecond
	// refusalsWanted is how many clients come when there is no room left.
	refusalsWanted = 10
	settleWithin   = 10 * time.Second
)

func runConnections(ctx context.Context, b *bench) error {
	text, ok := b.Client().Config("maxclients")
	most, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil {
		return cannot("the server does not tell maxclients through CONFIG GET")
	}
	base, err := b.info("connected_clients")
	if err != nil {
		return err
	}
	for _, n := range b.counts("clients") {
		if room := most - int64(base) - connectionsSpare/2; n > room {
			b.caveatf("%s clients were asked for and %s fit below maxclients %s", grouped(float64(n)), grouped(float64(room)), grouped(float64(most)))
			n = room
		}
		if n < 1 {
			return cannot("no client fits below maxclients: raise it")
		}
		if err := b.crowd(ctx, n); err != nil {
			return err
		}
		if !eventually(ctx, settleWithin, func() bool { v, err := b.info("connected_clients"); return err == nil && v <= base }) {
			b.failf("the server still counts clients %s after they have gone", durationText(settleWithin))
		}
	}
	return b.refusals(ctx, most)
}

// crowd applies load over n connections.
func (b *bench) crowd(ctx context.Context, n int64) error {
	if limit := openFiles(); limit > 0 && n+100 > limit {
		return cannot(fmt.Sprintf("%d connections need more open files than the %d this process may have: raise ulimit -n", n, limit))
	}
	before, err := b.info("rejected_connections")
	if err != nil {
		return err
	}
	b.tell("%s clients", grouped(float64(n)))
	from := b.Writer().Now()
	m, err := b.Load(ctx, open(float64(b.count("rate")), n, n, b.duration("duration"), get(0.9), set(0.1)))
	if err != nil {
		return err
	}
	after, err := b.info("rejected_connections")
	if err != nil {
		return err
	}
	name := grouped(float64(n)) + " clients"
	b.least(name+": connected", float64(m.Connections), "", float64(n))
	b.exactly(name+": refused", after-before, 0)
	b.errorsOf(name, m)
	b.latencies(name, m, connectionsP99)
	if rss, ok := highest(b.series.between("rss_bytes", from, 0)); ok {
		b.figure(name+": server memory", rss, "bytes")
	}
	return nil
}

// refusals fills the server up to maxclients and beyond.
func (b *bench) refusals(ctx context.Context, most int64) error {
	before, err := b.info("connected_clients")
	if err != nil {
		return err
	}
	room := most - int64(before)
	if limit := openFiles(); limit > 0 && room+100 > limit {
		b.skip("more clients than maxclients", fmt.Sprintf("filling up to maxclients %d needs more than the %d files this process may open: raise ulimit -n or lower maxclients", most, limit))
		return nil
	}
	b.tell("filling up to maxclients %s", grouped(float64(most)))
	var in []*guest
	defer func() {
		for _, g := range in {
			_ = g.conn.Close()
		}
	}()
	for range room {
		g, err := b.guest(ctx)
		if err != nil {
			return err
		}
		in = append(in, g)
		if reply := g.ask("PING"); reply != "+PONG" {
			break
		}
	}
	accepted := 0
	for _, g := range in {
		if g.reply == "+PONG" {
			accepted++
		}
	}
	b.exactly("accepted up to maxclients", float64(before)+float64(accepted), float64(most))
	clear := 0
	for range refusalsWanted {
		g, err := b.guest(ctx)
		if err != nil {
			return err
		}
		if reply := g.listen(); strings.HasPrefix(reply, "-ERR max number of clients") {
			clear++
		} else {
			b.failf("a client above maxclients was told %q", reply)
		}
		_ = g.conn.Close()
	}
	b.exactly(fmt.Sprintf("clearly refused above it, of %d", refusalsWanted), float64(clear), refusalsWanted)
	if accepted == 0 {
		return nil
	}
	if reply := in[0].ask("PING"); reply != "+PONG" {
		b.failf("a client inside was answered %q while others were refused", reply)
	}
	_ = in[0].conn.Close()
	again := eventually(ctx, settleWithin, func() bool {
		g, err := b.guest(ctx)
		if err != nil {
			return false
		}
		defer g.conn.Close()
		return g.ask("PING") == "+PONG"
	})
	if !again {
		b.failf("no client was accepted although one had left")
	}
	return nil
}

// guest is a plain connection, which may be refused.
type guest struct {
	conn  net.Conn
	r     *bufio.Reader
	reply string // the last line read
}

// guestPatience is how long a guest waits for a line.
const guestPatience = 10 * time.Second

// guest connects without saying anything.
func (b *bench) guest(ctx context.Context) (*guest, error) {
	d := net.Dialer{Timeout: guestPatience}
	conn, err := d.DialContext(ctx, b.Target().Network, b.Target().Addr)
	if err != nil {
		return nil, fmt.Errorf("cannot connect: %w", err)
	}
	return &guest{conn: conn, r: bufio.NewReader(conn)}, nil
}

// ask sends an inline command and reads a line.
func (g *guest) ask(command string) string {
	if _, err := g.conn.Write([]byte(command + "\r\n")); err != nil {
		g.reply = err.Error()
		return g.reply
	}
	return g.listen()
}

// listen reads a line; an error is returned as text.
func (g *guest) listen() string {
	_ = g.conn.SetReadDeadline(time.Now().Add(guestPatience))
	line, err := g.r.ReadString('\n')
	if err != nil && line == "" {
		line = err.Error()
	}
	g.reply = strings.TrimRight(line, "\r\n")
	return g.reply
}

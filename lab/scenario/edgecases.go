package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"redline/lab/probe"
	"redline/resp"
)

var edgeCases = Scenario{
	Name: "edge-cases",
	What: "every command of COMMAND with invalid input (wrong arity, wrong types, huge numbers, NaN, empty, binary), and broken protocol",
	Pass: "the server answers every well-formed command, stays up, and serves another client without an error all the while",
	Params: []Param{
		{"rate", Count, "200", "requests per second of the other client"},
		{"big", Sizes, "1MB", "size of the largest argument"},
		{"every", Count, "1", "try every Nth command only; 1 tries all"},
	},
	directives: func(params) []string { return []string{"--proto-max-bulk-len", "64mb"} },
	run:        runEdgeCases,
}

const (
	// edgePatience is how long a command may take: self-tests of some seconds are
	// among them.
	edgePatience = 20 * time.Second
	// edgeBlocked is how long a command that may block is listened to.
	edgeBlocked = 30 * time.Millisecond
	edgeWorst   = 5 * time.Second
)

// edgeSkipped are commands that stop or block the server, or give the connection
// to another protocol, by design; each with the reason that is reported.
var edgeSkipped = map[string]string{
	"shutdown":         "ends the server",
	"debug":            "crashes, stops or blocks the server on purpose",
	"client|pause":     "holds all clients back on purpose",
	"failover":         "hands the data over to a replica",
	"replicaof":        "makes the server a replica, which drops its data",
	"slaveof":          "makes the server a replica, which drops its data",
	"sync":             "makes the connection that of a replica",
	"psync":            "makes the connection that of a replica",
	"replconf":         "is for replicas: its acknowledgements have no reply by design",
	"client|reply":     "turns replies off on purpose",
	"cluster|reset":    "leaves the cluster and drops its data",
	"cluster|failover": "changes who is master",
}

// edgeForeign are further commands that are left out on a server that is not the
// lab's own: without an argument, or with any, they change more than the run's
// own keys.
var edgeForeign = map[string]string{
	"flushall": "removes everything", "flushdb": "removes everything", "swapdb": "exchanges databases",
	"config": "changes the server's settings", "acl": "changes users", "script": "removes scripts", "function": "changes functions",
	"module": "loads code", "save": "writes a file and blocks meanwhile", "bgsave": "writes a file", "bgrewriteaof": "writes a file",
	"client": "closes other connections", "latency": "resets figures", "slowlog": "resets figures", "memory": "changes the allocator's state",
	"migrate": "moves keys away", "cluster": "changes the cluster", "move": "writes to another database", "select": "leaves the run's database",
	"publish": "reaches other clients", "spublish": "reaches other clients",
}

// edgeBlocking may leave a client waiting, beside those flagged as blocking.
var edgeBlocking = []string{"wait", "waitaof", "monitor"}

func runEdgeCases(ctx context.Context, b *bench) error {
	all, err := b.commands()
	if err != nil {
		return err
	}
	t := &edge{b: b, keys: edgeKeys(b.Prefix()), big: strings.Repeat("x", int(b.sizes("big")[0]))}
	b.Undo(func(c *probe.Client) error { _, err := c.Do(append([]string{"DEL"}, t.keys...)...); return err })
	if n := b.count("every"); n > 1 {
		b.caveatf("only every %dth command was tried", n)
	}
	m, err := b.during(ctx, open(float64(b.count("rate")), 2, 100, 0, get(0.5), set(0.5)), func(ctx context.Context) error {
		defer t.hangUp()
		for i, c := range all {
			if int64(i)%b.count("every") != 0 {
				continue
			}
			if err := t.try(ctx, c); err != nil {
				return err
			}
		}
		return t.broken(ctx)
	})
	if err != nil {
		return err
	}
	b.figure("commands and subcommands tried", float64(t.tried), "")
	b.figure("inputs", float64(t.inputs), "")
	b.figure("answered with an error", float64(t.refused), "")
	b.figure("answered otherwise", float64(t.accepted), "")
	b.figure("left waiting by design", float64(t.waiting), "")
	b.exactly("not answered, or cut off without a word", float64(t.silent), 0)
	b.figure("protocol violations on connections of their own", float64(t.violations), "")
	b.errorsOf("another client", m)
	b.worst("another client: worst response", m, edgeWorst)
	return t.stillServes(ctx)
}

// edge tries inputs.
type edge struct {
	b    *bench
	keys []string // of every type
	big  string
	g    *caller // nil when the next input needs a fresh connection

	tried, inputs, refused, accepted, waiting, silent, violations int
}

// edgeTypes make a key of each type.
var edgeTypes = [][]string{
	{"SET", "", "text"}, {"RPUSH", "", "a", "b"}, {"HSET", "", "f", "v"}, {"SADD", "", "m"}, {"ZADD", "", "1", "m"}, {"XADD", "", "*", "f", "v"},
}

func edgeKeys(prefix string) []string {
	var out []string
	for _, cmd := range edgeTypes {
		out = append(out, prefix+"edge:"+strings.ToLower(cmd[0]))
	}
	return append(out, prefix+"edge:none")
}

// ready makes the keys anew, as the last command may have changed or removed
// them, and looks whether the server is still there.
func (t *edge) ready() error {
	c := t.b.Client()
	if _, err := c.Do(append([]string{"DEL"}, t.keys...)...); err != nil {
		return fmt.Errorf("the server no longer answers: %w", err)
	}
	for i, cmd := range edgeTypes {
		args := slices.Clone(cmd)
		args[1] = t.keys[i]
		if _, err := c.Do(args...); err != nil {
			var refused resp.ReplyError
			if errors.As(err, &refused) {
				continue // a type the server does not have
			}
			return fmt.Errorf("the server no longer answers: %w", err)
		}
	}
	return nil
}

// try sends the inputs of one command or subcommand.
func (t *edge) try(ctx context.Context, c spec) error {
	if why, ok := edgeSkipped[c.name]; ok {
		t.b.skip(strings.ToUpper(strings.ReplaceAll(c.name, "|", " ")), why)
		return nil
	}
	top, _, _ := strings.Cut(c.name, "|")
	if why, ok := edgeForeign[top]; ok && !t.b.Owned() {
		if c.name == top {
			t.b.skip(strings.ToUpper(top), "the server is not the lab's own, and this "+why)
		}
		return nil
	}
	t.tried++
	blocking := c.blocking || slices.Contains(edgeBlocking, c.name)
	for i, args := range c.inputs(t.keys, t.big) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if i%edgeRenew == 0 {
			if err := t.ready(); err != nil {
				return fmt.Errorf("at %s: %w", c.name, err)
			}
		}
		if err := t.send(ctx, c.name, args, blocking); err != nil {
			return err
		}
	}
	return nil
}

// edgeRenew is after how many inputs the keys are made anew.
const edgeRenew = 16

// send sends one input and counts the answer. Unless it is an error, the next
// input goes through a fresh connection, since this one may be in another state.
func (t *edge) send(ctx context.Context, name string, args []string, blocking bool) error {
	if t.g == nil {
		g, err := t.b.caller(ctx)
		if err != nil {
			return fmt.Errorf("before %s: the server no longer accepts connections: %w", name, err)
		}
		t.g = g
	}
	t.inputs++
	patience := edgePatience
	if blocking {
		patience = edgeBlocked
	}
	switch what := t.g.call(args, patience); {
	case what == answerError:
		t.refused++
		return nil
	case what == answerOther:
		t.accepted++
	case what == answerNone && blocking:
		t.waiting++
	case name == "quit" || name == "client|kill": // may close without a word
		t.accepted++
	default:
		t.silent++
		t.b.failf("%s was %s", printable(args), what)
	}
	t.hangUp()
	return nil
}

func (t *edge) hangUp() {
	if t.g != nil {
		t.g.close()
		t.g = nil
	}
}

// printable is an input for a message: short, on one line.
func printable(args []string) string {
	var b strings.Builder
	for i, a := range args {
		if i > 0 {
			b.WriteByte(' ')
		}
		if i == 8 {
			fmt.Fprintf(&b, "... (%d arguments)", len(args))
			break
		}
		if len(a) > 40 {
			fmt.Fprintf(&b, "%.20q...(%d bytes)", a, len(a))
			continue
		}
		fmt.Fprintf(&b, "%q", a)
	}
	return b.String()
}

// stillServes makes sure in the end that new clients get right answers.
func (t *edge) stillServes(ctx context.Context) error {
	c, err := t.b.dial(ctx)
	if err != nil {
		return fmt.Errorf("the server no longer accepts clients: %w", err)
	}
	defer c.Close()
	key := t.keys[0]
	if _, err := c.Do("SET", key, "still here"); err != nil {
		return err
	}
	v, err := c.Do("GET", key)
	if err == nil && v.Text() != "still here" {
		err = fmt.Errorf("GET after all answers %.40q", v.Text())
	}
	return err
}

package cache

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strconv"
)

// Load is a client that uses a server as a cache: it asks for keys and stores what it did not get.
type Load struct {
	conn  net.Conn
	in    *bufio.Reader
	out   *bufio.Writer
	value []byte
	ttl   bool

	keys   []int // of the batch
	missed []int
}

// Outcome is what a number of requests came to.
type Outcome struct {
	Requests, Hits int
	Refused        int // stores that were refused because memory was full
}

// HitRatio returns the part of requests that was answered, in percent.
func (o Outcome) HitRatio() float64 { return 100 * float64(o.Hits) / float64(max(o.Requests, 1)) }

// Dial connects. Values have valueBytes bytes; with ttl each is stored with a deadline some hours to days away, which
// follows from the key.
func Dial(addr string, valueBytes int, ttl bool) (*Load, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &Load{conn: conn, in: bufio.NewReaderSize(conn, 1<<18), out: bufio.NewWriterSize(conn, 1<<18),
		value: bytes.Repeat([]byte{'v'}, valueBytes), ttl: ttl}, nil
}

// Close ends the connection.
func (l *Load) Close() error { return l.conn.Close() }

// Run makes n requests in batches of batch keys: first all GETs, then the SETs of what was missed.
func (l *Load) Run(t Trace, n, batch int) (o Outcome, err error) {
	for o.Requests < n {
		l.keys = l.keys[:0]
		for range min(batch, n-o.Requests) {
			l.keys = append(l.keys, t())
		}
		if err := l.get(&o); err != nil {
			return o, err
		}
		if err := l.set(&o); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (l *Load) key(k int) []byte { return fmt.Appendf(nil, "key:%012d", k) }

func (l *Load) command(words ...[]byte) {
	fmt.Fprintf(l.out, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(l.out, "$%d\r\n%s\r\n", len(w), w)
	}
}

func (l *Load) get(o *Outcome) error {
	for _, k := range l.keys {
		l.command([]byte("GET"), l.key(k))
	}
	if err := l.out.Flush(); err != nil {
		return err
	}
	l.missed = l.missed[:0]
	for _, k := range l.keys {
		reply, err := l.reply()
		if err != nil {
			return err
		}
		o.Requests++
		if reply[0] == '$' && reply != "$-1" {
			o.Hits++
			continue
		}
		l.missed = append(l.missed, k)
	}
	return nil
}

func (l *Load) set(o *Outcome) error {
	for _, k := range l.missed {
		if l.ttl {
			l.command([]byte("SET"), l.key(k), l.value, []byte("EX"), strconv.AppendInt(nil, int64(10_000+k*7919%1_000_000), 10))
		} else {
			l.command([]byte("SET"), l.key(k), l.value)
		}
	}
	if err := l.out.Flush(); err != nil {
		return err
	}
	for range l.missed {
		reply, err := l.reply()
		if err != nil {
			return err
		}
		if reply[0] == '-' {
			o.Refused++
		}
	}
	return nil
}

// Int runs a command whose reply is an integer.
func (l *Load) Int(words ...string) (int, error) {
	args := make([][]byte, len(words))
	for i, w := range words {
		args[i] = []byte(w)
	}
	l.command(args...)
	if err := l.out.Flush(); err != nil {
		return 0, err
	}
	reply, err := l.reply()
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(reply[1:])
}

// reply returns the first line of a reply and passes over what a bulk string holds.
func (l *Load) reply() (string, error) {
	line, err := l.in.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = line[:len(line)-2]
	if line[0] == '$' && line[1] != '-' {
		n, err := strconv.Atoi(line[1:])
		if err != nil {
			return "", err
		}
		if _, err := l.in.Discard(n + 2); err != nil {
			return "", err
		}
	}
	return line, nil
}

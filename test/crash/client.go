package crash

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"redline/resp"
)

// A conn is a connection that sends requests and reads their replies.
type conn struct {
	nc net.Conn
	r  *resp.Reader
}

func newConn(nc net.Conn) *conn { return &conn{nc: nc, r: resp.NewReader(nc)} }

func (c *conn) close() { _ = c.nc.Close() }

// send writes requests at once.
func (c *conn) send(lines [][]string) error {
	var b []byte
	for _, l := range lines {
		b = resp.AppendCommandStrings(b, l...)
	}
	_, err := c.nc.Write(b)
	return err
}

// pipeline sends requests and reads all their replies.
func (c *conn) pipeline(lines [][]string) ([]resp.Value, error) {
	if err := c.send(lines); err != nil {
		return nil, err
	}
	out := make([]resp.Value, 0, len(lines))
	for range lines {
		v, err := c.r.Read()
		if err != nil {
			return out, err
		}
		out = append(out, v)
	}
	return out, nil
}

// do sends one request. A reply that is an error is an error.
func (c *conn) do(args ...string) (resp.Value, error) {
	v, err := c.pipeline([][]string{args})
	if err != nil {
		return resp.Value{}, err
	}
	return v[0], v[0].Err()
}

// errRefused says that the server answered that it cannot keep a write. It is no fault when the disk is gone.
var errRefused = errors.New("the server refuses writes")

// A client sends steps and keeps the history of them. It belongs to one goroutine at a time.
type client struct {
	maker
	db      int
	history []*step // since the last recovery
	base    state   // what the database held then
	shared  int     // steps of it in the shared list then
	clock   *atomic.Int64
}

// batch makes n steps, sends them at once and takes the replies. An error ends the connection.
func (cl *client) batch(c *conn, n int) error {
	var lines [][]string
	sent := int(cl.clock.Add(1))
	from := len(cl.history)
	for range n {
		s := cl.next()
		s.sent = sent
		cl.history = append(cl.history, s)
		lines = append(lines, s.requests(cl.db)...)
	}
	if err := c.send(lines); err != nil {
		return err
	}
	for _, s := range cl.history[from:] {
		if err := cl.await(c, s); err != nil {
			return err
		}
	}
	return nil
}

// await reads the replies to one step.
func (cl *client) await(c *conn, s *step) error {
	want := s.requests(cl.db)
	for i := range want {
		v, err := c.r.Read()
		if err != nil {
			return err
		}
		if err := v.Err(); err != nil {
			if refusal(err.Error()) {
				return errRefused
			}
			return fmt.Errorf("%.100q: %w", want[i], errors.Join(errUnexpected, err))
		}
		if s.shared != "" && i == len(want)-1 {
			if len(v.Elems) < 2 {
				return fmt.Errorf("%w: EXEC replied %v", errUnexpected, v)
			}
			s.count = int(v.Elems[1].Int)
		}
	}
	s.acked, s.ackedAt = int(cl.clock.Add(1)), time.Now()
	return nil
}

// errUnexpected marks replies that no crash explains.
var errUnexpected = errors.New("unexpected reply")

// refusal tells the errors with which a server says that it cannot keep a write, or is about to end.
func refusal(text string) bool {
	return strings.HasPrefix(text, "MISCONF") || strings.HasPrefix(text, "EXECABORT") || strings.HasPrefix(text, "LOADING")
}

// observe reads a database.
func observe(c *conn, db int) (*model, error) {
	replies, err := c.pipeline([][]string{{"SELECT", strconv.Itoa(db)}, {"KEYS", "*"}})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(replies[0].Err(), replies[1].Err()); err != nil {
		return nil, err
	}
	var keys []string
	var lines [][]string
	for _, v := range replies[1].Elems {
		key := v.Text()
		keys = append(keys, key)
		lines = append(lines, reading(key), []string{"PEXPIRETIME", key})
	}
	replies, err = c.pipeline(lines)
	if err != nil {
		return nil, err
	}
	m := newModel()
	for i, key := range keys {
		read, due := replies[2*i], replies[2*i+1]
		if err := errors.Join(read.Err(), due.Err()); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		v := reconstruct(key[0], read)
		v.due = max(due.Int, 0)
		m.set(key, v)
	}
	return m, nil
}

// reading gives the command that reads a key; the first letter of its name says what it holds.
func reading(key string) []string {
	switch key[0] {
	case 'l':
		return []string{"LRANGE", key, "0", "-1"}
	case 'h':
		return []string{"HGETALL", key}
	case 'e':
		return []string{"SMEMBERS", key}
	case 'z':
		return []string{"ZRANGE", key, "0", "-1", "WITHSCORES"}
	case 'x':
		return []string{"XRANGE", key, "-", "+"}
	}
	return []string{"GET", key}
}

// reconstruct makes a value of what reading brought.
func reconstruct(kind byte, read resp.Value) *value {
	v := &value{kind: kind, fields: map[string]string{}}
	var items []string
	for _, e := range read.Elems {
		items = append(items, e.Text())
	}
	switch kind {
	case 'l':
		v.list = items
	case 'h', 'z':
		for i := 0; i+1 < len(items); i += 2 {
			v.fields[items[i]] = items[i+1]
		}
	case 'e':
		for _, m := range items {
			v.fields[m] = ""
		}
	case 'x':
		for _, e := range read.Elems {
			v.list = append(v.list, e.Elems[0].Text()+" "+e.Elems[1].Elems[0].Text()+" "+e.Elems[1].Elems[1].Text())
		}
	default:
		v.kind, v.str = 's', read.Text()
	}
	return v
}

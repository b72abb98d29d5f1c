package probe

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"sync"
	"time"

	"redline/lab/target"
	"redline/resp"
)

// callTimeout bounds one command of a Client: a server under full load answers
// late, but a dead one must not hang the lab.
const callTimeout = 10 * time.Second

// Client is one blocking connection to a server. Its methods may be called from
// several goroutines; they take turns.
type Client struct {
	mu   sync.Mutex
	conn net.Conn
	r    *resp.Reader
}

// Dial connects, authenticates and selects the database.
func Dial(ctx context.Context, t target.Target) (*Client, error) {
	d := net.Dialer{Timeout: callTimeout}
	conn, err := d.DialContext(ctx, t.Network, t.Addr)
	if err != nil {
		return nil, fmt.Errorf("cannot connect to %s: %w", t.URL(), err)
	}
	c := &Client{conn: conn, r: resp.NewReader(conn)}
	for _, cmd := range append(t.Greeting(), []string{"PING"}) {
		if _, err := c.Do(cmd...); err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("%s refuses %s: %w", t.URL(), cmd[0], err)
		}
	}
	return c, nil
}

// Close closes the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Do sends one command and returns its reply. An error reply is an error.
func (c *Client) Do(args ...string) (resp.Value, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.conn.SetDeadline(time.Now().Add(callTimeout)); err != nil {
		return resp.Value{}, err
	}
	if _, err := c.conn.Write(resp.AppendCommandStrings(nil, args...)); err != nil {
		return resp.Value{}, err
	}
	v, err := c.r.Read()
	if err != nil {
		return v, err
	}
	return v, v.Err()
}

// Info returns INFO of the given sections ("everything" for all).
func (c *Client) Info(section string) (Info, error) {
	v, err := c.Do("INFO", section)
	if err != nil {
		return nil, err
	}
	return ParseInfo(v.Text()), nil
}

// InfoText returns the text of INFO with every section, those included that only
// Redline has and shows by name: Redis passes over names that it does not know, and
// servers that take a single section are asked for everything.
func (c *Client) InfoText() (string, error) {
	v, err := c.Do("INFO", "everything", "anatomy", "shards")
	var refused resp.ReplyError
	if errors.As(err, &refused) {
		v, err = c.Do("INFO", "everything")
	}
	return v.Text(), err
}

// Keys counts the keys of the server, over all databases if INFO tells, else of
// the selected one.
func (c *Client) Keys() (int64, error) {
	if info, err := c.Info("keyspace"); err == nil {
		if n := info.keys(); n > 0 {
			return n, nil
		}
	}
	v, err := c.Do("DBSIZE")
	return v.Int, err
}

// Config returns the value of a directive; ok is false if the server has none.
func (c *Client) Config(name string) (value string, ok bool) {
	v, err := c.Do("CONFIG", "GET", name)
	if err != nil || len(v.Elems) < 2 {
		return "", false
	}
	return v.Elems[1].Text(), true
}

// number reads a decimal field of INFO. JSON has no other numbers.
func number(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

package crash

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A promise says which acknowledged steps must have survived: those before a moment on the clients' clock and a time of day.
type promise struct {
	tick int
	time time.Time
}

var (
	everything = promise{math.MaxInt, time.Unix(1<<40, 0)}
	nothing    = promise{}
)

func (p promise) covers(s *step) bool {
	return s.acked > 0 && s.acked <= p.tick && s.ackedAt.Before(p.time)
}

// and returns what both promise.
func (p promise) and(o promise) promise {
	p.tick = min(p.tick, o.tick)
	if o.time.Before(p.time) {
		p.time = o.time
	}
	return p
}

// A survivor is what was found of one client.
type survivor struct {
	cl     *client
	m      *model
	shared []int // serials in the shared list since the last recovery
	fits   []int // after how many steps of the history the database was as it is now, ascending
}

// verify compares what a server holds with what clients did, and has the clients go on from there. The error says which
// promise is broken.
func verify(c *conn, clients []*client, p promise) error {
	all, err := sharedList(c)
	if err != nil {
		return err
	}
	found := make([]*survivor, len(clients))
	for i, cl := range clients {
		m, err := observe(c, cl.db)
		if err != nil {
			return err
		}
		found[i] = &survivor{cl: cl, m: m}
	}
	if err := splitShared(all, found); err != nil {
		return err
	}
	for _, f := range found {
		if err := f.fit(p); err != nil {
			return fmt.Errorf("client %d: %w", f.cl.client, err)
		}
	}
	if err := together(found); err != nil {
		return err
	}
	for _, f := range found {
		f.cl.goOn(f)
	}
	return nil
}

func sharedList(c *conn) ([]string, error) {
	replies, err := c.pipeline([][]string{{"SELECT", strconv.Itoa(sharedDB)}, {"LRANGE", "all", "0", "-1"}})
	if err != nil {
		return nil, err
	}
	var all []string
	for _, v := range replies[1].Elems {
		all = append(all, v.Text())
	}
	return all, replies[1].Err()
}

// splitShared gives each client its part of the shared list and checks positions that were told to clients.
func splitShared(all []string, found []*survivor) error {
	position := map[string]int{}
	for i, e := range all {
		if position[e] > 0 {
			return fmt.Errorf("%s is in the shared list twice", e)
		}
		position[e] = i + 1
		id, serial, _ := strings.Cut(e, ":")
		client, err := strconv.Atoi(id)
		n, err2 := strconv.Atoi(serial)
		if err != nil || err2 != nil || client >= len(found) {
			return fmt.Errorf("%q in the shared list was sent by nobody", e)
		}
		found[client].shared = append(found[client].shared, n)
	}
	for _, f := range found {
		for _, s := range f.cl.history {
			if s.shared == "" {
				continue
			}
			at := position[s.shared]
			if at > 0 && s.count > 0 && at != s.count {
				return fmt.Errorf("%s is at %d in the shared list, and its client was told %d", s.shared, at, s.count)
			}
			if at == 0 && s.count > 0 && s.count <= len(all) {
				return fmt.Errorf("%s is missing, and others came after it in the shared list (%s)", s.shared, all[s.count-1])
			}
		}
	}
	return nil
}

// fit finds after which steps the database was as it is.
func (f *survivor) fit(p promise) error {
	cl := f.cl
	least := 0
	for i, s := range cl.history {
		if p.covers(s) {
			least = i + 1
		}
	}
	mine := f.shared[min(cl.shared, len(f.shared)):]
	before, late := "", -1
	expected := cl.base
	for n := 0; n <= len(cl.history); n++ {
		if n > 0 {
			s := cl.history[n-1]
			expected = s.after
			if s.shared != "" && before == "" {
				if len(mine) == 0 || f.cl.name(mine[0]) != s.shared {
					before = s.shared
				} else {
					mine = mine[1:]
				}
			}
		}
		sharedFits := before == "" && len(mine) == 0
		if !equal(expected, f.m.view) || !sharedFits {
			continue
		}
		if n < least {
			late = n
			continue
		}
		f.fits = append(f.fits, n)
	}
	switch {
	case len(f.fits) > 0:
		return nil
	case late >= 0:
		s := cl.history[least-1]
		return fmt.Errorf("step %d of %d was promised (%.200q), and only %d are there", least, len(cl.history), s.commands, late)
	}
	for n, s := range cl.history {
		if equal(s.after, f.m.view) {
			return fmt.Errorf("database %d is as after step %d of %d, and the shared list has %d steps, of which the last is %d", cl.db, n+1,
				len(cl.history), len(f.shared)-cl.shared, f.shared[len(f.shared)-1])
		}
	}
	want := cl.base
	if least > 0 {
		want = cl.history[least-1].after
	}
	return fmt.Errorf("database %d is as after no step (%d to %d of %d come into question; in the shared list: %d of them); compared with the first: %s",
		cl.db, least, len(cl.history), len(cl.history), len(f.shared)-cl.shared, want.diff(f.m.view))
}

func (cl *client) name(serial int) string { return fmt.Sprintf("%d:%d", cl.client, serial) }

func equal(a, b state) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || v != w {
			return false
		}
	}
	return true
}

// together checks that what is there of several clients goes together: a step that is there was sent when those that were
// acknowledged by then were done, so these must be there.
func together(found []*survivor) error {
	latest, who := 0, ""
	for _, f := range found {
		if n := f.fits[0]; n > 0 && f.cl.history[n-1].sent > latest {
			latest, who = f.cl.history[n-1].sent, fmt.Sprintf("step %d of client %d", n, f.cl.client)
		}
	}
	for _, f := range found {
		for _, s := range f.cl.history[f.fits[len(f.fits)-1]:] {
			if s.acked > 0 && s.acked < latest {
				return fmt.Errorf("%s is there, and what was acknowledged to client %d before it is not: %.200q", who, f.cl.client, s.commands)
			}
		}
	}
	return nil
}

// goOn has a client go on from what was found.
func (cl *client) goOn(f *survivor) {
	cl.m, cl.base, cl.history = f.m, f.m.view, nil
	cl.shared = len(f.shared)
}

package crash

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// sharedDB is the database in which all clients count; client i has database i+1.
const sharedDB = 0

// A step is one command, or several in a transaction. All of it happens or nothing.
type step struct {
	commands [][]string // in the client's database
	shared   string     // what the step appends to the shared list; "" if it does not
	after    state      // what the client's database holds afterwards

	sent, acked int       // on the clock that all clients share; 0: not yet
	ackedAt     time.Time // by the time of day
	count       int       // shared: its position in the shared list, from 1; known when it is acknowledged
}

// requests gives the step as it is sent, and how many replies there will be.
func (s *step) requests(db int) (lines [][]string) {
	if len(s.commands) == 1 && s.shared == "" {
		return s.commands
	}
	lines = append(lines, []string{"MULTI"})
	if s.shared != "" {
		lines = append(lines, []string{"SELECT", strconv.Itoa(sharedDB)}, []string{"RPUSH", "all", s.shared},
			[]string{"SELECT", strconv.Itoa(db)})
	}
	return append(append(lines, s.commands...), []string{"EXEC"})
}

// A maker makes steps that change something, from a seed.
type maker struct {
	rng      *rand.Rand
	m        *model
	client   int
	serial   int // of the last step, which makes values distinct
	commands int // made, likewise
	far      int64
	large    int // largest value in bytes
}

// next makes a step and does it on the model.
func (k *maker) next() *step {
	k.serial++
	s := &step{}
	n := 1
	if k.rng.IntN(3) == 0 {
		n = 1 + k.rng.IntN(5)
	}
	if k.rng.IntN(4) == 0 {
		s.shared = fmt.Sprintf("%d:%d", k.client, k.serial)
	}
	for range n {
		k.commands++
		c := k.command()
		k.m.do(c)
		s.commands = append(s.commands, c)
	}
	s.after = k.m.view
	return s
}

// key picks a key of a kind; there are few, so that they meet again.
func (k *maker) key(kind string) string { return kind + strconv.Itoa(k.rng.IntN(3)) }

// text makes a value that no other step makes.
func (k *maker) text() string {
	t := fmt.Sprintf("%d:%d:%d", k.client, k.serial, k.rng.IntN(1000))
	if k.rng.IntN(10) == 0 {
		t += strings.Repeat("v", k.rng.IntN(k.large))
	}
	return t
}

func (k *maker) command() []string {
	serial := strconv.Itoa(k.serial)
	switch k.rng.IntN(20) {
	case 0, 1, 2:
		return []string{"SET", k.key("s"), k.text()}
	case 3:
		return []string{"APPEND", k.key("s"), k.text()}
	case 4:
		return []string{"INCRBY", k.key("n"), serial}
	case 5, 6:
		return []string{"RPUSH", k.key("l"), k.text(), k.text()}
	case 7, 8:
		return []string{"HSET", k.key("h"), "f" + strconv.Itoa(k.rng.IntN(200)), k.text()}
	case 9:
		return []string{"SADD", k.key("e"), k.text()}
	case 10:
		return []string{"ZADD", k.key("z"), serial, "m" + strconv.Itoa(k.rng.IntN(200))}
	case 11:
		key := k.key("x")
		return []string{"XADD", key, serial + "-" + strconv.Itoa(k.commands), "f", k.text()}
	default:
		if c := k.touch(); c != nil {
			return c
		}
		return []string{"SET", k.key("s"), k.text()}
	}
}

// touch makes a command on a key that there is, or nothing.
func (k *maker) touch() []string {
	if k.rng.IntN(60) == 0 {
		return []string{"FLUSHDB"}
	}
	kind := string("snlhezx"[k.rng.IntN(7)])
	key := k.key(kind)
	v := k.m.keys[key]
	if v == nil {
		return nil
	}
	switch k.rng.IntN(6) {
	case 0:
		return []string{"DEL", key, k.key("s")}
	case 1:
		if to := k.key(kind); to != key {
			return []string{"RENAME", key, to}
		}
	case 2:
		if to := k.key(kind); to != key && k.m.keys[to] == nil {
			return []string{"COPY", key, to}
		}
	case 3:
		if v.due > 0 {
			return []string{"PERSIST", key}
		}
		return []string{"PEXPIREAT", key, strconv.FormatInt(k.far+int64(k.rng.IntN(1e9)), 10)}
	}
	return k.take(key, v)
}

// take makes a command that takes an element away.
func (k *maker) take(key string, v *value) []string {
	first := ""
	for f := range v.fields {
		if first == "" || f < first {
			first = f
		}
	}
	switch v.kind {
	case 'l':
		return []string{"LPOP", key}
	case 'h':
		return []string{"HDEL", key, first}
	case 'e':
		return []string{"SREM", key, first}
	case 'z':
		return []string{"ZREM", key, first}
	case 'x':
		if len(v.list) > 0 {
			id, _, _ := strings.Cut(v.list[0], " ")
			return []string{"XDEL", key, id}
		}
	}
	return nil
}

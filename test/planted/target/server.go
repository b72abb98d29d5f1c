package main

import (
	"fmt"
	"hash/fnv"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"redline/resp"
)

// faults are what can be planted.
var faults = []string{"", "global-lock", "allocations", "sleep", "slow-disk", "hot-shard", "small-gc", "churn", "goroutine-per-key"}

const (
	shards = 16
	// requestsPerConnection is after how many a connection is closed, with the fault
	// that does so.
	requestsPerConnection = 20
	// incrSleep is how long INCR sleeps, with the fault that makes it.
	incrSleep = 10 * time.Millisecond
)

// server is the whole of it.
type server struct {
	fault   string
	admin   string // address of the other listener
	global  sync.Mutex
	shards  [shards]shard
	ballast []*[64]*byte // a heap worth collecting
	log     *slowFile    // nil without the fault

	accepted, clients atomic.Int64
}

// shard holds a part of the keys.
type shard struct {
	mu       sync.Mutex
	keys     map[string]*entry
	commands atomic.Int64
}

type entry struct {
	value []byte
	dueMs int64 // unix time; 0: never
}

func newServer(fault, admin string) (*server, error) {
	known := false
	for _, f := range faults {
		known = known || f == fault
	}
	if !known {
		return nil, fmt.Errorf("unknown fault %q: one of %s", fault, strings.Join(faults[1:], ", "))
	}
	s := &server{fault: fault, admin: admin}
	for i := range s.shards {
		s.shards[i].keys = map[string]*entry{}
	}
	for range 80_000 { // 40 MiB of pointers
		s.ballast = append(s.ballast, &[64]*byte{})
	}
	if fault == "slow-disk" {
		f, err := os.CreateTemp("", "planted-*.log")
		if err != nil {
			return nil, err
		}
		_ = os.Remove(f.Name()) // it goes with the process
		s.log = &slowFile{f: f}
	}
	return s, nil
}

func (s *server) serve(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		s.accepted.Add(1)
		go s.session(c)
	}
}

// session serves one connection.
func (s *server) session(c net.Conn) {
	s.clients.Add(1)
	defer s.clients.Add(-1)
	defer c.Close()
	p := resp.NewParser(resp.DefaultLimits())
	buf, out := make([]byte, 16<<10), make([]byte, 0, 16<<10)
	for held, served := 0, 0; ; {
		if held == len(buf) {
			buf = append(buf, make([]byte, len(buf))...)
		}
		n, err := c.Read(buf[held:])
		if err != nil {
			return
		}
		held += n
		in, err := buf[:held], error(nil)
		for {
			var args [][]byte
			if args, n, err = p.Next(in); err != nil {
				out = resp.AppendError(out, err.Error())
				break
			}
			if n == 0 {
				break
			}
			if len(args) > 0 {
				out = s.command(out, args)
				served++
			}
			in = in[n:]
		}
		held = copy(buf, in)
		if _, writeErr := c.Write(out); err != nil || writeErr != nil || s.fault == "churn" && served >= requestsPerConnection {
			return
		}
		out = out[:0]
	}
}

// shardOf is where a key lives.
func (s *server) shardOf(key []byte) *shard {
	if s.fault == "hot-shard" {
		return &s.shards[3]
	}
	h := fnv.New32a()
	_, _ = h.Write(key)
	return &s.shards[h.Sum32()%shards]
}

// info is INFO.
func (s *server) info() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Server\r\nprocess_id:%d\r\nadmin_addr:%s\r\n", os.Getpid(), s.admin)
	fmt.Fprintf(&b, "# Clients\r\nconnected_clients:%d\r\n# Stats\r\ntotal_connections_received:%d\r\n", s.clients.Load(), s.accepted.Load())
	b.WriteString("# Shards\r\n")
	keys := 0
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		n := len(sh.keys)
		sh.mu.Unlock()
		keys += n
		fmt.Fprintf(&b, "shard_%d:keys=%d,commands=%d\r\n", i, n, sh.commands.Load())
	}
	b.WriteString("# Keyspace\r\n")
	if keys > 0 {
		b.WriteString("db0:keys=" + strconv.Itoa(keys) + ",expires=0,avg_ttl=0\r\n")
	}
	return b.String()
}

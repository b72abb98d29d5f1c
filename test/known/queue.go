package known

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"net"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Queue is a server of Redis' protocol that answers one GET each Service, in order of arrival over all connections. What
// else it is asked it answers at once: PING, the commands with which the lab cleans up, and an error for the rest.
//
// When a reply is due follows from the arrivals alone: a server that wakes too late catches up, so its capacity is exactly
// 1/Service, and only the response times are late by what the system took to wake it.
type Queue struct {
	Service time.Duration

	ln     net.Listener
	work   chan job
	conns  sync.WaitGroup
	served sync.WaitGroup
}

type job struct {
	c  net.Conn
	at time.Time
}

// queued bounds how many requests wait: more than the lab holds back.
const queued = 1 << 20

// Listen starts the server on a free loopback port.
func Listen(service time.Duration) (*Queue, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	q := &Queue{Service: service, ln: ln, work: make(chan job, queued)}
	q.conns.Go(q.accept)
	q.served.Go(q.serve)
	return q, nil
}

// URL is where it listens, as the lab takes it.
func (q *Queue) URL() string { return "redis://" + q.ln.Addr().String() }

// Close ends the server once its clients have gone.
func (q *Queue) Close() {
	_ = q.ln.Close()
	q.conns.Wait()
	close(q.work)
	q.served.Wait()
}

// Capacity is the highest rate of Poisson arrivals at which 99 % of the response times are below slo, in requests per
// second. The tail of the waiting time of M/D/1 falls as exp(-2 mu (1-rho)/rho t), nearly (Tijms, A First Course in
// Stochastic Models, 9.6); solved for 1 % at the service level.
func Capacity(service, slo time.Duration) float64 {
	mu := 1 / service.Seconds()
	return mu * (1 - math.Log(100)/(2*mu*(slo-service).Seconds()))
}

func (q *Queue) accept() {
	for {
		c, err := q.ln.Accept()
		if err != nil {
			return
		}
		q.conns.Go(func() {
			defer c.Close()
			q.read(c)
		})
	}
}

// read takes a client's commands until it goes.
func (q *Queue) read(c net.Conn) {
	r := bufio.NewReader(c)
	for {
		args, err := command(r)
		if err != nil {
			return
		}
		reply := ""
		switch string(bytes.ToUpper(args[0])) {
		case "GET":
			q.work <- job{c, time.Now()}
			continue
		case "PING":
			reply = "+PONG\r\n"
		case "DBSIZE", "DEL", "UNLINK", "EXISTS":
			reply = ":0\r\n"
		default:
			reply = fmt.Sprintf("-ERR unknown command '%s'\r\n", args[0])
		}
		if _, err := io.WriteString(c, reply); err != nil {
			return
		}
	}
}

// serve answers. It has a thread of its own, as Go's timers are too coarse.
func (q *Queue) serve() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	free := time.Now()
	for j := range q.work {
		if j.at.After(free) {
			free = j.at
		}
		free = free.Add(q.Service)
		if wait := time.Until(free); wait > 0 {
			ts := syscall.NsecToTimespec(int64(wait))
			_ = syscall.Nanosleep(&ts, nil) // waking early by a signal is an error of microseconds
		}
		_, _ = io.WriteString(j.c, "$-1\r\n") // a client that has gone misses nothing
	}
}

// command reads a command in wire form.
func command(r *bufio.Reader) (args [][]byte, err error) {
	n, err := length(r, '*')
	if err != nil {
		return nil, err
	}
	for range n {
		size, err := length(r, '$')
		if err != nil {
			return nil, err
		}
		b := make([]byte, size+2)
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, err
		}
		args = append(args, b[:size])
	}
	return args, nil
}

func length(r *bufio.Reader, kind byte) (int, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 4 || line[0] != kind {
		return 0, fmt.Errorf("%q is not a command", line)
	}
	n, err := strconv.Atoi(string(line[1 : len(line)-2]))
	if err != nil || n < 1 && kind == '*' || n < 0 || n > 1<<20 {
		return 0, fmt.Errorf("%q is not a length", line)
	}
	return n, nil
}

package compat

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"
)

const (
	// startTimeout is how long a server may take until it answers PING. A race-enabled build on a busy machine is slow.
	startTimeout = 30 * time.Second
	// pollEvery is how often a condition in another process is looked at again.
	pollEvery = 5 * time.Millisecond
)

// A Server is a server under test: a child process, or one that runs elsewhere already.
type Server struct {
	Name string
	Addr string

	cmd    *exec.Cmd // nil when it is not ours
	exited chan struct{}
	output *tail
}

// Start starts a server on a free loopback port and waits until it answers. args are followed by --port N and what makes
// the two servers alike: no persistence, debug commands on.
func Start(name, bin, dir string, args ...string) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	args = append(args, "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", dir,
		"--save", "", "--appendonly", "no", "--enable-debug-command", "yes")
	s := &Server{
		Name: name, Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		cmd: exec.Command(bin, args...), exited: make(chan struct{}), output: &tail{},
	}
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = dir, s.output, s.output
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() {
		_ = s.cmd.Wait() // the exit code says nothing that the output does not
		close(s.exited)
	}()
	if err := s.waitReady(); err != nil {
		s.Stop()
		return nil, fmt.Errorf("%s: %w\n%s", name, err, s.output)
	}
	return s, nil
}

func (s *Server) waitReady() error {
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); time.Sleep(pollEvery) {
		if !s.Alive() {
			return errors.New("exited while starting")
		}
		c, err := Dial(s.Addr)
		if err != nil {
			continue
		}
		r, err := c.Do("PING")
		c.Close()
		if err == nil && !bytes.HasPrefix(r.Text, []byte("LOADING")) {
			return nil
		}
	}
	return fmt.Errorf("no answer to PING within %s", startTimeout)
}

// Alive reports whether the process still runs. A server that is not ours counts as alive.
func (s *Server) Alive() bool {
	if s.cmd == nil {
		return true
	}
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

// Output gives the end of what the server printed.
func (s *Server) Output() string {
	if s.output == nil {
		return ""
	}
	return s.output.String()
}

// Stop asks the server to end, and kills it if it does not.
func (s *Server) Stop() {
	if s.cmd == nil || !s.Alive() {
		return
	}
	_ = s.cmd.Process.Signal(os.Interrupt)
	select {
	case <-s.exited:
	case <-time.After(5 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// A tail keeps the last bytes written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailBytes = 16 << 10 // enough for a panic's first goroutines

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - 2*tailBytes; over > 0 {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-tailBytes:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.buf[max(0, len(t.buf)-tailBytes):]))
}

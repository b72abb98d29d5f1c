package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"redline/lab/probe"
	"redline/lab/target"
)

const (
	readyWithin = 20 * time.Second // also on a busy machine
	stopWithin  = 10 * time.Second // then it is killed
	startTries  = 3                // another process may take a free port first
)

// Server is a server program that the lab starts itself, on loopback and
// without persistence.
type Server struct {
	Path    string // executable
	Redline bool   // it is `redline serve`, with an admin listener; else it takes redis-server's arguments
	// Directives are further arguments, such as --maxclients 100.
	Directives []string
}

// running is a started Server.
type running struct {
	target target.Target
	pprof  string // URL; empty without
	pid    int
	stop   chan struct{} // closed to ask for its end
	done   chan struct{} // closed when it has ended
	err    error         // why it ended; valid after done
}

// start starts s with its output in logPath and returns when it answers PING.
func (s *Server) start(ctx context.Context, logPath string) (*running, error) {
	for try := 1; ; try++ {
		r, err := s.startOnce(ctx, logPath)
		if err == nil || try == startTries || !errors.Is(err, errEnded) {
			return r, err
		}
	}
}

// errEnded says that a server ended instead of listening, for example because
// its port was taken meanwhile.
var errEnded = errors.New("the server ended at once")

func (s *Server) startOnce(ctx context.Context, logPath string) (*running, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has its own descriptor
	port := strconv.Itoa(ports[0])
	args := []string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"}
	r := &running{target: target.Target{Network: "tcp", Addr: "127.0.0.1:" + port}, stop: make(chan struct{}), done: make(chan struct{})}
	if s.Redline {
		args = []string{"serve", "--port", port, "--admin-port", strconv.Itoa(ports[1]), "--save", "", "--bind", "127.0.0.1"}
		r.pprof = fmt.Sprintf("http://127.0.0.1:%d/debug/pprof/", ports[1])
	}
	cmd := exec.Command(s.Path, append(args, s.Directives...)...)
	cmd.Dir = filepath.Dir(logPath) // where it would leave files, if it left any
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = childAttributes()
	started := make(chan error)
	go r.mind(cmd, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", s.Path, err)
	}
	r.pid = cmd.Process.Pid
	if err := r.await(ctx, logPath); err != nil {
		r.end()
		return nil, err
	}
	return r, nil
}

// mind starts the child, and ends it when r.stop is closed. It stays on one OS
// thread: on Linux the child is set to die with the thread that started it, so
// that it cannot outlive the lab even if that is killed.
func (r *running) mind(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer close(r.done)
	err := cmd.Start()
	started <- err
	if err != nil {
		return
	}
	waited := make(chan error, 1)
	go func() { waited <- cmd.Wait() }()
	select {
	case r.err = <-waited:
		return
	case <-r.stop:
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case r.err = <-waited:
	case <-time.After(stopWithin):
		_ = cmd.Process.Kill()
		r.err = <-waited
	}
}

// await polls until the server answers PING.
func (r *running) await(ctx context.Context, logPath string) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if c, err := probe.Dial(ctx, r.target); err == nil {
			return c.Close()
		}
		select {
		case <-r.done:
			return fmt.Errorf("%w: %s", errEnded, lastLine(logPath))
		case <-ctx.Done():
			return fmt.Errorf("the server did not answer PING within %v: %s", readyWithin, lastLine(logPath))
		case <-tick.C:
		}
	}
}

// end stops the server and waits until it is gone.
func (r *running) end() {
	close(r.stop)
	<-r.done
}

// alive tells whether the server still runs.
func (r *running) alive() bool {
	select {
	case <-r.done:
		return false
	default:
		return true
	}
}

// freePorts finds n loopback ports that nothing listens on at the moment.
func freePorts(n int) ([]int, error) {
	var ports []int
	var open []io.Closer
	defer func() {
		for _, ln := range open {
			_ = ln.Close()
		}
	}()
	for range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, errors.New("no free loopback port: " + err.Error())
		}
		open = append(open, ln)
		ports = append(ports, ln.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

func lastLine(path string) string {
	b, err := os.ReadFile(path)
	if err != nil || len(b) == 0 {
		return "its log is empty"
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

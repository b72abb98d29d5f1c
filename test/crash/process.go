package crash

import (
	"bytes"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	// startMax is how long a process may take until it answers: a busy machine is slow.
	startMax = 60 * time.Second
	// pollEvery is how often a condition in another process is looked at again.
	pollEvery = 2 * time.Millisecond
)

// A Process is a server in a process of its own, on a unix socket.
type Process struct {
	socket string
	cmd    *exec.Cmd
	exited chan struct{}
	output output
}

// Start starts a server on a directory and waits until it has loaded its data. command is the program and its arguments
// before those of redis.conf.
func Start(command []string, dir string, args ...string) (*Process, error) {
	p := &Process{socket: filepath.Join(dir, "s"), exited: make(chan struct{})}
	args = append(append(command[1:len(command):len(command)], "--port", "0", "--unixsocket", p.socket, "--dir", dir, "--save", ""), args...)
	p.cmd = exec.Command(command[0], args...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, &p.output, &p.output
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in the output
		close(p.exited)
	}()
	if err := p.ready(); err != nil {
		p.Kill()
		return nil, fmt.Errorf("%w\n%s", err, p.output.String())
	}
	return p, nil
}

func (p *Process) dial() (*conn, error) {
	nc, err := net.Dial("unix", p.socket)
	if err != nil {
		return nil, err
	}
	return newConn(nc), nil
}

func (p *Process) ready() error {
	for give := time.Now().Add(startMax); time.Now().Before(give); time.Sleep(pollEvery) {
		select {
		case <-p.exited:
			return fmt.Errorf("%s does not start", p.cmd.Path)
		default:
		}
		c, err := p.dial()
		if err != nil {
			continue
		}
		_, err = c.do("PING")
		c.close()
		if err == nil || !strings.HasPrefix(err.Error(), "LOADING") {
			return err
		}
	}
	return fmt.Errorf("%s does not answer within %s", p.cmd.Path, startMax)
}

// Kill ends the process at once, as kill -9 does, and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.exited
}

// output keeps the last bytes that a process printed.
type output struct {
	mu  sync.Mutex
	buf []byte
}

const outputMax = 16 << 10 // enough for a panic's first goroutines

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf = append(o.buf, b...)
	if over := len(o.buf) - outputMax; over > 0 {
		o.buf = append(o.buf[:0], o.buf[over:]...)
	}
	return len(b), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(bytes.TrimSpace(o.buf))
}

// Package hiccup watches the processors of this machine for times at which they do not run what is due: a hypervisor
// that gave a processor to another guest or has not woken it yet, a kernel that was busy, or, without real-time
// priority, other threads. A request that meets one waits, whatever the server does.
//
// A thread on each processor sleeps for a millisecond, again and again, and measures how late it comes, as jHiccup does
// for a whole process (https://github.com/giltene/jHiccup). On a processor without idle time it does so only every 5 ms:
// there it takes the place of a server and a generator in the midst of their turns, and a thousand times a second cost
// them 15 % of the throughput of a closed loop. It asks for a real-time priority above that
// of the load generator, with which only the kernel and the machine below can keep it waiting; where that is not allowed,
// for short turns, with which it may go before threads in the midst of a long one (Linux 6.12 and later).
//
// The threads are those of a child process: threads that block would keep Go's scheduler from what they hold.
package hiccup

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"redline/lab/record"
)

// ErrUnsupported says that it is not known how to do it here.
var ErrUnsupported = errors.New("watched on Linux only")

const (
	// every is how often a thread looks. What is shorter may go unseen.
	every     = time.Millisecond
	everyBusy = 5 * time.Millisecond
	// Least is the lateness from which it is a hiccup: of a server that answers within a tenth of it, no request should
	// take as long.
	Least = time.Millisecond
)

// Watcher is the child process that watches.
type Watcher struct {
	command  *exec.Cmd
	in       io.Closer
	ended    chan struct{}
	priority string
}

// Start watches until Stop. command is how a process is started that calls Watch. found is called with each hiccup, from
// one goroutine and never after Stop; times count from epoch, which must hold a monotonic clock reading.
func Start(command *exec.Cmd, epoch time.Time, found func(record.Hiccup)) (*Watcher, error) {
	if !supported {
		return nil, ErrUnsupported
	}
	command.SysProcAttr = attributes()
	command.Env = append(command.Environ(), "GODEBUG=asyncpreemptoff=1") // nothing else wants to run on those threads
	in, err := command.StdinPipe()                                       // closed by the system when this process ends, however it does
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	w := &Watcher{command: command, in: in, ended: make(chan struct{})}
	lines := bufio.NewScanner(out)
	lines.Scan()
	var ok bool
	if w.priority, ok = strings.CutPrefix(lines.Text(), watching); !ok {
		_ = in.Close()
		_ = command.Wait()
		return nil, fmt.Errorf("the process that watches did not start: %s", lines.Text())
	}
	from := monotonic() - int64(time.Since(epoch))
	go func() {
		defer close(w.ended)
		for lines.Scan() {
			if h, ok := parse(lines.Text(), from); ok {
				found(h)
			}
		}
	}()
	return w, nil
}

// watching begins the child's first line; its priority follows. Any other line is why it cannot.
const watching = "watching with priority "

// parse reads a line of the child: processor, when its thread was due on the system's monotonic clock, how late it was.
func parse(line string, from int64) (h record.Hiccup, ok bool) {
	n, err := fmt.Sscan(line, &h.CPU, &h.TNs, &h.DurNs)
	h.TNs -= from
	return h, n == 3 && err == nil
}

// Priority is what the threads got: record.PriorityRealTime or record.PriorityNormal.
func (w *Watcher) Priority() string { return w.priority }

// Stop ends watching; what was found before has been told then.
func (w *Watcher) Stop() {
	_ = w.in.Close()
	<-w.ended
	_ = w.command.Wait()
}

// Watch watches all processors that this process may use, until in ends, and prints what it finds.
func Watch(in io.Reader, out io.Writer) error {
	found := make(chan record.Hiccup, 256)
	priority, err := watch(found)
	if err != nil {
		fmt.Fprintln(out, err)
		return err
	}
	fmt.Fprintln(out, watching+priority)
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, in)
		close(ended)
	}()
	for {
		select {
		case h := <-found:
			if _, err := fmt.Fprintln(out, h.CPU, h.TNs, h.DurNs); err != nil {
				return err
			}
		case <-ended:
			return nil
		}
	}
}

// Package awake keeps the processors of this machine from sleeping, so that what wakes up runs at once.
//
// A processor without work halts. On a virtual machine the host then gives the physical one to somebody else, and the
// next packet or timer waits for its return: milliseconds on a busy host, which open-loop load shows as response times
// that no server has caused. A thread of the lowest priority on each processor (SCHED_IDLE, see sched(7)) prevents that:
// it gives way as soon as anything else is to run. It is what booting with idle=poll does, without booting.
//
// The threads are those of a child process: spinning threads would hold up Go's garbage collector.
package awake

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"sync/atomic"
)

// ErrUnsupported says that it is not known how to do it here.
var ErrUnsupported = errors.New("the processors can be kept awake on Linux only")

var (
	start sync.Mutex
	pid   atomic.Int64
)

// Start keeps the processors awake as long as this process lives. command is how a process is started that calls Keep;
// once there is one, further calls do nothing.
func Start(command *exec.Cmd) error {
	if !supported {
		return ErrUnsupported
	}
	start.Lock()
	defer start.Unlock()
	if pid.Load() != 0 {
		return nil
	}
	command.SysProcAttr = attributes()
	command.Env = append(command.Environ(), "GODEBUG=asyncpreemptoff=1") // nothing else wants to run on those threads
	in, err := command.StdinPipe()                                       // closed by the system when this process ends, however it does
	if err != nil {
		return err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("cannot keep the processors awake: %w", err)
	}
	// It says why it cannot, or nothing before it spins.
	if why, _ := io.ReadAll(out); len(why) > 0 {
		_ = in.Close()
		_ = command.Wait()
		return fmt.Errorf("cannot keep the processors awake: %s", why)
	}
	kept = in
	pid.Store(int64(command.Process.Pid))
	return nil
}

// kept is the child's standard input, which stays open.
var kept io.WriteCloser

// PID is that of the process that keeps the processors awake, whose time is not work; 0 if there is none.
func PID() int { return int(pid.Load()) }

// Keep spins on all processors that this process may use, until the standard input ends. An error is also printed, for
// Start to tell.
func Keep(in io.Reader, out io.WriteCloser) error {
	if err := spin(); err != nil {
		fmt.Fprint(out, err)
		return err
	}
	_ = out.Close()
	_, err := io.Copy(io.Discard, in)
	return err
}

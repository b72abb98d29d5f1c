package netloop

import (
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poller is the readiness of a loop's sockets: an epoll set with two descriptors of its own, an eventfd by which others
// wake the loop and a timerfd for the next deadline.
//
// Sockets are watched edge-triggered for input, so reading needs no further call to epoll; output is watched only while
// the kernel takes no more. The two own descriptors are edge-triggered as well and therefore never read.
//
// The loop waits in Go's scheduler and not in epoll_wait: a thread that sleeps in a system call keeps its processor until
// the scheduler notices, which it does by looking every 20 us; measured, that cost half as much again a request. Go's own
// poller watches a second epoll set, the gate, which holds the first one, but only while the loop waits: else every
// packet that arrives while the loop works would wake a thread that finds nothing to do.
type poller struct {
	ep, event, timer int
	gate             int
	file             *os.File // the gate as Go's poller knows it
	rc               syscall.RawConn
	waitFn           func(fd uintptr) bool // made once: no allocation per call
	ready            []unix.EpollEvent     // what the last wait found
	buf              [pollMax]unix.EpollEvent
}

// pollMax is how many events one wait takes: about as many requests as should be answered together.
const pollMax = 256

// The slots of the poller's own descriptors; those of connections are not negative.
const (
	slotEvent = -1
	slotTimer = -2
)

func newPoller() (*poller, error) {
	p := &poller{ep: -1, event: -1, timer: -1, gate: -1}
	var err error
	if p.ep, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if p.gate, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err == nil {
		err = unix.SetNonblock(p.gate, true) // by which os.NewFile knows that it is for Go's poller
	}
	if err == nil {
		p.event, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	}
	if err == nil {
		p.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	}
	if err == nil {
		err = p.add(p.event, slotEvent, unix.EPOLLIN|unix.EPOLLET)
	}
	if err == nil {
		err = p.add(p.timer, slotTimer, unix.EPOLLIN|unix.EPOLLET)
	}
	if err == nil {
		err = unix.EpollCtl(p.gate, unix.EPOLL_CTL_ADD, p.ep, &unix.EpollEvent{})
	}
	if err == nil {
		p.file = os.NewFile(uintptr(p.gate), "epoll")
		p.rc, err = p.file.SyscallConn()
	}
	if err != nil {
		p.close()
		return nil, err
	}
	p.waitFn = func(uintptr) bool { return p.poll() || !p.open() }
	return p, nil
}

func (p *poller) close() {
	if p.file != nil {
		_ = p.file.Close()
		p.gate = -1
	}
	for _, fd := range []int{p.gate, p.ep, p.event, p.timer} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
}

// add watches a descriptor; its events carry slot.
func (p *poller) add(fd, slot int, events uint32) error {
	return unix.EpollCtl(p.ep, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(slot)})
}

// change changes what a descriptor is watched for.
func (p *poller) change(fd, slot int, events uint32) error {
	return unix.EpollCtl(p.ep, unix.EPOLL_CTL_MOD, fd, &unix.EpollEvent{Events: events, Fd: int32(slot)})
}

// poll looks for events without waiting and says whether there are any.
func (p *poller) poll() bool {
	n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.ep), uintptr(unsafe.Pointer(&p.buf[0])), pollMax, 0, 0, 0)
	if errno != 0 { // interrupted: the caller comes again
		n = 0
	}
	p.ready = p.buf[:n]
	return n > 0
}

// open has the gate tell of the next event. It returns false if the wait would not end by itself.
func (p *poller) open() bool {
	e := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLONESHOT}
	_, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(p.gate), unix.EPOLL_CTL_MOD, uintptr(p.ep), uintptr(unsafe.Pointer(&e)), 0, 0)
	return errno == 0
}

// shut has the gate keep still.
func (p *poller) shut() {
	var e unix.EpollEvent
	_, _, _ = syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.gate), uintptr(unsafe.Pointer(&e)), 1, 0, 0, 0)
}

// wait waits for events.
func (p *poller) wait() error {
	if p.poll() {
		return nil
	}
	err := p.rc.Read(p.waitFn)
	p.shut()
	return err
}

// wake ends a wait, from any goroutine.
func (p *poller) wake() {
	one := uint64(1)
	_, _, _ = syscall.RawSyscall(unix.SYS_WRITE, uintptr(p.event), uintptr(unsafe.Pointer(&one)), unsafe.Sizeof(one))
}

// arm has a wait end after d; 0: no more.
func (p *poller) arm(d time.Duration) {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))}
	_ = unix.TimerfdSettime(p.timer, 0, &spec, nil)
}

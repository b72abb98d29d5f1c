//go:build linux && !386 && !arm && !mips && !mipsle

package drive

import (
	"bytes"
	"io"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"

	"redline/lab/record"
)

// eventBatch is how many events one wait takes: enough that its cost is shared,
// few enough that a due request does not wait for long behind them.
const eventBatch = 128

// epollPoller uses raw non-blocking sockets and edge-triggered epoll. Reads,
// writes and polls that cannot block bypass the scheduler's bookkeeping
// (RawSyscall); only a real sleep tells the runtime.
type epollPoller struct {
	family   int
	to       unix.Sockaddr
	tcp      bool
	epfd     int
	fds      []int32 // -1 is closed
	gens     []int32 // tells the events of a closed connection from those of its successor
	raw      [eventBatch]unix.EpollEvent
	out      []event
	ts       unix.Timespec
	noPwait2 bool // kernels before 5.11
}

// newPoller returns the platform's best poller.
func newPoller(a Address, slots int) (poller, error) {
	p := &epollPoller{tcp: a.Network == "tcp", out: make([]event, 0, eventBatch)}
	if err := p.setAddress(a); err != nil {
		return nil, err
	}
	var err error
	if p.epfd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	p.fds, p.gens = make([]int32, slots), make([]int32, slots)
	for i := range p.fds {
		p.fds[i] = -1
	}
	return p, nil
}

func (p *epollPoller) setAddress(a Address) error {
	if !p.tcp {
		p.family, p.to = unix.AF_UNIX, &unix.SockaddrUnix{Name: a.Addr}
		return nil
	}
	ap, err := netip.ParseAddrPort(a.Addr)
	if err != nil {
		return err
	}
	if ip := ap.Addr().Unmap(); ip.Is4() {
		p.family, p.to = unix.AF_INET, &unix.SockaddrInet4{Port: int(ap.Port()), Addr: ip.As4()}
		return nil
	}
	p.family, p.to = unix.AF_INET6, &unix.SockaddrInet6{Port: int(ap.Port()), Addr: ap.Addr().As16()}
	return nil
}

func (p *epollPoller) open(slot int) error {
	fd, err := unix.Socket(p.family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	if p.tcp {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) // an optimisation
	}
	if err := unix.Connect(fd, p.to); err != nil && err != unix.EINPROGRESS {
		_ = unix.Close(fd)
		return os.NewSyscallError("connect", err)
	}
	// Both directions are registered once: an edge for writing appears only after
	// a write came up short, so this costs nothing and saves later changes.
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(slot), Pad: p.gens[slot]}
	if err := unix.EpollCtl(p.epfd, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		_ = unix.Close(fd)
		return os.NewSyscallError("epoll_ctl", err)
	}
	p.fds[slot] = int32(fd)
	return nil
}

func (p *epollPoller) connected(slot int) error {
	code, err := unix.GetsockoptInt(int(p.fds[slot]), unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = unix.Errno(code)
	}
	if err != nil {
		return os.NewSyscallError("connect", err)
	}
	return nil
}

func (p *epollPoller) close(slot int) {
	if p.fds[slot] >= 0 {
		_ = unix.Close(int(p.fds[slot]))
		p.fds[slot] = -1
		p.gens[slot]++
	}
}

func (p *epollPoller) read(slot int, b []byte) (int, error) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(p.fds[slot]),
			uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0, 0, 0)
		switch errno {
		case 0:
			if n == 0 {
				return 0, io.EOF
			}
			return int(n), nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, errAgain
		default:
			return 0, errno
		}
	}
}

func (p *epollPoller) write(slot int, b []byte) (int, error) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(p.fds[slot]),
			uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, errAgain
		default:
			return 0, errno
		}
	}
}

func (p *epollPoller) queued(slot int) (unread, unsent int) {
	unread, _ = unix.IoctlGetInt(int(p.fds[slot]), unix.SIOCINQ) // 0 when it fails
	unsent, _ = unix.IoctlGetInt(int(p.fds[slot]), unix.SIOCOUTQ)
	return unread, unsent
}

func (p *epollPoller) wait(ns int64) ([]event, error) {
	n, errno := p.sleep(max(ns, 0))
	if errno == unix.EINTR {
		return nil, nil
	}
	if errno != 0 {
		return nil, os.NewSyscallError("epoll_wait", errno)
	}
	p.out = p.out[:0]
	for i := range p.raw[:n] {
		ev := &p.raw[i]
		if p.gens[ev.Fd] != ev.Pad {
			continue
		}
		p.out = append(p.out, event{
			slot:     ev.Fd,
			readable: ev.Events&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0,
			ending:   ev.Events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0,
			writable: ev.Events&(unix.EPOLLOUT|unix.EPOLLHUP|unix.EPOLLERR) != 0,
		})
	}
	return p.out, nil
}

// rawWaitNs is how long a wait may hide from the scheduler. A wait that it knows
// of keeps its monitor thread busy (5 % of a CPU, measured) and may cost the
// thread its processor; one that it does not know of holds the processor. Under
// load nearly all waits are shorter than this; longer ones are told.
const rawWaitNs = int64(1e6)

// sleep waits with nanosecond resolution.
func (p *epollPoller) sleep(ns int64) (int, unix.Errno) {
	if ns == 0 {
		n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epfd), uintptr(unsafe.Pointer(&p.raw)), eventBatch, 0, 0, 0)
		return int(n), errno
	}
	if p.noPwait2 {
		return p.oldSleep(ns)
	}
	n, errno := p.pwait2(unix.RawSyscall6, min(ns, rawWaitNs))
	if n == 0 && errno == 0 && ns > rawWaitNs {
		n, errno = p.pwait2(unix.Syscall6, ns-rawWaitNs)
	}
	if errno == unix.ENOSYS || errno == unix.EPERM { // some sandboxes answer EPERM
		p.noPwait2 = true
		return p.oldSleep(ns)
	}
	return n, errno
}

// pwait2 makes the call. What it points to lies in p, which is on the heap and
// alive, so that the pointers may pass through call.
func (p *epollPoller) pwait2(call func(trap, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2 uintptr, err unix.Errno), ns int64) (int, unix.Errno) {
	p.ts = unix.NsecToTimespec(ns)
	n, _, errno := call(unix.SYS_EPOLL_PWAIT2, uintptr(p.epfd), uintptr(unsafe.Pointer(&p.raw)), eventBatch, uintptr(unsafe.Pointer(&p.ts)), 0, 0)
	return int(n), errno
}

// oldSleep is sleep for kernels before 5.11: ppoll on the epoll descriptor.
func (p *epollPoller) oldSleep(ns int64) (int, unix.Errno) {
	ts := unix.NsecToTimespec(ns)
	fds := [1]unix.PollFd{{Fd: int32(p.epfd), Events: unix.POLLIN}}
	if _, err := unix.Ppoll(fds[:], &ts, nil); err != nil {
		return 0, unix.EINTR // the next round tells if it is serious
	}
	return p.sleep(0)
}

func (p *epollPoller) destroy() {
	for slot := range p.fds {
		p.close(slot)
	}
	_ = unix.Close(p.epfd)
}

// wakeSliceNs asks the scheduler for short turns on the CPU. The thread's share
// of it stays the same, but when it wakes it may go before a thread that is in
// the middle of a long turn, such as the server's (Linux 6.12 and later; without
// effect before).
const wakeSliceNs = 100_000

// pinThread gives the calling goroutine an OS thread of its own with fine
// timers: the default slack of 50 us would be added to every sleep. It returns
// the thread's priority.
//
// A thread that keeps a schedule and needs little CPU asks for a real-time
// priority, with which it runs as soon as it wakes: at 1,000/s on a machine with
// busy neighbours its pacing error's p99 was 0.1 ms instead of 9 ms. One that is
// busy must not have it: at 50,000/s it kept the server from its share (14,000/s
// were answered instead of 50,000/s), and so did the strongest usual priority.
func pinThread(urgent bool) string {
	runtime.LockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) // coarser pacing is measured, not fatal
	if urgent {
		fifo := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK}
		if unix.SchedSetAttr(0, &fifo, 0) == nil {
			return record.PriorityRealTime
		}
	}
	if attr, err := unix.SchedGetAttr(0, 0); err == nil {
		attr.Runtime = wakeSliceNs
		_ = unix.SchedSetAttr(0, attr, 0)
	}
	return record.PriorityNormal
}

// runDelay tells how long a thread was ready to run and had no CPU.
type runDelay struct {
	f   *os.File // schedstat of the thread; nil where the kernel does not count
	buf [96]byte
}

// newRunDelay is that of the calling thread.
func newRunDelay() *runDelay {
	f, err := os.Open("/proc/thread-self/schedstat")
	if err != nil {
		return &runDelay{}
	}
	return &runDelay{f: f}
}

// ns is the sum so far, 0 where it is not counted. The file holds the time on a
// CPU, the time of waiting for one, and the number of turns.
func (d *runDelay) ns() int64 {
	if d.f == nil {
		return 0
	}
	n, _ := d.f.ReadAt(d.buf[:], 0) // it is shorter than the buffer: io.EOF
	fields := bytes.Fields(d.buf[:n])
	if len(fields) < 2 {
		return 0
	}
	wait, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return wait
}

func (d *runDelay) close() {
	if d.f != nil {
		_ = d.f.Close()
	}
}

// threadCPU is the CPU time of the calling thread in nanoseconds.
func threadCPU() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		return 0
	}
	return ts.Nano()
}

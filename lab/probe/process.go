package probe

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"

	"redline/lab/target"
)

// FindServer returns the process that serves t, or why it cannot be found. The
// number the server reports is believed only if that process listens there: a
// server behind a tunnel or in a container reports one of another world.
func FindServer(t target.Target, reported int) (pid int, why string) {
	if !t.Loopback() {
		return 0, "the target is not on this host"
	}
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return 0, "no procfs on this platform"
	}
	if t.Network == "unix" {
		if p, err := fs.Proc(reported); reported > 0 && err == nil {
			return p.PID, ""
		}
		return 0, "the server does not tell its process"
	}
	inodes := listeners(t.Port())
	if len(inodes) == 0 {
		return 0, "no process of this host listens on " + t.Addr
	}
	if p, err := fs.Proc(reported); reported > 0 && err == nil && holds(p, inodes) {
		return reported, ""
	}
	all, err := fs.AllProcs()
	if err != nil {
		return 0, "processes cannot be listed: " + err.Error()
	}
	for _, p := range all {
		if holds(p, inodes) {
			return p.PID, ""
		}
	}
	return 0, "the process that listens on " + t.Addr + " belongs to another user"
}

// holds tells whether p has one of the sockets open.
func holds(p procfs.Proc, inodes map[string]bool) bool {
	targets, err := p.FileDescriptorTargets()
	if err != nil {
		return false
	}
	for _, t := range targets {
		if inodes[t] {
			return true
		}
	}
	return false
}

// listeners returns the sockets that listen on port, as links in /proc/PID/fd
// name them.
func listeners(port int) map[string]bool {
	out := map[string]bool{}
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		for sc := bufio.NewScanner(f); sc.Scan(); {
			if inode, ok := listening(sc.Text(), port); ok {
				out["socket:["+inode+"]"] = true
			}
		}
		_ = f.Close()
	}
	return out
}

// listening reads a line of /proc/net/tcp: number, local ADDR:PORT in hex,
// remote, state (0A is LISTEN), queues, timers, retransmits, uid, timeout, inode.
func listening(line string, port int) (inode string, ok bool) {
	f := strings.Fields(line)
	if len(f) < 10 || f[3] != "0A" {
		return "", false
	}
	_, hex, _ := strings.Cut(f[1], ":")
	n, err := strconv.ParseUint(hex, 16, 16)
	return f[9], err == nil && int(n) == port
}

// nsPerTick is the inverse of USER_HZ, which Linux fixes at 100 for user space.
const nsPerTick = 1e9 / 100

// processValues samples a process.
func processValues(fs procfs.FS, pid int) (map[string]float64, error) {
	p, err := fs.Proc(pid)
	if err != nil {
		return nil, fmt.Errorf("process %d is gone", pid)
	}
	st, err := p.Stat()
	if err != nil {
		return nil, err
	}
	v := map[string]float64{
		"cpu_user_ns":   float64(st.UTime) * nsPerTick,
		"cpu_system_ns": float64(st.STime) * nsPerTick,
		"rss_bytes":     float64(st.ResidentMemory()),
		"threads":       float64(st.NumThreads),
		"minor_faults":  float64(st.MinFlt),
		"major_faults":  float64(st.MajFlt),
	}
	if s, err := p.NewStatus(); err == nil {
		v["rss_peak_bytes"] = float64(s.VmHWM)
	}
	// A process' own files tell of its first thread alone.
	if threads, err := fs.AllThreads(pid); err == nil {
		for _, t := range threads {
			if s, err := t.NewStatus(); err == nil {
				v["voluntary_switches"] += float64(s.VoluntaryCtxtSwitches)
				v["involuntary_switches"] += float64(s.NonVoluntaryCtxtSwitches)
			}
			if s, err := t.Schedstat(); err == nil { // a kernel may be built without it
				v["run_delay_ns"] += float64(s.WaitingNanoseconds)
			}
		}
	}
	if io, err := p.IO(); err == nil {
		v["io_read_bytes"] = float64(io.ReadBytes)
		v["io_write_bytes"] = float64(io.WriteBytes)
	}
	if n, err := p.FileDescriptorsLen(); err == nil {
		v["fds"] = float64(n)
	}
	return v, nil
}

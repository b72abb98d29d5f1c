package findings

import (
	"fmt"
	"regexp"
)

var noPipelining = rule{
	RuleInfo: RuleInfo{
		ID: "no-pipelining", Title: "One command a packet: the network calls cost more than the commands", About: Load,
		Explanation: "Without pipelining, each command pays for a read, a write and a wake-up of its own. Sent 16 at a time, they share them.",
		Evidence:    "the workload, CPU profile (time in network system calls), use of the processors",
		Threshold:   "pipeline 1, the processors at least 90 % busy, network calls at least 30 % of the server's CPU time by at least 30 samples",
	},
	find: findNoPipelining,
}

const (
	networkShareMin = 0.30
	// With less of a full machine, it is others who have filled it.
	serverPartMin = 0.25
	// Batches of this size are usual; what is left of the calls is one in as many.
	usualBatch = 16
)

var networking = regexp.MustCompile(`^(syscall\.(Read|Write|read|write|Recv|Send|EpollWait|Syscall|Syscall6|RawSyscall|RawSyscall6|writev)|internal/runtime/syscall.*|internal/poll\.\(\*FD\).*|runtime\.(netpoll|epollwait)` +
	`|(__libc_|__)?(read|write|recv|send|sendto|recvfrom|sendmsg|writev|epoll_wait)|__?x64_sys_(read|write|sendto|recvfrom|epoll_wait)|tcp_\w+|sock_\w+)$`)

func findNoPipelining(v *view) *Finding {
	p, src := v.profileOfCPU()
	if p == nil || v.run.Workload.Pipeline != 1 || !v.cpuShort() {
		return nil
	}
	share := p.share(func(k *stack) bool { return k.has(networking) })
	if !sure(share, p.samples, networkShareMin) {
		return nil
	}
	f := &Finding{Subject: "pipeline 1", Advice: "Send commands that do not depend on each other in one batch (pipelining, MGET and MSET, or a client that batches by itself)."}
	f.most(share*(1-1.0/usualBatch), "the server's CPU time")
	e := v.during(Evidence{Text: fmt.Sprintf("network calls took %s of the server's CPU time", percent(share)), Share: share, Source: src})
	if at, ok := p.outermost(networking); ok {
		e = e.at(at)
	}
	f.add(e)
	f.add(Evidence{Text: fmt.Sprintf("%d connections, one command at a time each", v.run.Workload.Connections), Source: "run.json"})
	return f
}

// cpuShort tells whether processor time is what limits: the server has used up its
// own, or the machine has none left.
func (v *view) cpuShort() bool {
	if cores, ok := v.serverCores(); ok && cores >= cpuBoundMin*v.usableCores() {
		return true
	}
	busy, ok := v.hostBusy()
	cores, _ := v.serverCores()
	return ok && v.run.Target.Local && busy >= cpuBoundMin && cores >= serverPartMin*v.cpus()
}

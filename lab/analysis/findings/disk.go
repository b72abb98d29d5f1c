package findings

import "fmt"

var diskSaturation = rule{
	RuleInfo: RuleInfo{
		ID: "disk-saturation", Title: "The disk is busy all the time", About: Machine,
		Explanation: "A disk that always has work queues what comes next. The log, snapshots and swapping all wait for it.",
		Evidence:    "busy time of the block devices, pressure stall information for I/O, the server's own reads and writes",
		Threshold:   "busy for at least 80 % of the time, tasks stalled on I/O for at least 10 % of it where the kernel tells, and the server itself reads or writes at least 100 KB/s",
	},
	find: findDisk,
}

const (
	// At 80 % utilisation a request meets four others on average.
	diskBusyMin  = 0.80
	diskStallMin = 0.10
	serverIOMin  = 100e3
)

func findDisk(v *view) *Finding {
	busy, ok := v.rate("host", "disk_busy_ns")
	busy /= 1e9
	io := v.serverIO()
	stall, known := v.rate("psi", "psi_io_some_us")
	stall /= 1e6
	if !ok || busy < diskBusyMin || io < serverIOMin || known && stall < diskStallMin {
		return nil
	}
	f := &Finding{Subject: "disk", Advice: "Write less (values, log), move other work off the disk, or use a faster one. iostat -x shows which device and how deep its queue is."}
	cost := min(busy, 1)
	if known {
		cost = min(stall, 1)
		f.add(v.during(Evidence{Text: fmt.Sprintf("tasks were stalled on I/O for %s of the time", percent(cost)), Share: cost, Source: "samples.jsonl"}))
	}
	f.atMost(cost, "the time")
	f.add(v.during(Evidence{Text: fmt.Sprintf("the disks were busy for %s a second; the server read and wrote %s/s", duration(busy*1e9), size(io)), Share: min(busy, 1), Source: "samples.jsonl"}))
	if ns, n := v.diskWait(); n > 0 {
		f.add(v.during(Evidence{Text: fmt.Sprintf("a request to the disk took %s on average", duration(ns/n)), Source: "samples.jsonl"}))
	}
	return f
}

// serverIO is the bytes a second that the server's process read from and wrote to
// disks.
func (v *view) serverIO() (perS float64) {
	for _, names := range [][2]string{{"io_read_bytes", "disk_read_bytes"}, {"io_write_bytes", "disk_write_bytes"}} {
		for _, name := range names {
			if n, ok := v.rate("server_proc", name); ok {
				perS += n
				break
			}
		}
	}
	return perS
}

// diskWait is the time of all requests to disks, and their number.
func (v *view) diskWait() (ns, n float64) {
	for _, kind := range []string{"read", "write"} {
		t, _, ok1 := v.delta("host", "disk_"+kind+"_ns")
		c, _, ok2 := v.delta("host", "disk_"+kind+"s")
		if ok1 && ok2 {
			ns += t
			n += c
		}
	}
	return ns, n
}

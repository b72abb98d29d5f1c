package findings

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"redline/lab/record"
)

// rulecase is a run that triggers a rule and one, close to it, that does not.
type rulecase struct {
	id, subject string
	fires       func(*fixture) // may be nil
	silent      func(*fixture)
}

func cases() []rulecase {
	return slices.Concat(serverCases(), stallCases(), loadCases(), machineCases(), measurementCases())
}

// contention is delay that started before the run, and during it.
func (f *fixture) contention(during, before int64) {
	stack := []string{"sync.(*Mutex).Unlock", "main.(*server).run", "main.serve"}
	f.profiles["mutex.before"] = newProfile("contentions", "delay").add([]int64{5, before + 1000}, stack...).p
	f.profiles["mutex"] = newProfile("contentions", "delay").add([]int64{500, before + during}, stack...).p
}

// waiting makes half of the requests wait in the server.
func (f *fixture) waiting() {
	f.latency = func(_, j int, _ string) (int64, int64) { ns := int64(100_000 + 400_000*(j%2)); return ns, ns + 3000 }
}

// set changes one sampled value.
func (f *fixture) set(source, name string, value func(t float64) float64) {
	prev := f.sample
	f.sample = func(t float64, src string, values map[string]float64) {
		if prev != nil {
			prev(t, src, values)
		}
		if src == source {
			values[name] = value(t)
		}
	}
}

func growing(perS float64) func(float64) float64 { return func(t float64) float64 { return perS * t } }
func constant(x float64) func(float64) float64   { return func(float64) float64 { return x } }

// cpuOf is a CPU profile with so many samples in the given stacks.
func (f *fixture) cpuOf(stacks map[string]int64) {
	p := cpuProfile()
	for _, text := range slices.Sorted(maps.Keys(stacks)) {
		p.cpu(stacks[text], strings.Split(text, ";")...)
	}
	f.profiles["cpu"] = p.p
}

func (f *fixture) allocated(function string, of, all int64) {
	f.profiles["allocs.before"] = newProfile("alloc_objects", "alloc_space").add([]int64{1, 1}, "runtime.mallocgc", "main.other").p
	f.profiles["allocs"] = newProfile("alloc_objects", "alloc_space").add([]int64{10, of}, "runtime.mallocgc", function).
		add([]int64{10, all - of + 1}, "runtime.mallocgc", "main.other").p
}

func serverCases() []rulecase {
	const malloc, gc, work = "runtime.mallocgc;runtime.makeslice;main.(*server).get;main.serve", "runtime.scanobject;runtime.gcDrain;runtime.gcBgMarkWorker", "main.work;main.serve"
	return []rulecase{
		{"lock-contention", "main.(*server).run",
			func(f *fixture) { f.waiting(); f.contention(600_000_000, 0) },
			func(f *fixture) { f.waiting(); f.contention(60_000_000, 0) }},
		{"lock-contention", "main.(*server).run of others", // goroutines wait, and no request does
			nil,
			func(f *fixture) {
				f.latency = func(int, int, string) (int64, int64) { return 100_000, 103_000 }
				f.contention(1e10, 0)
			}},
		{"lock-contention", "locks", // by the server's own account
			func(f *fixture) {
				f.anatomy(map[string][2]int{"execute": {1000, 20_000}, "lock_wait": {1000, 80_000}, "log_wait": {1000, 1000}})
			},
			func(f *fixture) {
				f.anatomy(map[string][2]int{"execute": {1000, 2_000}, "lock_wait": {1000, 8_000}, "log_wait": {1000, 1000}})
			}},
		{"allocation-hot-spot", "main.(*server).get",
			func(f *fixture) {
				f.cpuOf(map[string]int64{malloc: 150, gc: 150, work: 700})
				f.allocated("main.(*server).get", 9e8, 1e9)
			},
			func(f *fixture) {
				f.cpuOf(map[string]int64{malloc: 4, gc: 3, work: 33})
				f.allocated("main.(*server).get", 9e8, 1e9)
			}},
		{"gc-pressure", "GOGC=10",
			func(f *fixture) {
				f.cpuOf(map[string]int64{malloc: 20, gc: 300, work: 680})
				f.allocated("main.(*server).get", 9e8, 1e9)
				f.set("metrics", "gc_cycles", growing(10))
				f.set("metrics", "go_gc_gogc_percent", constant(10))
			},
			func(f *fixture) { // the allocations are at fault
				f.cpuOf(map[string]int64{malloc: 20, gc: 300, work: 680})
				f.allocated("main.(*server).get", 9e8, 1e9)
				f.set("metrics", "gc_cycles", growing(10))
				f.set("metrics", "alloc_total_bytes", growing(10*20<<20))
			}},
		{"goroutine-growth", "main.(*store).expireAt",
			func(f *fixture) {
				f.set("metrics", "goroutines", growing(2000))
				f.profiles["goroutine.before"] = newProfile("goroutine").add([]int64{20}, "runtime.gopark", "main.serve").p
				f.profiles["goroutine"] = newProfile("goroutine").add([]int64{20}, "runtime.gopark", "main.serve").
					add([]int64{9000}, "runtime.gopark", "time.Sleep", "main.(*store).expireAt.func1").p
			},
			func(f *fixture) { // as many as there are clients
				f.set("metrics", "goroutines", growing(2000))
				f.set("info", "info_connected_clients", func(t float64) float64 { return 11 + 2000*t })
			}},
		{"cpu-bound", "main thread",
			func(f *fixture) {
				f.set("server_proc", "cpu_user_ns", growing(0.95e9))
				p := newProfile("samples", "cpu").cpu(600, "dictFind", "lookupKey").cpu(400, "processCommand")
				f.profiles["perf"] = p.p
			},
			func(f *fixture) { f.run.Target.Kind = "redline"; f.set("server_proc", "cpu_user_ns", growing(0.95e9)) }},
		{"unfair-shards", "shard 3",
			func(f *fixture) {
				f.waiting()
				f.shards(map[int]int{0: 300, 1: 300, 2: 400, 3: 9000})
				f.contention(500_000_000, 0)
			},
			func(f *fixture) { f.shards(map[int]int{0: 2300, 1: 2300, 2: 2400, 3: 3000}) }},
		{"eviction-pressure", "maxmemory",
			func(f *fixture) {
				f.set("info", "info_evicted_keys", growing(100))
				f.set("info", "info_keyspace_misses", growing(50))
				f.run.Conditions.ServerConfig["maxmemory"] = "100mb"
				f.profiles["perf"] = newProfile("samples", "cpu").cpu(100, "dictGetRandomKey", "evictionPoolPopulate", "performEvictions").cpu(300, "processCommand").p
			},
			func(f *fixture) { f.set("info", "info_evicted_keys", growing(5)) }},
		{"memory-fragmentation", "memory",
			func(f *fixture) { f.set("info", "info_used_memory_bytes", constant(30<<20)) },
			func(f *fixture) { f.set("info", "info_used_memory_bytes", constant(70<<20)) }},
		{"request-errors", "oom",
			func(f *fixture) { f.failing("oom", 10) },
			func(f *fixture) {
				f.slice = func(i int, s *record.Slice) {
					if i == warmSlices {
						s.AddError("oom", 1)
						s.Ops["set"] = record.OpCounts{Intended: 25, Sent: 25, Completed: 24, Errors: 1}
					}
				}
			}},
	}
}

// failing lets n requests of each slice fail.
func (f *fixture) failing(class string, n int64) {
	f.slice = func(_ int, s *record.Slice) {
		if c, ok := s.Ops["get"]; ok {
			c.Completed -= n
			c.Errors += n
			s.Ops["get"] = c
			s.AddError(class, n)
		}
	}
}

// anatomy gives the number of requests that met a stage, and its mean time.
func (f *fixture) anatomy(stages map[string][2]int) {
	f.run.Target.Kind = "redline"
	var before, after strings.Builder
	for name, s := range stages {
		fmt.Fprintf(&before, "anatomy_%s:count=10,sum_ns=%d\r\n", name, 10*s[1])
		fmt.Fprintf(&after, "anatomy_%s:count=%d,sum_ns=%d\r\n", name, 10+s[0], (10+s[0])*s[1])
	}
	f.info["before"], f.info["after"] = before.String(), after.String()
}

// shards gives the number of commands that each ran.
func (f *fixture) shards(commands map[int]int) {
	var before, after strings.Builder
	for i, n := range commands {
		before.WriteString("shard" + strconv.Itoa(i) + ":keys=5,commands=1000\r\n")
		after.WriteString("shard" + strconv.Itoa(i) + ":keys=5,commands=" + strconv.Itoa(1000+n) + "\r\n")
	}
	f.info["before"], f.info["after"] = before.String(), after.String()
}

// slowBetween makes requests slow in some seconds of the measured phase.
func (f *fixture) slowBetween(from, to int, ns int64) {
	usual := f.latency
	f.latency = func(i, j int, op string) (int64, int64) {
		if i >= warmSlices+from*perSecond && i < warmSlices+to*perSecond {
			return ns, ns
		}
		return usual(i, j, op)
	}
}

// stallCases are about waiting within the server.
func stallCases() []rulecase {
	inSync := []string{"runtime.selectgo", "main.(*slowFile).Sync", "main.(*log).append", "main.serve"}
	return []rulecase{
		{"server-queueing", "server",
			func(f *fixture) {
				f.latency = func(_, j int, _ string) (int64, int64) { ns := int64(100_000 + 400_000*(j%25)); return ns, ns }
				f.slice = func(_ int, s *record.Slice) { s.ConcurrencyAvg = 8 }
			},
			func(f *fixture) {
				f.latency = func(_, j int, _ string) (int64, int64) { ns := int64(100_000 + 10_000*(j%25)); return ns, ns }
				f.slice = func(_ int, s *record.Slice) { s.ConcurrencyAvg = 8 }
			}},
		{"slow-command", "SET",
			func(f *fixture) {
				f.slowOp("set", 8_000_000)
				f.profiles["goroutine"] = newProfile("goroutine").add([]int64{3}, "runtime.gopark", "time.Sleep", "main.(*server).cmdSet", "main.serve").p
			},
			func(f *fixture) { f.slowOp("set", 400_000) }},
		{"slow-command", "KEYS", // seen by the server itself
			func(f *fixture) {
				f.set("info", "info_cmdstat_keys_calls", growing(10))
				f.set("info", "info_cmdstat_keys_usec", growing(10*50_000))
				f.files[slowlogFile] = []slowEntry{{USec: 50_000, Args: []string{"keys", "*"}}, {USec: 3_000_000, Args: []string{"KEYS", "*"}}, {USec: 10, Args: []string{"GET", "a"}}, {USec: 5}}
			},
			func(f *fixture) {
				f.set("info", "info_cmdstat_keys_calls", growing(10))
				f.set("info", "info_cmdstat_keys_usec", growing(10*500))
				f.files[slowlogFile] = []slowEntry{{USec: 50_000, Args: []string{"keys", "*"}}}
			}},
		{"fsync-stall", "main.(*slowFile).Sync",
			func(f *fixture) {
				f.slowOp("set", 8_000_000)
				f.profiles["block.before"] = newProfile("contentions", "delay").add([]int64{1, 1}, inSync...).p
				f.profiles["block"] = newProfile("contentions", "delay").add([]int64{500, 1_000_000_000}, inSync...).p
				f.profiles["goroutine"] = newProfile("goroutine").add([]int64{3}, inSync...).p
			},
			func(f *fixture) {
				f.profiles["block.before"] = newProfile("contentions", "delay").add([]int64{1, 1}, inSync...).p
				f.profiles["block"] = newProfile("contentions", "delay").add([]int64{500, 1_000_000}, inSync...).add([]int64{1, 1e12}, "sync.(*WaitGroup).Wait", "main.idle").p
			}},
		{"fsync-stall", "disk", // seen by the host and by the server
			func(f *fixture) {
				f.run.Conditions.ServerConfig["appendonly"], f.run.Conditions.ServerConfig["appendfsync"] = "yes", "always"
				f.set("host", "disk_flush_ns", growing(6e8))
				f.set("host", "disk_flushes", growing(100))
				f.info["before"], f.info["after"] = "aof_delayed_fsync:1\r\n", "# Persistence\r\naof_delayed_fsync:9\r\n"
				f.files[latencyFile] = []latencyEvent{{Event: "aof-fsync-always", MaxMs: 40}}
			},
			func(f *fixture) { // other programs flush
				f.set("host", "disk_flush_ns", growing(6e8))
				f.set("host", "disk_flushes", growing(100))
				f.files[latencyFile] = []latencyEvent{{Event: "aof-fsync-always", MaxMs: 4}}
			}},
		{"fsync-stall", "log", // by the server's own account
			func(f *fixture) {
				f.anatomy(map[string][2]int{"execute": {1000, 20_000}, "lock_wait": {1000, 1000}, "log_wait": {300, 2_000_000}})
			},
			func(f *fixture) {
				f.anatomy(map[string][2]int{"execute": {1000, 20_000}, "lock_wait": {1000, 1000}, "log_wait": {300, 60_000}})
			}},
		{"snapshot-stall", "snapshot",
			func(f *fixture) {
				f.run.Conditions.ServerConfig["save"] = "60 1"
				f.set("info", "info_rdb_bgsave_in_progress", saving)
				f.set("info", "info_latest_fork_us", constant(20_000))
				f.slowBetween(5, 7, 5_000_000)
			},
			func(f *fixture) { f.set("info", "info_rdb_bgsave_in_progress", saving) }},
		{"expiry-storm", "keys with one deadline",
			func(f *fixture) { f.set("info", "info_expired_keys", storm); f.slowBetween(5, 6, 20_000_000) },
			func(f *fixture) { f.set("info", "info_expired_keys", storm) }},
	}
}

func saving(t float64) float64 {
	if t >= 7 && t < 9 {
		return 1
	}
	return 0
}

// storm is a hundred thousand keys that expire 7 s after the start of the load.
func storm(t float64) float64 {
	if t > 7 {
		return 100_000 + 10*t
	}
	return 10 * t
}

func (f *fixture) slowOp(op string, ns int64) {
	usual := f.latency
	f.latency = func(i, j int, o string) (int64, int64) {
		if o == op {
			return ns, ns + 3000
		}
		return usual(i, j, o)
	}
}

func loadCases() []rulecase {
	return []rulecase{
		{"hot-key", "user:1",
			func(f *fixture) {
				f.files[hotFile] = []topKey{{Key: "user:2", Share: 0.1}, {Key: "user:1", RatePerS: 400}}
			},
			func(f *fixture) { f.files[hotFile] = []topKey{{Key: "user:1", RatePerS: 80}} }},
		{"big-key", "all-users",
			func(f *fixture) {
				f.files[bigFile] = []topKey{{Key: "x", Type: "hash", Bytes: 100}, {Key: "all-users", Type: "hash", Bytes: 40 << 20, Members: 1e6}}
				f.files[slowlogFile] = []slowEntry{{USec: 9e6, Args: []string{"HGETALL", "all-users"}}}
			},
			func(f *fixture) {
				f.files[bigFile] = []topKey{{Key: "all-users", Type: "hash", Bytes: 2 << 20, Members: 1e5}}
			}},
		{"no-pipelining", "pipeline 1",
			func(f *fixture) {
				f.cpuOf(map[string]int64{"syscall.Syscall;syscall.write;internal/poll.(*FD).Write;main.serve": 600, "main.work;main.serve": 400})
				f.set("host", "host_cpu_busy_ns", growing(3.9e9))
				f.set("server_proc", "cpu_user_ns", growing(1.5e9))
			},
			func(f *fixture) { // the processors have time
				f.cpuOf(map[string]int64{"syscall.Syscall;syscall.write;internal/poll.(*FD).Write;main.serve": 600, "main.work;main.serve": 400})
			}},
		{"connection-churn", "connections",
			func(f *fixture) {
				f.set("info", "info_total_connections_received", growing(50))
				f.cpuOf(map[string]int64{"syscall.Accept4;net.(*netFD).accept;net.(*TCPListener).Accept;main.listen": 100, "main.work": 400})
				f.slice = func(_ int, s *record.Slice) { s.Connections = 9; s.AddError("closed", 2) }
			},
			func(f *fixture) { f.set("info", "info_total_connections_received", growing(3)) }},
		{"pool-too-small", "10 connections",
			func(f *fixture) {
				f.latency = func(_, j int, _ string) (int64, int64) { return 8_000_000, 20_000_000 }
				f.slice = func(_ int, s *record.Slice) { s.ConcurrencyAvg = 9.5 }
			},
			func(f *fixture) { // they wait although places are free
				f.latency = func(_, j int, _ string) (int64, int64) { return 8_000_000, 20_000_000 }
				f.slice = func(_ int, s *record.Slice) { s.ConcurrencyAvg = 3 }
			}},
	}
}

// stopped has the machine stand still in a slice in which half of the requests take ns.
func (f *fixture) stopped(ns int64) {
	const at = 12
	f.run.Conditions.HiccupPriority = record.PriorityNormal
	f.hiccups = []record.Hiccup{{TNs: at*sliceNs + 1e8, DurNs: 6e6}, {TNs: at*sliceNs + 2e8, DurNs: 7e6, CPU: 1}}
	usual := f.latency
	f.latency = func(i, j int, op string) (int64, int64) {
		if i == at && j%2 == 0 {
			return ns, ns
		}
		return usual(i, j, op)
	}
}

func machineCases() []rulecase {
	return []rulecase{
		{"network-saturation", "network",
			func(f *fixture) { f.run.Target.Local = false; f.set("host", "net_tx_bytes", growing(118e6)) },
			func(f *fixture) { f.set("host", "net_tx_bytes", growing(118e6)) }},
		{"network-saturation", "accept queue",
			func(f *fixture) { f.set("host", "tcp_listen_drops", growing(20)) },
			func(f *fixture) { f.run.Target.Local = false; f.set("host", "net_tx_bytes", growing(80e6)) }},
		{"packet-loss", "network",
			func(f *fixture) { f.set("host", "tcp_retransmits", growing(10)) },
			func(f *fixture) { f.set("host", "tcp_retransmits", growing(1)) }},
		{"disk-saturation", "disk",
			func(f *fixture) {
				f.set("host", "disk_busy_ns", growing(0.95e9))
				f.set("psi", "psi_io_some_us", growing(400_000))
				f.set("server_proc", "io_write_bytes", growing(50e6))
				f.set("host", "disk_writes", growing(100))
				f.set("host", "disk_write_ns", growing(2e9))
			},
			func(f *fixture) {
				f.set("host", "disk_busy_ns", growing(0.95e9))
				f.set("psi", "psi_io_some_us", growing(400_000))
			}},
		{"hiccups", "processors",
			func(f *fixture) { f.stopped(10_000_000) },
			func(f *fixture) { f.stopped(100_000) }},
		{"hiccups", "processors elsewhere", // none where requests were slow
			nil,
			func(f *fixture) {
				f.stopped(10_000_000)
				f.hiccups = []record.Hiccup{{TNs: 9 * sliceNs, DurNs: 6e6}}
			}},
		{"cpu-steal", "hypervisor",
			func(f *fixture) { f.set("host", "host_cpu_steal_ns", growing(0.5e9)) },
			func(f *fixture) { f.set("host", "host_cpu_steal_ns", growing(0.1e9)) }},
		{"cpu-throttling", "server's control group",
			func(f *fixture) {
				f.set("cgroup", "cpu_throttled_ns", growing(2e8))
				f.set("cgroup", "cpu_throttled_periods", growing(3))
			},
			func(f *fixture) { f.set("cgroup", "cpu_throttled_ns", growing(1e7)) }},
		{"cpu-throttling", "generator's control group",
			func(f *fixture) { f.set("cgroup", "generator_cpu_throttled_ns", growing(2e8)) },
			func(f *fixture) { f.set("cgroup", "generator_cpu_throttled_ns", growing(1e7)) }},
		{"noisy-neighbour", "other processes",
			func(f *fixture) { f.set("host", "host_cpu_busy_ns", growing(3.8e9)) },
			func(f *fixture) { f.set("host", "host_cpu_busy_ns", growing(2e9)) }},
		{"swapping", "memory",
			func(f *fixture) {
				f.set("host", "swap_in_bytes", growing(1<<20))
				f.set("server_proc", "major_faults", growing(200))
				f.set("psi", "psi_memory_some_us", growing(100_000))
			},
			func(f *fixture) { f.set("server_proc", "major_faults", growing(2)) }},
	}
}

func measurementCases() []rulecase {
	return []rulecase{
		{"generator-limited", "load generator",
			func(f *fixture) {
				f.run.Workload.Loop = "closed"
				f.slice = func(_ int, s *record.Slice) { s.ThreadCPUNs = 98 * sliceNs / 100 }
			},
			func(f *fixture) { f.slice = func(_ int, s *record.Slice) { s.ThreadCPUNs = 98 * sliceNs / 100 } }},
		{"client-latency", "client",
			func(f *fixture) {
				f.late(2_000_000)
				f.slice = func(_ int, s *record.Slice) { s.ThreadWaitNs = sliceNs / 4; s.QueueUnread = 3 }
			},
			func(f *fixture) { f.late(20_000) }},
		{"too-short", "measured phase", func(f *fixture) { f.seconds = 3 }, func(*fixture) {}},
		{"not-warmed-up", "measured phase",
			func(f *fixture) { f.slowBetween(0, 4, 400_000) },
			func(f *fixture) { f.slowBetween(0, 1, 400_000) }},
	}
}

// late makes the generator send late.
func (f *fixture) late(ns int64) {
	usual := f.latency
	f.pacing = ns
	f.latency = func(i, j int, op string) (int64, int64) {
		service, _ := usual(i, j, op)
		return service, service + ns
	}
}

func TestCasesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range cases() {
		if key := c.id + " " + c.subject; seen[key] {
			t.Errorf("two cases of %s", key)
		} else {
			seen[key] = true
		}
	}
}

package attribution

import (
	"bufio"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/pprof/profile"

	"redline/lab/analysis/flame"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestStacks(t *testing.T) {
	const loop = " redline/server/internal/session.(*Session).Feed redline/server/internal/netloop.(*conn).loop"
	const engine = " redline/server/internal/command.(*Engine).Run redline/server/internal/session.(*Session).run" + loop
	for _, c := range []struct{ stack, part, family string }{
		{"internal/runtime/syscall/linux.Syscall6 syscall.RawSyscall redline/server/internal/netloop.rawWrite", Network, ""},
		{"internal/runtime/syscall/linux.EpollWait runtime.netpoll runtime.findRunnable runtime.schedule", Network, ""},
		{"redline/resp.(*Parser).Next" + loop, Parse, ""},
		{"runtime.memmove redline/resp.appendBlob[...] redline/resp.(*Writer).Bulk redline/server/internal/command/strcmd.get" + engine, Reply, ""},
		{"redline/server/internal/dict.(*line).match redline/server/internal/keyspace.(*DB).Find redline/server/internal/command.(*Call).Find redline/server/internal/command/hashcmd.hget" + engine, Command, "hash"},
		{"redline/server/internal/session.(*Session).admit" + loop, Command, FamilyDispatch},
		{"redline/server/internal/command.(*Call).locate" + engine, Command, FamilyDispatch},
		{"redline/server/internal/keyspace.(*Space).Locate redline/server/internal/command.(*Call).locate" + engine, Command, FamilyKeyspace},
		{"redline/server/internal/slab.(*Slab).Bytes redline/server/internal/keyspace.(*DB).SetExpire redline/server/internal/command/strcmd.set" + engine, Expire, ""},
		{"redline/server/internal/keyspace.keyOf redline/server/internal/keyspace.(*DB).evict redline/server/internal/keyspace.(*Shard).EvictStep redline/server.(*memory).evict redline/server.(*memory).admit" + loop, Evict, ""},
		{"redline/server.(*memory).admit redline/server/internal/session.(*Session).admit" + loop, Command, FamilyDispatch},
		{"redline/server/internal/keyspace.(*DB).live redline/server/internal/keyspace.(*Shard).WalkStep.func1 redline/server/internal/dict.(*Dict).Scan redline/server/internal/keyspace.(*Shard).WalkStep redline/server.(*cron).walk", Other, FamilyHousekeeping},
		{"runtime.futex runtime.futexwakeup runtime.notewakeup runtime.startm runtime.wakep runtime.ready runtime.semrelease1 internal/sync.(*Mutex).Unlock redline/server/internal/keyspace.(*Shard).Unlock", Lock, ""},
		{"runtime.futex runtime.futexsleep runtime.notesleep runtime.stopm runtime.findRunnable runtime.schedule runtime.park_m", Scheduler, ""},
		{"runtime.casgstatus runtime.entersyscall syscall.Syscall os.(*File).Write redline/vfs.(*osFile).Write redline/server/internal/wal.(*Log).write", Scheduler, ""},
		{"internal/runtime/syscall/linux.Syscall6 syscall.write internal/poll.(*FD).Write os.(*File).Write redline/server/internal/wal.(*Log).write", Log, ""},
		{"runtime.memclrNoHeapPointers runtime.mallocgc runtime.growslice redline/server/internal/command/listcmd.lrange" + engine, Alloc, ""},
		{"runtime.scanobject runtime.gcDrain runtime.gcAssistAlloc runtime.mallocgc redline/server/internal/command/listcmd.lrange" + engine, GC, ""},
		{"runtime.gcDrain runtime.gcBgMarkWorker runtime.goexit", GC, ""},
		{"runtime.nanotime redline/server/internal/session.(*Session).run" + loop, Command, FamilyDispatch},
		{"compress/flate.(*compressor).deflate compress/gzip.(*Writer).Write runtime/pprof.(*profileBuilder).flush", Other, FamilyHTTP},
		{"runtime.memmove", Runtime, ""},
		{"main.handle main.main", Other, ""},
		{"", Other, ""},

		{"dictFind 0x7f8bcbacf800", Command, FamilyKeyspace},
		{"hashTypeSet hsetCommand call", Command, "hash"},
		{"dictFind hashTypeGetValue hgetCommand call", Command, "hash"},
		{"setGenericCommand", Command, "string"},
		{"setTypeAdd", Command, "set"},
		{"zslInsert", Command, "sorted-set"},
		{"listTypePush", Command, "list"},
		{"listAddNodeTail", Command, FamilyKeyspace},
		{"malloc_usable_size@plt", Alloc, ""},
		{"createObject.constprop.0", Command, FamilyKeyspace},
		{"_raw_spin_unlock_irqrestore sock_def_readable tcp_rcv_established ksys_write do_syscall_64 __GI___libc_write", Network, ""},
		{"finish_task_switch.isra.0 __schedule schedule schedule_hrtimeout_range ep_poll do_epoll_wait", Network, ""},
		{"finish_task_switch.isra.0 __schedule schedule exit_to_user_mode_loop do_syscall_64", Scheduler, ""},
		{"clear_page_erms get_page_from_freelist handle_mm_fault do_user_addr_fault", Alloc, ""},
		{"copy_user generic_perform_write ext4_buffered_write_iter vfs_write ksys_write", Log, ""},
		{"do_futex __x64_sys_futex do_syscall_64 runtime.futex runtime.notesleep runtime.stopm runtime.findRunnable", Scheduler, ""},
		{"do_futex __x64_sys_futex pthread_mutex_lock", Lock, ""},
		{"do_syscall_64 entry_SYSCALL_64_after_hwframe", Other, ""},
	} {
		got := newWalker().stack(strings.Fields(c.stack))
		if want := (where{c.part, c.family}); got != want {
			t.Errorf("%s\n\tgot %v, want %v", strings.ReplaceAll(c.stack, " ", "\n\t\t"), got, want)
		}
	}
}

func TestPlainName(t *testing.T) {
	for in, want := range map[string]string{
		"malloc@plt": "malloc", "skb_clone.isra.0": "skb_clone", "f.part.0.cold": "f", "f.constprop.12": "f",
		"redline/server.(*cron).run": "redline/server.(*cron).run", "main.f.func1": "main.f.func1", "plain": "plain",
		"runtime.mallocgc": "runtime.mallocgc", ".text": ".text",
	} {
		if got := plainName(in); got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
}

// Every rule must lead to a part that the table has.
func TestRulesAreSound(t *testing.T) {
	parts := map[string]bool{data: true, through: true}
	for _, p := range Parts {
		parts[p] = true
	}
	w := newWalker()
	for _, table := range [][]rule{goRules, redlineRules, redisRules, redisFamilies, nativeRules, kernelRules} {
		seen := map[string]bool{}
		for _, r := range table {
			if !parts[strings.TrimPrefix(r.part, likely)] {
				t.Errorf("%s: unknown part %q", r.name, r.part)
			}
			if seen[r.name] {
				t.Errorf("%s: two rules", r.name)
			}
			seen[r.name] = true
			if r.part == Command && r.family == "" {
				t.Errorf("%s: a command without a family", r.name)
			}
		}
	}
	if r := w.rule("xaddCommand"); r.family != "stream" {
		t.Errorf("xaddCommand: %+v", r)
	}
}

// A recorded profile: 20,000 GET and SET a second on 50 connections without pipelining.
func TestRecordedRedline(t *testing.T) {
	p, err := flame.Read("testdata/redline-cpu.pb.gz")
	check(t, err)
	r, err := Read(p)
	check(t, err)
	shares(t, r, map[string][2]float64{
		Network: {0.5, 0.65}, Scheduler: {0.08, 0.2}, Command: {0.08, 0.2}, Lock: {0.005, 0.03}, GC: {0.001, 0.02},
		Parse: {0.001, 0.02}, Reply: {0.002, 0.03}, Other: {0.1, 0.16}, Runtime: {0, 0.02},
	})
	if r.spent[where{Command, "string"}] < r.total/20 {
		t.Errorf("string commands: %d of %d", r.spent[where{Command, "string"}], r.total)
	}
	if n := r.spent[where{Other, ""}]; n > r.total/100 {
		t.Errorf("%d of %d known to no rule", n, r.total)
	}
}

// A recording of Linux perf: redis-server 7.0.15 as Debian builds it, under SET, GET, LPUSH, HSET and ZADD.
func TestRecordedRedis(t *testing.T) {
	r, err := Read(folded(t, "testdata/redis-perf.txt"))
	check(t, err)
	shares(t, r, map[string][2]float64{
		Network: {0.4, 0.55}, Scheduler: {0.1, 0.25}, Command: {0.15, 0.35}, Alloc: {0.03, 0.1}, Parse: {0.003, 0.05}, Other: {0, 0.08}, GC: {0, 0},
	})
}

func shares(t *testing.T, r *Reading, want map[string][2]float64) {
	t.Helper()
	sum := int64(0)
	for _, part := range Parts {
		sum += r.CPUNs(part)
		got := float64(r.CPUNs(part)) / float64(r.total)
		if w, ok := want[part]; ok && (got < w[0] || got > w[1]) {
			t.Errorf("%s: share %.4f, want %v", part, got, w)
		}
	}
	if sum != r.total {
		t.Errorf("parts add up to %d, total %d", sum, r.total)
	}
}

// folded reads a profile written as "count leaf;caller;...", of 2 ms a sample.
func folded(t *testing.T, path string) *profile.Profile {
	t.Helper()
	f, err := os.Open(path)
	check(t, err)
	defer f.Close()
	var stacks []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		stacks = append(stacks, lines.Text())
	}
	return profileOf(t, stacks...)
}

func profileOf(t *testing.T, stacks ...string) *profile.Profile {
	t.Helper()
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}}}
	index := map[string]*profile.Location{}
	for _, line := range stacks {
		count, stack, _ := strings.Cut(line, " ")
		n, err := strconv.ParseInt(count, 10, 64)
		check(t, err)
		s := &profile.Sample{Value: []int64{n, n * 2e6}}
		for name := range strings.SplitSeq(stack, ";") {
			loc := index[name]
			if loc == nil {
				fn := &profile.Function{ID: uint64(len(p.Function) + 1), Name: name}
				loc = &profile.Location{ID: uint64(len(p.Location) + 1), Line: []profile.Line{{Function: fn}}}
				if strings.HasPrefix(name, "0x") {
					loc.Line = nil
				} else {
					p.Function = append(p.Function, fn)
				}
				p.Location, index[name] = append(p.Location, loc), loc
			}
			s.Location = append(s.Location, loc)
		}
		p.Sample = append(p.Sample, s)
	}
	check(t, p.CheckValid())
	return p
}

func TestReadRefuses(t *testing.T) {
	p := profileOf(t, "0 f")
	if _, err := Read(p); err == nil || !strings.Contains(err.Error(), "no samples") {
		t.Errorf("an empty profile: %v", err)
	}
	p.SampleType[1].Type = "wall"
	if _, err := Read(p); err == nil || !strings.Contains(err.Error(), "not a CPU profile") {
		t.Errorf("another kind of profile: %v", err)
	}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b)) }

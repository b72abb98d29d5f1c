package workload

import (
	"slices"
	"strconv"
)

// Task is work on the data set that is not load.
type Task string

const (
	// LoadData writes every key of every group that is to be preloaded, each once,
	// and then no more.
	LoadData Task = "load"
	// RemoveData deletes every key that the workload may have written, and then no
	// more.
	RemoveData Task = "remove"
)

const (
	// Limits of one request of a task: below what a server works on in a
	// millisecond, and above what the round trip costs.
	chunkMembers = 200
	chunkBytes   = 64 << 10
	removeKeys   = 50
)

// Preload is the workload that writes the data set of s: a closed loop of deep
// pipelines over the keys in order. Where nothing is to be preloaded, its
// generators have nothing to send.
func Preload(s Spec) Spec {
	return s.task("preload", LoadData, s.loadPipeline())
}

// Cleanup is the workload that deletes every key that s may have written, of
// which {newkey} has inserted so many in each group (Space.Inserted).
func Cleanup(s Spec, inserted []int64) Spec {
	forms := s.keyForms()
	t := s.task("cleanup", RemoveData, 4) // each request deletes many keys
	t.Ops[0].Forms = forms
	for i, n := range inserted {
		if i == 0 {
			t.Keys.Count += n
		} else {
			t.Groups[i-1].Count += n
		}
	}
	return t
}

func (s Spec) task(name string, task Task, pipeline int) Spec {
	grows := s.growing()
	s.Name, s.Test = name, ""
	s.Loop = Closed
	s.Think, s.Session = Law{}, Session{}
	s.Pipeline = pipeline
	s.Connections = max(s.Threads, min(s.Connections, 8*s.Threads))
	// Without the operations that decide the width of the keys, it must be said.
	s.Groups = slices.Clone(s.Groups)
	for i, g := range s.AllGroups() {
		if digits := g.digits(grows[i]); i == 0 {
			s.Keys.Data.Digits = digits
		} else {
			s.Groups[i-1].Data.Digits = digits
		}
	}
	s.Keys.Dist = Dist{Kind: Sequential} // for those who give it operations of their own
	s.Ops = []Op{{Name: name, Weight: 1, Task: task, Writes: true}}
	s.Thresholds, s.Stop = nil, nil
	return s
}

// loadPipeline is how many requests of preloading are sent at once: 32, deep
// enough that the round trip no longer counts, or as many as make a megabyte.
func (s *Spec) loadPipeline() int {
	most := 1.0
	for _, g := range s.AllGroups() {
		v := s.ValuesOf(&g)
		most = max(most, v.Size.Mean())
	}
	return int(min(32, max(1, (1<<20)/most)))
}

// taskRun is the state of a task in one thread, which does every threads-th key.
type taskRun struct {
	g      *Generator
	kind   Task
	group  int
	key    uint64
	member int64 // of key: how many are written
	form   int   // RemoveData
}

func newTaskRun(g *Generator, kind Task) *taskRun {
	return &taskRun{g: g, kind: kind, key: g.thread}
}

// pick returns 0 while there is something to send.
func (t *taskRun) pick() int {
	for t.group < len(t.g.groups) {
		gr := t.g.groups[t.group]
		limit := uint64(gr.count)
		if t.kind == LoadData && !gr.preload {
			limit = 0
		}
		if t.key < limit && (t.kind == LoadData || t.form < len(t.forms())) {
			return 0
		}
		t.key = t.g.thread
		if t.form++; t.kind == LoadData || t.form >= len(t.forms()) {
			t.group, t.form = t.group+1, 0
		}
	}
	return -1
}

func (t *taskRun) forms() []string { return t.g.space.spec.Ops[0].Forms[t.group] }

func (t *taskRun) append(dst []byte) []byte {
	if t.kind == RemoveData {
		return t.remove(dst)
	}
	gr := t.g.groups[t.group]
	if gr.typ == String {
		return t.loadString(dst, gr)
	}
	return t.loadMembers(dst, gr)
}

// remove deletes the next keys of one form.
func (t *taskRun) remove(dst []byte) []byte {
	gr, after := t.g.groups[t.group], t.forms()[t.form]
	limit := uint64(gr.count)
	n := min(removeKeys, (limit-t.key+t.g.threads-1)/t.g.threads)
	dst = appendHeader(dst, '*', int(n)+1)
	dst = appendBulk(dst, "UNLINK")
	for range n {
		dst = appendHeader(dst, '$', len(gr.before)+gr.digits+len(gr.after)+len(after))
		dst = gr.appendKey(dst, t.key)
		dst = append(append(dst, after...), "\r\n"...)
		t.key += t.g.threads
	}
	t.g.replies = 1
	return dst
}

func (t *taskRun) loadString(dst []byte, gr *group) []byte {
	args := 3
	if gr.hasTTL {
		args = 5
	}
	dst = appendHeader(dst, '*', args)
	dst = appendBulk(dst, "SET")
	dst = gr.appendKeyArg(dst, t.key)
	dst = t.appendValue(dst, gr)
	if gr.hasTTL {
		dst = appendBulk(dst, "PX")
		dst = appendNumber(dst, max(1, gr.ttl.draw(t.g.rng)/1e6))
	}
	t.key += t.g.threads
	t.g.replies = 1
	return dst
}

// loadMembers writes the next members of a key, and its TTL after the last ones.
func (t *taskRun) loadMembers(dst []byte, gr *group) []byte {
	left := gr.membersOf(t.key, t.g.space.seed) - t.member
	perMember := gr.digits
	if gr.typ == Hash || gr.typ == List || gr.typ == Stream {
		perMember += int(gr.values.Size.Mean())
	}
	n := min(left, chunkMembers, max(1, int64(chunkBytes/perMember)))
	t.g.replies = 1
	if gr.typ == Stream {
		t.g.replies = int(n)
	} else {
		command, perArg := memberCommand(gr.typ)
		dst = appendHeader(dst, '*', 2+perArg*int(n))
		dst = appendBulk(dst, command)
		dst = gr.appendKeyArg(dst, t.key)
	}
	for range n {
		dst = t.appendMember(dst, gr)
		t.member++
	}
	if n < left {
		return dst
	}
	if gr.hasTTL {
		dst = appendHeader(dst, '*', 3)
		dst = appendBulk(dst, "PEXPIRE")
		dst = gr.appendKeyArg(dst, t.key)
		dst = appendNumber(dst, max(1, gr.ttl.draw(t.g.rng)/1e6))
		t.g.replies++
	}
	t.key, t.member = t.key+t.g.threads, 0
	return dst
}

// memberCommand is what adds members, and how many arguments each takes.
func memberCommand(t Type) (name string, args int) {
	switch t {
	case Hash:
		return "HSET", 2
	case List:
		return "RPUSH", 1
	case Set:
		return "SADD", 1
	}
	return "ZADD", 2
}

func (t *taskRun) appendMember(dst []byte, gr *group) []byte {
	switch gr.typ {
	case Hash:
		return t.appendValue(gr.appendMemberArg(dst, uint64(t.member)), gr)
	case List:
		return t.appendValue(dst, gr)
	case Set:
		return gr.appendMemberArg(dst, uint64(t.member))
	case Stream:
		dst = appendHeader(dst, '*', 5)
		dst = appendBulk(dst, "XADD")
		dst = gr.appendKeyArg(dst, t.key)
		dst = appendBulk(appendBulk(dst, "*"), "value")
		return t.appendValue(dst, gr)
	}
	return gr.appendMemberArg(appendNumber(dst, gr.scores.draw(t.g.rng)), uint64(t.member))
}

func (t *taskRun) appendValue(dst []byte, gr *group) []byte {
	n := gr.size.base
	switch {
	case gr.size.constant:
	case gr.values.PerKey:
		n = gr.size.at(sizeBits(t.key, t.g.space.seed))
	default:
		n = gr.size.draw(t.g.rng)
	}
	dst = appendHeader(dst, '$', int(n))
	return append(t.g.appendValue(dst, gr.pool, int(n)), "\r\n"...)
}

func (g *group) appendKey(dst []byte, n uint64) []byte {
	dst = append(dst, g.before...)
	dst = append(dst, "0000000000000000000"[:g.digits]...)
	putDigits(dst[len(dst)-g.digits:], n)
	return append(dst, g.after...)
}

func (g *group) appendKeyArg(dst []byte, n uint64) []byte {
	dst = appendHeader(dst, '$', len(g.before)+g.digits+len(g.after))
	return append(g.appendKey(dst, n), "\r\n"...)
}

func (g *group) appendMemberArg(dst []byte, n uint64) []byte {
	dst = appendHeader(dst, '$', len(memberLetter)+g.memberDigits)
	dst = append(append(dst, memberLetter...), "0000000000000000000"[:g.memberDigits]...)
	putDigits(dst[len(dst)-g.memberDigits:], n)
	return append(dst, "\r\n"...)
}

func appendHeader(dst []byte, kind byte, n int) []byte {
	return append(strconv.AppendInt(append(dst, kind), int64(n), 10), "\r\n"...)
}

func appendBulk(dst []byte, text string) []byte {
	return append(append(appendHeader(dst, '$', len(text)), text...), "\r\n"...)
}

func appendNumber(dst []byte, n int64) []byte {
	dst = appendHeader(dst, '$', numberLen(holderInt, n))
	return append(strconv.AppendInt(dst, n, 10), "\r\n"...)
}

package command

import (
	"redline/resp"
	"redline/server/internal/wal"
)

// Log takes what calls did to the data, in the order in which they did it.
type Log interface {
	// Commit appends the effects of one call or transaction, which ran at a time in unix milliseconds, and returns the
	// number of the record. It is called with the shards locked, so the order of calls is the order of the changes. The
	// group is atomic. The effects may be reused afterwards.
	Commit(nowMs int64, effects []Effect) uint64
}

// Effect is one deterministic command that repeats a change: relative deadlines are absolute in it, random choices are
// made (as Redis propagates commands to its replicas and its log).
type Effect = wal.Effect

type effectBuffer struct {
	list []Effect
	mem  []byte
}

func (e *effectBuffer) reset() { e.list, e.mem = e.list[:0], e.mem[:0] }

func (e *effectBuffer) add(db int, args [][]byte) {
	from := len(e.mem)
	e.mem = resp.AppendCommand(e.mem, args...)
	// Earlier entries may point into memory that append has left; they stay valid, as it is never written again.
	e.list = append(e.list, Effect{DB: db, RESP: e.mem[from:len(e.mem):len(e.mem)]})
}

// Rewrite says what the call did in place of the command as it was sent, once for each effect. SPOP rewrites itself to SREM, EXPIRE to PEXPIREAT.
func (c *Call) Rewrite(args ...[]byte) {
	c.rewritten = true
	if c.Engine.logs() {
		c.top().effects.add(c.DB, args)
	}
}

// RewriteNone says that nothing is to be logged for the call, or nothing beside what Rewrite said: it raised Dirty for
// its count only, or for a change that is not worth repeating (XREADGROUP that reads its history again).
func (c *Call) RewriteNone() { c.rewritten = true }

// RewriteStrings is Rewrite for strings.
func (c *Call) RewriteStrings(args ...string) {
	c.rewritten = true
	if !c.Engine.logs() {
		return
	}
	b := make([][]byte, len(args))
	for i, a := range args {
		b[i] = []byte(a)
	}
	c.top().effects.add(c.DB, b)
}

func (c *Call) top() *Call {
	for c.outer != nil {
		c = c.outer
	}
	return c
}

// settle records the effect of a call that changed something and did not say what by itself.
func (c *Call) settle() {
	if c.Dirty > 0 && !c.rewritten && c.Engine.logs() {
		c.top().effects.add(c.DB, c.Args)
	}
}

// logs says whether effects are to be recorded.
func (e *Engine) logs() bool { return e.Log != nil && !e.LogOff.Load() }

// Logs says whether effects are recorded: who has to build them may spare the work.
func (c *Call) Logs() bool { return c.Engine.logs() }

// commit hands the effects to the log. Called with the shards still locked.
func (c *Call) commit() {
	if len(c.effects.list) == 0 {
		return
	}
	c.Logged = c.Engine.Log.Commit(c.Now, c.effects.list)
	c.effects.reset()
}

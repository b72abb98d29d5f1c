package recovery

import (
	"fmt"
	"math"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/config"
	"redline/server/internal/keyspace"
	"redline/server/internal/wal"
)

// Replayer carries out effects. They run at the time of their record, so whether a key had expired for a command is judged
// as it was then; after the last one the keys that have expired since are still there. It is not safe for concurrent use.
type Replayer struct {
	table  *command.Table
	engine command.Engine // of its own: what is replayed is neither logged nor announced nor counted
	parser *resp.Parser
	reply  resp.Writer
	call   command.Call
	outer  *command.Call
	now    int64

	// Failed counts effects that were answered with an error, which a log that was written here does not have; LastError
	// is the last such answer.
	Failed    int64
	LastError string
}

// NewReplayer makes a Replayer for a keyspace.
func NewReplayer(space *keyspace.Space, table *command.Table, conf *config.Values) *Replayer {
	r := &Replayer{table: table, parser: resp.NewParser(resp.Limits{MaxMultibulk: math.MaxInt32, MaxBulk: math.MaxInt64 / 2, MaxInline: 1 << 16})}
	r.engine.Space = space
	r.call = command.Call{Reply: &r.reply, Conf: conf, NoBlock: true}
	r.reply.Proto = 2
	return r
}

// Within has everything run inside a call that holds all shards. Its own count of changes is left alone.
func (r *Replayer) Within(outer *command.Call) { r.outer = outer }

// Record carries out one record. An error means that an effect is no command: the log is not what was written.
func (r *Replayer) Record(rec *wal.Record) error {
	for i := range rec.Effects {
		e := &rec.Effects[i]
		args, n, err := r.parser.Next(e.RESP)
		if err != nil || n != len(e.RESP) || len(args) == 0 {
			return &wal.Corruption{Path: rec.Path, Offset: rec.Offset, Reason: fmt.Sprintf("effect %d of record %d is no command", i, rec.Seq)}
		}
		if err := r.Command(rec.NowMs, e.DB, args); err != nil {
			return &wal.Corruption{Path: rec.Path, Offset: rec.Offset, Reason: fmt.Sprintf("effect %d of record %d: %v", i, rec.Seq, err)}
		}
	}
	return nil
}

// Command carries out one command at a time in unix milliseconds. args are views. An error says that there is no such
// command; one that the command itself answers with is counted.
func (r *Replayer) Command(nowMs int64, db int, args [][]byte) error {
	spec := r.table.Lookup(args[0])
	if spec == nil {
		return fmt.Errorf("there is no command %q", args[0])
	}
	if len(spec.Subcommands) > 0 && len(args) > 1 {
		if spec = spec.Sub(args[1]); spec == nil {
			return fmt.Errorf("there is no command %q %q", args[0], args[1])
		}
	}
	if n := spec.Arity; n > 0 && len(args) != n || len(args) < -n {
		return fmt.Errorf("%q has %d arguments", args[0], len(args)-1)
	}
	if db >= r.engine.Space.Databases() {
		return fmt.Errorf("there is no database %d: set 'databases' to what it was", db)
	}
	c := &r.call
	c.Spec, c.Args, c.DB, c.Now = spec, args, db, nowMs
	r.reply.Buf = r.reply.Buf[:0]
	if r.outer == nil {
		r.engine.Run(c)
	} else {
		r.within(c, nowMs)
	}
	if b := r.reply.Buf; len(b) > 0 && b[0] == '-' {
		r.Failed++
		r.LastError = fmt.Sprintf("%s: %s", spec.FullName, b[1:len(b)-2])
	}
	return nil
}

func (r *Replayer) within(c *command.Call, nowMs int64) {
	if r.now != nowMs {
		r.now = nowMs
		for i := range r.engine.Space.Shards() {
			r.engine.Space.Shard(i).Enter(nowMs, r.outer)
		}
	}
	dirty := r.outer.Dirty
	r.engine.RunIn(r.outer, c)
	c.NoBlock, r.outer.Dirty = true, dirty
}

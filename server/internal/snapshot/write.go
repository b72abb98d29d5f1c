package snapshot

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"redline/server/internal/keyspace"
	"redline/server/internal/rdb"
	"redline/server/internal/yield"
	"redline/vfs"
)

// ErrBusy is returned by Write when another snapshot of the same keyspace is being made.
var ErrBusy = errors.New("another snapshot is under way")

// errLate is a bug: a value changed before the snapshot had it. The file would not be a point in time.
var errLate = errors.New("a key was changed before the snapshot had it; the snapshot is given up (this is a bug)")

// Access says what is written of a key's use.
type Access int

// The kinds of Access: what the eviction policy goes by.
const (
	NoAccess Access = iota
	Idle
	Frequency
)

// Aux is a fact about the file that stands in its head.
type Aux struct{ Name, Value string }

// Options say what is written and where to.
type Options struct {
	Space    *keyspace.Space
	FS       vfs.FS
	Path     string // of the file
	Compress bool   // strings: rdbcompression
	Checksum bool   // rdbchecksum
	Access   Access
	Now      func() time.Time
	// KeyDelayUs slows the snapshot down: microseconds a key, or below 0 so many keys a microsecond (rdb-key-save-delay).
	KeyDelayUs int64

	// OnPoint is called at the point in time, with all shards locked, and returns what is to stand in the file's head; nil:
	// nothing is.
	OnPoint func() []Aux
	// Held says that the caller holds all shards' locks, and keeps them.
	Held bool
	// Progress is kept up to date, unless it is nil.
	Progress *Progress
}

// Progress is how far a snapshot is. It may be read at any time.
type Progress struct {
	Keys, Total atomic.Int64 // keys that were written, and those there were at the point in time
	Bytes       atomic.Int64 // of the file
	Staged      atomic.Int64 // most bytes that waited in memory
}

// Result is what was written.
type Result struct {
	Point  time.Time
	Keys   int64
	Bytes  int64 // of the file
	Staged int64 // most bytes that waited in memory
}

// Write writes a snapshot. When it returns without error the file is on disk under its name; after an error the old file, if
// there was one, is as it was. ctx ends it early.
func Write(ctx context.Context, o Options) (Result, error) {
	r := &run{o: o, parts: make([]part, o.Space.Shards()), slice: sliceKeys}
	if o.KeyDelayUs != 0 {
		r.slice = 1
	}
	if r.o.Progress == nil {
		r.o.Progress = new(Progress)
	}
	var head rdb.Writer
	if !r.begin(&head) {
		return Result{}, ErrBusy
	}
	out, err := create(o.FS, o.Path, o.Checksum) // only now, as it may be the file that the other one writes
	if err == nil {
		if err = out.add(&head); err == nil {
			err = r.walk(ctx, out)
		}
		if err == nil && r.late.Load() {
			err = errLate
		}
	}
	r.end(err != nil)
	if err == nil {
		err = out.finish()
	} else if out != nil {
		out.abandon()
	}
	if err != nil {
		return Result{}, err
	}
	p := r.o.Progress
	p.Bytes.Store(out.size)
	return Result{Point: r.point, Keys: p.Keys.Load(), Bytes: p.Bytes.Load(), Staged: p.Staged.Load()}, nil
}

// run is one snapshot under way.
type run struct {
	o     Options
	point time.Time
	parts []part // by shard
	slice int64  // keys a visit
	crowd crowd
	late  atomic.Bool

	delayed int64 // keys that were waited for after they were written

	// over: the keyspace has nothing left to hand over. Written with all shards locked, read with any.
	over bool
}

func (r *run) lock(p *part) {
	if !r.o.Held {
		p.sh.Lock()
		p.sh.Enter(r.o.Now().UnixMilli(), nil)
	}
}

func (r *run) unlock(p *part) {
	if !r.o.Held {
		p.sh.Unlock()
	}
}

// lockAll locks the shards in ascending order.
func (r *run) lockAll() {
	for i := range r.parts {
		r.lock(&r.parts[i])
	}
}

func (r *run) unlockAll() {
	for i := range r.parts {
		r.unlock(&r.parts[i])
	}
}

// begin marks the point in time and writes the file's head. It returns false if another save is under way.
func (r *run) begin(head *rdb.Writer) bool {
	for i := range r.parts {
		r.parts[i] = part{run: r, sh: r.o.Space.Shard(i), db: noDB,
			staged: rdb.Writer{Compress: r.o.Compress, Later: true}}
	}
	r.lockAll()
	r.point = r.o.Now()
	begun := r.o.Space.BeginSave(r, func(i int) keyspace.Keeper { return &r.parts[i] })
	var aux []Aux
	if begun && r.o.OnPoint != nil {
		aux = r.o.OnPoint()
	}
	keys := make([][2]int, r.o.Space.Databases())
	for i := range keys {
		keys[i][0], keys[i][1] = r.o.Space.Len(i)
	}
	r.unlockAll()
	if !begun {
		return false
	}
	head.Header()
	for _, a := range aux {
		head.Aux(a.Name, a.Value)
	}
	for i, n := range keys {
		if n[0] > 0 {
			head.SelectDB(i)
			head.Resize(n[0], n[1])
			r.o.Progress.Total.Add(int64(n[0]))
		}
	}
	return true
}

// meta returns what the file says of a key beside its value.
func (r *run) meta(it keyspace.Item) rdb.Meta {
	m := rdb.Meta{ExpireAt: it.ExpireAt(), Idle: rdb.NoAccess, Freq: rdb.NoAccess}
	switch r.o.Access {
	case Idle:
		m.Idle = it.IdleSeconds()
	case Frequency:
		m.Freq = it.Frequency()
	}
	return m
}

// walk goes round the shards until all of them have handed over everything.
func (r *run) walk(ctx context.Context, out *output) error {
	spare := rdb.Writer{Compress: r.o.Compress, Later: true}
	for left := len(r.parts); left > 0; {
		left = 0
		for i := range r.parts {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("the snapshot was stopped: %w", err)
			}
			more, err := r.visit(&r.parts[i], &spare, out)
			if err != nil {
				return err
			}
			if more {
				left++
			}
			if !r.o.Held {
				yield.Processor() // a waiting session goes first
			}
			r.delay(ctx)
		}
	}
	return nil
}

// delay is the setting rdb-key-save-delay.
func (r *run) delay(ctx context.Context) {
	us, keys := r.o.KeyDelayUs, r.o.Progress.Keys.Load()-r.delayed
	if us == 0 || keys == 0 {
		return
	}
	d := time.Duration(keys*us) * time.Microsecond
	if us < 0 {
		d = time.Duration(-keys/us) * time.Microsecond
	}
	if d <= 0 {
		return
	}
	r.delayed += keys
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// visit takes what a shard has staged, with the next slice of its walk, and writes it.
func (r *run) visit(p *part, spare *rdb.Writer, out *output) (more bool, err error) {
	r.lock(p)
	more = !r.over && len(p.large) == 0 && p.step()
	p.take(spare)
	large := p.large
	kept := p.keys
	p.keys = 0
	r.unlock(p)
	r.o.Progress.Keys.Add(kept)
	if err := r.write(spare, out); err != nil {
		return false, err
	}
	for range large { // only the head of the list is taken away, and only here
		if err := r.writeLarge(p, spare, out); err != nil {
			return false, err
		}
		more = true
	}
	return more, nil
}

// write writes what was staged in a buffer and empties it.
func (r *run) write(w *rdb.Writer, out *output) error {
	n := len(w.Buf)
	if n == 0 {
		return nil
	}
	err := out.add(w)
	r.crowd.taken(n)
	r.o.Progress.Bytes.Store(out.size)
	r.o.Progress.Staged.Store(r.crowd.most.Load())
	if cap(w.Buf) > keptMax {
		w.Buf = nil
	}
	return err
}

// keptMax bounds the buffers that are used again, in bytes.
const keptMax = 4 << 20

// writeLarge writes the first large value of a shard to its end.
func (r *run) writeLarge(p *part, spare *rdb.Writer, out *output) error {
	for done := false; !done; {
		r.lock(p)
		l := p.large[0]
		spare.Swap(&l.w)
		if done = l.done; done {
			p.large = p.large[1:]
		} else {
			before := len(l.w.Buf)
			l.piece()
			r.crowd.add(len(l.w.Buf) - before)
		}
		r.unlock(p)
		if err := r.write(spare, out); err != nil {
			return err
		}
		if !r.o.Held {
			yield.Processor()
		}
	}
	return nil
}

// end ends the save in the keyspace. After a failure the walk has to be gone to its end all the same, to take away the
// marks.
func (r *run) end(failed bool) {
	for i := range r.parts {
		p := &r.parts[i]
		for more := failed; more; {
			r.lock(p)
			if !p.discard {
				p.drop()
			}
			steps := 0
			more = !r.over && p.sh.SaveStep(func() bool { steps++; return steps%sliceKeys == 0 })
			r.unlock(p)
		}
	}
	r.lockAll()
	if !r.over {
		r.over = true
		r.o.Space.EndSave()
	}
	r.unlockAll()
	r.o.Progress.Staged.Store(r.crowd.most.Load())
	r.crowd.end()
}

// Wait implements keyspace.Saver.
func (r *run) Wait() { r.crowd.wait() }

// Crowded implements keyspace.Saver.
func (r *run) Crowded() bool { return r.crowd.bytes.Load() > stagedSoft }

// Finish implements keyspace.Saver.
func (r *run) Finish() {
	for i := range r.parts {
		p := &r.parts[i]
		p.sh.SaveStep(func() bool { return false })
		for _, l := range p.large {
			p.Settle(l.value)
		}
	}
	r.over = true
	r.o.Space.EndSave()
}

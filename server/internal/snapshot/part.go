package snapshot

import (
	"bytes"
	"iter"

	"redline/server/internal/keyspace"
	"redline/server/internal/rdb"
)

const (
	// sliceBytes and sliceKeys bound what one visit copies: about 20 us for values of 1 KB, of which a cache miss a key is
	// most, and 50 us for small ones. While a command waits for the shard sliceShort keys are enough.
	sliceBytes = 64 << 10
	sliceKeys  = 256
	sliceShort = 32
	// largeBytes is from where on a collection is written in pieces, and pieceBytes how long these are: at 30 to 60 ns an
	// element of some ten bytes, a piece takes 100 us.
	largeBytes = 32 << 10
	pieceBytes = 16 << 10
)

// part is a run in one shard. It is guarded by the shard's lock.
type part struct {
	run     *run
	sh      *keyspace.Shard
	staged  rdb.Writer // entries that wait to be written to disk
	db      int        // the database that staged has chosen last; noDB: none
	keys    int64      // that were kept
	key     keyspace.Key
	large   []*large // values that are not written to their end
	discard bool     // the run has failed: keys only pass by
}

const noDB = -1

// Keep implements keyspace.Keeper.
func (p *part) Keep(db int, it keyspace.Item) {
	if p.discard {
		return
	}
	p.keys++
	k := &p.key // not a new one: it would be an allocation a key
	*k = keyspace.Key{Name: it.Key()}
	m := p.run.meta(it)
	if !it.Encoding().Inline() && it.Object().MemBytes() > largeBytes {
		l := &large{value: it.Object(), w: rdb.Writer{Compress: p.run.o.Compress, Later: true}}
		l.begin(db, m, &keyspace.Key{Name: bytes.Clone(k.Name)}, it)
		p.run.crowd.add(len(l.w.Buf))
		p.large = append(p.large, l)
		return
	}
	before := len(p.staged.Buf)
	if p.db != db {
		p.staged.SelectDB(db)
		p.db = db
	}
	p.staged.Entry(m, it.DB(), k, it)
	p.run.crowd.add(len(p.staged.Buf) - before)
}

// Settle implements keyspace.Keeper.
func (p *part) Settle(o keyspace.Object) {
	if l := p.pending(o); l != nil {
		before := len(l.w.Buf)
		l.finish()
		p.run.crowd.add(len(l.w.Buf) - before)
	}
}

// Changed implements keyspace.Keeper.
func (p *part) Changed(it keyspace.Item, kept bool) {
	if !p.discard && (!kept || !it.Encoding().Inline() && p.pending(it.Object()) != nil) {
		p.run.late.Store(true)
	}
}

// pending returns the large value that is not finished, if o is one.
func (p *part) pending(o keyspace.Object) *large {
	for _, l := range p.large {
		if l.value == o && !l.done {
			return l
		}
	}
	return nil
}

// step walks on by a slice and says whether there is more.
func (p *part) step() (more bool) {
	from := p.keys
	return p.sh.SaveStep(func() bool {
		n := p.keys - from
		return n >= p.run.slice || n >= sliceShort && p.sh.Wanted() || len(p.staged.Buf) >= sliceBytes || len(p.large) > 0
	})
}

// take exchanges what is staged for an empty buffer.
func (p *part) take(w *rdb.Writer) {
	p.staged.Swap(w)
	p.db = noDB
}

// drop forgets everything after a failure.
func (p *part) drop() {
	p.discard = true
	for _, l := range p.large {
		l.stop()
	}
	p.large, p.staged, p.db = nil, rdb.Writer{}, noDB
}

// large is a collection that is written piece by piece: its writer runs in a coroutine, which pauses after each piece.
type large struct {
	value keyspace.Object
	w     rdb.Writer
	whole bool // no more pauses
	done  bool
	next  func() (struct{}, bool)
	stop  func()
}

// begin writes the first piece, for which it, a view, is still valid.
func (l *large) begin(db int, m rdb.Meta, k *keyspace.Key, it keyspace.Item) {
	l.next, l.stop = iter.Pull(func(yield func(struct{}) bool) {
		l.w.Pause = func() bool {
			return l.whole || len(l.w.Buf) < pieceBytes || yield(struct{}{})
		}
		l.w.SelectDB(db)
		l.w.Entry(m, it.DB(), k, it)
	})
	l.piece()
}

// piece writes on until the next pause.
func (l *large) piece() {
	_, more := l.next()
	l.done = !more
}

func (l *large) finish() {
	l.whole = true
	l.piece()
}

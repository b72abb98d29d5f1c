package snapshot

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"redline/server/internal/keyspace"
	"redline/server/internal/rdb"
	"redline/vfs"
)

// LoadOptions say how a file is loaded.
type LoadOptions struct {
	Space  *keyspace.Space
	Limits rdb.Limits // of the small encodings
	LFU    bool       // the eviction policy goes by how often keys are used, not by when
	Now    func() time.Time

	// KeepExpired has keys loaded whose deadline has passed: a log that is replayed afterwards may still prolong it.
	KeepExpired bool
	// Replace has a key of the file take the place of one that is there; else that is an error.
	Replace      bool
	SkipChecksum bool
	// Held says that the caller holds all shards' locks, and keeps them.
	Held bool
	// Progress is kept up to date, unless it is nil.
	Progress *LoadProgress
}

// LoadProgress is how far loading is. It may be read at any time.
type LoadProgress struct {
	Total, Loaded atomic.Int64 // bytes of the file
	Keys, Expired atomic.Int64 // keys that were stored, and those left out because their deadline had passed
}

// LoadResult is what was loaded.
type LoadResult struct {
	Keys, Expired int64
	Bytes         int64             // of the file, up to its end mark
	Facts         map[string]string // from the file's head
	// Libraries of functions, and parts of modules' data, that were left out: there is nothing here to run them.
	Libraries, Modules int
}

// LoadFile loads an RDB file into the keyspace: see Load.
func LoadFile(ctx context.Context, fs vfs.FS, path string, o LoadOptions) (LoadResult, error) {
	f, err := fs.Open(path)
	if err != nil {
		return LoadResult{}, err
	}
	defer f.Close() // only read
	size, err := f.Size()
	if err != nil {
		return LoadResult{}, err
	}
	res, err := Load(ctx, f, size, o)
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return res, err
}

// Load loads an RDB file of size bytes. One goroutine goes through the frame of the file and deals out what it finds, in
// batches, to as many as there are cores; each of these looks after some of the shards, decodes values and stores them. So
// what waits in memory is bounded by the batches, and by the largest value. After an error part of the file is loaded.
func Load(ctx context.Context, src io.Reader, size int64, o LoadOptions) (LoadResult, error) {
	if o.Progress == nil {
		o.Progress = new(LoadProgress)
	}
	o.Progress.Total.Store(size)
	l := &loader{o: o, file: rdb.NewFileReader(src, size), open: make([]*batch, o.Space.Shards())}
	l.file.SkipChecksum = o.SkipChecksum
	err := l.run(ctx)
	p := o.Progress
	return LoadResult{Keys: p.Keys.Load(), Expired: p.Expired.Load(), Bytes: l.file.Offset(), Facts: l.file.Facts,
		Libraries: l.file.Libraries, Modules: l.file.Modules}, err
}

const (
	// batchBytes is how much is dealt out at once: some hundred keys of 1 KB, so that channels and locks cost nothing.
	batchBytes = 128 << 10
	// batchesQueued is how many batches may wait for one of those who store them.
	batchesQueued = 4
)

// loader is a file on its way into the keyspace. Its fields belong to the goroutine that reads the file.
type loader struct {
	o      LoadOptions
	file   *rdb.FileReader
	open   []*batch      // by shard: what is being filled
	queues []chan *batch // to those who store
	spares sync.Pool
	failed atomic.Pointer[rdb.FileError]
}

// batch is some keys of one shard.
type batch struct {
	shard int
	mem   []byte // what names and values are views of; never grows
	keys  []loaded
}

// loaded is one key of a batch.
type loaded struct {
	rec rdb.Record // Key is in key
	key keyspace.Key
}

func (l *loader) run(ctx context.Context) error {
	var workers sync.WaitGroup
	l.queues = make([]chan *batch, min(runtime.GOMAXPROCS(0), len(l.open)))
	for i := range l.queues {
		l.queues[i] = make(chan *batch, batchesQueued)
		workers.Go(func() {
			for b := range l.queues[i] {
				if l.failed.Load() == nil {
					l.store(b)
				}
				l.spares.Put(b)
			}
		})
	}
	err := l.read(ctx)
	for _, b := range l.open {
		l.deal(b)
	}
	for _, q := range l.queues {
		close(q)
	}
	workers.Wait()
	if e := l.failed.Load(); e != nil {
		return e
	}
	return err
}

// read goes through the file.
func (l *loader) read(ctx context.Context) error {
	for {
		rec, err := l.file.Next()
		if err != nil {
			l.o.Progress.Loaded.Store(l.file.Offset())
			if err == io.EOF {
				return nil
			}
			return err
		}
		if rec.DB >= l.o.Space.Databases() {
			return &rdb.FileError{Offset: rec.Offset, Key: rec.Key, Err: fmt.Errorf(
				"it is in database %d, but there are %d; set 'databases' to %d or more", rec.DB, l.o.Space.Databases(), rec.DB+1)}
		}
		if l.add(rec) {
			l.o.Progress.Loaded.Store(l.file.Offset())
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if l.failed.Load() != nil {
				return nil
			}
		}
	}
}

// add puts a key into the batch of its shard, and says whether a batch was dealt out.
func (l *loader) add(rec *rdb.Record) (dealt bool) {
	var k keyspace.Key
	l.o.Space.Locate(rec.Key, &k)
	need := len(rec.Key) + len(rec.Value)
	b := l.open[k.Shard]
	if b != nil && len(b.mem)+need > cap(b.mem) {
		l.deal(b)
		b, dealt = nil, true
	}
	if b == nil {
		b = l.fresh(int(k.Shard), need)
		l.open[k.Shard] = b
	}
	from := len(b.mem)
	b.mem = append(append(b.mem, rec.Key...), rec.Value...)
	mid := from + len(rec.Key)
	k.Name = b.mem[from:mid:mid]
	b.keys = append(b.keys, loaded{*rec, k})
	e := &b.keys[len(b.keys)-1]
	e.rec.Key, e.rec.Value = k.Name, b.mem[mid:len(b.mem):len(b.mem)]
	return dealt
}

func (l *loader) fresh(shard, need int) *batch {
	if b, ok := l.spares.Get().(*batch); ok && cap(b.mem) >= need && cap(b.mem) <= 2*batchBytes {
		b.shard, b.mem, b.keys = shard, b.mem[:0], b.keys[:0]
		return b
	}
	return &batch{shard: shard, mem: make([]byte, 0, max(batchBytes, need))}
}

// deal hands a batch to those who store.
func (l *loader) deal(b *batch) {
	if b != nil {
		l.open[b.shard] = nil
		l.queues[b.shard%len(l.queues)] <- b
	}
}

// store stores a batch.
func (l *loader) store(b *batch) {
	sh := l.o.Space.Shard(b.shard)
	if !l.o.Held {
		sh.Lock()
		defer sh.Unlock()
	}
	now := l.o.Now().UnixMilli()
	sh.Enter(now, nil)
	stored, expired := int64(0), int64(0)
	for i := range b.keys {
		e := &b.keys[i]
		if at := e.rec.ExpireAt; at != keyspace.NoExpiry && at <= now && !l.o.KeepExpired {
			expired++
			continue
		}
		if err := l.storeKey(sh, e); err != nil {
			l.failed.CompareAndSwap(nil, &rdb.FileError{Offset: e.rec.Offset, Key: append([]byte(nil), e.rec.Key...), Err: err})
			return
		}
		stored++
	}
	l.o.Progress.Keys.Add(stored)
	l.o.Progress.Expired.Add(expired)
}

func (l *loader) storeKey(sh *keyspace.Shard, e *loaded) error {
	db := sh.DB(e.rec.DB)
	it := db.Stored(&e.key)
	if it.OK() {
		if !l.o.Replace {
			return fmt.Errorf("%w: the key is there twice", rdb.ErrCorrupt)
		}
		db.Remove(&e.key, it)
	}
	it, err := rdb.Restore(e.rec.Value, e.rec.Type, db, &e.key, keyspace.Item{}, l.o.Limits)
	if err != nil {
		return err
	}
	switch {
	case l.o.LFU && e.rec.Freq >= 0:
		it.SetFrequency(e.rec.Freq)
	case !l.o.LFU && e.rec.Idle > 0:
		it.SetIdleSeconds(e.rec.Idle)
	}
	if e.rec.ExpireAt != keyspace.NoExpiry {
		db.SetExpire(it, e.rec.ExpireAt)
	}
	return nil
}

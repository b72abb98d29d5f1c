package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"redline/server/internal/aof"
	"redline/server/internal/command"
	"redline/server/internal/recovery"
	"redline/server/internal/snapshot"
	"redline/server/internal/wal"
	"redline/vfs"
)

// lockName is the file in the log's directory that keeps a second server out.
const lockName = "lock"

// claim makes the log's directory and keeps other servers out of it.
func (p *persist) claim() error {
	p.lockMu.Lock()
	defer p.lockMu.Unlock()
	if p.lock != nil {
		return nil
	}
	v := p.hub.Config.Values()
	dir := p.dir(v)
	if err := p.fs.MkdirAll(dir); err != nil {
		return fmt.Errorf("cannot make the log's directory: %w; check 'dir' and 'appenddirname'", err)
	}
	if err := p.fs.SyncDir(v.Dir); err != nil {
		return fmt.Errorf("cannot make the log's directory: %w", err)
	}
	l, err := p.fs.Lock(filepath.Join(dir, lockName))
	if errors.Is(err, vfs.ErrLocked) {
		return fmt.Errorf("another server uses %s: stop it, or choose another 'dir'", dir)
	}
	if err != nil {
		return fmt.Errorf("cannot lock the log's directory: %w", err)
	}
	p.lock = l
	return nil
}

// load brings the data back at start and, with appendonly, opens the log. Nothing but commands that may run while the data
// is being loaded runs meanwhile.
func (p *persist) load(ctx context.Context) (err error) {
	v := p.hub.Config.Values()
	p.hub.Loading.Begin(p.hub.Clock().Unix())
	defer func() {
		if err == nil { // else the server ends, and nobody may see what was loaded until then
			p.hub.Loading.End()
		}
	}()
	if !v.AppendOnly {
		return p.loadDump(ctx)
	}
	p.wanted.Store(true)
	if err := p.claim(); err != nil {
		return err
	}
	r := recovery.NewReplayer(p.hub.Engine.Space, p.hub.Table, v)
	res, err := p.recover(ctx, r, nil)
	if err != nil {
		return err
	}
	if !res.Empty() {
		return p.begin(&res)
	}
	if err := p.importFiles(ctx, r); err != nil {
		return err
	}
	if keys := p.keys(); keys == 0 {
		return p.begin(&res)
	}
	// What was there before there was a log becomes its base, complete before the first record.
	n, err := p.writeBase(ctx, filepath.Join(p.dir(v), recovery.BaseName(res.Next()-1)), nil)
	if err != nil {
		return fmt.Errorf("cannot write the log's base: %w", err)
	}
	p.based(n, 0)
	res.End.Last, res.End.HasBase = res.Next()-1, true
	return p.begin(&res)
}

// keys returns how many keys there are.
func (p *persist) keys() (n int) {
	sp := p.hub.Engine.Space
	for db := range sp.Databases() {
		keys, _ := sp.Len(db)
		n += keys
	}
	return n
}

// recover loads the newest base and the log behind it. With held all shards are locked by that call.
func (p *persist) recover(ctx context.Context, r *recovery.Replayer, held *command.Call) (recovery.Result, error) {
	v := p.hub.Config.Values()
	space := p.hub.Engine.Space
	began := p.hub.Clock()
	baseBytes := int64(0)
	r.Within(held)
	res, err := recovery.Recover(recovery.Options{
		Context: ctx, FS: p.fs, Dir: p.dir(v), Replay: r, KeepTail: !v.LoadTruncated && held == nil,
		LoadBase: func(path string) (err error) {
			baseBytes, err = p.loadFile(ctx, path, held != nil)
			return err
		},
		Clear: func() {
			if held != nil {
				command.Clear(space, held.Now)
				return
			}
			p.hub.Engine.Freeze(func() { command.Clear(space, p.hub.Clock().UnixMilli()) })
		},
		Progress: func(n int64) { p.hub.Loading.Loaded.Store(baseBytes + n) },
	})
	if err != nil {
		return res, fmt.Errorf("cannot bring the data back: %w", err)
	}
	for _, d := range res.Damaged {
		p.log.Error("a base is damaged; an older one and the log were used instead, and nothing is missing", "err", d)
	}
	if t := res.End.Tail; t != nil {
		p.log.Warn("the log ended in a torn record, which was cut off", "file", t.Path, "offset", t.Offset, "bytes", t.Bytes, "whole records behind it", t.Records)
	}
	for _, s := range res.End.Dropped {
		p.log.Warn("a part of the log was left out: it continues a base that was never completed", "file", s.Path)
	}
	if r.Failed > 0 {
		p.log.Error("records of the log could not be carried out; please report it", "records", r.Failed, "last", r.LastError)
	}
	if held == nil && !res.Empty() {
		p.log.Info("data brought back from the log", "base", res.Base, "last", res.End.Last, "records", res.Records, "keys", p.keys(), "took", p.hub.Clock().Sub(began))
		p.based(baseBytes, -res.LogBytes)
	}
	return res, nil
}

// based takes down the size of a base and where the log stood then.
func (p *persist) based(bytes, mark int64) {
	p.mu.Lock()
	p.rewrite.fileBytes, p.rewrite.baseBytes, p.rewrite.mark = bytes, bytes, mark
	p.mu.Unlock()
}

// loadDump loads the RDB file, if there is one.
func (p *persist) loadDump(ctx context.Context) error {
	var progress snapshot.LoadProgress
	done := make(chan struct{})
	defer close(done)
	go p.follow(&progress, done)
	_, err := p.hub.Saves.LoadAtStart(ctx, &progress)
	return err
}

// followEvery is how often the progress of loading is looked at.
const followEvery = 100 * time.Millisecond

// follow shows the progress of loading until done is closed.
func (p *persist) follow(from *snapshot.LoadProgress, done <-chan struct{}) {
	t := time.NewTicker(followEvery)
	defer t.Stop()
	for {
		select {
		case <-done:
			return
		case <-t.C:
			p.hub.Loading.Total.Store(from.Total.Load())
			p.hub.Loading.Loaded.Store(from.Loaded.Load())
		}
	}
}

// loadFile loads the base of a log and returns its size. Keys that have expired come as well: the log may go on with them.
func (p *persist) loadFile(ctx context.Context, path string, held bool) (int64, error) {
	size, err := p.fs.Stat(path)
	if err != nil {
		return 0, err
	}
	var progress snapshot.LoadProgress
	done := make(chan struct{})
	defer close(done)
	go p.follow(&progress, done)
	o := p.hub.Saves.LoadOptions()
	o.KeepExpired, o.SkipChecksum, o.Held, o.Progress = true, false, held, &progress
	_, err = snapshot.LoadFile(ctx, p.fs, path, o)
	return size, err
}

// importFiles loads what there is when there is no log yet: what redis-server left in the directory, or the RDB file.
func (p *persist) importFiles(ctx context.Context, r *recovery.Replayer) error {
	v := p.hub.Config.Values()
	dir := p.dir(v)
	manifest := filepath.Join(dir, v.AppendFilename+".manifest")
	set, err := aof.ReadManifest(p.fs, manifest)
	if errors.Is(err, fs.ErrNotExist) {
		return p.loadDump(ctx)
	}
	if err != nil {
		return err
	}
	rep, err := aof.Read(p.fs, set, &importer{p: p, ctx: ctx, replay: r}, aof.Options{AllowCut: v.LoadTruncated})
	if err != nil {
		return err
	}
	if rep.Cut != nil {
		p.log.Warn("the append-only file that redis-server wrote ended in the middle of a command, which was cut off", "file", rep.Cut.File, "offset", rep.Cut.Offset)
	}
	p.log.Info("data taken over from the append-only files that redis-server wrote; they are kept, and not read again", "manifest", manifest, "commands", rep.Commands, "failed", r.Failed)
	return nil
}

// importer carries out what stands in append-only files of Redis. It tells no times, so nothing expires meanwhile.
type importer struct {
	p      *persist
	ctx    context.Context
	replay *recovery.Replayer
}

// RDB implements aof.Handler.
func (i *importer) RDB(file string) (end int64, err error) {
	res, err := i.p.loadHead(i.ctx, file, i.p.hub.Saves.LoadOptions())
	return res.Bytes, err
}

// loadHead loads the RDB file that begins a file, expired keys as well: what follows in the file may prolong them.
func (p *persist) loadHead(ctx context.Context, path string, o snapshot.LoadOptions) (snapshot.LoadResult, error) {
	f, err := p.fs.Open(path)
	if err != nil {
		return snapshot.LoadResult{}, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return snapshot.LoadResult{}, err
	}
	o.KeepExpired = true
	res, err := snapshot.Load(ctx, f, size, o)
	if err != nil {
		return snapshot.LoadResult{}, fmt.Errorf("%s: %w", path, err)
	}
	return res, nil
}

// importTime is when commands without a time are carried out: before any deadline.
const importTime = 1

// Group implements aof.Handler.
func (i *importer) Group(commands []aof.Command) error {
	for _, c := range commands {
		if err := i.replay.Command(importTime, c.DB, c.Args); err != nil {
			return err
		}
	}
	return nil
}

// begin opens the log behind what was recovered.
func (p *persist) begin(res *recovery.Result) error {
	for _, s := range res.End.Dropped { // its numbers are used again
		if err := p.fs.Remove(s.Path); err != nil {
			return fmt.Errorf("cannot remove a part of the log that never came into force: %w", err)
		}
	}
	l, err := p.open(res.End.Last+1, res.End.Flags())
	if err != nil {
		return err
	}
	p.hub.Engine.Freeze(func() { p.engage(l) })
	p.tidy(res)
	return nil
}

// open opens a log.
func (p *persist) open(next uint64, flags wal.Flag) (*wal.Log, error) {
	v := p.hub.Config.Values()
	l, err := wal.Open(wal.Options{FS: p.fs, Dir: p.dir(v), Next: next, Flags: flags, Policy: policy(v), Clock: p.hub.Clock,
		SegmentBytes: p.segmentBytes, Changed: p.changed, Synced: p.synced})
	if err != nil {
		return nil, fmt.Errorf("cannot open the log: %w; check that %s can be written to", err, p.dir(v))
	}
	return l, nil
}

// engage has all changes logged from now on. All shards are locked.
func (p *persist) engage(l *wal.Log) {
	p.current.Store(l)
	p.hub.Engine.LogOff.Store(false)
}

// tidy removes what the present base and log make superfluous, and what was left half made.
func (p *persist) tidy(res *recovery.Result) {
	dir := p.dir(p.hub.Config.Values())
	var old []string
	for _, s := range res.End.Unused {
		old = append(old, s.Path)
	}
	names, err := p.fs.ReadDir(dir)
	if err != nil {
		return
	}
	for _, name := range names {
		if strings.HasPrefix(name, rewriteName) {
			old = append(old, filepath.Join(dir, name))
		}
	}
	for _, path := range old {
		if err := p.fs.Remove(path); err != nil {
			p.log.Warn("cannot remove a file of the log that is not needed any more", "file", path, "err", err)
		}
	}
	if res.HasBase {
		p.dropBases(res.Base)
	}
}

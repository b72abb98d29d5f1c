package server

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"redline/server/internal/command"
	"redline/server/internal/recovery"
	"redline/server/internal/snapshot"
	"redline/server/internal/wal"
)

// rewriteName is what a base is called while it is being written.
const rewriteName = "rewrite.tmp"

// keeperTick is how often the keeper looks whether the log has grown enough for a new base, and tries again what could not
// be done: ten times a second, as Redis' cron.
const keeperTick = 100 * time.Millisecond

// retryBase is how long the keeper waits before it tries again to make a base.
const retryBase = time.Second

// keep is the keeper.
func (p *persist) keep() {
	defer close(p.ended)
	t := time.NewTicker(keeperTick)
	defer t.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-p.kick:
		case <-t.C:
		}
		p.look()
	}
}

// look does what is to be done now.
func (p *persist) look() {
	l := p.current.Load()
	switch {
	case l == nil && p.wanted.Load():
		p.switchOn(true)
	case l == nil && p.asked():
		p.switchOn(false)
	case l != nil && !p.wanted.Load():
		p.switchOff(l)
	case l != nil && errors.Is(l.Err(), wal.ErrLost):
		p.renew(l)
	case l != nil && p.due(l):
		p.makeBase(l)
	}
}

// due says whether a new base is to be made: it was asked for, or the log has grown as far as the settings say.
func (p *persist) due(l *wal.Log) bool {
	v := p.hub.Config.Values()
	size := l.Stats().Bytes
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &p.rewrite
	if p.hub.Clock().Before(r.retryAt) || p.hub.Engine.Space.Saving() {
		return false
	}
	if r.wanted {
		return true
	}
	size += r.fileBytes - r.mark
	if v.RewritePercent == 0 || size < v.RewriteBytesMin {
		return false
	}
	base := max(r.baseBytes, 1)
	if grown := size*100/base - 100; grown < v.RewritePercent {
		return false
	}
	p.log.Info("the log has grown: a new base is made", "bytes", size, "at the last base", r.baseBytes)
	return true
}

// writeBase writes a snapshot. point is called at its point in time, with all shards locked; nil: nobody is.
func (p *persist) writeBase(ctx context.Context, path string, point func()) (int64, error) {
	v := p.hub.Config.Values()
	res, err := snapshot.Write(ctx, snapshot.Options{
		Space: p.hub.Engine.Space, FS: p.fs, Path: path, Compress: v.RDBCompressed, Checksum: true, Now: p.hub.Clock,
		KeyDelayUs: v.RDBKeySaveDelayUs, Access: snapshot.AccessOf(v),
		OnPoint: func() []snapshot.Aux {
			if point != nil {
				point()
			}
			return facts(p.hub, "1")
		},
	})
	return res.Bytes, err
}

// start takes down that a base is being made, and returns the context that ends it early.
func (p *persist) start() context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.rewrite.running, p.rewrite.wanted, p.rewrite.began = true, false, p.hub.Clock()
	return ctx
}

// finish takes down how making a base ended.
func (p *persist) finish(bytes, mark int64, err error) {
	p.mu.Lock()
	r := &p.rewrite
	p.cancel()
	r.running = false
	now := p.hub.Clock()
	switch {
	case errors.Is(err, snapshot.ErrBusy):
		r.wanted = true
	case errors.Is(err, context.Canceled):
	case err != nil:
		r.failed = true
		r.retryAt = now.Add(retryBase)
	default:
		r.failed = false
		r.count++
		r.fileBytes, r.baseBytes, r.mark = bytes, bytes, mark
	}
	if !errors.Is(err, snapshot.ErrBusy) {
		r.lastSeconds = int64(now.Sub(r.began).Seconds())
	}
	p.mu.Unlock()
	if err != nil && !errors.Is(err, snapshot.ErrBusy) && !errors.Is(err, context.Canceled) {
		p.log.Error("cannot make a new base of the log; the log goes on as it was", "err", err)
	}
}

// makeBase makes a new base and drops the log before it.
func (p *persist) makeBase(l *wal.Log) {
	ctx := p.start()
	dir := p.dir(p.hub.Config.Values())
	tmp := filepath.Join(dir, rewriteName)
	seq, mark := uint64(0), int64(0)
	bytes, err := p.writeBase(ctx, tmp, func() {
		seq, mark = l.Appended(), l.Stats().Bytes
		l.Cut()
	})
	if err == nil {
		err = l.Sync() // a base must not be ahead of the log: records go on from where it ends
	}
	if err == nil {
		err = p.fs.Rename(tmp, filepath.Join(dir, recovery.BaseName(seq)))
	}
	if err == nil {
		err = p.fs.SyncDir(dir)
	}
	p.finish(bytes, mark, err)
	if err != nil {
		return
	}
	p.log.Info("the log has a new base", "record", seq, "bytes", bytes)
	l.Settle()
	p.clean(l, seq)
}

// clean drops what a base makes superfluous.
func (p *persist) clean(l *wal.Log, seq uint64) {
	if err := l.Drop(seq); err != nil {
		p.log.Warn("cannot remove segments of the log that are not needed any more", "err", err)
	}
	p.dropBases(seq)
}

// dropBases removes the bases before one.
func (p *persist) dropBases(seq uint64) {
	dir := p.dir(p.hub.Config.Values())
	bases, err := recovery.Bases(p.fs, dir)
	for _, b := range bases {
		if b < seq && err == nil {
			err = p.fs.Remove(filepath.Join(dir, recovery.BaseName(b)))
		}
	}
	if err != nil {
		p.log.Warn("cannot remove bases of the log that are not needed any more", "err", err)
	}
}

// prepare opens a log with a new history, to be switched on with its base. The directory is claimed.
func (p *persist) prepare() (*wal.Log, error) {
	dir := p.dir(p.hub.Config.Values())
	list, err := wal.List(p.fs, dir)
	if err != nil {
		return nil, err
	}
	bases, err := recovery.Bases(p.fs, dir)
	if err != nil {
		return nil, err
	}
	last := p.last
	if len(bases) > 0 {
		last = max(last, bases[0])
	}
	if n := len(list); n > 0 {
		// How many records the last segment has does not matter: each takes more than one byte.
		last = max(last, list[n-1].Header.First+uint64(list[n-1].Size))
	}
	return p.open(last+2, wal.Start|wal.Pending) // what was last stays apart from what comes, whatever happens
}

// asked says whether a base is wanted.
func (p *persist) asked() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rewrite.wanted
}

// switchOn begins a new history with a base of all data. With stay it goes on from there; else it ends at once, and the base
// is all there is: BGREWRITEAOF while the log is off.
func (p *persist) switchOn(stay bool) {
	p.mu.Lock()
	l := p.opened
	p.opened = nil
	wait := p.hub.Clock().Before(p.rewrite.retryAt)
	p.mu.Unlock()
	if wait || p.hub.Engine.Space.Saving() {
		p.putBack(l)
		return
	}
	if l == nil {
		err := p.claim()
		if err == nil {
			l, err = p.prepare()
		}
		if err != nil {
			p.log.Error("cannot begin the log", "err", err)
			p.mu.Lock()
			p.rewrite.failed, p.rewrite.retryAt = true, p.hub.Clock().Add(retryBase)
			p.mu.Unlock()
			return
		}
	}
	p.found(l, func() {
		if stay {
			p.engage(l)
		}
	})
	if !stay {
		p.putBack(nil)
		p.last = l.Appended()
		_ = l.Close() // there is nothing in it
		p.release()
	}
}

// putBack keeps a log for the next try.
func (p *persist) putBack(l *wal.Log) {
	p.mu.Lock()
	p.opened = l
	p.mu.Unlock()
}

// found writes the base of a new history. engage is called at its point in time. If it fails the history goes on and a base
// is tried again: with one, all that was logged since counts.
func (p *persist) found(l *wal.Log, engage func()) {
	ctx := p.start()
	seq, mark := l.Appended(), l.Stats().Bytes
	engaged := false
	bytes, err := p.writeBase(ctx, filepath.Join(p.dir(p.hub.Config.Values()), recovery.BaseName(seq)), func() {
		engage()
		engaged = true
	})
	p.finish(bytes, mark, err)
	switch {
	case err == nil:
		l.Settle()
		p.log.Info("the log is on", "record", seq, "bytes", bytes)
		p.clean(l, seq)
	case !engaged:
		p.putBack(l)
	default: // it is on, but begins without a base: it is of use when a later one is complete
		p.mu.Lock()
		p.rewrite.wanted = true
		p.mu.Unlock()
	}
}

// switchOff ends the log. What was logged stays.
func (p *persist) switchOff(l *wal.Log) {
	p.hub.Engine.Freeze(func() {
		p.hub.Engine.LogOff.Store(true)
		p.last = l.Appended()
		p.current.Store(nil)
	})
	p.failing.Store(false)
	p.hub.Frozen.Store(false)
	if err := l.Close(); err != nil {
		p.log.Error("cannot write the end of the log, which was switched off", "err", err)
	}
	p.release()
	p.log.Info("the log is off")
}

// release lets go of the directory.
func (p *persist) release() {
	p.lockMu.Lock()
	if p.lock != nil {
		_ = p.lock.Close()
		p.lock = nil
	}
	p.lockMu.Unlock()
	p.synced(^uint64(0)) // nobody waits for a log that is not there
}

// renew begins a new history when the present one lost records that cannot be read back: all of them are in the data.
func (p *persist) renew(l *wal.Log) {
	p.last = l.Appended()
	p.mu.Lock()
	wait := p.hub.Clock().Before(p.rewrite.retryAt)
	p.mu.Unlock()
	if wait || p.hub.Engine.Space.Saving() {
		return
	}
	next, err := p.prepare()
	if err != nil {
		p.mu.Lock()
		p.rewrite.retryAt = p.hub.Clock().Add(retryBase)
		p.mu.Unlock()
		return
	}
	p.found(next, func() { p.current.Store(next) })
	if p.current.Load() == next {
		p.changed(nil)
		_ = l.Close() // it has failed already
	}
}

// Rewrite implements session.Journal.
func (p *persist) Rewrite() (now bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rewrite.running || p.starting() {
		return false, errors.New("Background append only file rewriting already in progress")
	}
	p.rewrite.wanted = true
	p.rewrite.retryAt = time.Time{}
	p.wake()
	return !p.hub.Engine.Space.Saving(), nil
}

// turn carries out a change of appendonly. It holds the settings' lock and must not take a shard's: the keeper does the
// rest.
func (p *persist) turn(on bool) error {
	if on == p.wanted.Load() {
		return nil
	}
	if !on {
		p.wanted.Store(false)
		p.mu.Lock()
		if p.rewrite.running {
			p.cancel()
		}
		p.mu.Unlock()
		p.wake()
		return nil
	}
	if err := p.claim(); err != nil {
		p.log.Error("cannot switch the log on", "err", err)
		return errors.New("Unable to turn on AOF. Check server logs.")
	}
	p.mu.Lock()
	p.rewrite.wanted, p.rewrite.retryAt = true, time.Time{}
	p.mu.Unlock()
	p.wanted.Store(true)
	p.wake()
	return nil
}

// Reload implements session.Journal.
func (p *persist) Reload(c *command.Call) error {
	if l := p.current.Load(); l != nil {
		if err := l.Sync(); err != nil {
			return err
		}
		if l.Pending() {
			return errors.New("the log has no base yet: try again in a moment")
		}
	} else if bases, err := recovery.Bases(p.fs, p.dir(p.hub.Config.Values())); err != nil || len(bases) == 0 {
		return errors.New("there is no log: switch it on with CONFIG SET appendonly yes")
	}
	r := recovery.NewReplayer(p.hub.Engine.Space, p.hub.Table, p.hub.Config.Values())
	command.Clear(p.hub.Engine.Space, c.Now)
	_, err := p.recover(context.Background(), r, c)
	for i := range p.hub.Engine.Space.Shards() {
		p.hub.Engine.Space.Shard(i).Enter(c.Now, c)
	}
	if err == nil && r.Failed > 0 {
		err = fmt.Errorf("%d effects failed, the last with %s", r.Failed, r.LastError)
	}
	return err
}

// close ends the log in order.
func (p *persist) close() error {
	close(p.stop)
	p.mu.Lock()
	if p.rewrite.running {
		p.cancel()
	}
	p.mu.Unlock()
	<-p.ended
	l := p.current.Load()
	var err error
	if l != nil {
		err = l.Close()
		p.current.Store(nil)
	}
	p.release()
	return err
}

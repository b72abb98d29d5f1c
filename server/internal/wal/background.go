package wal

import (
	"errors"
	"time"
)

const (
	// secondTick is the period of the policy "everysec".
	secondTick = time.Second
	// retryMin and retryMax are how long the log waits before it tries a failed disk again, doubling in between: soon for a
	// hiccup, and not so often that a full disk costs anything.
	retryMin = 50 * time.Millisecond
	retryMax = time.Second
)

// background syncs under the policies that do not hold replies back, prepares the next segment, and brings the log back
// to work after a failure.
func (l *Log) background() {
	defer close(l.ended)
	tick := time.NewTicker(secondTick)
	defer tick.Stop()
	var retry <-chan time.Time
	wait := retryMin
	for {
		ticked := false
		select {
		case <-l.stop:
			return
		case <-tick.C:
			ticked = true
		case <-l.kick:
		case <-retry:
			retry = nil
			if l.repair() == nil {
				wait = retryMin
			}
		}
		if l.Err() != nil {
			if retry == nil {
				retry = time.After(wait)
				wait = min(2*wait, retryMax)
			}
			continue
		}
		l.mu.Lock()
		due := l.due()
		l.mu.Unlock()
		if due || ticked && (l.second.Load() || l.always.Load()) {
			l.flush()
		}
		l.prepare()
	}
}

// flush writes what nobody waits for (the effects of the server's own work) and syncs.
func (l *Log) flush() {
	l.mu.Lock()
	if !l.leading && l.err == nil && len(l.buf) > 0 {
		l.lead()
	}
	l.mu.Unlock()
	if l.synced.Load() >= l.written.Load() {
		return
	}
	l.syncing.Store(true)
	err := l.sync()
	l.syncing.Store(false)
	l.mu.Lock()
	first := l.note(err)
	l.wakeWaiters()
	l.mu.Unlock()
	if first {
		l.tell(err)
	}
}

// Sync has everything up to now put on disk soon, whatever the policy.
func (l *Log) Sync() error {
	seq := l.Appended()
	l.mu.Lock()
	for l.written.Load() < seq && l.err == nil {
		if !l.leading {
			l.lead()
			continue
		}
		w := l.pool.Get().(*waiter)
		w.seq = seq
		l.waiters = append(l.waiters, w)
		l.mu.Unlock()
		<-w.ch
		l.pool.Put(w)
		l.mu.Lock()
	}
	l.mu.Unlock()
	err := l.sync()
	l.mu.Lock()
	first := l.note(err)
	l.wakeWaiters()
	l.mu.Unlock()
	if first {
		l.tell(err)
		l.wake()
	}
	return err
}

// repair tries to go on after a failure: what is not known to be on disk goes into a new segment.
func (l *Log) repair() error {
	l.mu.Lock()
	if l.leading || l.err == nil || l.closed {
		err := l.err
		l.mu.Unlock()
		return err
	}
	l.leading = true
	if errors.Is(l.err, ErrLost) {
		err := l.err
		l.leading = false
		l.mu.Unlock()
		return err
	}
	stuck := l.stuck
	l.mu.Unlock()

	l.ioMu.Lock()
	err := l.restart(stuck)
	l.ioMu.Unlock()

	l.mu.Lock()
	l.leading = false
	if err == nil {
		l.err, l.stuck = nil, nil
	} else if errors.Is(err, ErrLost) {
		l.err = err
	}
	l.wakeWaiters()
	l.mu.Unlock()
	if err == nil {
		l.tell(nil)
		if l.o.Synced != nil {
			l.o.Synced(l.Synced())
		}
	} else if errors.Is(err, ErrLost) {
		l.tell(err)
	}
	return err
}

// restart begins a segment with the records that are in the file and perhaps not on disk, and those that are stuck.
func (l *Log) restart(stuck []byte) error {
	frames, err := l.unsafe()
	if err != nil {
		return err
	}
	frames = append(frames, stuck...)
	last := lastOf(frames, l.synced.Load())
	first := l.synced.Load() + 1
	s, file, err := l.make(first, l.flagsFor(first), l.nextRoom(), frames)
	if err != nil {
		return err
	}
	l.mu.Lock()
	old := l.seg
	l.install(s, file)
	l.written.Store(last)
	l.synced.Store(last)
	l.mu.Unlock()
	_ = old.file.Close() // what it held is in the new one
	return nil
}

package wal

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"redline/vfs"
)

const dir = "/data"

func disk(tb testing.TB) *vfs.Mem {
	m := vfs.NewMem()
	if err := m.MkdirAll(dir); err != nil {
		tb.Fatal(err)
	}
	if err := m.SyncDir("/"); err != nil {
		tb.Fatal(err)
	}
	return m
}

func begin(tb testing.TB, fsys vfs.FS, o Options) *Log {
	tb.Helper()
	o.FS, o.Dir = fsys, dir
	if o.Next == 0 {
		o.Next, o.Flags = 1, Start|NoBase
	}
	l, err := Open(o)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// effect is a record's content: it depends on its number only.
func effect(seq uint64) []Effect {
	n := int(seq * seq % 300)
	return []Effect{{DB: int(seq % 16), RESP: bytes.Repeat([]byte{byte(seq)}, n+1)}, {DB: 3, RESP: fmt.Append(nil, seq)}}
}

// contents reads the log and checks each record.
func contents(fsys vfs.FS) (End, error) { return contentsAt(fsys, dir, 0, false) }

func contentsAt(fsys vfs.FS, dir string, base uint64, hasBase bool) (End, error) {
	next := base + 1
	return Read(fsys, dir, base, hasBase, func(r *Record) error {
		want := effect(r.Seq)
		if r.Seq != next || r.NowMs != int64(r.Seq)*1000 || len(r.Effects) != 2 || r.Effects[0].DB != want[0].DB ||
			!bytes.Equal(r.Effects[0].RESP, want[0].RESP) || !bytes.Equal(r.Effects[1].RESP, want[1].RESP) {
			return fmt.Errorf("record %d, expected %d, is not what was written", r.Seq, next)
		}
		next++
		return nil
	})
}

// writer commits records whose content follows from their number.
type writer struct {
	mu sync.Mutex
	l  *Log
}

func (w *writer) commit() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	next := w.l.Appended() + 1
	return w.l.Commit(int64(next)*1000, effect(next))
}

func TestWriteAndRead(t *testing.T) {
	for _, policy := range []Policy{{Always: true}, {EverySecond: true}, {}, {Writes: 10}} {
		m := disk(t)
		l := begin(t, m, Options{Policy: policy, SegmentBytes: 32 << 10})
		w := writer{l: l}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 200 {
					if err := l.Wait(w.commit()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		e, err := contents(m)
		if err != nil || e.Last != 1600 || !e.Sealed || e.Tail != nil || len(e.Used) < 5 {
			t.Fatalf("%+v: %v, last %d, sealed %v, tail %v, %d segments", policy, err, e.Last, e.Sealed, e.Tail, len(e.Used))
		}
	}
}

// TestAwait has many records awaited by those who lead or are told, beside some who wait.
func TestAwait(t *testing.T) {
	for _, policy := range []Policy{{Always: true}, {}} {
		m := disk(t)
		l := begin(t, m, Options{Policy: policy, SegmentBytes: 32 << 10})
		w := writer{l: l}
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				told := make(chan struct{}, 1)
				for range 100 {
					seq := w.commit()
					if i%4 == 0 {
						if err := l.Wait(seq); err != nil {
							t.Error(err)
						}
						continue
					}
					for {
						done, err := l.Await(seq, func() { told <- struct{}{} })
						if err != nil {
							t.Error(err)
						}
						if done {
							break
						}
						<-told
					}
					if !l.Reached(seq) {
						t.Errorf("record %d is said to be safe and is not", seq)
					}
				}
			})
		}
		all.Wait()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if done, err := l.Await(801, func() {}); !done || !errors.Is(err, ErrClosed) {
			t.Errorf("after the end: %v %v", done, err)
		}
		if e, err := contents(m); err != nil || e.Last != 800 {
			t.Fatalf("%+v: %v, last %d", policy, err, e.Last)
		}
	}
}

// TestSyncedAhead: whatever the policy, little is left to be synced when a segment is full.
func TestSyncedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := begin(t, disk(t), Options{})
		record := []Effect{{RESP: make([]byte, 64<<10)}}
		for range 30 << 20 / len(record[0].RESP) {
			if err := l.Wait(l.Commit(0, record)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // the background is done
			if left := l.seg.off - l.seg.safe; left > 5<<20 {
				t.Errorf("%d bytes are not on disk", left)
				break
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestRealFiles writes to real files, drops segments meanwhile so that files are used again, and reads what is left, also
// without an end in order.
func TestRealFiles(t *testing.T) {
	for _, policy := range []Policy{{Always: true}, {EverySecond: true}, {Writes: 10}} {
		for _, ordered := range []bool{true, false} {
			path := t.TempDir()
			l, err := Open(Options{FS: vfs.OS(), Dir: path, Next: 1, Flags: Start | NoBase, Policy: policy, SegmentBytes: 32 << 10})
			if err != nil {
				t.Fatal(err)
			}
			w := writer{l: l}
			base := uint64(0)
			for range 5 {
				var all sync.WaitGroup
				for range 4 {
					all.Go(func() {
						for range 100 {
							if err := l.Wait(w.commit()); err != nil {
								t.Error(err)
							}
						}
					})
				}
				all.Wait()
				base = l.Appended() - 7
				if err := l.Drop(base); err != nil {
					t.Fatal(err)
				}
			}
			if ordered {
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
			}
			e, err := contentsAt(vfs.OS(), path, base, true)
			if err != nil || e.Last != 2000 || e.Sealed != ordered || e.Tail != nil {
				t.Errorf("%+v: %v, last %d, sealed %v, tail %v", policy, err, e.Last, e.Sealed, e.Tail)
			}
			if !ordered {
				_ = l.Close()
			}
		}
	}
}

// TestCrash loses power at random moments, several times in a row: what was acknowledged under "always" is there, and what
// is there is a prefix of what was written.
func TestCrash(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 1))
		m := disk(t)
		next, flags := uint64(1), Start|NoBase
		for range 4 {
			var acked atomic.Uint64
			left := atomic.Int64{}
			left.Store(rng.Int64N(120))
			var fsys vfs.FS = vfs.Inject(m, func(op vfs.Op) error {
				if op.Kind.Changes() && left.Add(-1) < 0 {
					m.PowerOff()
				}
				return nil
			})
			l, err := Open(Options{FS: fsys, Dir: dir, Next: next, Flags: flags, Policy: Policy{Always: true}, SegmentBytes: 8 << 10})
			if err == nil {
				w := writer{l: l}
				var all sync.WaitGroup
				for range 4 {
					all.Go(func() {
						for {
							seq := w.commit()
							if l.Wait(seq) != nil {
								return
							}
							for a := acked.Load(); a < seq && !acked.CompareAndSwap(a, seq); a = acked.Load() {
							}
						}
					})
				}
				all.Wait()
				_ = l.Close()
			}
			m = m.Crash(rng)
			e, err := contents(m)
			if err != nil || e.Last < acked.Load() || e.Last < next-1 {
				t.Fatalf("seed %d: %v; last %d, acknowledged %d, before %d", seed, err, e.Last, acked.Load(), next-1)
			}
			next, flags = e.Last+1, e.Flags()
		}
	}
}

// TestFailure has writes and syncs fail for a while: the log says so, and when the disk works again it goes on by itself.
func TestFailure(t *testing.T) {
	for _, kind := range []vfs.OpKind{vfs.OpWrite, vfs.OpSync, vfs.OpCreate, vfs.OpRename, vfs.OpSyncDir} {
		for _, policy := range []Policy{{Always: true}, {EverySecond: true}} {
			synctest.Test(t, func(t *testing.T) {
				m := disk(t)
				var broken atomic.Bool
				fsys := vfs.Inject(m, func(op vfs.Op) error {
					if broken.Load() && (op.Kind == kind || op.Kind == vfs.OpCreate) {
						return vfs.Short{N: op.Len / 2, Err: syscall.ENOSPC}
					}
					return nil
				})
				var changes []error
				l := begin(t, fsys, Options{Policy: policy, SegmentBytes: 16 << 10, Changed: func(err error) { changes = append(changes, err) }})
				w := writer{l: l}
				for range 50 {
					if err := l.Wait(w.commit()); err != nil {
						t.Fatal(err)
					}
				}
				broken.Store(true)
				for range 400 {
					if err := l.Wait(w.commit()); err != nil {
						break
					}
				}
				time.Sleep(5 * time.Second)
				if !errors.Is(l.Err(), syscall.ENOSPC) || !errors.Is(l.Wait(w.commit()), syscall.ENOSPC) {
					t.Fatalf("%v: no failure: %v", kind, l.Err())
				}
				broken.Store(false)
				time.Sleep(5 * time.Second)
				if err := l.Wait(w.commit()); err != nil {
					t.Fatal(err)
				}
				if len(changes) != 2 || changes[0] == nil || changes[1] != nil {
					t.Fatalf("told of %v", changes)
				}
				last := l.Appended()
				if err := l.Sync(); err != nil {
					t.Fatal(err)
				}
				m = m.Crash(rand.New(rand.NewPCG(1, 1)))
				if e, err := contents(m); err != nil || e.Last != last {
					t.Fatalf("%v %+v: %v, last %d of %d", kind, policy, err, e.Last, last)
				}
				_ = l.Close()
			})
		}
	}
}

// TestDamage flips bits of a log that was closed in order: each flip is noticed or changes nothing.
func TestDamage(t *testing.T) {
	m := disk(t)
	l := begin(t, m, Options{SegmentBytes: 4 << 10})
	w := writer{l: l}
	for range 60 {
		if err := l.Wait(w.commit()); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	list, err := List(m, dir)
	if err != nil || len(list) < 3 {
		t.Fatal(list, err)
	}
	rng := rand.New(rand.NewPCG(2, 2))
	for range 1500 {
		s := list[rng.IntN(len(list))]
		f, err := m.OpenRW(s.Path)
		if err != nil {
			t.Fatal(err)
		}
		off, good, bad := rng.Int64N(s.Size), make([]byte, 1), make([]byte, 1)
		_, _ = f.ReadAt(good, off)
		bad[0] = good[0] ^ 1<<rng.IntN(8)
		_, _ = f.WriteAt(bad, off)
		e, err := contents(m)
		var c *Corruption
		switch {
		case errors.As(err, &c):
			if c.Path != s.Path {
				t.Fatalf("%s at %d: %v", s.Path, off, err)
			}
		case err != nil || e.Last != 60:
			t.Fatalf("%s at %d: %v, last %d, tail %v", s.Path, off, err, e.Last, e.Tail)
		}
		_, _ = f.WriteAt(good, off)
		_ = f.Close()
	}
}

func TestRecycle(t *testing.T) {
	m := disk(t)
	l := begin(t, m, Options{SegmentBytes: 4 << 10})
	w := writer{l: l}
	for i := range 500 {
		if err := l.Wait(w.commit()); err != nil {
			t.Fatal(err)
		}
		if i%50 == 49 {
			if err := l.Drop(l.Appended() - 10); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var seqs []uint64
	e, err := Read(m, dir, 489, true, func(r *Record) error { seqs = append(seqs, r.Seq); return nil })
	if err != nil || len(seqs) != 11 || seqs[0] != 490 || e.Last != 500 || len(e.Used)+len(e.Unused) > 8 {
		t.Fatal(err, seqs, e.Last, len(e.Used))
	}
	if _, err := Read(m, dir, 5, true, func(*Record) error { return nil }); err == nil {
		t.Fatal("records are missing and nobody says so")
	}
}

func TestHistories(t *testing.T) {
	header := func(first uint64, flags Flag) Segment {
		return Segment{Path: SegmentName(first), Header: Header{First: first, Flags: flags}}
	}
	old := []Segment{header(1, Start|NoBase), header(50, 0)}
	for _, tt := range []struct {
		list          []Segment
		base          uint64
		hasBase       bool
		used, dropped int
		fails         bool
	}{
		{nil, 0, false, 0, 0, false},
		{old, 0, false, 2, 0, false},
		{old, 20, true, 2, 0, false},
		{old, 49, true, 1, 0, false},
		{old, 70, true, 1, 0, false},
		{old[1:], 48, true, 0, 0, true},
		{old[1:], 0, false, 0, 1, true},
		{append(old[:2:2], header(90, Start|Pending)), 60, true, 1, 1, false},
		{append(old[:2:2], header(90, Start|Pending)), 89, true, 1, 0, false},
		{append(old[:2:2], header(90, Start|Pending), header(95, 0)), 60, true, 1, 2, true},
		{[]Segment{header(90, Start|Pending), header(95, Pending)}, 0, false, 0, 2, false},
		{[]Segment{header(90, Start|Pending), header(95, 0)}, 0, false, 0, 2, true},
		{[]Segment{header(90, Start)}, 0, false, 0, 1, true},
	} {
		e, _, err := Chain(tt.list, tt.base, tt.hasBase)
		if len(e.Used) != tt.used && !tt.fails || len(e.Dropped) != tt.dropped || (err != nil) != tt.fails {
			t.Errorf("%v, base %d: %d used, %d dropped, %v", tt.list, tt.base, len(e.Used), len(e.Dropped), err)
		}
	}
}

func TestCommitAllocs(t *testing.T) {
	l := begin(t, disk(t), Options{SegmentBytes: 16 << 20})
	defer l.Close()
	e := effect(17)
	for range 100 {
		_ = l.Wait(l.Commit(1, e))
	}
	if n := testing.AllocsPerRun(100, func() { l.Commit(1, e) }); n > 1 {
		t.Errorf("%v allocations a commit", n)
	}
}

func BenchmarkCommit(b *testing.B) {
	path := b.TempDir()
	l, err := Open(Options{FS: vfs.OS(), Dir: path, Next: 1, Flags: Start | NoBase})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	e := []Effect{{RESP: bytes.Repeat([]byte{'x'}, 90)}}
	for _, batch := range []int{1, 16} {
		b.Run(fmt.Sprint("batch", batch), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				seq := l.Commit(1, e)
				if i%batch == 0 {
					_ = l.Wait(seq)
				}
			}
		})
	}
}

func FuzzScan(f *testing.F) {
	var b []byte
	seed := seedOf(7)
	for seq := range uint64(4) {
		b = appendFrame(b, seed, seq+1, seq/2, 5, effect(seq+1))
	}
	f.Add(b, 0, byte(0))
	f.Add(appendSeal(b, seed, 4, 1), 40, byte(1))
	f.Fuzz(func(t *testing.T, frames []byte, at int, flip byte) {
		if at >= 0 && at < len(frames) {
			frames[at] ^= flip
		}
		m := disk(t)
		h := Header{Version: Version, ID: 7, First: 1, Flags: Start | NoBase}
		if err := vfs.WriteFile(m, filepath.Join(dir, SegmentName(1)), append(h.append(nil), frames...)); err != nil {
			t.Fatal(err)
		}
		last := uint64(0)
		e, err := Read(m, dir, 0, false, func(r *Record) error { last = r.Seq; return nil })
		var c *Corruption
		if err != nil && !errors.As(err, &c) || err == nil && e.Last != last {
			t.Fatal(err, e.Last, last)
		}
	})
}

func FuzzHeader(f *testing.F) {
	h := Header{Version: 1, ID: 3, First: 9}
	f.Add(h.append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := parseHeader(b); err == nil && !bytes.Equal(h.append(nil)[:16], b[:16]) {
			t.Fatal("another header")
		}
	})
}

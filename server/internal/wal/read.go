package wal

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"redline/vfs"
)

// Record is one record of a log. It is valid only during the call that it is given to.
type Record struct {
	Seq     uint64
	NowMs   int64 // when the call ran, unix milliseconds: deadlines were judged by it
	Effects []Effect
	Path    string
	Offset  int64 // of its frame in the file
}

// End is where a log ends, and what was found on the way there.
type End struct {
	Last    uint64    // the last record; that before the first if there is none
	HasBase bool      // it continues a base
	Sealed  bool      // the log was closed in order
	Tail    *Tail     // what was cut off, or nil
	Used    []Segment // those that were read
	Dropped []Segment // of a history that never got its base
	Unused  []Segment // that hold only older records
}

// Tail is the torn end of a log: what was being written when the machine stopped.
type Tail struct {
	Path    string
	Offset  int64
	Bytes   int64 // behind Offset; of a preallocated file most are zero
	Records int   // whole records among them, that follow a torn one and were never acknowledged
}

// Flags returns the flags of the segment with which the log goes on: those of its last one if that has no record, and
// those of a beginning if there is none.
func (e *End) Flags() Flag {
	n := len(e.Used)
	switch {
	case n > 0 && e.Used[n-1].Header.First == e.Last+1:
		return e.Used[n-1].Header.Flags &^ Pending
	case n > 0:
		return 0
	case e.HasBase:
		return Start
	}
	return Start | NoBase
}

// ErrNoBase says that a log cannot be read without a base that is not there.
var ErrNoBase = errors.New("the snapshot that the log continues is missing")

// Chain chooses the segments that hold the records after the one with number base, or with hasBase false the records of
// a log that began with an empty keyspace, and returns after which record it begins. It fails if records are missing.
func Chain(list []Segment, base uint64, hasBase bool) (End, uint64, error) {
	e := End{HasBase: hasBase}
	if !hasBase {
		if len(list) == 0 {
			return e, 0, nil
		}
		h := list[0].Header
		if h.Flags&NoBase == 0 {
			e.Dropped = list
			return e, 0, missingBase(list)
		}
		base = h.First - 1
	}
	e.Last = base
	at := 0
	for at < len(list) && list[at].Header.First <= base+1 {
		at++
	}
	if at > 0 {
		at--
		e.Unused, list = list[:at], list[at:]
	} else if len(list) > 0 && list[0].Header.Flags&Start == 0 {
		return e, base, &Corruption{Path: list[0].Path, Offset: 24,
			Reason: fmt.Sprintf("it begins with record %d, and the records from %d on are missing", list[0].Header.First, base+1)}
	}
	for i := range list {
		if list[i].Header.Flags&Start != 0 && list[i].Header.First > base+1 {
			e.Used, e.Dropped = list[:i], list[i:]
			return e, base, missingBase(e.Dropped)
		}
	}
	e.Used = list
	return e, base, nil
}

// missingBase is the error for segments of a history whose base is not there: none if it never came into force.
func missingBase(list []Segment) error {
	for i := range list {
		if list[i].Header.Flags&Pending == 0 {
			return fmt.Errorf("%w: %s continues base-%020d.rdb or a later one; put it back, or move the log aside", ErrNoBase, list[i].Path, list[0].Header.First-1)
		}
	}
	return nil
}

// Read calls fn for the records after base, in order, and finds the end of the log. See Chain for hasBase. An error is a
// *Corruption, one of the file system, or fn's.
func Read(fs vfs.FS, dir string, base uint64, hasBase bool, fn func(r *Record) error) (End, error) {
	list, err := List(fs, dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return End{}, err
	}
	e, base, err := Chain(list, base, hasBase)
	if err != nil {
		return e, err
	}
	r := reader{fs: fs, end: &e, base: base, fn: fn}
	for i := range e.Used {
		limit := uint64(0)
		if i+1 < len(e.Used) {
			limit = e.Used[i+1].Header.First
		}
		if err := r.segment(&e.Used[i], limit); err != nil {
			return e, err
		}
	}
	return e, nil
}

type reader struct {
	fs     vfs.FS
	end    *End
	base   uint64
	fn     func(r *Record) error
	record Record
}

// segment reads one segment up to the record limit, with which the next one begins; 0: it is the last.
func (r *reader) segment(s *Segment, limit uint64) error {
	sc, err := newScanner(r.fs, s)
	if err != nil {
		return err
	}
	defer sc.close()
	seq := s.Header.First
	r.end.Sealed = false
	for limit == 0 || seq < limit {
		at := sc.off
		f, ok, err := sc.next()
		if err != nil {
			return err
		}
		if !ok || !follows(&f, seq) {
			return r.broken(sc, s, at, seq, limit)
		}
		if f.kind == KindSeal {
			r.end.Sealed = true
			continue
		}
		r.end.Sealed = false
		if seq > r.base {
			if err := r.give(s, at, &f); err != nil {
				return err
			}
			r.end.Last = seq
		}
		seq++
	}
	return nil
}

// follows says whether a valid frame is the one that the log goes on with.
func follows(f *frame, seq uint64) bool {
	if f.kind == KindSeal {
		return f.seq == seq-1
	}
	return f.seq == seq
}

func (r *reader) give(s *Segment, at int64, f *frame) error {
	rec := &r.record
	var err error
	if rec.Effects, err = effectsOf(rec.Effects[:0], f.body); err != nil {
		return &Corruption{Path: s.Path, Offset: at, Reason: err.Error()}
	}
	rec.Seq, rec.NowMs, rec.Path, rec.Offset = f.seq, f.now, s.Path, at
	return r.fn(rec)
}

// broken tells the end of the log from damage, at a place where record seq should stand and does not.
func (r *reader) broken(sc *scanner, s *Segment, at int64, seq, limit uint64) error {
	if limit > 0 {
		return &Corruption{Path: s.Path, Offset: at, Reason: fmt.Sprintf("record %d is not there or not whole, and the log goes on with the next segment at record %d", seq, limit)}
	}
	blank, err := sc.blank(at)
	if err != nil {
		return err
	}
	sc.jump(at)
	frames, vouched, err := sc.behind(seq)
	if err != nil {
		return err
	}
	if vouched {
		return &Corruption{Path: s.Path, Offset: at, Reason: fmt.Sprintf("record %d is not whole, and was before later ones were written", seq)}
	}
	if blank && frames == 0 {
		return nil // the end
	}
	r.end.Tail = &Tail{Path: s.Path, Offset: at, Bytes: s.Size - at, Records: frames}
	return nil
}

// blank says whether a header of zeros stands at off, or the file ends there: what a log that was not torn ends with.
func (s *scanner) blank(off int64) (bool, error) {
	s.jump(off)
	b, err := s.peek(frameHeader)
	if err != nil {
		return false, err
	}
	return len(bytes.TrimLeft(b[:min(len(b), frameHeader)], "\x00")) == 0, nil
}

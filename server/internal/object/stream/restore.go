package stream

import (
	"errors"
	"math"

	"redline/server/internal/object/listpack"
)

// Errors of restoring a stream from outside. All wrap ErrCorrupt.
var (
	ErrCorrupt = errors.New("stream: the data contradicts itself")

	errNode     = corrupt("a node is not what its layout says")
	errOrder    = corrupt("nodes or entries are out of order")
	errLength   = corrupt("the number of entries or the last ID is wrong")
	errGroup    = corrupt("two groups have the same name")
	errConsumer = corrupt("two consumers of a group have the same name")
	errPending  = corrupt("an entry is pending twice, or owned by several consumers or none")
)

func corrupt(what string) error { return &corruptError{what} }

type corruptError struct{ what string }

func (e *corruptError) Error() string { return "stream: " + e.what }
func (e *corruptError) Unwrap() error { return ErrCorrupt }

// Info is what a stream holds beside its nodes and groups.
type Info struct {
	Length                      int64
	FirstID, LastID, MaxDeleted ID
	Added                       int64

	firstUnknown bool
}

// OldInfo is the Info of a stream written by a version of Redis before 7.0, which kept no more than that: the rest
// follows from the nodes.
func OldInfo(length int64, last ID) Info {
	return Info{Length: length, LastID: last, Added: length, firstUnknown: true}
}

// Info returns what a stream holds beside its nodes and groups.
func (s *Stream) Info() Info {
	return Info{Length: s.length, FirstID: s.firstID, LastID: s.lastID, MaxDeleted: s.maxDeletedID, Added: s.added}
}

// RestoreNode adds a node at the end: the ID of its master entry and its listpack, which may be any bytes and belongs to
// the stream if there is no error. A stream is restored from its nodes first, RestoreInfo next, then its groups.
func (s *Stream) RestoreNode(masterID ID, lp []byte) error {
	if last, ok := s.nodes.last(); ok {
		if !s.nodes.id(last).Less(masterID) {
			return errOrder
		}
	}
	v := nodeCheck{master: masterID}
	if err := listpack.ValidateEntries(lp, v.piece); err != nil {
		return errors.Join(errNode, err)
	}
	if err := v.end(); err != nil {
		return err
	}
	s.nodes.insert(masterID, node{lp: lp})
	s.mem += int64(cap(lp))
	s.length += v.live
	return nil
}

// nodeCheck reads a node's listpack piece by piece and checks that it has the layout of a node: only then may the other
// functions walk it.
type nodeCheck struct {
	master ID
	live   int64

	state       checkState
	count, dead int64 // as the head says
	deadSeen    int64
	fields      int64 // of the master
	left        int64 // strings still to come in this state
	pieces      int64 // of the current entry, as far as read
	flags       int64
	ms          int64
	last        ID // of the last live entry
}

type checkState int

const (
	wantCount checkState = iota
	wantDead
	wantFields
	wantNames
	wantZero
	wantFlags
	wantMs
	wantSeq
	wantOwnFields
	wantStrings
	wantPieces
)

// piece takes the next entry of the listpack.
func (v *nodeCheck) piece(_ int, p listpack.Value) error {
	if v.state == wantNames || v.state == wantStrings {
		v.pieces++
		if v.left--; v.left == 0 {
			v.state++ // to wantZero and wantPieces
		}
		return nil
	}
	if !p.IsInt() {
		return errNode
	}
	n := p.Int
	v.pieces++
	switch v.state {
	case wantCount:
		v.count, v.state = n, wantDead
	case wantDead:
		v.dead, v.state = n, wantFields
	case wantFields:
		v.fields = n
		return v.expect(n, wantNames)
	case wantZero:
		v.state = wantFlags
		if n != 0 {
			return errNode
		}
	case wantFlags:
		v.flags, v.pieces, v.state = n, 1, wantMs
		if n&^(flagDeleted|flagSameFields) != 0 {
			return errNode
		}
	case wantMs:
		v.ms, v.state = n, wantSeq
	case wantSeq:
		return v.id(n)
	case wantOwnFields:
		if n > math.MaxInt32 {
			return errNode
		}
		return v.expect(2*n, wantStrings)
	case wantPieces:
		v.state = wantFlags
		if n != v.pieces-1 {
			return errNode
		}
	}
	return nil
}

// expect waits for n strings.
func (v *nodeCheck) expect(n int64, state checkState) error {
	if n <= 0 {
		return errNode
	}
	v.left, v.state = n, state
	return nil
}

// id takes the second difference of an entry's ID.
func (v *nodeCheck) id(seq int64) error {
	id := ID{v.master.Ms + uint64(v.ms), v.master.Seq + uint64(seq)}
	if v.flags&flagDeleted != 0 {
		v.deadSeen++
	} else {
		// Deleted entries may be out of order: XSETID goes back behind them.
		if v.live > 0 && !v.last.Less(id) {
			return errOrder
		}
		v.last = id
		v.live++
	}
	if v.flags&flagSameFields != 0 {
		return v.expect(v.fields, wantStrings)
	}
	v.state = wantOwnFields
	return nil
}

func (v *nodeCheck) end() error {
	if v.state != wantFlags || v.live+v.deadSeen == 0 || v.live != v.count || v.deadSeen != v.dead {
		return errNode
	}
	return nil
}

// RestoreInfo sets what a stream holds beside its nodes, which are there already, and its groups.
func (s *Stream) RestoreInfo(in Info) error {
	if in.Length != s.length || in.Added < 0 {
		return errLength
	}
	if in.LastID.Less(s.LastLiveID()) {
		return errLength
	}
	s.firstID = in.FirstID
	if in.firstUnknown {
		s.resetFirst()
	}
	s.lastID, s.maxDeletedID, s.added = in.LastID, in.MaxDeleted, in.Added
	return nil
}

// RestoreGroup adds a group.
func (s *Stream) RestoreGroup(name []byte, last ID, entriesRead int64) (*Group, error) {
	g := s.AddGroup(name, last, entriesRead)
	if g == nil {
		return nil, errGroup
	}
	return g, nil
}

// noOwner is the owner of a pending entry until RestoreOwned names it.
const noOwner = math.MaxUint32

// RestorePending adds a pending entry that has no owner yet.
func (g *Group) RestorePending(id ID, deliveredAt int64, deliveries uint64) error {
	if _, isNew := g.pending.insert(id, Pending{deliveredAt, deliveries, noOwner}); !isNew {
		return errPending
	}
	return nil
}

// RestoreConsumer adds a consumer.
func (g *Group) RestoreConsumer(name []byte, seenAt int64) (*Consumer, error) {
	c := g.AddConsumer(name, seenAt)
	if c == nil {
		return nil, errConsumer
	}
	return c, nil
}

// RestoreOwned makes a consumer the owner of a pending entry.
func (g *Group) RestoreOwned(c *Consumer, id ID) error {
	p := g.pending.get(id)
	if p == nil || p.owner != noOwner {
		return errPending
	}
	p.owner = c.slot
	c.ids.insert(id, struct{}{})
	return nil
}

// RestoreEnd ends the restoring of a group: each pending entry must have an owner by now.
func (g *Group) RestoreEnd() error {
	owned := 0
	for _, c := range g.consumers {
		owned += c.ids.n
	}
	if owned != g.pending.n {
		return errPending
	}
	return nil
}

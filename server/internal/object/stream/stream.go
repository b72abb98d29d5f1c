package stream

import (
	"unsafe"

	"redline/server/internal/object/listpack"
	"redline/server/internal/slab"
)

// Stream is a stream. The zero value is not usable: see New. Dropping the last reference frees it, whatever its size,
// unless it has adopted an arena: then Release has to be called before.
//
// Invariants: nodes ascend by their masters, and so do the live entries; length is the number of these, none of which is
// after lastID. Entries marked as deleted may be out of order (XSETID goes back behind them).
type Stream struct {
	arena  *slab.Arena // nil: all nodes are on the Go heap
	nodes  index[node] // by the ID of their master entry
	groups []*Group    // by name
	length int64

	firstID      ID // of the first live entry; 0-0 if there is none
	lastID       ID // of the last entry ever added, or what XSETID made it
	maxDeletedID ID // the greatest ID that XDEL took out
	added        int64

	spare []byte // a buffer for the next node: the one in which the last full node grew
	mem   int64
}

// Limits bound the nodes.
type Limits struct {
	NodeBytes   int // stream-node-max-bytes; 0: none
	NodeEntries int // stream-node-max-entries, deleted ones included; 0: none
}

const (
	// EntryMax is the most bytes that the fields and values of an entry may have together (Redis'
	// STREAM_LISTPACK_MAX_SIZE, which keeps lengths within 32 bits).
	EntryMax = listpack.SafeLen
	// spareMax is the largest buffer that is kept for the next node: two of the default stream-node-max-bytes, as a buffer
	// that grows by doubling may reach.
	spareMax = 8 << 10

	// nodeOverhead is what a node takes with one entry of few fields, its fields and values aside: eight small integers.
	nodeOverhead = 8 * 2

	baseBytes = int64(unsafe.Sizeof(Stream{}))
)

// New makes an empty stream.
func New() *Stream {
	s := &Stream{mem: baseBytes}
	s.nodes.mem = &s.mem
	return s
}

// Len returns the number of entries.
func (s *Stream) Len() int64 { return s.length }

// Nodes returns the number of nodes.
func (s *Stream) Nodes() int { return s.nodes.n }

// FirstID returns the ID of the first entry as it was recorded: 0-0 if there is none.
func (s *Stream) FirstID() ID { return s.firstID }

// LastID returns the ID of the last entry that was ever added, or what SetID made of it.
func (s *Stream) LastID() ID { return s.lastID }

// MaxDeletedID returns the greatest ID that Delete took out.
func (s *Stream) MaxDeletedID() ID { return s.maxDeletedID }

// Added returns the number of entries that were ever added.
func (s *Stream) Added() int64 { return s.added }

// SetLastID sets what LastID returns.
func (s *Stream) SetLastID(id ID) { s.lastID = id }

// SetAdded sets what Added returns.
func (s *Stream) SetAdded(n int64) { s.added = n }

// SetMaxDeletedID sets what MaxDeletedID returns.
func (s *Stream) SetMaxDeletedID(id ID) { s.maxDeletedID = id }

// MemBytes returns the memory that the stream takes, in constant time.
func (s *Stream) MemBytes() int64 { return s.mem }

// NextID returns the ID that an entry added at a time, in unix milliseconds, gets. It is after LastID unless that is
// MaxID.
func (s *Stream) NextID(nowMs int64) ID {
	if ms := uint64(nowMs); ms > s.lastID.Ms {
		return ID{Ms: ms}
	}
	id, _ := s.lastID.Next()
	return id
}

// Append adds an entry. Its ID must be after LastID; pairs are its fields, each followed by its value, which are copied and
// have no more than EntryMax bytes.
func (s *Stream) Append(id ID, pairs [][]byte, limits Limits) {
	p, ok := s.nodes.last()
	if ok && s.full(s.lp(p), pairs, limits) {
		s.seal(p)
		ok = false
	}
	if ok {
		m := openNode(s.nodes.id(p), s.lp(p))
		same := m.hasFields(pairs)
		lp := count(m.lp, 1, 0)
		s.setNode(p, appendEntry(lp, m.id, id, pairs, same))
	} else {
		s.addNode(id, pairs)
	}
	s.length++
	s.added++
	s.lastID = id
	if s.length == 1 {
		s.firstID = id
	}
}

// full says whether the last node takes no entry with these fields and values.
func (s *Stream) full(lp []byte, pairs [][]byte, limits Limits) bool {
	size := 0
	for _, b := range pairs {
		size += len(b)
	}
	bytesMax := limits.NodeBytes
	if bytesMax <= 0 || bytesMax > EntryMax {
		bytesMax = EntryMax
	}
	if len(lp)+size >= bytesMax {
		return true
	}
	return limits.NodeEntries > 0 && live(lp)+dead(lp) >= int64(limits.NodeEntries)
}

// seal takes the room to spare from a node that will not grow any more: it moves into memory of its size, and the buffer
// in which it grew is kept for the next.
func (s *Stream) seal(p place) {
	lp, own := s.lp(p), s.nodes.val(p).block == 0
	switch {
	case !own:
		return
	case s.arena != nil:
		s.settle(s.nodes.val(p), lp, len(lp))
	case len(lp) == cap(lp):
		return
	default:
		s.setNode(p, exact(lp))
	}
	if s.spare == nil && cap(lp) <= spareMax {
		s.spare = lp[:0]
		s.mem += int64(cap(lp))
	}
}

// addNode adds a node at the end with its first entry.
func (s *Stream) addNode(id ID, pairs [][]byte) {
	s.mem -= int64(cap(s.spare))
	buf := s.spare
	s.spare = nil
	if buf == nil {
		size := listpack.EmptyLen + nodeOverhead
		for _, b := range pairs {
			size += listpack.Size(b)
		}
		buf = make([]byte, 0, size)
	}
	lp := appendHead(buf, pairs)
	lp = appendEntry(count(lp, 1, 0), id, id, pairs, true)
	s.nodes.insert(id, node{lp: lp})
	s.mem += int64(cap(lp))
}

// setNode replaces a node's listpack.
func (s *Stream) setNode(p place, lp []byte) {
	v := s.nodes.val(p)
	if v.block != 0 && unsafe.SliceData(lp) != unsafe.SliceData(v.lp) {
		s.settle(v, lp, cap(lp))
		return
	}
	s.mem += int64(cap(lp)) - int64(cap(v.lp))
	v.lp = lp
}

// removeNode takes out a node with all that is in it.
func (s *Stream) removeNode(p place) {
	v := s.nodes.val(p)
	s.mem -= int64(cap(v.lp))
	if v.block != 0 {
		s.arena.Free(v.block)
	}
	s.nodes.remove(p)
}

// Has says whether there is a live entry with an ID.
func (s *Stream) Has(id ID) bool {
	it := s.Range(id, id, false)
	return it.Next()
}

// LastLiveID returns the ID of the last entry that is not deleted, 0-0 if there is none.
func (s *Stream) LastLiveID() ID {
	it := s.Range(ID{}, MaxID, true)
	if !it.Next() {
		return ID{}
	}
	return it.ID()
}

// FirstStoredID returns the ID of the first entry, those included that are only marked as deleted; MaxID if there is
// none.
func (s *Stream) FirstStoredID() ID {
	it := s.Range(ID{}, MaxID, false)
	it.tombstones = true
	if !it.Next() {
		return MaxID
	}
	return it.ID()
}

// resetFirst finds the first live entry again.
func (s *Stream) resetFirst() {
	s.firstID = ID{}
	if s.length == 0 {
		return
	}
	if it := s.Range(ID{}, MaxID, false); it.Next() {
		s.firstID = it.ID()
	}
}

// Each passes the nodes in order: the master's ID and the listpack. It ends when fn returns false.
func (s *Stream) Each(fn func(master ID, lp []byte) bool) {
	for p := (place{}); s.nodes.ok(p); p = s.nodes.next(p) {
		if !fn(s.nodes.id(p), s.lp(p)) {
			return
		}
	}
}

// Clone returns a copy that shares nothing with the stream.
func (s *Stream) Clone() *Stream {
	c := New()
	nodes := s.nodes.clone(&c.mem)
	for _, ch := range nodes.chunks {
		for i, n := range ch.vals {
			ch.vals[i] = node{lp: exact(n.lp)}
			c.mem += int64(len(n.lp))
		}
	}
	c.nodes = nodes
	c.length, c.added = s.length, s.added
	c.firstID, c.lastID, c.maxDeletedID = s.firstID, s.lastID, s.maxDeletedID
	for _, g := range s.groups {
		g.cloneInto(c)
	}
	return c
}

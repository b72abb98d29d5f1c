package dict

import (
	"encoding/binary"
	"math/bits"

	"redline/server/internal/slab"
)

const (
	lineBytes   = 64
	slots       = 10
	handleBytes = 5
	handlesAt   = slots
	metaAt      = handlesAt + slots*handleBytes
	handleMask  = 1<<40 - 1

	slotMask     = 1<<slots - 1
	foreignShift = slots
	spillShift   = 2 * slots
	spillMask    = 1<<8 - 1
	reachShift   = spillShift + 8

	// reachMax is the farthest line after its home that holds an entry;
	// reachChain says that entries are in the segment's chain as well.
	reachMax   = 14
	reachChain = 15
)

// The layout fills the line, and all entries of a neighbourhood can be counted.
const (
	_ = uint(lineBytes - metaAt - 4)
	_ = uint(metaAt + 4 - lineBytes)
	_ = uint(spillMask - reachMax*slots)
	_ = uint(32 - reachShift - 4)
)

// line is one group of 10 slots; see the package comment for its layout.
type line [lineBytes]byte

func lineAt(seg []byte, i uint32) *line { return (*line)(seg[i*lineBytes:]) }

// meta is the last word of a line.
type meta uint32

func (m meta) own() uint32     { return uint32(m) & slotMask }
func (m meta) foreign() uint32 { return uint32(m) >> foreignShift & slotMask }
func (m meta) used() uint32    { return m.own() | m.foreign() }
func (m meta) spill() uint32   { return uint32(m) >> spillShift & spillMask }
func (m meta) reach() uint32   { return uint32(m) >> reachShift }

func (m meta) withReach(r uint32) meta { return m&^(0xf<<reachShift) | meta(r)<<reachShift }

func (l *line) meta() meta     { return meta(binary.LittleEndian.Uint32(l[metaAt:])) }
func (l *line) setMeta(m meta) { binary.LittleEndian.PutUint32(l[metaAt:], uint32(m)) }

// match returns the slots whose tag equals tag, used or not: bit i for slot i.
func (l *line) match(tag uint8) uint32 {
	const (
		ones = 0x0101010101010101
		low7 = 0x7f7f7f7f7f7f7f7f
		// gather moves the lowest bit of byte i to bit 56+i.
		gather = 0x0102040810204080
	)
	// A byte is zero exactly if neither its low 7 bits carry into bit 7 nor
	// bit 7 is set; no carry crosses bytes.
	x := binary.LittleEndian.Uint64(l[:]) ^ uint64(tag)*ones
	x = ^((x&low7 + low7) | x | low7)
	y := uint32(binary.LittleEndian.Uint16(l[8:])) ^ uint32(tag)*0x0101
	y = ^((y&0x7f7f + 0x7f7f) | y | 0x7f7f)
	return uint32(x>>7*gather>>56) | y<<1&0x100 | y>>6&0x200
}

func (l *line) handle(slot uint32) slab.Handle {
	// The last handle ends 4 bytes before the line does: 8 bytes can be read.
	return slab.Handle(binary.LittleEndian.Uint64(l[handlesAt+slot*handleBytes:]) & handleMask)
}

func (l *line) setHandle(slot uint32, h slab.Handle) {
	b := l[handlesAt+slot*handleBytes:][:handleBytes]
	binary.LittleEndian.PutUint32(b, uint32(h))
	b[4] = byte(h >> 32)
}

// next takes the lowest slot out of a set of slots.
func next(set *uint32) uint32 {
	i := uint32(bits.TrailingZeros32(*set))
	*set &= *set - 1
	return i
}

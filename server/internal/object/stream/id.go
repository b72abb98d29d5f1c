package stream

import (
	"cmp"
	"math"
	"strconv"
)

// ID is the name of an entry: milliseconds and a sequence number in them. The zero ID is before all entries.
type ID struct{ Ms, Seq uint64 }

// MaxID is the last possible ID.
var MaxID = ID{math.MaxUint64, math.MaxUint64}

// Compare returns -1, 0 or 1 for an ID before, equal to and after other.
func (id ID) Compare(other ID) int {
	if c := cmp.Compare(id.Ms, other.Ms); c != 0 {
		return c
	}
	return cmp.Compare(id.Seq, other.Seq)
}

// Less says whether the ID is before other.
func (id ID) Less(other ID) bool {
	return id.Ms < other.Ms || id.Ms == other.Ms && id.Seq < other.Seq
}

// IsZero says whether the ID is 0-0.
func (id ID) IsZero() bool { return id == ID{} }

// Next returns the ID after this one. There is none after MaxID: then ok is false and the ID is 0-0.
func (id ID) Next() (next ID, ok bool) {
	id.Seq++
	if id.Seq == 0 {
		id.Ms++
		return id, id.Ms != 0
	}
	return id, true
}

// Prev returns the ID before this one. There is none before 0-0: then ok is false and the ID is MaxID.
func (id ID) Prev() (prev ID, ok bool) {
	ok = !id.IsZero()
	if id.Seq == 0 {
		id.Ms--
	}
	id.Seq--
	return id, ok
}

// IDTextMax is the longest text of an ID, in bytes.
const IDTextMax = 20 + 1 + 20

// AppendText appends the ID as it is written, "ms-seq".
func (id ID) AppendText(dst []byte) []byte {
	dst = strconv.AppendUint(dst, id.Ms, 10)
	dst = append(dst, '-')
	return strconv.AppendUint(dst, id.Seq, 10)
}

// String returns the ID as it is written.
func (id ID) String() string { return string(id.AppendText(make([]byte, 0, IDTextMax))) }

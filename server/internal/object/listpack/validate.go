package listpack

import (
	"encoding/binary"
	"errors"
)

// Errors of Validate.
var (
	ErrHeader = errors.New("listpack: header and length disagree")
	ErrEntry  = errors.New("listpack: entry is malformed or reaches beyond the end")
	ErrCount  = errors.New("listpack: number of entries differs from the header's")
)

// Validate says whether b is a listpack: the header's total is its length, each entry lies inside, is well-formed and
// can be walked backwards too, and the header's count holds. It takes one walk, allocates nothing and accepts any bytes.
// Encodings that are valid but that Redis would not choose pass.
func Validate(b []byte) error { return ValidateEntries(b, nil) }

// ValidateEntries is Validate that passes each entry, once found well-formed, to each, with its index; what each
// returns ends the walk if it is not nil.
func ValidateEntries(b []byte, each func(index int, v Value) error) error {
	if len(b) < EmptyLen || uint64(binary.LittleEndian.Uint32(b)) != uint64(len(b)) || b[len(b)-1] != end {
		return ErrHeader
	}
	p, n, last := headerLen, 0, len(b)-1
	for p < last {
		size, ok := checkEntry(b[p:last])
		if !ok {
			return ErrEntry
		}
		if each != nil {
			if err := each(n, Get(b, p)); err != nil {
				return err
			}
		}
		p += size
		n++
	}
	if count := int(binary.LittleEndian.Uint16(b[4:])); count != countUnknown && count != n {
		return ErrCount
	}
	return nil
}

// checkEntry returns the whole length of the entry at the start of b, which must not reach beyond b.
func checkEntry(b []byte) (int, bool) {
	need := 1 // bytes that tell the length
	switch first := b[0]; {
	case first > encInt64:
		return 0, false
	case first == encStr32:
		need = 5
	case first&0xF0 == encStr12:
		need = 2
	}
	if len(b) < need {
		return 0, false
	}
	n := bodyLen(b, 0)
	back := backlenSize(n)
	if n < 0 || n > len(b) || back > len(b)-n {
		return 0, false
	}
	var want [5]byte
	putBacklen(want[:back], n)
	if string(b[n:n+back]) != string(want[:back]) {
		return 0, false
	}
	return n + back, true
}

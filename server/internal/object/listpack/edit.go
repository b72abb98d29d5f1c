package listpack

import "encoding/binary"

// Append adds s at the end, as an integer if it is the text of one. s must not lie in lp.
func Append(lp, s []byte) []byte { return Insert(lp, End(lp), s) }

// AppendInt adds an integer at the end.
func AppendInt(lp []byte, v int64) []byte { return InsertInt(lp, End(lp), v) }

// Prepend adds s before the first entry. s must not lie in lp.
func Prepend(lp, s []byte) []byte { return Insert(lp, headerLen, s) }

// PrependInt adds an integer before the first entry.
func PrependInt(lp []byte, v int64) []byte { return InsertInt(lp, headerLen, v) }

// PrependDown adds s before the first entry of the listpack that begins at mem[head] by moving its header down, whatever
// its length: nothing else is moved. At least Size(s) bytes before head are free. It returns where the listpack begins
// then. s must not lie in mem.
func PrependDown(mem []byte, head int, s []byte) int {
	v, isInt := integer(s)
	n := SizeInt(v)
	if !isInt {
		n = strBody(len(s))
		n += backlenSize(n)
	}
	to := head - n
	copy(mem[to:], mem[head:head+headerLen])
	lp := mem[to:]
	if isInt {
		putInt(lp[headerLen:headerLen+n], v)
	} else {
		putString(lp[headerLen:headerLen+n], s)
	}
	binary.LittleEndian.PutUint32(lp, uint32(len(lp)))
	recount(lp, 1)
	return to
}

// CutFront removes the first n entries, of which there are more, by moving the header up: what is returned begins that much
// later in the same memory.
func CutFront(lp []byte, n int) []byte {
	p := headerLen
	for range n {
		p += EntryLen(lp, p)
	}
	from := p - headerLen
	copy(lp[from:p], lp[:headerLen])
	lp = lp[from:]
	binary.LittleEndian.PutUint32(lp, uint32(len(lp)))
	recount(lp, -n)
	return lp
}

// Insert adds s before the entry at p, or at the end if p is End. The new entry is at p. s must not lie in lp.
func Insert(lp []byte, p int, s []byte) []byte {
	if v, ok := integer(s); ok {
		return InsertInt(lp, p, v)
	}
	n := strBody(len(s))
	n += backlenSize(n)
	lp = resize(lp, p, 0, n)
	putString(lp[p:p+n], s)
	recount(lp, 1)
	return lp
}

// InsertInt is Insert for an integer.
func InsertInt(lp []byte, p int, v int64) []byte {
	n := SizeInt(v)
	lp = resize(lp, p, 0, n)
	putInt(lp[p:p+n], v)
	recount(lp, 1)
	return lp
}

// Replace puts s in the place of the entry at p; the length changes by Size(s) - EntryLen(lp, p). s must not lie in lp.
func Replace(lp []byte, p int, s []byte) []byte {
	if v, ok := integer(s); ok {
		return ReplaceInt(lp, p, v)
	}
	n := strBody(len(s))
	n += backlenSize(n)
	lp = resize(lp, p, EntryLen(lp, p), n)
	putString(lp[p:p+n], s)
	return lp
}

// ReplaceInt is Replace for an integer.
func ReplaceInt(lp []byte, p int, v int64) []byte {
	n := SizeInt(v)
	lp = resize(lp, p, EntryLen(lp, p), n)
	putInt(lp[p:p+n], v)
	return lp
}

// Delete removes the entry at p. What followed is then at p; p is End if nothing did.
func Delete(lp []byte, p int) []byte {
	lp = resize(lp, p, EntryLen(lp, p), 0)
	recount(lp, -1)
	return lp
}

// DeleteN removes n entries from p on, or as many as there are. What followed is then at p.
func DeleteN(lp []byte, p, n int) []byte {
	e, removed := p, 0
	for ; removed < n && lp[e] != end; removed++ {
		e += EntryLen(lp, e)
	}
	if removed == 0 {
		return lp
	}
	lp = resize(lp, p, e-p, 0)
	recount(lp, -removed)
	return lp
}

// DeleteRange removes n entries from an index on, which counts as for Seek, or as many as there are.
func DeleteRange(lp []byte, index, n int) []byte {
	p := Seek(lp, index)
	if p == 0 || n <= 0 {
		return lp
	}
	return DeleteN(lp, p, n)
}

// Join appends all entries of other. other must not lie in lp.
func Join(lp, other []byte) []byte {
	n, p := len(other)-EmptyLen, End(lp)
	if n == 0 {
		return lp
	}
	// A number of entries that no longer fits becomes unknown and stays so, as if they had been appended one by one.
	added := Len(other)
	lp = resize(lp, p, 0, n)
	copy(lp[p:], other[headerLen:headerLen+n])
	recount(lp, added)
	return lp
}

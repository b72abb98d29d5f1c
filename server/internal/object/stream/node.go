package stream

import "redline/server/internal/object/listpack"

const (
	flagDeleted    = 1
	flagSameFields = 2
)

// master is the head of a node, parsed.
type master struct {
	id      ID
	lp      []byte
	fields  int // number of fields
	names   int // position of the first field
	entries int // position of the first entry, 0 if there is none
}

// openNode parses the head of a node.
func openNode(id ID, lp []byte) master {
	m := master{id: id, lp: lp}
	p := listpack.Next(lp, listpack.Next(lp, listpack.First(lp))) // behind count and deleted
	m.fields = int(number(lp, p))
	m.names = listpack.Next(lp, p)
	p = skip(lp, m.names, m.fields) // the zero that ends the head
	m.entries = listpack.Next(lp, p)
	return m
}

// live returns the number of entries of a node that are not deleted.
func live(lp []byte) int64 { return number(lp, listpack.First(lp)) }

// dead returns the number of entries of a node that are marked as deleted.
func dead(lp []byte) int64 { return number(lp, listpack.Next(lp, listpack.First(lp))) }

// number reads an entry that the layout wants to be an integer.
func number(lp []byte, p int) int64 {
	if b := lp[p]; b < 0x80 { // fast path: flags, lengths and small differences
		return int64(b)
	}
	return listpack.Get(lp, p).Int
}

// skip goes n entries on; there is one more behind them.
func skip(lp []byte, p, n int) int {
	for ; n > 0; n-- {
		p = listpack.Next(lp, p)
	}
	return p
}

// entry is one entry of a node, its head parsed.
type entry struct {
	at     int // position of the flags
	flags  int64
	id     ID
	fields int
	body   int // position of the first field or value
}

func (e *entry) deleted() bool    { return e.flags&flagDeleted != 0 }
func (e *entry) sameFields() bool { return e.flags&flagSameFields != 0 }

// read parses the entry at p.
func (m *master) read(p int) entry {
	lp, e := m.lp, entry{at: p, flags: number(m.lp, p), fields: m.fields}
	p = listpack.Next(lp, p)
	e.id.Ms = m.id.Ms + uint64(number(lp, p))
	p = listpack.Next(lp, p)
	e.id.Seq = m.id.Seq + uint64(number(lp, p))
	p = listpack.Next(lp, p)
	if !e.sameFields() {
		e.fields = int(number(lp, p))
		p = listpack.Next(lp, p)
	}
	e.body = p
	return e
}

// after returns the position of the entry that follows e, 0 if there is none.
func (m *master) after(e *entry) int {
	n := e.fields
	if !e.sameFields() {
		n *= 2
	}
	return listpack.Next(m.lp, skip(m.lp, e.body, n))
}

// before returns the position of the entry that ends before p, which is an entry or the end; 0 if there is none.
func (m *master) before(p int) int {
	p = listpack.Prev(m.lp, p)
	n := number(m.lp, p)
	if n == 0 {
		return 0 // the end of the head
	}
	for ; n > 0; n-- {
		p = listpack.Prev(m.lp, p)
	}
	return p
}

// lastID returns the ID of the last entry, deleted ones included; that of the master if there is none.
func (m *master) lastID() ID {
	p := m.before(listpack.End(m.lp))
	if p == 0 {
		return m.id
	}
	e := m.read(p)
	return e.id
}

// hasFields says whether an entry's fields, given in pairs with values, are those of the master.
func (m *master) hasFields(pairs [][]byte) bool {
	if m.fields*2 != len(pairs) {
		return false
	}
	p := m.names
	for i := 0; i < len(pairs); i += 2 {
		if !listpack.Get(m.lp, p).Equal(pairs[i]) {
			return false
		}
		p = listpack.Next(m.lp, p)
	}
	return true
}

// count changes the numbers of live and deleted entries.
func count(lp []byte, liveMore, deadMore int64) []byte {
	p := listpack.First(lp)
	lp = listpack.ReplaceInt(lp, p, number(lp, p)+liveMore)
	if deadMore != 0 {
		p = listpack.Next(lp, p)
		lp = listpack.ReplaceInt(lp, p, number(lp, p)+deadMore)
	}
	return lp
}

// appendHead appends the head of a new node to dst, with no entries yet.
func appendHead(dst []byte, pairs [][]byte) []byte {
	lp := listpack.AppendEmpty(dst)
	lp = listpack.AppendInt(lp, 0)
	lp = listpack.AppendInt(lp, 0)
	lp = listpack.AppendInt(lp, int64(len(pairs)/2))
	for i := 0; i < len(pairs); i += 2 {
		lp = listpack.Append(lp, pairs[i])
	}
	return listpack.AppendInt(lp, 0)
}

// appendEntry appends an entry to a node.
func appendEntry(lp []byte, masterID, id ID, pairs [][]byte, sameFields bool) []byte {
	n := len(pairs) / 2
	flags, pieces := int64(0), 3+1+2*n
	if sameFields {
		flags, pieces = flagSameFields, 3+n
	}
	lp = listpack.AppendInt(lp, flags)
	lp = listpack.AppendInt(lp, int64(id.Ms-masterID.Ms))
	lp = listpack.AppendInt(lp, int64(id.Seq-masterID.Seq))
	if !sameFields {
		lp = listpack.AppendInt(lp, int64(n))
	}
	for i, s := range pairs {
		if !sameFields || i%2 == 1 {
			lp = listpack.Append(lp, s)
		}
	}
	return listpack.AppendInt(lp, int64(pieces))
}

package strcmd

import (
	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

type lcsOptions struct {
	length, index, withLen bool
	minLen                 int64
}

// match is a common run of the two strings.
type match struct{ aStart, aEnd, bStart, bEnd int }

func lcs(c *command.Call) {
	var text [2][]byte
	var scratch [2][20]byte
	for i := range text {
		it := c.Find(1 + i)
		if it.OK() && it.Type() != keyspace.String {
			c.Reply.Error("ERR The specified keys must contain string values")
			return
		}
		if it.OK() {
			text[i] = it.Text(scratch[i][:])
		}
	}
	o, ok := parseLCS(c)
	if !ok {
		return
	}
	a, b := text[0], text[1]
	// The table takes 4 bytes for each pair of positions; Redis refuses what does not fit its allocator likewise.
	if uint64(len(a)+1)*uint64(len(b)+1) > lcsCellsMax {
		c.Reply.Error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
		return
	}
	table := lcsTable(a, b)
	n := table[len(table)-1]
	switch {
	case o.index:
		replyMatches(c, o, int(n), lcsMatches(table, a, b))
	case o.length:
		c.Reply.Int(int64(n))
	default:
		c.Reply.Bulk(lcsText(table, a, b))
	}
}

// lcsCellsMax bounds the table to 512 MiB, as Redis bounds it by proto-max-bulk-len.
const lcsCellsMax = 512 << 20 / 4

func parseLCS(c *command.Call) (o lcsOptions, ok bool) {
	for i := 3; i < len(c.Args); i++ {
		a := c.Args[i]
		switch {
		case command.Is(a, "idx"):
			o.index = true
		case command.Is(a, "len"):
			o.length = true
		case command.Is(a, "withmatchlen"):
			o.withLen = true
		case command.Is(a, "minmatchlen") && i+1 < len(c.Args):
			i++
			if o.minLen, ok = resp.ParseInt(c.Args[i]); !ok {
				c.Reply.Error(command.ErrNotInt)
				return o, false
			}
			o.minLen = max(o.minLen, 0)
		default:
			c.Reply.Error(command.ErrSyntax)
			return o, false
		}
	}
	if o.index && o.length {
		c.Reply.Error("ERR If you want both the length and indexes, please just use IDX.")
		return o, false
	}
	return o, true
}

// lcsTable returns the lengths of the longest common subsequences of all prefixes, row by row of a.
func lcsTable(a, b []byte) []uint32 {
	w := len(b) + 1
	t := make([]uint32, (len(a)+1)*w)
	for i := range a {
		row, next := t[i*w:(i+1)*w], t[(i+1)*w:(i+2)*w]
		for j := range b {
			if a[i] == b[j] {
				next[j+1] = row[j] + 1
			} else {
				next[j+1] = max(row[j+1], next[j])
			}
		}
	}
	return t
}

// lcsWalk goes back through the table and calls fn for each common byte, last first.
func lcsWalk(t []uint32, a, b []byte, fn func(i, j int)) {
	w := len(b) + 1
	for i, j := len(a), len(b); i > 0 && j > 0; {
		switch {
		case a[i-1] == b[j-1]:
			fn(i-1, j-1)
			i, j = i-1, j-1
		case t[(i-1)*w+j] > t[i*w+j-1]:
			i--
		default:
			j--
		}
	}
}

func lcsText(t []uint32, a, b []byte) []byte {
	out := make([]byte, t[len(t)-1])
	n := len(out)
	lcsWalk(t, a, b, func(i, _ int) {
		n--
		out[n] = a[i]
	})
	return out
}

// lcsMatches joins common bytes that are neighbours in both strings, last first.
func lcsMatches(t []uint32, a, b []byte) (list []match) {
	lcsWalk(t, a, b, func(i, j int) {
		if n := len(list); n > 0 && list[n-1].aStart == i+1 && list[n-1].bStart == j+1 {
			list[n-1].aStart, list[n-1].bStart = i, j
			return
		}
		list = append(list, match{i, i, j, j})
	})
	return list
}

func replyMatches(c *command.Call, o lcsOptions, total int, list []match) {
	c.Reply.Map(2)
	c.Reply.BulkString("matches")
	mark, n := c.Reply.Begin(), 0
	for _, m := range list {
		length := m.aEnd - m.aStart + 1
		if int64(length) < o.minLen {
			continue
		}
		n++
		if o.withLen {
			c.Reply.Array(3)
		} else {
			c.Reply.Array(2)
		}
		for _, r := range [][2]int{{m.aStart, m.aEnd}, {m.bStart, m.bEnd}} {
			c.Reply.Array(2)
			c.Reply.Int(int64(r[0]))
			c.Reply.Int(int64(r[1]))
		}
		if o.withLen {
			c.Reply.Int(int64(length))
		}
	}
	c.Reply.EndArray(mark, n)
	c.Reply.BulkString("len")
	c.Reply.Int(int64(total))
}

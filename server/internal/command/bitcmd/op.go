package bitcmd

import (
	"encoding/binary"

	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

func bitop(c *command.Call) {
	var fold func(dst, src []byte)
	switch op := c.Args[1]; {
	case command.Is(op, "and"):
		fold = and
	case command.Is(op, "or"):
		fold = or
	case command.Is(op, "xor"):
		fold = xor
	case command.Is(op, "not"):
		if len(c.Args) != 4 {
			c.Reply.Error("ERR BITOP NOT must be called with a single source key.")
			return
		}
	default:
		c.Reply.Error(command.ErrSyntax)
		return
	}
	res, ok := combine(c, fold)
	if !ok {
		return
	}
	k := c.Key(2)
	db := c.DBOf(k)
	if len(res) > 0 {
		it := db.Write(k, db.Peek(k), keyspace.String, keyspace.Raw, len(res), false)
		copy(it.Value(), res)
		c.Dirty++
		c.Notify(command.EventString, "set", k.Name)
	} else if db.Delete(k) {
		c.Dirty++
		c.Notify(command.EventGeneric, "del", k.Name)
	}
	c.Reply.Int(int64(len(res)))
}

// combine folds all sources into a buffer of the longest one's length; fold nil stands for NOT. The buffer is apart from
// the keyspace, as the destination may be one of the sources.
func combine(c *command.Call, fold func(dst, src []byte)) (res []byte, ok bool) {
	srcs := make([][]byte, len(c.Args)-3)
	longest := 0
	for i := range srcs {
		it, ok := c.FindType(i+3, keyspace.String)
		if !ok {
			return nil, false
		}
		if it.OK() {
			var scratch [20]byte
			srcs[i] = it.Text(scratch[:])
			longest = max(longest, len(srcs[i]))
		}
	}
	res = make([]byte, longest)
	copy(res, srcs[0])
	if fold == nil {
		for i := range res {
			res[i] = ^res[i]
		}
		return res, true
	}
	for _, s := range srcs[1:] {
		fold(res, s)
	}
	return res, true
}

// The folds take eight bytes at a time and the rest one by one. src is at most as long as dst and counts as followed by
// zeros.

func and(dst, src []byte) {
	clear(dst[len(src):])
	for ; len(src) >= 8; dst, src = dst[8:], src[8:] {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(dst)&binary.LittleEndian.Uint64(src))
	}
	for i, b := range src {
		dst[i] &= b
	}
}

func or(dst, src []byte) {
	for ; len(src) >= 8; dst, src = dst[8:], src[8:] {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(dst)|binary.LittleEndian.Uint64(src))
	}
	for i, b := range src {
		dst[i] |= b
	}
}

func xor(dst, src []byte) {
	for ; len(src) >= 8; dst, src = dst[8:], src[8:] {
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(dst)^binary.LittleEndian.Uint64(src))
	}
	for i, b := range src {
		dst[i] ^= b
	}
}

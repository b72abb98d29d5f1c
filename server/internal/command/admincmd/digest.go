package admincmd

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"

	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
	"redline/server/internal/object/stream"
)

// digest is Redis' digest of data, equal in both servers for equal data: parts in a fixed order are mixed in one after the
// other, parts in no order are hashed and joined by exclusive or.
type digest [sha1.Size]byte

// join adds a part whose place among the others does not count.
func (d *digest) join(part []byte) {
	h := sha1.Sum(part)
	for i := range d {
		d[i] ^= h[i]
	}
}

// mix adds the next of several parts.
func (d *digest) mix(part []byte) {
	d.join(part)
	*d = sha1.Sum(d[:])
}

func (d *digest) mixNumber(n uint32) { d.mix(binary.BigEndian.AppendUint32(nil, n)) }

// entries is what of a stream counts: Redis' digest leaves the groups out.
type entries interface {
	Range(from, to stream.ID, rev bool) stream.Iter
}

func (d *digest) entries(s entries) {
	var a [20]byte
	for it := s.Range(stream.ID{}, stream.ID{Ms: math.MaxUint64, Seq: math.MaxUint64}, false); it.Next(); {
		id := it.ID()
		d.mix(strconv.AppendUint(append(strconv.AppendUint(nil, id.Ms, 10), '.'), id.Seq, 10))
		for range it.Fields() {
			field, value := it.Field()
			d.mix(field.Bytes(a[:]))
			d.mix(value.Bytes(a[:]))
		}
	}
}

// redisStream is the number of streams among Redis' types, modules come before it; the others are numbered as here.
const redisStream = 6

// value adds a key's value and whether it expires. ok is false for a value that cannot be read yet.
func (d *digest) value(it keyspace.Item) (ok bool) {
	n := uint32(it.Type())
	if it.Type() == keyspace.Stream {
		n = redisStream
	}
	d.mixNumber(n)
	db, k := it.DB(), &keyspace.Key{Name: it.Key()}
	var a, b [20]byte
	switch it.Type() {
	case keyspace.String:
		d.mix(it.Text(a[:]))
	case keyspace.List:
		l := collection.OpenList(db, k, it, 0)
		for e := l.At(0); e.OK(); e.Next() {
			d.mix(e.Value().Bytes(a[:]))
		}
	case keyspace.Set:
		s := collection.OpenSet(db, k, it, 0)
		s.Each(func(v collection.Value) bool {
			d.join(v.Bytes(a[:]))
			return true
		})
	case keyspace.Hash:
		h := collection.OpenHash(db, k, it, collection.HashLimits{})
		h.EachTimed(func(f, v collection.Value, at int64) bool {
			d.pair(f.Bytes(a[:]), v.Bytes(b[:]))
			if at != collection.NoTime {
				d.join([]byte("!!hexpire!!"))
			}
			return true
		})
	case keyspace.ZSet:
		z := collection.OpenZSet(db, k, it, collection.ZSetLimits{})
		for e := z.At(0); e.OK(); e.Next() {
			d.pair(e.Member(), resp.AppendDouble(nil, e.Score()))
		}
	case keyspace.Stream:
		s, can := it.Object().(entries)
		if !can {
			return false
		}
		d.entries(s)
	}
	if it.ExpireAt() != keyspace.NoExpiry {
		d.join([]byte("!!expire!!"))
	}
	return true
}

// pair adds a field with its value or a member with its score.
func (d *digest) pair(first, second []byte) {
	var p digest
	p.mix(first)
	p.mix(second)
	d.join(p[:])
}

const errDigest = "ERR DEBUG DIGEST does not know a type of value that is there"

func debugDigest(c *command.Call) {
	var all digest
	complete := true
	for i := range c.Space().Databases() {
		if keys, _ := c.Space().Len(i); keys == 0 {
			continue
		}
		all.mixNumber(uint32(i))
		c.EachShard(func(sh *keyspace.Shard) bool {
			sh.DB(i).Each(func(it keyspace.Item) {
				var one digest
				one.mix(it.Key())
				complete = one.value(it) && complete
				all.join(one[:])
			})
			return complete
		})
	}
	if !complete {
		c.Reply.Error(errDigest)
		return
	}
	c.Reply.SimpleString(hex.EncodeToString(all[:]))
}

func debugDigestValue(c *command.Call) {
	mark, n := c.Reply.Begin(), len(c.Args)-2
	for _, name := range c.Args[2:] {
		var d digest
		if it := find(c, name); it.OK() && !d.value(it) {
			c.Reply.Buf = c.Reply.Buf[:mark]
			c.Reply.Error(errDigest)
			return
		}
		c.Reply.SimpleString(hex.EncodeToString(d[:]))
	}
	c.Reply.EndArray(mark, n)
}

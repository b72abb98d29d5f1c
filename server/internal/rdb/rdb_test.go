package rdb

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"redline/server/internal/collection"
	"redline/server/internal/keyspace"
)

func TestCRC(t *testing.T) {
	if got := CRC(0, []byte("123456789")); got != 0xe9c6d914c4b8d9ca { // the check value of CRC-64/Jones as Redis uses it
		t.Errorf("got %x", got)
	}
	long := bytes.Repeat([]byte("0123456789abcdef"), 40)
	if got := CRC(CRC(0, long[:100]), long[100:]); got != CRC(0, long) {
		t.Errorf("in two parts %x, at once %x", got, CRC(0, long))
	}
}

func TestLZF(t *testing.T) {
	rng, lzf := rand.New(rand.NewPCG(1, 2)), new(compressor)
	for _, span := range []int{1, 2, 4, 30, 256} {
		for range 300 {
			b := make([]byte, rng.IntN(3000))
			for i := range b {
				b[i] = byte(rng.IntN(span))
			}
			short, ok := lzf.compress(b)
			if !ok {
				continue
			}
			if back, ok := appendLZF(nil, short, len(b)); !ok || !bytes.Equal(back, b) {
				t.Fatalf("%d bytes do not survive (%v)", len(b), ok)
			}
		}
	}
	if short, ok := lzf.compress(bytes.Repeat([]byte{'a'}, 1000)); !ok || len(short) > 30 {
		t.Errorf("1000 equal bytes take %d", len(short))
	}
}

var testLimits = Limits{List: -2, Hash: collection.HashLimits{Entries: 128, Value: 64}, SetIntset: 512, ZSet: collection.ZSetLimits{Entries: 128, Value: 64}}

func newDB(tb testing.TB) (*keyspace.DB, *keyspace.Key) {
	sp := keyspace.New(keyspace.Options{Shards: 1, Databases: 1, Seed: 1})
	tb.Cleanup(sp.Close)
	var k keyspace.Key
	sp.Locate([]byte("k"), &k)
	return sp.Shard(0).DB(0), &k
}

func framed(value []byte) []byte {
	b := binary.LittleEndian.AppendUint16(append([]byte(nil), value...), Version)
	return binary.LittleEndian.AppendUint64(b, CRC(0, b))
}

// TestOldForms reads the forms that only older versions of Redis wrote.
func TestOldForms(t *testing.T) {
	ziplist := "\x13\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01a\x03\xc0\x39\x30\xff" // "a", 12345
	ziplist = string(binary.LittleEndian.AppendUint32(nil, uint32(len(ziplist)))) + ziplist[4:]
	timedListpack := "\x0f\x0f\x00\x00\x00\x03\x00\x81a\x02\x81b\x02\x05\x01\xff"
	zipmap := "\x01\x01f\x02\x01vv\x00\xff" // f: "vv" and one unused byte
	for name, tt := range map[string]struct{ value, want string }{
		"list":              {"\x01\x02\x01a\xc0\x05", "a 5"},
		"list of a ziplist": {"\x0a" + string(byte(len(ziplist))) + ziplist, "a 12345"},
		"ziplist quicklist": {"\x0e\x02" + strings.Repeat(string(byte(len(ziplist)))+ziplist, 2), "a 12345 a 12345"},
		"hash of a ziplist": {"\x0d" + string(byte(len(ziplist))) + ziplist, "a 12345"},
		"hash of a zipmap":  {"\x09" + string(byte(len(zipmap))) + zipmap, "f vv"},
		"zset of a ziplist": {"\x0c" + string(byte(len(ziplist))) + ziplist, "a 12345"},
		"zset of text":      {"\x03\x02\x01a\x031.5\x01b\xfe", "a 1.5 b inf"},
		"timed hash":        {"\x18\x05\x00\x00\x00\x00\x00\x00\x00\x02\x03\x01a\x01b\x00\x01c\x01d", "a b @7 c d"},
		"timed hash, 7.4rc": {"\x16\x01\x05\x01a\x01b", "a b @5"},
		"timed listpack":    {"\x19\x05\x00\x00\x00\x00\x00\x00\x00" + timedListpack, "a b @5"},
		"the same, 7.4rc":   {"\x17" + timedListpack, "a b @5"},
		"set of a listpack": {"\x14\x0c\x0c\x00\x00\x00\x02\x00\x81a\x02\x05\x01\xff", "5 a"},
	} {
		t.Run(name, func(t *testing.T) {
			db, k := newDB(t)
			v, err := OpenPayload(framed([]byte(tt.value)), k, testLimits)
			if err != nil {
				t.Fatal(err)
			}
			if got := content(db, k, v.Store(db, keyspace.Item{})); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// content shows the elements of a key.
func content(db *keyspace.DB, k *keyspace.Key, it keyspace.Item) string {
	var out []string
	var scratch [20]byte
	switch it.Type() {
	case keyspace.List:
		l := collection.OpenList(db, k, it, -2)
		for i := l.At(0); i.OK(); i.Next() {
			out = append(out, string(i.Value().Bytes(scratch[:0])))
		}
	case keyspace.Set:
		s := collection.OpenSet(db, k, it, 512)
		s.Each(func(v collection.Value) bool { out = append(out, string(v.Bytes(scratch[:0]))); return true })
		if len(out) == 2 && out[0] > out[1] {
			out[0], out[1] = out[1], out[0]
		}
	case keyspace.Hash:
		h := collection.OpenHash(db, k, it, testLimits.Hash)
		h.EachTimed(func(f, v collection.Value, at int64) bool {
			out = append(out, string(f.Bytes(nil)), string(v.Bytes(nil)))
			if at != collection.NoTime {
				out = append(out, fmt.Sprint("@", at))
			}
			return true
		})
	case keyspace.ZSet:
		z := collection.OpenZSet(db, k, it, testLimits.ZSet)
		for i := z.At(0); i.OK(); i.Next() {
			out = append(out, string(i.Member()), string(i.AppendScore(nil)))
		}
	}
	return strings.Join(out, " ")
}

// TestRefused: each of these must be an error.
func TestRefused(t *testing.T) {
	for name, value := range map[string]string{
		"nothing":                "",
		"type only":              "\x00",
		"unknown type":           "\x63\x00",
		"module":                 "\x07\x00",
		"string too short":       "\x00\x05abc",
		"huge string":            "\x00\x81\xff\xff\xff\xff\xff\xff\xff\xff",
		"huge compressed string": "\x00\xc3\x01\x81\x00\x00\x00\xff\xff\xff\xff\xff\x00",
		"compressed from before": "\x00\xc3\x02\x04\x20\x00",
		"empty list":             "\x12\x00",
		"huge list":              "\x12\x81\x7f\xff\xff\xff\xff\xff\xff\xff",
		"strange list node":      "\x12\x01\x03\x01a",
		"empty set":              "\x02\x00",
		"set twice":              "\x02\x02\x01a\x01a",
		"empty hash":             "\x04\x00",
		"hash twice":             "\x04\x02\x01a\x01b\x01a\x01c",
		"zset twice":             "\x05\x02\x01a\x00\x00\x00\x00\x00\x00\x00\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x00",
		"zset nan":               "\x05\x01\x01a\x00\x00\x00\x00\x00\x00\xf8\x7f",
		"text nan":               "\x03\x01\x01a\xfd",
		"odd hash listpack":      "\x10\x0a\x0a\x00\x00\x00\x01\x00\x81a\x02\xff",
		"timed hash twice":       "\x16\x02\x05\x01a\x01b\x00\x01a\x01c",
		"deadline 0":             "\x18\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\x01a\x01b",
		"deadline too late":      "\x18\x05\x00\x00\x00\x00\x00\x00\x00\x01\x81\xff\xff\xff\xff\xff\xff\xff\xff\x01a\x01b",
		"earliest too late":      "\x18\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01\x01a\x01b",
		"no deadline":            "\x17\x0d\x0d\x00\x00\x00\x02\x00\x81a\x02\x81b\x02\xff",
		"deadline no number":     "\x17\x10\x10\x00\x00\x00\x03\x00\x81a\x02\x81b\x02\x81c\x02\xff",
		"empty timed hash":       "\x18\x05\x00\x00\x00\x00\x00\x00\x00\x00",
		"bytes behind":           "\x00\x01ab",
	} {
		_, k := newDB(t)
		if _, err := OpenPayload(framed([]byte(value)), k, testLimits); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	_, k := newDB(t)
	good := framed([]byte("\x00\x01a"))
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x10
		if _, err := OpenPayload(bad, k, testLimits); err != ErrPayload {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
}

// FuzzLoad: whatever the bytes, nothing panics, and what is read can be written and read again.
func FuzzLoad(f *testing.F) {
	for _, s := range []string{"\x00\x05hello", "\x00\xc1\x39\x30", "\x01\x02\x01a\xc0\x05", "\x02\x02\x01a\x01b", "\x04\x01\x01a\x01b",
		"\x05\x01\x01a\x00\x00\x00\x00\x00\x00\xf0\x3f", "\x03\x01\x01a\x011", "\x09\x09\x01\x01f\x02\x01vv\x00\xff",
		"\x0a\x13\x13\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01a\x03\xc0\x39\x30\xff", "\x0b\x0a\x02\x00\x00\x00\x01\x00\x00\x00\x05\x00",
		"\x10\x0d\x0d\x00\x00\x00\x02\x00\x81a\x02\x81b\x02\xff", "\x11\x0c\x0c\x00\x00\x00\x02\x00\x81a\x02\x05\x01\xff", "\x12\x01\x02\x0c\x0c\x00\x00\x00\x02\x00\x81a\x02\x05\x01\xff",
		"\x12\x01\x01\x01a", "\x13\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "\x13\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01g\x00\x00\x00\x00\x01\x01c\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"\x14\x0c\x0c\x00\x00\x00\x02\x00\x81a\x02\x05\x01\xff", "\x00\xc3\x09\x40\x64\x01aa\xe0\x58\x00\x01aa",
		"\x16\x01\x05\x01a\x01b", "\x17\x0f\x0f\x00\x00\x00\x03\x00\x81a\x02\x81b\x02\x05\x01\xff", "\x18\x05\x00\x00\x00\x00\x00\x00\x00\x02\x01\x01a\x01b\x00\x01c\x01d",
		"\x19\x05\x00\x00\x00\x00\x00\x00\x00\x0f\x0f\x00\x00\x00\x03\x00\x81a\x02\x81b\x02\x05\x01\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		sp := keyspace.New(keyspace.Options{Shards: 1, Databases: 1, Seed: 1})
		defer sp.Close()
		var k keyspace.Key
		sp.Locate([]byte("k"), &k)
		db := sp.Shard(0).DB(0)
		v, err := OpenPayload(framed(b), &k, testLimits)
		if err != nil {
			return
		}
		it := v.Store(db, keyspace.Item{})
		was := content(db, &k, it)
		again := AppendPayload(nil, db, &k, it, len(b)%2 == 0)
		if v, err = OpenPayload(again, &k, testLimits); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if now := content(db, &k, v.Store(db, db.Peek(&k))); now != was && it.Type() != keyspace.Set {
			t.Fatalf("was %q, now %q", was, now)
		}
	})
}

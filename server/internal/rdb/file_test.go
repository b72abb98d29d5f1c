package rdb

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"redline/server/internal/keyspace"
)

// sample is a file with a key of every kind of meta data.
func sample(t *testing.T) []byte {
	sp := keyspace.New(keyspace.Options{Shards: 1, Databases: 1, Seed: 1})
	t.Cleanup(sp.Close)
	db := sp.Shard(0).DB(0)
	var k keyspace.Key
	w := Writer{Compress: true}
	w.Header()
	w.Aux("redis-ver", "7.0.15")
	w.Aux("numbers", "12")
	for i, m := range []Meta{noMeta, {1700000000123, 77, NoAccess}, {-5, NoAccess, 200}} {
		sp.Locate([]byte{'k', byte('0' + i)}, &k)
		it := db.Write(&k, db.Peek(&k), keyspace.String, keyspace.Raw, 3000, false)
		for j := range it.Value() {
			it.Value()[j] = byte(j % (7 * (i + 1)))
		}
		w.SelectDB(i * 100)
		w.Resize(1, i)
		w.Entry(m, db, &k, it)
	}
	w.Buf = append(w.Buf, EndMark)
	w.End(CRC(0, w.Buf))
	return w.Buf
}

func readAll(r io.Reader, size int64) (recs []Record, f *FileReader, err error) {
	f = NewFileReader(r, size)
	for {
		rec, err := f.Next()
		if err != nil {
			return recs, f, err
		}
		c := *rec
		c.Key, c.Value = bytes.Clone(rec.Key), bytes.Clone(rec.Value)
		recs = append(recs, c)
	}
}

func TestFileReader(t *testing.T) {
	b := sample(t)
	for _, src := range []io.Reader{bytes.NewReader(b), iotest.OneByteReader(bytes.NewReader(b))} {
		recs, f, err := readAll(src, int64(len(b)))
		if err != io.EOF || len(recs) != 3 || f.Offset() != int64(len(b)) {
			t.Fatalf("%d keys up to %d of %d: %v", len(recs), f.Offset(), len(b), err)
		}
		if f.Facts["redis-ver"] != "7.0.15" || f.Facts["numbers"] != "12" || f.Version != Version || f.Keys != 3 {
			t.Errorf("facts %v version %d keys %d", f.Facts, f.Version, f.Keys)
		}
		for i, m := range []Meta{noMeta, {1700000000123, 77, NoAccess}, {-5, NoAccess, 200}} {
			if r := recs[i]; r.Meta != m || r.DB != 100*i || string(r.Key) != string([]byte{'k', byte('0' + i)}) {
				t.Errorf("key %d: %+v", i, r)
			}
		}
	}
}

// Every cut and every flipped bit is noticed, or leaves what is read as it was.
func TestFileReaderDamage(t *testing.T) {
	b := sample(t)
	for n := range len(b) {
		if _, _, err := readAll(bytes.NewReader(b[:n]), int64(n)); err == io.EOF || !errors.Is(err, ErrCorrupt) {
			t.Fatalf("cut to %d of %d bytes: %v", n, len(b), err)
		}
	}
	for n := range 8 * len(b) {
		d := bytes.Clone(b)
		d[n/8] ^= 1 << (n % 8)
		if _, _, err := readAll(bytes.NewReader(d), int64(len(d))); err == io.EOF {
			t.Fatalf("bit %d was flipped and the file read to its end", n)
		}
	}
}

func FuzzFileReader(f *testing.F) {
	f.Add([]byte("REDIS0010\xfa\x01a\x01b\xfe\x00\x00\x01k\x01v\xff\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("REDIS0003\xfd\x01\x02\x03\x04\x01\x01k\x02\x01a\x01b\xff"))
	f.Add([]byte("REDIS0011\xf7\x81\x00\x00\x00\x00\x00\x00\x00\x01\x02\x03\x01\x05\x05\x01a\x00\xf5\x01x\xff\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		recs, r, err := readAll(bytes.NewReader(b), int64(len(b)))
		slow, _, err2 := readAll(iotest.HalfReader(bytes.NewReader(b)), int64(len(b)))
		if len(recs) != len(slow) || (err == io.EOF) != (err2 == io.EOF) {
			t.Fatalf("%d keys, %v; in small steps %d keys, %v", len(recs), err, len(slow), err2)
		}
		if err == io.EOF && r.Offset() > int64(len(b)) {
			t.Fatalf("read %d of %d bytes", r.Offset(), len(b))
		}
	})
}

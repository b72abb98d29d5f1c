package snapshot

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"redline/server/internal/keyspace"
	"redline/vfs"
)

// benchSpace holds 1 KB values, of which a compressor can remove half.
func benchSpace(b *testing.B, keys int) *keyspace.Space {
	sp := keyspace.New(keyspace.Options{Shards: 16, Databases: 16, Seed: 1})
	b.Cleanup(sp.Close)
	r := uint64(1)
	var k keyspace.Key
	for i := range keys {
		sp.Locate(fmt.Appendf(nil, "key:%012d", i), &k)
		it := sp.Shard(int(k.Shard)).DB(0).Write(&k, keyspace.Item{}, keyspace.String, keyspace.Raw, 1024, false)
		for j := range it.Value()[:512] {
			r ^= r << 13
			r ^= r >> 7
			r ^= r << 17
			it.Value()[j] = byte(r)
		}
		clear(it.Value()[512:])
	}
	return sp
}

const benchKeys = 50_000

// BenchmarkWrite writes a snapshot to memory: ns and allocations a key.
func BenchmarkWrite(b *testing.B) {
	sp := benchSpace(b, benchKeys)
	for _, compress := range []bool{true, false} {
		b.Run(fmt.Sprint("compress=", compress), func(b *testing.B) {
			b.SetBytes(benchKeys * 1024)
			b.ReportAllocs()
			for range b.N {
				o := options(sp, vfs.NewMem(), "/d.rdb")
				o.Compress = compress
				if _, err := Write(context.Background(), o); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*benchKeys), "ns/key")
		})
	}
}

// BenchmarkLoad loads one from memory.
func BenchmarkLoad(b *testing.B) {
	mem := vfs.NewMem()
	if _, err := Write(context.Background(), options(benchSpace(b, benchKeys), mem, "/d.rdb")); err != nil {
		b.Fatal(err)
	}
	file, err := vfs.ReadFile(mem, "/d.rdb")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(benchKeys * 1024)
	b.ReportAllocs()
	for range b.N {
		back := keyspace.New(keyspace.Options{Shards: 16, Databases: 16, Seed: 2})
		o := LoadOptions{Space: back, Limits: testLimits, Now: clock}
		if _, err := Load(context.Background(), bytes.NewReader(file), int64(len(file)), o); err != nil {
			b.Fatal(err)
		}
		back.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*benchKeys), "ns/key")
}

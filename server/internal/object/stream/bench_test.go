package stream

import (
	"strconv"
	"testing"
)

func BenchmarkAppend(b *testing.B) {
	b.ReportAllocs()
	pairs := [][]byte{[]byte("temp"), []byte("17"), []byte("name"), []byte("sixteen byte val")}
	s := New()
	for i := 0; b.Loop(); i++ {
		s.Append(ID{Ms: uint64(i + 1)}, pairs, Limits{4096, 100})
	}
	b.ReportMetric(float64(s.MemBytes())/float64(s.Len()), "bytes/entry")
}

// BenchmarkTail reads the last entry, as who follows a stream does.
func BenchmarkTail(b *testing.B) {
	b.ReportAllocs()
	s := filled(100_000)
	last := s.LastID()
	for b.Loop() {
		it := s.Range(last, MaxID, false)
		if !it.Next() {
			b.Fatal("the last entry is gone")
		}
	}
}

// BenchmarkGiveAck has a group given an entry, and another acknowledged, of 100,000 that are pending.
func BenchmarkGiveAck(b *testing.B) {
	b.ReportAllocs()
	const pending = 100_000
	g := New().AddGroup([]byte("g"), ID{}, 0)
	c := g.AddConsumer([]byte("c"), 0)
	for i := range uint64(pending) {
		g.Give(ID{Ms: i}, c)
	}
	mem := g.s.MemBytes()
	for i := uint64(pending); b.Loop(); i++ {
		g.Give(ID{Ms: i}, c)
		g.Ack(ID{Ms: i - pending})
	}
	b.ReportMetric(float64(mem)/pending, "bytes/pending")
}

func filled(n int) *Stream {
	s := New()
	for i := range n {
		s.Append(ID{Ms: uint64(i + 1)}, [][]byte{[]byte("f"), strconv.AppendInt(nil, int64(i), 10)}, Limits{4096, 100})
	}
	return s
}

package hist

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// samples draws values over the whole range, log-uniform so that every bucket
// is visited, plus the edges.
func samples(n int) []int64 {
	rng := rand.New(rand.NewPCG(1, 2))
	vs := []int64{0, 1, 511, 512, 999, 1000, 1024, 1<<20 - 1, 1 << 20, HighestNs - 1, HighestNs}
	for len(vs) < n {
		vs = append(vs, int64(math.Exp(rng.Float64()*math.Log(HighestNs))))
	}
	return vs
}

func TestGeometry(t *testing.T) {
	lib := hdr.New(LowestNs, HighestNs, SignificantDigits)
	if got := len(lib.Export().Counts); got != countsLen {
		t.Fatalf("countsLen is %d, the library has %d", countsLen, got)
	}
	for _, v := range samples(20_000) {
		i := indexOf(v)
		if lo, hi := lowestAt(i), highestAt(i); v < lo || v > hi {
			t.Fatalf("value %d is outside its bucket %d..%d", v, lo, hi)
		}
		if !lib.ValuesAreEquivalent(v, lowestAt(i)) || !lib.ValuesAreEquivalent(v, highestAt(i)) {
			t.Fatalf("value %d: bucket %d..%d is not the library's", v, lowestAt(i), highestAt(i))
		}
	}
}

func TestRecorderAgreesWithLibrary(t *testing.T) {
	lib := hdr.New(LowestNs, HighestNs, SignificantDigits)
	var a, b, sum Recorder
	for i, v := range samples(50_000) {
		if err := lib.RecordValue(v); err != nil {
			t.Fatal(err)
		}
		[]*Recorder{&a, &b}[i%2].Record(v)
	}
	sum.Add(&a)
	sum.Add(&b)
	merged := New()
	merged.MergeRecorder(&a)
	merged.MergeRecorder(&b)
	if sum.Count() != lib.TotalCount() || merged.Count() != lib.TotalCount() {
		t.Fatalf("counts %d and %d, want %d", sum.Count(), merged.Count(), lib.TotalCount())
	}
	for _, q := range []float64{0, 0.01, 0.5, 0.9, 0.99, 0.999, 1} {
		want := lib.ValueAtQuantile(q * 100)
		if got := merged.Quantile(q); got != want {
			t.Errorf("Hist q%g = %d, want %d", q, got, want)
		}
		if got := sum.Quantile(q); math.Abs(float64(got-want)) > 0.001*float64(want)+512 {
			t.Errorf("Recorder q%g = %d, want %d", q, got, want)
		}
	}
	if got, want := sum.Mean(), lib.Mean(); math.Abs(got-want) > 0.001*want {
		t.Errorf("Mean = %g, want %g", got, want)
	}
	if sum.Max() != lib.Max() {
		t.Errorf("Max = %d, want %d", sum.Max(), lib.Max())
	}
}

func TestRecorderClampsAndResets(t *testing.T) {
	var r Recorder
	r.Record(-5)
	r.Record(HighestNs * 2)
	if r.Count() != 2 || r.Quantile(0) > 512 || r.Max() < HighestNs {
		t.Fatalf("count %d, min %d, max %d", r.Count(), r.Quantile(0), r.Max())
	}
	r.Reset()
	if r != (Recorder{}) {
		t.Fatal("Reset left something behind")
	}
	if r.Quantile(0.5) != 0 || r.Max() != 0 || r.Mean() != 0 {
		t.Fatal("an empty recorder has values")
	}
}

// TestLogReadByLibrary writes a log and reads it with the library, and the
// other way round.
func TestLogReadByLibrary(t *testing.T) {
	var buf bytes.Buffer
	w, err := NewLogWriter(&buf, 1_700_000_000_123_000_000)
	if err != nil {
		t.Fatal(err)
	}
	var r Recorder
	want := hdr.New(LowestNs, HighestNs, SignificantDigits)
	for _, v := range samples(5_000) {
		r.Record(v)
		_ = want.RecordValue(v)
	}
	if err := w.Write("get:response", 100e6, 100e6, &r); err != nil {
		t.Fatal(err)
	}
	if err := w.Write("empty:response", 200e6, 100e6, &Recorder{}); err != nil {
		t.Fatal(err)
	}
	got, err := hdr.NewHistogramLogReader(bytes.NewReader(buf.Bytes())).NextIntervalHistogram()
	if err != nil || got == nil {
		t.Fatalf("library cannot read the log: %v", err)
	}
	if !got.Equals(want) || got.Tag() != "get:response" {
		t.Fatalf("library reads another histogram (tag %q)", got.Tag())
	}
	lr := NewLogReader(&buf)
	iv, err := lr.Next()
	if err != nil {
		t.Fatal(err)
	}
	if iv.Tag != "get:response" || iv.TNs != 100e6 || iv.DurNs != 100e6 || !equal(iv.Hist, want) {
		t.Fatalf("read back %q at %d for %d", iv.Tag, iv.TNs, iv.DurNs)
	}
	if _, err := lr.Next(); err != io.EOF {
		t.Fatalf("after the last line: %v, want EOF", err)
	}

	var other bytes.Buffer
	lib := hdr.NewHistogramLogWriter(&other)
	if err := lib.OutputIntervalHistogram(want); err != nil {
		t.Fatal(err)
	}
	if iv, err = NewLogReader(&other).Next(); err != nil || !equal(iv.Hist, want) {
		t.Fatalf("cannot read the library's log: %v", err)
	}
}

// line makes a line of a log with the given bytes for counts.
func line(counts []byte) string {
	plain := append(appendHeader(nil), counts...)
	binary.BigEndian.PutUint32(plain[4:], uint32(len(counts)))
	var zipped bytes.Buffer
	zipped.Write(binary.BigEndian.AppendUint32(nil, cookieV2Compressed))
	zipped.Write(make([]byte, 4))
	zw := zlib.NewWriter(&zipped)
	_, _ = zw.Write(plain)
	_ = zw.Close()
	return "Tag=a,0.1,0.1,5," + base64.StdEncoding.EncodeToString(zipped.Bytes()) + "\n"
}

func TestLogDamage(t *testing.T) {
	for name, text := range map[string]string{
		"no interval": "Tag=a\n",
		"few fields":  "#x\n0.1,0.1,5\n",
		"bad time":    "x,0.1,5,HIST\n",
		"negative":    "-1,0.1,5,HIST\n",
		"bad payload": "Tag=a,0.1,0.1,5,HISTFAAAA\n",
		"no base64":   "Tag=a,0.1,0.1,5,****\n",
		"counts":      line(binary.AppendVarint(nil, -1<<40)),
		"too many":    line(append(binary.AppendVarint(nil, -countsLen), 2)),
		"cut off":     line([]byte{0x80}),
	} {
		_, err := NewLogReader(strings.NewReader(text)).Next()
		var damage *DamageError
		if !errors.As(err, &damage) {
			t.Errorf("%s: got %v, want a DamageError", name, err)
		}
	}
	if _, err := NewLogReader(strings.NewReader("Tag=a,0.1,0.1,5,HISTF")).Next(); err != io.EOF {
		t.Errorf("partial last line: %v, want EOF", err)
	}
}

// equal tells whether the library's histogram has the same counts.
func equal(h *Hist, lib *hdr.Histogram) bool {
	for i, n := range lib.Export().Counts {
		if h.counts[i] != n {
			return false
		}
	}
	return h.Count() == lib.TotalCount()
}

// TestOtherGeometry reads a log that another tool wrote, and a line of our own after it.
func TestOtherGeometry(t *testing.T) {
	wide := hdr.New(1, 1<<50, 2)
	_ = wide.RecordValues(5_000, 3)
	_ = wide.RecordValues(1<<49, 2)
	var buf bytes.Buffer
	if err := hdr.NewHistogramLogWriter(&buf).OutputIntervalHistogram(wide); err != nil {
		t.Fatal(err)
	}
	w, _ := NewLogWriter(&buf, 0)
	var r Recorder
	r.Record(7_000)
	_ = w.Write("own", 0, 1e8, &r)
	lr, sum := NewLogReader(&buf), New()
	for i, want := range []struct{ count, above int64 }{{5, 2}, {1, 0}} {
		iv, err := lr.Next()
		if err != nil || iv.Hist.Count() != want.count || iv.Hist.CountAbove(10_000) != want.above {
			t.Fatalf("line %d: %+v %v", i, iv, err)
		}
		sum.Merge(iv.Hist)
	}
	if sum.Count() != 6 || sum.Max() < HighestNs-HighestNs/1000 || sum.Min() > 5_000 {
		t.Fatalf("count %d, min %d, max %d", sum.Count(), sum.Min(), sum.Max())
	}
}

func FuzzLogReader(f *testing.F) {
	var buf bytes.Buffer
	w, _ := NewLogWriter(&buf, 0)
	var r Recorder
	r.Record(12345)
	r.Record(99e6)
	_ = w.Write("get:service", 0, 1e8, &r)
	f.Add(buf.Bytes())
	f.Add([]byte("Tag=a,0.1,0.1,5,HISTFAAAAEV42pNpmSz\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		lr := NewLogReader(bytes.NewReader(in))
		for {
			iv, err := lr.Next()
			if err != nil {
				var damage *DamageError
				if err != io.EOF && !errors.As(err, &damage) {
					t.Fatalf("untyped error %v", err)
				}
				return
			}
			if iv.TNs < 0 || iv.DurNs < 0 || iv.Hist.Count() < 0 {
				t.Fatalf("impossible interval %+v", iv)
			}
			_ = iv.Hist.Quantile(0.99)
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	var r Recorder
	vs := samples(1024)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		r.Record(vs[i&1023])
		i++
	}
}

// BenchmarkLibraryRecord is what Record is measured against.
func BenchmarkLibraryRecord(b *testing.B) {
	h := hdr.New(LowestNs, HighestNs, SignificantDigits)
	vs := samples(1024)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		_ = h.RecordValue(vs[i&1023])
		i++
	}
}

func BenchmarkLogWrite(b *testing.B) {
	w, _ := NewLogWriter(io.Discard, 0)
	rng := rand.New(rand.NewPCG(1, 2))
	var r Recorder
	for range 2_000 {
		r.Record(int64(100_000 * (1 + rng.ExpFloat64())))
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = w.Write("get:response", 0, 1e8, &r)
	}
}

// BenchmarkLogReadMerge is what a reader does for each line of a run.
func BenchmarkLogReadMerge(b *testing.B) {
	var buf bytes.Buffer
	w, _ := NewLogWriter(&buf, 0)
	rng := rand.New(rand.NewPCG(1, 2))
	var r Recorder
	for range 2_000 {
		r.Record(int64(100_000 * (1 + rng.ExpFloat64())))
	}
	_ = w.Write("get:response", 0, 1e8, &r)
	line := buf.Bytes()
	from, sum := bytes.NewReader(line), New()
	lr := NewLogReader(from)
	b.ReportAllocs()
	for b.Loop() {
		from.Reset(line)
		iv, err := lr.Next()
		if err != nil {
			b.Fatal(err)
		}
		sum.Merge(iv.Hist)
	}
}

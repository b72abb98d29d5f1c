package intset

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"redline/test/compat"
)

func anyMember() *rapid.Generator[int64] {
	return rapid.OneOf(
		rapid.Int64Range(-20, 20), rapid.Map(rapid.Int16(), func(v int16) int64 { return int64(v) }),
		rapid.Map(rapid.Int32(), func(v int32) int64 { return int64(v) }), rapid.Int64(),
		rapid.SampledFrom([]int64{math.MaxInt16, math.MaxInt16 + 1, math.MinInt16, math.MinInt16 - 1, math.MaxInt32,
			math.MaxInt32 + 1, math.MinInt32, math.MinInt32 - 1, math.MaxInt64, math.MinInt64}),
	)
}

func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		is, model := AppendEmpty(nil), map[int64]bool{}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				v := anyMember().Draw(t, "v")
				want := LenWith(is, v)
				var added bool
				is, added = Add(is, v)
				if added == model[v] || added && len(is) != want {
					t.Fatalf("Add(%d) = %v, length %d, LenWith said %d", v, added, len(is), want)
				}
				model[v] = true
			},
			"remove": func(t *rapid.T) {
				v := anyMember().Draw(t, "v")
				if len(model) > 0 && rapid.Bool().Draw(t, "a member") {
					v = At(is, rapid.IntRange(0, len(model)-1).Draw(t, "i"))
				}
				var removed bool
				is, removed = Remove(is, v)
				if removed != model[v] {
					t.Fatalf("Remove(%d) = %v", v, removed)
				}
				delete(model, v)
			},
			"": func(t *rapid.T) {
				if Len(is) != len(model) || len(model) > 0 && Validate(is) != nil {
					t.Fatalf("Len %d, want %d; %v", Len(is), len(model), Validate(is))
				}
				for v := range model {
					if !Has(is, v) {
						t.Fatalf("%d is missing", v)
					}
				}
			},
		})
	})
}

// TestBytesAsRedis builds sets here and in a redis-server and compares the intsets byte for byte.
func TestBytesAsRedis(t *testing.T) {
	redis := compat.Oracle(t, "--rdbcompression", "no")
	rapid.Check(t, func(rt *rapid.T) {
		redis.Must(t, "DEL", "s")
		is := AppendEmpty(nil)
		for _, v := range rapid.SliceOfN(anyMember(), 2, 60).Draw(rt, "members") {
			redis.Must(t, "SADD", "s", strconv.FormatInt(v, 10))
			is, _ = Add(is, v)
		}
		gone := At(is, Len(is)/2)
		redis.Must(t, "SREM", "s", strconv.FormatInt(gone, 10))
		if is, _ = Remove(is, gone); Len(is) == 0 {
			return
		}
		b := redis.Must(t, "DUMP", "s").Text
		if b[0] != 11 {
			rt.Fatalf("payload of type %d", b[0])
		}
		b = b[1 : len(b)-10]
		if b[0]>>6 == 0 {
			b = b[1:]
		} else {
			b = b[2:]
		}
		if !bytes.Equal(b, is) {
			rt.Fatalf("redis: %x\nours:  %x", b, is)
		}
	})
}

func TestInPlace(t *testing.T) {
	buf := make([]byte, 0, 512)
	if n := testing.AllocsPerRun(100, func() {
		is := AppendEmpty(buf)
		for v := range int64(30) {
			is, _ = Add(is, v*v*v*v*v)
		}
		is, _ = Remove(is, 32)
		if &is[0] != &buf[:1][0] || Len(is) != 29 {
			t.Fatal("moved, or wrong")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzValidate(f *testing.F) {
	is := AppendEmpty(nil)
	for _, v := range []int64{5, -1, 70000, 1 << 40} {
		is, _ = Add(is, v)
		f.Add(slices.Clone(is))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if Validate(b) != nil {
			return
		}
		for i := range Len(b) {
			if j, ok := Find(b, At(b, i)); !ok || j != i {
				t.Fatalf("member %d is found at %d, %v", i, j, ok)
			}
		}
		b, _ = Add(b, math.MinInt64)
		b, _ = Add(b, 12345)
		b, _ = Remove(b, At(b, 0))
		if err := Validate(b); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkHas(b *testing.B) {
	is := AppendEmpty(nil)
	for v := range int64(512) {
		is, _ = Add(is, v*31)
	}
	b.ReportAllocs()
	for b.Loop() {
		if !Has(is, 31*200) {
			b.Fatal("missing")
		}
	}
}

package listpack

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"redline/resp"
)

// anyElement draws strings and texts of integers around every limit of the encodings.
func anyElement() *rapid.Generator[string] {
	ints := []int64{0, 1, 127, 128, -1, 4095, 4096, -4096, -4097, 32767, 32768, -32768, -32769, 1<<23 - 1, 1 << 23,
		-1 << 23, -1<<23 - 1, 1<<31 - 1, 1 << 31, -1 << 31, -1<<31 - 1, math.MaxInt64, math.MinInt64}
	return rapid.OneOf(
		rapid.StringN(0, 12, 24),
		rapid.Map(rapid.SampledFrom(ints), func(v int64) string { return strconv.FormatInt(v, 10) }),
		rapid.Map(rapid.Int64(), func(v int64) string { return strconv.FormatInt(v, 10) }),
		rapid.SampledFrom([]string{"", "-", "-0", "00", "01", "+1", "9223372036854775808", "-9223372036854775809", "1.0", " 1"}),
		rapid.Map(rapid.SampledFrom([]int{62, 63, 64, 65, 124, 125, 126, 127, 4094, 4095, 4096, 16377, 16378, 16383}),
			func(n int) string { return strings.Repeat("x", n) }),
	)
}

func contents(lp []byte) []string {
	out := []string{}
	for p := First(lp); p != 0; p = Next(lp, p) {
		out = append(out, string(Get(lp, p).Append(nil)))
	}
	return out
}

func backwards(lp []byte) []string {
	out := []string{}
	for p := Last(lp); p != 0; p = Prev(lp, p) {
		out = append(out, string(Get(lp, p).Append(nil)))
	}
	slices.Reverse(out)
	return out
}

func build(elements []string) []byte {
	lp := AppendEmpty(nil)
	for _, e := range elements {
		lp = Append(lp, []byte(e))
	}
	return lp
}

func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lp, model := AppendEmpty(nil), []string{}
		at := func() int { return rapid.IntRange(0, len(model)-1).Draw(t, "index") }
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				s, i := anyElement().Draw(t, "s"), rapid.IntRange(0, len(model)).Draw(t, "index")
				p := End(lp)
				if i < len(model) {
					p = Seek(lp, i)
				}
				want := len(lp) + Size([]byte(s))
				lp = Insert(lp, p, []byte(s))
				model = slices.Insert(model, i, s)
				if len(lp) != want {
					t.Fatalf("length %d, Size said %d", len(lp), want)
				}
			},
			"ends": func(t *rapid.T) {
				v := rapid.Int64().Draw(t, "v")
				lp = AppendInt(PrependInt(lp, v), v/3)
				model = append(slices.Insert(model, 0, strconv.FormatInt(v, 10)), strconv.FormatInt(v/3, 10))
				lp = Prepend(lp, []byte("p"))
				model = slices.Insert(model, 0, "p")
			},
			"replace": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("empty")
				}
				i, s := at(), anyElement().Draw(t, "s")
				lp = Replace(lp, Seek(lp, i), []byte(s))
				model[i] = s
			},
			"delete": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("empty")
				}
				i := at()
				p := Seek(lp, i)
				lp = Delete(lp, p)
				model = slices.Delete(model, i, i+1)
				if p == End(lp) != (i == len(model)) {
					t.Fatal("what followed is not at p")
				}
			},
			"delete range": func(t *rapid.T) {
				i, n := rapid.IntRange(-5, 5).Draw(t, "index"), rapid.IntRange(0, 4).Draw(t, "n")
				lp = DeleteRange(lp, i, n)
				if i < 0 {
					i += len(model)
				}
				if i >= 0 && i < len(model) {
					model = slices.Delete(model, i, min(len(model), i+n))
				}
			},
			"join": func(t *rapid.T) {
				other := rapid.SliceOfN(anyElement(), 0, 3).Draw(t, "other")
				lp = Join(lp, build(other))
				model = append(model, other...)
			},
			"": func(t *rapid.T) { check(t, lp, model) },
		})
	})
}

func check(t *rapid.T, lp []byte, model []string) {
	checkPacked(t, lp, model)
	if err := Validate(lp); err != nil {
		t.Fatal(err)
	}
	if got := contents(lp); !slices.Equal(got, model) {
		t.Fatalf("got %q, want %q", got, model)
	}
	if got := backwards(lp); !slices.Equal(got, model) {
		t.Fatalf("backwards: got %q, want %q", got, model)
	}
	if Len(lp) != len(model) {
		t.Fatalf("Len %d, want %d", Len(lp), len(model))
	}
	if built := build(model); !bytes.Equal(built, lp) {
		t.Fatal("the bytes depend on the history")
	}
	for i, s := range model {
		p := Seek(lp, i)
		v := Get(lp, p)
		if p != Seek(lp, i-len(model)) || !v.Equal([]byte(s)) || v.Len() != len(s) {
			t.Fatalf("Seek(%d) is wrong", i)
		}
		if want := slices.Index(model, s); Find(lp, First(lp), []byte(s), 0) != Seek(lp, want) {
			t.Fatalf("Find(%q)", s)
		}
		if n, ok := resp.ParseInt([]byte(s)); v.IsInt() != ok || ok && FindInt(lp, First(lp), n, 0) == 0 {
			t.Fatalf("%q: IsInt %v", s, v.IsInt())
		}
	}
	if Seek(lp, len(model)) != 0 || Seek(lp, -len(model)-1) != 0 {
		t.Fatal("Seek beyond the ends")
	}
}

func TestFindSkip(t *testing.T) {
	lp := build([]string{"k1", "v", "v", "k1", "7", "9", "9", "7"})
	for _, c := range []struct {
		s           string
		from, index int
	}{{"k1", 0, 0}, {"v", 0, 2}, {"7", 0, 4}, {"9", 0, 6}, {"7", 6, -1}, {"k", 0, -1}, {"v", 4, -1}} {
		want := 0
		if c.index >= 0 {
			want = Seek(lp, c.index)
		}
		if got := Find(lp, Seek(lp, c.from), []byte(c.s), 1); got != want {
			t.Errorf("Find %q: got %d, want %d", c.s, got, want)
		}
	}
	if Find(lp, 0, []byte("k1"), 0) != 0 || Find(lp, End(lp), []byte("k1"), 0) != 0 {
		t.Error("found something from nowhere")
	}
}

// TestForeignEncodings finds what another writer encoded in ways that Redis would not.
func TestForeignEncodings(t *testing.T) {
	body := []byte{
		0x81, '7', 2, // the text of an integer as a string
		0xF0, 2, 0, 0, 0, 'a', 'b', 7, // a short string with a long header
		0xE0, 1, 'c', 3,
		0xF4, 9, 0, 0, 0, 0, 0, 0, 0, 9, // a small integer in 64 bits
	}
	lp := []byte{byte(EmptyLen + len(body)), 0, 0, 0, 4, 0}
	lp = append(append(lp, body...), 0xFF)
	if err := Validate(lp); err != nil {
		t.Fatal(err)
	}
	for i, s := range []string{"7", "ab", "c", "9"} {
		if got := Find(lp, First(lp), []byte(s), 0); got != Seek(lp, i) {
			t.Errorf("%q is at %d, found at %d", s, Seek(lp, i), got)
		}
	}
	if got, want := contents(lp), backwards(lp); !slices.Equal(got, want) {
		t.Errorf("%q forwards, %q backwards", got, want)
	}
}

func TestUnknownCount(t *testing.T) {
	lp := AppendEmpty(nil)
	const n = countUnknown + 3
	for i := range n {
		lp = AppendInt(lp, int64(i))
	}
	if Len(lp) != n || Validate(lp) != nil {
		t.Fatalf("Len %d, want %d; %v", Len(lp), n, Validate(lp))
	}
	if v := Get(lp, Seek(lp, 40000)); v.Int != 40000 {
		t.Errorf("entry 40000 is %d", v.Int)
	}
	if v := Get(lp, Seek(lp, -2)); v.Int != n-2 {
		t.Errorf("entry -2 is %d", v.Int)
	}
	lp = DeleteRange(lp, 10, 20)
	if Len(lp) != n-20 || Validate(lp) != nil {
		t.Errorf("Len %d after a deletion", Len(lp))
	}
	two := Join(build(slices.Repeat([]string{"a"}, 40000)), build(slices.Repeat([]string{"b"}, 40000)))
	if Len(two) != 80000 || Validate(two) != nil {
		t.Errorf("joined: %d, %v", Len(two), Validate(two))
	}
}

// TestLongBacklen crosses the limits of the third and fourth byte.
func TestLongBacklen(t *testing.T) {
	for _, n := range []int{16381, 16382, 16383, 2097140, 2097145, 2097146, 2097150, 2097151} {
		lp := build([]string{"a", strings.Repeat("z", n), "b"})
		if err := Validate(lp); err != nil {
			t.Errorf("%d: %v", n, err)
		}
		if got := backwards(lp); len(got) != 3 || len(got[1]) != n {
			t.Errorf("%d: wrong backwards", n)
		}
	}
}

// TestEditsInPlace: with room in the slice nothing is allocated and the memory is the caller's.
func TestEditsInPlace(t *testing.T) {
	buf := make([]byte, 0, 1024)
	s := []byte("some string")
	allocs := testing.AllocsPerRun(100, func() {
		lp := AppendEmpty(buf)
		for range 20 {
			lp = Append(lp, s)
		}
		lp = Prepend(lp, s)
		lp = Replace(lp, Seek(lp, 3), []byte("-70000"))
		lp = Delete(lp, Seek(lp, 2))
		lp = DeleteRange(lp, -3, 2)
		if Find(lp, First(lp), []byte("-70000"), 0) == 0 || &lp[0] != &buf[:1][0] {
			t.Fatal("wrong content, or moved")
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestValidateRejects(t *testing.T) {
	good := build([]string{"a", "17", "300", strings.Repeat("s", 70), "-5000000000"})
	cases := map[string]func(b []byte) []byte{
		"empty":        func(b []byte) []byte { return nil },
		"short":        func(b []byte) []byte { return b[:6] },
		"total":        func(b []byte) []byte { b[0]++; return b },
		"no end":       func(b []byte) []byte { b[len(b)-1] = 0; return b },
		"count":        func(b []byte) []byte { b[4]--; return b },
		"backlen":      func(b []byte) []byte { b[8]++; return b },
		"bad encoding": func(b []byte) []byte { b[6] = 0xF9; return b },
		"end inside":   func(b []byte) []byte { b[6] = 0xFF; return b },
		"beyond":       func(b []byte) []byte { b[6] = 0xBF; return b },
		"huge": func(b []byte) []byte {
			return append([]byte{14, 0, 0, 0, 1, 0, 0xF0, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1}, 0xFF)
		},
	}
	if err := Validate(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range cases {
		if err := Validate(spoil(slices.Clone(good))); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// checkPacked packs a listpack with these entries, walks it, and unpacks it again.
func checkPacked(t interface{ Fatalf(string, ...any) }, lp []byte, all []string) {
	b := Pack([]byte("before"), lp)[len("before"):]
	i := 0
	for p := 0; p < len(b); p = PackedNext(b, p) {
		if i == len(all) || string(Get(b, p).Append(nil)) != all[i] {
			t.Fatalf("packed entry %d differs", i)
		}
		i++
	}
	if i != len(all) || len(b) != PackedLen(lp) {
		t.Fatalf("%d entries in %d bytes are packed, want %d in %d", i, len(b), len(all), PackedLen(lp))
	}
	again := Unpack([]byte("before"), b)[len("before"):]
	if err := Validate(again); err != nil || !bytes.Equal(again[headerLen:], lp[headerLen:]) || Len(again) != len(all) || len(again) != UnpackedLen(b) {
		t.Fatalf("unpacked again: %v, %d bytes, want %d", err, len(again), len(lp))
	}
}

func FuzzValidate(f *testing.F) {
	f.Add(build([]string{"a", "17", "300", strings.Repeat("s", 70), "-5000000000"}))
	f.Add([]byte{7, 0, 0, 0, 0, 0, 0xFF})
	f.Add([]byte{14, 0, 0, 0, 1, 0, 0xF0, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1, 0xFF})
	f.Fuzz(func(t *testing.T, b []byte) {
		if Validate(b) != nil {
			return
		}
		all := contents(b)
		if Len(b) != len(all) || !slices.Equal(all, backwards(b)) {
			t.Fatal("walks differ")
		}
		checkPacked(t, b, all)
		rng := rand.New(rand.NewPCG(uint64(len(b)), 1))
		for i := range min(len(all), 64) {
			if p := Find(b, First(b), []byte(all[i]), 0); p == 0 || string(Get(b, p).Append(nil)) != all[i] {
				t.Fatalf("entry %d is not found", i)
			}
		}
		for round := 0; round < 64 && len(all) > 0; round++ {
			i := rng.IntN(len(all))
			switch round % 4 {
			case 0:
				b = Delete(b, Seek(b, i))
				all = slices.Delete(all, i, i+1)
			case 1:
				b = Replace(b, Seek(b, i), []byte("1234567"))
				all[i] = "1234567"
			case 2:
				b = Insert(b, Seek(b, i), []byte("inserted"))
				all = slices.Insert(all, i, "inserted")
			default:
				b = DeleteRange(b, i, 3)
				all = slices.Delete(all, i, min(len(all), i+3))
			}
		}
		if err := Validate(b); err != nil || !slices.Equal(contents(b), all) {
			t.Fatalf("after edits: %v", err)
		}
	})
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{8, 64, 256} {
		lp := AppendEmpty(nil)
		for i := range n {
			lp = Append(lp, fmt.Appendf(nil, "field:%d", i))
			lp = Append(lp, fmt.Appendf(nil, "value-%d", i*7))
		}
		needle := fmt.Appendf(nil, "field:%d", n/2)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if Find(lp, First(lp), needle, 1) == 0 {
					b.Fatal("not found")
				}
			}
		})
	}
}

func BenchmarkAppendDelete(b *testing.B) {
	lp := make([]byte, 0, 4096)
	lp = AppendEmpty(lp)
	for range 60 {
		lp = Append(lp, []byte("some element"))
	}
	b.ReportAllocs()
	for b.Loop() {
		lp = Append(lp, []byte("some element"))
		lp = Delete(lp, First(lp))
	}
}

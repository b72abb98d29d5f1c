package hyperloglog

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
)

// TestRegisters compares the packed registers with plain ones.
func TestRegisters(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	regs := make([]byte, DenseSize-HeaderSize)
	var want [Registers]uint8
	for range 200_000 {
		i, n := rng.IntN(Registers), uint8(rng.IntN(64))
		setRegister(regs, i, n)
		want[i] = n
	}
	for i, n := range want {
		if got := register(regs, i); got != n {
			t.Fatalf("register %d is %d, want %d", i, got, n)
		}
	}
}

// TestFormsAgree adds the same elements to a sparse and a dense set: registers, estimates and the union are the same, and
// the estimate is near the truth.
func TestFormsAgree(t *testing.T) {
	sparse := New()
	dense, err := ToDense(New())
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(100_000) {
		elem := binary.LittleEndian.AppendUint64(nil, i)
		var c1, c2 bool
		if sparse, c1, err = Add(sparse, elem, 3000); err != nil {
			t.Fatal(err)
		}
		dense, c2, _ = Add(dense, elem, 3000)
		if c1 != c2 {
			t.Fatalf("element %d changed one form only", i)
		}
		if i&(i+1) != 0 {
			continue
		}
		n, err := Count(sparse)
		m, _ := Count(dense)
		var u Union
		if u.Add(sparse) != nil || err != nil || n != m || u.Count() != n {
			t.Fatalf("after %d elements: %d sparse, %d dense, %d in the union (%v)", i+1, n, m, u.Count(), err)
		}
		if off := max(int64(n)-int64(i+1), int64(i+1)-int64(n)); off > int64(i)/20+1 {
			t.Errorf("after %d elements: estimate %d", i+1, n)
		}
	}
	if !Dense(sparse) || len(sparse) != DenseSize {
		t.Error("a large set is still sparse")
	}
}

// FuzzHostile: whatever bytes a set has, nothing panics and a result is a valid set.
func FuzzHostile(f *testing.F) {
	f.Add(New(), []byte("a"))
	d, _ := ToDense(New())
	f.Add(d, []byte("b"))
	f.Add(append(New()[:HeaderSize], 0x80, 0x7f), []byte("c"))
	f.Add(append(New()[:HeaderSize], 0x7f), []byte("d"))
	f.Add(append(New()[:HeaderSize], 0x7f, 0xfe, 0x84), []byte("e"))
	f.Add(append(New()[:HeaderSize], 0x7f, 0xfe, 0x40), []byte("f"))
	f.Fuzz(func(t *testing.T, b, elem []byte) {
		if !Valid(b) {
			return
		}
		if !Dense(b) {
			Decode(b)
		}
		_, countErr := Count(b)
		var u Union
		if err := u.Add(b); (err == nil) != (countErr == nil) {
			t.Fatalf("union: %v, count: %v", err, countErr)
		}
		if dd, err := ToDense(b); err == nil && !Valid(dd) {
			t.Fatal("the dense form is not valid")
		}
		out, _, _ := Add(append([]byte(nil), b...), elem, 3000)
		if !Valid(out) {
			t.Fatal("the result is not valid")
		}
		if countErr == nil && !cutOff(b) {
			if _, err := Count(out); err != nil {
				t.Fatal("a sound set is corrupt after Add")
			}
		}
	})
}

// cutOff says whether a sparse set ends within an XZERO. Redis counts it, its missing byte being 0, and loses a byte of what
// it puts there: such a set is the one that counts before an Add and may not after it.
func cutOff(b []byte) bool {
	if Dense(b) {
		return false
	}
	p := HeaderSize
	for p < len(b) {
		p += opAt(b, p).size
	}
	return p > len(b)
}

// TestCutOff: the last register is in an XZERO without its second byte, as APPEND can make it; Redis 7.0.15 leaves the same
// bytes and says the same errors.
func TestCutOff(t *testing.T) {
	b := append(New()[:HeaderSize], 0x7f, 0xfe, 0x40)
	if _, err := Count(b); err != nil {
		t.Fatal(err)
	}
	out, changed, err := Raise(b, Registers-1, 3, 3000)
	if err != nil || !changed || len(out) != HeaderSize+2 {
		t.Fatalf("%x, %t, %v", out, changed, err)
	}
	if _, err := Count(out); !errors.Is(err, ErrCorrupt) {
		t.Errorf("counted: %v", err)
	}
}

func BenchmarkAddDense(b *testing.B) {
	set, _ := ToDense(New())
	var elem [8]byte
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		binary.LittleEndian.PutUint64(elem[:], uint64(i))
		set, _, _ = Add(set, elem[:], 0)
	}
}

func BenchmarkCountDense(b *testing.B) {
	set, _ := ToDense(New())
	for i := range uint64(100_000) {
		set, _, _ = Add(set, binary.LittleEndian.AppendUint64(nil, i), 0)
	}
	for b.Loop() {
		_, _ = Count(set)
	}
}

package hyperloglog

import (
	"slices"
	"strconv"
)

const (
	zeroMax   = 64 // registers of one ZERO
	valMax    = 32 // value of a VAL
	valRunMax = 4  // registers of one VAL
)

// op is one element of the sparse form: run registers of value n, in size bytes.
type op struct {
	n    uint8
	run  int
	size int
}

// opAt reads the element at p. The second byte of an XZERO that is cut off counts as 0.
func opAt(b []byte, p int) op {
	switch x := b[p]; {
	case x&0x80 != 0:
		return op{n: x>>2&31 + 1, run: int(x&3) + 1, size: 1}
	case x&0x40 == 0:
		return op{run: int(x) + 1, size: 1}
	default:
		low := byte(0)
		if p+1 < len(b) {
			low = b[p+1]
		}
		return op{run: int(x&63)<<8 + int(low) + 1, size: 2}
	}
}

func appendVal(b []byte, n uint8, run int) []byte { return append(b, 0x80|(n-1)<<2|byte(run-1)) }

// appendZeros appends a run of zeros, none of which needs no byte.
func appendZeros(b []byte, run int) []byte {
	switch {
	case run == 0:
		return b
	case run <= zeroMax:
		return append(b, byte(run-1))
	default:
		return append(b, 0x40|byte((run-1)>>8), byte(run-1))
	}
}

func appendRun(b []byte, n uint8, run int) []byte {
	switch {
	case n == 0:
		return appendZeros(b, run)
	case run == 0:
		return b
	default:
		return appendVal(b, n, run)
	}
}

// walk passes the runs of a sparse set that are not zero to fn. They are within bounds; a set whose runs do not make up
// all registers is corrupt.
func walk(b []byte, fn func(i, run int, n uint8)) error {
	i := 0
	for p := HeaderSize; p < len(b); {
		o := opAt(b, p)
		if o.n > 0 {
			if i+o.run > Registers {
				return ErrCorrupt
			}
			fn(i, o.run, o.n)
		}
		i += o.run
		p += o.size
	}
	if i != Registers {
		return ErrCorrupt
	}
	return nil
}

// raiseSparse replaces the run that holds a register by up to three: what is before, the register, what is behind. Then
// neighbours of the same value are joined, as far as Redis looks: five elements from the one before on.
func raiseSparse(b []byte, i int, n uint8, sparseMax int) (out []byte, changed bool, err error) {
	if n > valMax {
		return promote(b, i, n)
	}
	first, prev, p := 0, HeaderSize, HeaderSize
	var o op
	for ; p < len(b); p += o.size {
		if o = opAt(b, p); i < first+o.run {
			break
		}
		first += o.run
		prev = p
	}
	if p >= len(b) {
		return b, false, ErrCorrupt
	}
	if o.n >= n {
		return b, false, nil
	}
	var room [5]byte
	seq := appendRun(room[:0], o.n, i-first)
	seq = appendVal(seq, n, 1)
	seq = appendRun(seq, o.n, first+o.run-1-i)
	if more := len(seq) - o.size; more > 0 && len(b)+more > sparseMax {
		return promote(b, i, n)
	}
	cut := max(0, p+o.size-len(b)) // of an XZERO without its second byte, whose place Redis counts as well
	b = slices.Replace(b, p, p+o.size-cut, seq...)
	b = b[:len(b)-cut]
	b = join(b, prev)
	Invalidate(b)
	return b, true, nil
}

// join joins VALs of the same value among the five elements from p on.
func join(b []byte, p int) []byte {
	for range 5 {
		if p >= len(b) {
			break
		}
		o := opAt(b, p)
		if o.n > 0 && p+1 < len(b) {
			if next := opAt(b, p+1); next.n == o.n && next.run+o.run <= valRunMax {
				appendVal(b[p+1:p+1], o.n, next.run+o.run)
				b = slices.Delete(b, p, p+1)
				continue // perhaps the next one joins as well
			}
		}
		p += o.size
	}
	return b
}

func promote(b []byte, i int, n uint8) (out []byte, changed bool, err error) {
	out, err = ToDense(b)
	if err != nil {
		return b, false, err
	}
	changed = raiseDense(out[HeaderSize:], i, n)
	if changed {
		Invalidate(out)
	}
	return out, changed, nil
}

// Decode shows the elements of a sparse set as PFDEBUG DECODE does: z:N for ZERO, Z:N for XZERO, v:VALUE,N for VAL.
func Decode(b []byte) string {
	var out []byte
	for p := HeaderSize; p < len(b); {
		o := opAt(b, p)
		if p > HeaderSize {
			out = append(out, ' ')
		}
		switch {
		case o.n > 0:
			out = append(strconv.AppendInt(append(out, "v:"...), int64(o.n), 10), ',')
		case o.size == 1:
			out = append(out, "z:"...)
		default:
			out = append(out, "Z:"...)
		}
		out = strconv.AppendInt(out, int64(o.run), 10)
		p += o.size
	}
	return string(out)
}

package bitcmd

import (
	"encoding/binary"
	"math/bits"

	"redline/server/internal/command"
)

func bitcount(c *command.Call) {
	var scratch [20]byte
	v, ok := text(c, &scratch)
	if !ok {
		return
	}
	if v == nil { // whatever else is asked: Redis looks for the key first
		c.Reply.Int(0)
		return
	}
	if len(c.Args) == 2 {
		c.Reply.Int(ones(v))
		return
	}
	if len(c.Args) != 4 && len(c.Args) != 5 {
		c.Reply.Error(command.ErrSyntax)
		return
	}
	start, ok := c.IntArg(2)
	if !ok {
		return
	}
	end, ok := c.IntArg(3)
	if !ok {
		return
	}
	// The unit is looked at only where both ends are not on the wrong side of each other already, as in Redis.
	if start < 0 && end < 0 && start > end {
		c.Reply.Int(0)
		return
	}
	inBits := false
	if len(c.Args) == 5 {
		if inBits, ok = unit(c, c.Args[4]); !ok {
			return
		}
	}
	if !inBits {
		start, end = clamp(start, end, int64(len(v)))
		if start > end {
			c.Reply.Int(0)
			return
		}
		c.Reply.Int(ones(v[start : end+1]))
		return
	}
	start, end = clamp(start, end, int64(len(v))*8)
	if start > end {
		c.Reply.Int(0)
		return
	}
	n := ones(v[start>>3 : end>>3+1])
	n -= int64(bits.OnesCount8(v[start>>3] &^ (0xff >> (start & 7))))
	n -= int64(bits.OnesCount8(v[end>>3] & (1<<(7-end&7) - 1)))
	c.Reply.Int(n)
}

// unit reads BYTE or BIT. It answers with the error itself.
func unit(c *command.Call, arg []byte) (inBits, ok bool) {
	switch {
	case command.Is(arg, "bit"):
		return true, true
	case command.Is(arg, "byte"):
		return false, true
	}
	c.Reply.Error(command.ErrSyntax)
	return false, false
}

// clamp turns ends that may count from behind into indexes of n elements; start > end if there are none between.
func clamp(start, end, n int64) (int64, int64) {
	if start < 0 {
		start = max(start+n, 0)
	}
	if end < 0 {
		end = max(end+n, 0)
	}
	return start, min(end, n-1)
}

// ones counts the set bits.
func ones(v []byte) (n int64) {
	for ; len(v) >= 32; v = v[32:] { // four independent counts at once
		n += int64(bits.OnesCount64(binary.LittleEndian.Uint64(v)) + bits.OnesCount64(binary.LittleEndian.Uint64(v[8:])) +
			bits.OnesCount64(binary.LittleEndian.Uint64(v[16:])) + bits.OnesCount64(binary.LittleEndian.Uint64(v[24:])))
	}
	for _, b := range v {
		n += int64(bits.OnesCount8(b))
	}
	return n
}

func bitpos(c *command.Call) {
	bit, ok := c.IntArg(2)
	if !ok {
		return
	}
	if bit != 0 && bit != 1 {
		c.Reply.Error("ERR The bit argument must be 1 or 0.")
		return
	}
	var scratch [20]byte
	v, ok := text(c, &scratch)
	if !ok {
		return
	}
	if v == nil { // an endless row of clear bits
		c.Reply.Int(-bit)
		return
	}
	start, end, ok := bitposRange(c, int64(len(v))*8)
	if !ok {
		return
	}
	pos := int64(-1)
	if start <= end {
		pos = firstBit(v, byte(bit), start, end)
	}
	// Without a given end the string counts as followed by clear bits.
	if pos < 0 && bit == 0 && len(c.Args) < 5 && start <= end {
		pos = int64(len(v)) * 8
	}
	c.Reply.Int(pos)
}

// bitposRange returns the first and last bit to look at in a string of n bits.
func bitposRange(c *command.Call, n int64) (start, end int64, ok bool) {
	end = -1
	if len(c.Args) > 6 {
		c.Reply.Error(command.ErrSyntax)
		return 0, 0, false
	}
	inBits := false
	if len(c.Args) >= 4 {
		if start, ok = c.IntArg(3); !ok {
			return 0, 0, false
		}
	}
	if len(c.Args) == 6 {
		if inBits, ok = unit(c, c.Args[5]); !ok {
			return 0, 0, false
		}
	}
	if len(c.Args) >= 5 {
		if end, ok = c.IntArg(4); !ok {
			return 0, 0, false
		}
	}
	if inBits {
		start, end = clamp(start, end, n)
		return start, end, true
	}
	start, end = clamp(start, end, n/8)
	if start > end { // an empty range must stay one, whatever it is multiplied with
		return 1, 0, true
	}
	return start * 8, end*8 + 7, true
}

// firstBit returns the first bit from start to end, both included, that has a value, or -1.
func firstBit(v []byte, bit byte, start, end int64) int64 {
	flip := byte(0)
	if bit == 0 {
		flip = 0xff
	}
	first, last := int(start>>3), int(end>>3)
	for i := first; i <= last; {
		if i > first && i+8 <= last && binary.LittleEndian.Uint64(v[i:]) == uint64(flip)*0x0101010101010101 {
			i += 8
			continue
		}
		b := v[i] ^ flip
		if i == first {
			b &= 0xff >> (start & 7)
		}
		if b != 0 {
			if pos := int64(i)*8 + int64(bits.LeadingZeros8(b)); pos <= end {
				return pos
			}
			return -1
		}
		i++
	}
	return -1
}

package bitcmd

import (
	"math"

	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

// overflow is what BITFIELD does with a value that its field cannot hold.
type overflow uint8

const (
	wrap overflow = iota
	saturate
	fail
)

// fieldOp is one subcommand of BITFIELD.
type fieldOp struct {
	kind   byte // 'g' GET, 's' SET, 'i' INCRBY
	signed bool
	bits   uint // 1 to 64, unsigned to 63
	at     int64
	arg    int64
	over   overflow
}

const (
	errFieldType = "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."
	errOverflow  = "ERR Invalid OVERFLOW type specified"
)

func bitfield(c *command.Call)   { fields(c, false) }
func bitfieldRO(c *command.Call) { fields(c, true) }

func fields(c *command.Call, readonly bool) {
	ops, ok := parseFields(c)
	if !ok {
		return
	}
	writes, highest := false, int64(0)
	for i := range ops {
		if ops[i].kind != 'g' {
			writes, highest = true, max(highest, ops[i].at+int64(ops[i].bits)-1)
		}
	}
	if !writes {
		var scratch [20]byte
		v, ok := text(c, &scratch)
		if !ok {
			return
		}
		c.Reply.Array(len(ops))
		for i := range ops {
			c.Reply.Int(ops[i].get(v))
		}
		return
	}
	if readonly {
		c.Reply.Error("ERR BITFIELD_RO only supports the GET subcommand")
		return
	}
	it, ok := c.FindType(1, keyspace.String)
	if !ok {
		return
	}
	k := c.Key(1)
	v, grown := writable(c, k, it, highest)
	c.Reply.Array(len(ops))
	for i := range ops {
		if written, changed := ops[i].run(c.Reply, v); changed || written && grown {
			c.Dirty++
		}
	}
	if c.Dirty > 0 {
		c.Notify(command.EventString, "setbit", k.Name)
	} else if grown { // all failed, but the string has grown all the same: the log must know
		c.Rewrite([]byte("SETBIT"), k.Name, command.Decimal(highest), []byte("0"))
	}
}

// parseFields reads the subcommands. It answers with the error itself.
func parseFields(c *command.Call) (ops []fieldOp, ok bool) {
	over := wrap
	args := c.Args[2:]
	for len(args) > 0 {
		op := fieldOp{over: over}
		n := 4
		switch word := args[0]; {
		case command.Is(word, "get") && len(args) >= 3:
			op.kind, n = 'g', 3
		case command.Is(word, "set") && len(args) >= 4:
			op.kind = 's'
		case command.Is(word, "incrby") && len(args) >= 4:
			op.kind = 'i'
		case command.Is(word, "overflow") && len(args) >= 2:
			if over, ok = parseOverflow(args[1]); !ok {
				c.Reply.Error(errOverflow)
				return nil, false
			}
			args = args[2:]
			continue
		default:
			c.Reply.Error(command.ErrSyntax)
			return nil, false
		}
		if !op.parseType(args[1]) {
			c.Reply.Error(errFieldType)
			return nil, false
		}
		if op.at, ok = op.parseOffset(c, args[2]); !ok {
			return nil, false
		}
		if n == 4 {
			if op.arg, ok = resp.ParseInt(args[3]); !ok {
				c.Reply.Error(command.ErrNotInt)
				return nil, false
			}
		}
		ops = append(ops, op)
		args = args[n:]
	}
	return ops, true
}

func parseOverflow(arg []byte) (overflow, bool) {
	switch {
	case command.Is(arg, "wrap"):
		return wrap, true
	case command.Is(arg, "sat"):
		return saturate, true
	case command.Is(arg, "fail"):
		return fail, true
	}
	return wrap, false
}

func (o *fieldOp) parseType(arg []byte) bool {
	if len(arg) == 0 || arg[0] != 'i' && arg[0] != 'u' {
		return false
	}
	n, ok := resp.ParseInt(arg[1:])
	o.signed = arg[0] == 'i'
	if !ok || n < 1 || n > 64 || n == 64 && !o.signed {
		return false
	}
	o.bits = uint(n)
	return true
}

// parseOffset reads the number of a bit, or with # of a field of this width.
func (o *fieldOp) parseOffset(c *command.Call, arg []byte) (int64, bool) {
	if len(arg) == 0 || arg[0] != '#' {
		return offset(c, arg)
	}
	n, ok := resp.ParseInt(arg[1:])
	if !ok || n < 0 || n > math.MaxInt64/int64(o.bits) || n*int64(o.bits)>>3 >= c.Conf.ProtoMaxBulkLen {
		c.Reply.Error(errOffset)
		return 0, false
	}
	return n * int64(o.bits), true
}

// get reads the field of a string that counts as followed by zeros.
func (o *fieldOp) get(v []byte) int64 {
	var raw uint64
	first, last := o.at>>3, (o.at+int64(o.bits)-1)>>3
	end := uint(last*8 + 7 - (o.at + int64(o.bits) - 1)) // bits behind the field in its last byte
	for i := first; i <= last; i++ {
		b := byte(0)
		if i < int64(len(v)) {
			b = v[i]
		}
		if i == last {
			// Up to 64 bits have been gathered before; together with this byte's they may be nine bytes.
			raw = raw<<(8-end) | uint64(b>>end)
		} else {
			raw = raw<<8 | uint64(b)
		}
	}
	raw &= o.mask()
	if o.signed && o.bits < 64 && raw>>(o.bits-1)&1 != 0 {
		raw |= ^o.mask()
	}
	return int64(raw)
}

func (o *fieldOp) mask() uint64 { return math.MaxUint64 >> (64 - o.bits) }

// put writes the low bits of x into the field, which must lie in v.
func (o *fieldOp) put(v []byte, x uint64) {
	for i := o.at + int64(o.bits) - 1; i >= o.at; {
		n := min(uint(i&7)+1, uint(i-o.at)+1) // bits of this byte that belong to the field
		shift := 7 - uint(i&7)
		m := byte(0xff>>(8-n)) << shift
		v[i>>3] = v[i>>3]&^m | byte(x)<<shift&m
		x >>= n
		i -= int64(n)
	}
}

// run executes the subcommand and replies. written says whether the field was set, changed whether to another value.
func (o *fieldOp) run(w *resp.Writer, v []byte) (written, changed bool) {
	old := o.get(v)
	if o.kind == 'g' {
		w.Int(old)
		return false, false
	}
	base, add := old, o.arg
	if o.kind == 's' {
		base, add = o.arg, 0
	}
	x, over := o.sum(base, add)
	if over && o.over == fail {
		w.Null()
		return false, false
	}
	o.put(v, uint64(x))
	if o.kind == 's' {
		w.Int(old)
	} else {
		w.Int(x)
	}
	return true, x != old
}

// sum adds and says whether the field cannot hold the result; then it is what the overflow mode makes of it.
func (o *fieldOp) sum(base, add int64) (x int64, over bool) {
	low, high := int64(0), int64(o.mask())
	tooHigh, tooLow := false, false
	if o.signed {
		high = int64(o.mask() >> 1)
		low = -high - 1
		// high-base may wrap around for SET: a value more than 2^63 below high counts as too high, as in Redis.
		tooHigh = base > high || o.bits < 64 && add > high-base || base >= 0 && add > 0 && add > high-base
		tooLow = base < low || o.bits < 64 && add < low-base || base < 0 && add < 0 && add < low-base
	} else { // a negative value to SET is a huge one
		tooHigh = uint64(base) > uint64(high) || add > 0 && base > high-add
		tooLow = add < 0 && (add == math.MinInt64 || base < -add)
	}
	x = base + add
	if !tooHigh && !tooLow {
		return x, false
	}
	if o.over == saturate {
		if tooHigh {
			return high, true
		}
		return low, true
	}
	raw := uint64(x) & o.mask()
	if o.signed && o.bits < 64 && raw>>(o.bits-1) != 0 {
		raw |= ^o.mask()
	}
	return int64(raw), true
}

// bitfieldKeyFlags tells what a BITFIELD does with its key: nothing but GET only reads.
func bitfieldKeyFlags(args [][]byte) command.KeyFlag {
	for i := 2; i < len(args); {
		left := len(args) - i - 1
		switch {
		case command.Is(args[i], "get") && left >= 2:
			i += 3
		case command.Is(args[i], "overflow") && left >= 1:
			i += 2
		default:
			return command.KeyRW | command.KeyAccess | command.KeyUpdate
		}
	}
	return command.KeyRO | command.KeyAccess
}

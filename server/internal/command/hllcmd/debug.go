package hllcmd

import (
	"redline/server/internal/command"
	"redline/server/internal/object/hyperloglog"
)

func pfdebug(c *command.Call) {
	it, ok := find(c, 2)
	if !ok {
		return
	}
	if !it.OK() {
		c.Reply.Error("ERR The specified key does not exist")
		return
	}
	b := it.Value()
	sparse := !hyperloglog.Dense(b)
	switch word := c.Args[1]; {
	case command.Is(word, "getreg"):
		if b, ok = toDense(c); !ok {
			return
		}
		c.Reply.Array(hyperloglog.Registers)
		for i := range hyperloglog.Registers {
			c.Reply.Int(int64(hyperloglog.Register(b, i)))
		}
	case command.Is(word, "decode"):
		if !sparse {
			c.Reply.Error("ERR HLL encoding is not sparse")
			return
		}
		c.Reply.BulkString(hyperloglog.Decode(b))
	case command.Is(word, "encoding"):
		if sparse {
			c.Reply.SimpleString("sparse")
		} else {
			c.Reply.SimpleString("dense")
		}
	case command.Is(word, "todense"):
		if _, ok = toDense(c); ok {
			c.Reply.Int(c.Dirty)
		}
	default:
		c.Reply.Error("ERR Unknown PFDEBUG subcommand '" + string(word) + "'")
	}
}

// toDense gives the HyperLogLog at argument 2 the dense form. It answers with the error itself.
func toDense(c *command.Call) (b []byte, ok bool) {
	k := c.Key(2)
	it := c.DBOf(k).Peek(k)
	if hyperloglog.Dense(it.Value()) {
		return it.Value(), true
	}
	b, err := hyperloglog.ToDense(it.Value())
	if err != nil {
		c.Reply.Error(errCorrupt)
		return nil, false
	}
	keep(c, k, it, b)
	c.Dirty++
	return b, true
}

// pfselftest adds a million elements to a sparse and a dense set and checks at each power of ten that both agree and that
// the error is within six times the expected one.
func pfselftest(c *command.Call) {
	sparse := hyperloglog.New()
	dense, _ := hyperloglog.ToDense(hyperloglog.New())
	seed := c.Random()
	checkpoint := int64(1)
	for i := int64(1); i <= 1_000_000; i++ {
		x := uint64(i) ^ seed
		elem := []byte{byte(x), byte(x >> 8), byte(x >> 16), byte(x >> 24), byte(x >> 32), byte(x >> 40), byte(x >> 48), byte(x >> 56)}
		dense, _, _ = hyperloglog.Add(dense, elem, 0)
		sparse, _, _ = hyperloglog.Add(sparse, elem, c.Conf.HLLSparseMaxBytes)
		if i != checkpoint {
			continue
		}
		if hyperloglog.Dense(sparse) && i < int64(c.Conf.HLLSparseMaxBytes/2) {
			c.Reply.Error("ERR TESTFAILED sparse encoding not used")
			return
		}
		n, _ := hyperloglog.Count(dense)
		if m, err := hyperloglog.Count(sparse); err != nil || m != n {
			c.Reply.Error("ERR TESTFAILED dense/sparse disagree")
			return
		}
		// The standard error is 1.04/sqrt(16384) = 1/123; at ten elements one collision would be too much.
		if off := max(int64(n)-i, i-int64(n)); i != 10 && off > i*6/123+1 || off > 1 && i == 10 {
			c.Reply.Error("ERR TESTFAILED Too big error. card:" + string(command.Decimal(i)) + " abserr:" + string(command.Decimal(off)))
			return
		}
		checkpoint *= 10
	}
	c.Reply.OK()
}

package command

import (
	"math"

	"redline/resp"
	"redline/server/internal/keyspace"
)

// MPopArgs reads "numkeys key [key ...] END [COUNT count]", the arguments that LMPOP, ZMPOP and their blocking forms
// share, from argument at on. Where it pops is one of two words: first says whether it is the first of them. It answers
// with the error itself.
func (c *Call) MPopArgs(at int, firstWord, secondWord string) (first bool, count int64, ok bool) {
	n, ok := c.RangeArg(at, 1, math.MaxInt64, "ERR numkeys should be greater than 0")
	if !ok {
		return false, 0, false
	}
	if n >= int64(len(c.Args)-at-1) {
		c.Reply.Error(ErrSyntax)
		return false, 0, false
	}
	i := at + int(n) + 1
	if first = Is(c.Args[i], firstWord); !first && !Is(c.Args[i], secondWord) {
		c.Reply.Error(ErrSyntax)
		return false, 0, false
	}
	for i++; i < len(c.Args); i += 2 {
		if count != 0 || !Is(c.Args[i], "count") || i+1 == len(c.Args) {
			c.Reply.Error(ErrSyntax)
			return false, 0, false
		}
		if count, ok = c.RangeArg(i+1, 1, math.MaxInt64, "ERR count should be greater than 0"); !ok {
			return false, 0, false
		}
	}
	return first, max(count, 1), true
}

// PopFirst calls pop for the first of the call's keys that exists, which must be of type t. If there is none, the call
// waits until deadline, or answers at once if it may not wait. Who is woken for a value of type t does not mind what else
// has come to be there meanwhile.
func (c *Call) PopFirst(t keyspace.Type, deadline int64, wait bool, pop func(k *keyspace.Key, it keyspace.Item)) {
	for i := range c.Keys() {
		k, _ := c.KeyAt(i)
		if c.Retried() && string(k.Name) != c.Woken() {
			continue
		}
		it := c.FindKey(k)
		switch {
		case !it.OK() || it.Type() != t && c.Retried():
			continue
		case it.Type() != t:
			c.Reply.Error(ErrWrongType)
		default:
			pop(k, it)
		}
		return
	}
	if !wait || c.NoBlock {
		c.Reply.NullArray()
		return
	}
	c.Block(deadline, (*resp.Writer).NullArray)
}

package command

import "math"

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

package command

import (
	"math"

	"redline/resp"
)

// RandomCount reads argument i as the count of SRANDMEMBER and its like: negative for elements that may repeat.
// Anything that is no such count is answered with an error.
func (c *Call) RandomCount(i int) (n int64, ok bool) {
	n, ok = resp.ParseInt(c.Args[i])
	if !ok {
		c.Reply.Error(ErrNotInt)
		return 0, false
	}
	if n == math.MinInt64 {
		c.Reply.Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807")
		return 0, false
	}
	return n, true
}

// Fits says whether the reply that began at mark (see Writer.Begin) may grow further. If not it is replaced by an error.
// It is for replies to a count of elements that may repeat: the client names any number, and memory for it would be taken
// before the client's output limits are looked at. The bound is that of the longest string.
func (c *Call) Fits(mark int) bool {
	if int64(len(c.Reply.Buf)-mark) <= c.Conf.ProtoMaxBulkLen {
		return true
	}
	c.Reply.Buf = c.Reply.Buf[:mark]
	c.Reply.Error("ERR reply exceeds the maximum allowed size (proto-max-bulk-len), ask for less at a time")
	return false
}

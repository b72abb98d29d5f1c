package command

import (
	"strconv"
	"strings"
)

// WrongArity answers with the error for a wrong number of arguments, for commands that find out late.
func (c *Call) WrongArity() {
	c.Reply.Error("ERR wrong number of arguments for '" + c.Spec.FullName + "' command")
}

// InvalidExpire answers with the error for a deadline that cannot be.
func (c *Call) InvalidExpire() {
	c.Reply.Error(strings.Replace(ErrInvalidExpire, "%s", c.Spec.FullName, 1))
}

// Is says whether an argument is a word, in any case.
func Is(arg []byte, lower string) bool { return equalFold(lower, arg) }

// Decimal formats a number as an argument of an effect.
func Decimal(n int64) []byte { return strconv.AppendInt(nil, n, 10) }

package sortcmd

import (
	"bytes"

	"redline/server/internal/command"
)

// options is what a call of SORT asks for.
type options struct {
	desc, alpha   bool
	offset, count int64 // of LIMIT; count < 0: all
	by            []byte
	get           [][]byte
	store         int // index of the argument that names the destination, 0 for none
}

// each passes every option with its index and its number of arguments, 0 to 2, until fn returns false. It is the one
// place that knows the options' shapes: keys and shards are found with it as well. What is no option has n -1.
func each(args [][]byte, readonly bool, fn func(i int, word string, n int) bool) {
	for i := 2; i < len(args); {
		left := len(args) - i - 1
		word, n := "", -1
		switch a := args[i]; {
		case command.Is(a, "asc"):
			word, n = "asc", 0
		case command.Is(a, "desc"):
			word, n = "desc", 0
		case command.Is(a, "alpha"):
			word, n = "alpha", 0
		case command.Is(a, "limit") && left >= 2:
			word, n = "limit", 2
		case command.Is(a, "store") && left >= 1 && !readonly:
			word, n = "store", 1
		case command.Is(a, "by") && left >= 1:
			word, n = "by", 1
		case command.Is(a, "get") && left >= 1:
			word, n = "get", 1
		}
		if !fn(i, word, n) || n < 0 {
			return
		}
		i += 1 + n
	}
}

// parse reads the options. It answers with the error itself.
func parse(c *command.Call, readonly bool) (o options, ok bool) {
	o.count = -1
	ok = true
	each(c.Args, readonly, func(i int, word string, n int) bool {
		switch word {
		case "asc":
			o.desc = false
		case "desc":
			o.desc = true
		case "alpha":
			o.alpha = true
		case "limit":
			if o.offset, ok = c.IntArg(i + 1); ok {
				o.count, ok = c.IntArg(i + 2)
			}
		case "store":
			o.store = i + 1
		case "by":
			o.by = c.Args[i+1]
		case "get":
			o.get = append(o.get, c.Args[i+1])
		default:
			c.Reply.Error(command.ErrSyntax)
			ok = false
		}
		return ok
	})
	return o, ok
}

// window turns LIMIT into the first and the one behind the last of n elements.
func (o *options) window(n int) (from, to int) {
	from = int(min(max(o.offset, 0), int64(n)))
	if o.count < 0 {
		return from, n
	}
	return from, from + int(min(o.count, int64(n-from)))
}

// storeKeys finds the keys of SORT: the one to sort and the last destination.
func storeKeys(dst []command.KeyPos, args [][]byte) ([]command.KeyPos, error) {
	dst = append(dst, command.KeyPos{Index: 1, Flags: sortedKey.Flags})
	at := 0
	each(args, false, func(i int, word string, _ int) bool {
		if word == "store" {
			at = i + 1
		}
		return true
	})
	if at > 0 {
		dst = append(dst, command.KeyPos{Index: at, Flags: storeKey.Flags})
	}
	return dst, nil
}

// patterns says whether a call names keys by patterns: then they may lie in any shard.
func patterns(args [][]byte) (any bool) {
	each(args, false, func(i int, word string, _ int) bool {
		if word == "by" || word == "get" {
			any = any || bytes.IndexByte(args[i+1], '*') >= 0
		}
		return true
	})
	return any
}

package command

import (
	"errors"
	"strings"

	"redline/resp"
)

// ErrBadKeys is returned when the keys cannot be found in the arguments.
var ErrBadKeys = errors.New("invalid arguments specified for command")

// KeyPos is where a key stands among a call's arguments, and what the command does with it.
type KeyPos struct {
	Index int
	Flags KeyFlag
}

// KeyPositions appends the positions of a call's keys to dst. Arguments that make no sense (a count that is no
// number) give ErrBadKeys; the handler will refuse them with the right text, so dispatch goes on with the keys found.
func (s *Spec) KeyPositions(dst []KeyPos, args [][]byte) ([]KeyPos, error) {
	if s.Extract != nil {
		return s.Extract(dst, args)
	}
	for i := range s.Keys {
		k := &s.Keys[i]
		if k.Flags&KeyNotKey != 0 || k.Unknown {
			continue
		}
		var err error
		if dst, err = k.positions(dst, args); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// begin returns the index at which a spec's search for keys starts, or 0 when there is none.
func (k *KeySpec) begin(args [][]byte) int {
	if k.Keyword == "" {
		return k.Begin
	}
	if k.StartFrom < 0 {
		for i := len(args) + k.StartFrom; i > 0; i-- {
			if strings.EqualFold(string(args[i]), k.Keyword) {
				return i + 1
			}
		}
		return 0
	}
	for i := k.StartFrom; i < len(args); i++ {
		if strings.EqualFold(string(args[i]), k.Keyword) {
			return i + 1
		}
	}
	return 0
}

func (k *KeySpec) positions(dst []KeyPos, args [][]byte) ([]KeyPos, error) {
	first := k.begin(args)
	if first == 0 {
		return dst, nil
	}
	last, step := 0, k.Step
	if k.FindNum {
		at := first + k.NumIdx
		if at >= len(args) {
			return dst, ErrBadKeys
		}
		n, ok := resp.ParseInt(args[at])
		if !ok || n < 0 || n > int64(len(args)) {
			return dst, ErrBadKeys
		}
		first += k.FirstKey
		if step == 0 {
			step = 1
		}
		last = first + (int(n)-1)*step
	} else {
		last = first + k.LastKey
		if k.LastKey < 0 {
			last = len(args) + k.LastKey
			if k.Limit != 0 { // only the first 1/limit of what is left
				last = first + (len(args)-first)/k.Limit + k.LastKey
			}
		}
	}
	if last >= len(args) || last < first || first >= len(args) {
		return dst, ErrBadKeys
	}
	for i := first; i <= last; i += step {
		dst = append(dst, KeyPos{i, k.Flags})
	}
	return dst, nil
}

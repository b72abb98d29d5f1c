package rdb

import (
	"fmt"

	"redline/resp"
	"redline/server/internal/collection"
)

// loadTimed reads a hash whose fields may have deadlines.
func (l *loader) loadTimed(typ byte) error {
	first := int64(1) // deadlines are differences from it, plus one
	if typ == typeHashTimed || typ == typeHashListpackEx {
		n, err := l.Uint64()
		if err != nil {
			return err
		}
		if n > uint64(collection.TimeMax) {
			return errTime(n)
		}
		first = int64(n)
	}
	seen := make(map[string]struct{})
	var err error
	if typ == typeHashTimed || typ == typeHashTimed0 {
		err = l.timedRow(first, seen)
	} else {
		err = l.timedListpack(seen)
	}
	if err == nil && len(l.pairs) == 0 {
		err = errEmpty
	}
	return err
}

func errTime(n uint64) error { return fmt.Errorf("%w: a field's deadline is %d", ErrCorrupt, n) }

// timedRow reads a count of fields, then for each its deadline, itself and its value.
func (l *loader) timedRow(first int64, seen map[string]struct{}) error {
	n, err := l.Count(3)
	for ; n > 0 && err == nil; n-- {
		var at uint64
		if at, err = l.Length(); err != nil {
			return err
		}
		if at != 0 {
			if at > uint64(collection.TimeMax) {
				return errTime(at)
			}
			if at += uint64(first) - 1; at == 0 || at > uint64(collection.TimeMax) {
				return errTime(at)
			}
		}
		var field, val []byte
		if field, err = l.String(); err != nil {
			return err
		}
		if val, err = l.String(); err == nil {
			err = l.addTimed(field, val, int64(at), seen)
		}
	}
	return err
}

// timedListpack reads fields, values and deadlines in turn.
func (l *loader) timedListpack(seen map[string]struct{}) error {
	b, err := l.String()
	if err != nil {
		return err
	}
	var triple [][]byte
	err = entries(b, func(s []byte) error {
		if triple = append(triple, append(make([]byte, 0, len(s)), s...)); len(triple) < 3 {
			return nil
		}
		at, ok := resp.ParseInt(triple[2])
		if !ok || at < 0 || at > collection.TimeMax {
			return errTime(uint64(at))
		}
		field, val := triple[0], triple[1]
		triple = triple[:0]
		return l.addTimed(field, val, at, seen)
	})
	if err == nil && len(triple) != 0 {
		err = errEmpty
	}
	return err
}

func (l *loader) addTimed(field, val []byte, at int64, seen map[string]struct{}) error {
	if _, twice := seen[string(field)]; twice {
		return errTwice("field")
	}
	seen[string(field)] = struct{}{}
	l.pairs = append(l.pairs, field, val)
	l.times = append(l.times, at)
	return nil
}

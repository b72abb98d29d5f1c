package rdb

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

var (
	errZiplist = fmt.Errorf("%w: ziplist", ErrCorrupt)
	errZipmap  = fmt.Errorf("%w: zipmap", ErrCorrupt)
)

// ziplist passes the entries of a ziplist, the listpack of versions before 7.0, which may be any bytes. They are views.
//
//	+---------+---------+----------+---------------------------------------+------+
//	| length  | offset  | entries  | each: length of the one before (1 B,  | 0xff |
//	| uint32  | of last | uint16   | or 0xfe and 4 B), encoding, content   |      |
//	+---------+---------+----------+---------------------------------------+------+
func ziplist(b []byte, fn func(b []byte) error) error {
	const head = 10
	if len(b) < head+1 || uint64(binary.LittleEndian.Uint32(b)) != uint64(len(b)) || b[len(b)-1] != 0xff {
		return errZiplist
	}
	count := int(binary.LittleEndian.Uint16(b[8:]))
	rest := b[head : len(b)-1]
	n := 0
	var scratch [20]byte
	for before := 0; len(rest) > 0; n++ {
		size := 1
		prev := int(rest[0])
		if rest[0] == 0xfe {
			if len(rest) < 5 {
				return errZiplist
			}
			prev, size = int(binary.LittleEndian.Uint32(rest[1:])), 5
		} else if rest[0] == 0xff {
			return errZiplist
		}
		if prev != before {
			return errZiplist
		}
		content, used, ok := ziplistEntry(rest[size:], scratch[:0])
		if !ok {
			return errZiplist
		}
		if err := fn(content); err != nil {
			return err
		}
		before = size + used
		rest = rest[before:]
	}
	if count != 0xffff && count != n {
		return errZiplist
	}
	return nil
}

// ziplistEntry reads the encoding and content at the start of b and returns the bytes they take.
func ziplistEntry(b, scratch []byte) (content []byte, used int, ok bool) {
	if len(b) == 0 {
		return nil, 0, false
	}
	first := b[0]
	head, n := 0, 0
	switch first >> 6 {
	case 0:
		head, n = 1, int(first)
	case 1:
		if len(b) < 2 {
			return nil, 0, false
		}
		head, n = 2, int(first&63)<<8|int(b[1])
	case 2:
		if first != 0x80 || len(b) < 5 {
			return nil, 0, false
		}
		head, n = 5, int(binary.BigEndian.Uint32(b[1:]))
	default:
		v, used, ok := ziplistInt(b)
		return strconv.AppendInt(scratch, v, 10), used, ok
	}
	if n > len(b)-head {
		return nil, 0, false
	}
	return b[head : head+n], head + n, true
}

func ziplistInt(b []byte) (v int64, used int, ok bool) {
	size := 0
	switch b[0] {
	case 0xc0:
		size = 2
	case 0xd0:
		size = 4
	case 0xe0:
		size = 8
	case 0xf0:
		size = 3
	case 0xfe:
		size = 1
	default:
		v = int64(b[0]&15) - 1
		return v, 1, b[0] > 0xf0 && b[0] < 0xfe
	}
	if len(b) < 1+size {
		return 0, 0, false
	}
	var raw [8]byte
	copy(raw[8-size:], b[1:1+size])
	return int64(binary.LittleEndian.Uint64(raw[:])) >> (64 - 8*size), 1 + size, true
}

// zipmap passes the strings of a zipmap, the small hash of versions before 2.6, field after field with its value:
//
//	+-------+-----------------------------------------------------------------------------------+------+
//	| count | each: length of the field, field, length of the value, unused bytes, value, they  | 0xff |
//	+-------+-----------------------------------------------------------------------------------+------+
//
// A length is one byte, or 0xfe and four.
func zipmap(b []byte, fn func(b []byte) error) error {
	if len(b) < 2 || b[len(b)-1] != 0xff {
		return errZipmap
	}
	count := int(b[0])
	rest := b[1 : len(b)-1]
	n := 0
	for ; len(rest) > 0; n++ {
		for part := range 2 {
			size, used, ok := zipmapLength(rest)
			unused := 0
			if ok && part == 1 {
				if ok = used < len(rest); ok {
					unused = int(rest[used])
					used++
				}
			}
			if !ok || size+unused > len(rest)-used {
				return errZipmap
			}
			if err := fn(rest[used : used+size]); err != nil {
				return err
			}
			rest = rest[used+size+unused:]
		}
	}
	if count < 0xfe && count != n {
		return errZipmap
	}
	return nil
}

func zipmapLength(b []byte) (n, used int, ok bool) {
	switch {
	case len(b) == 0 || b[0] == 0xff:
		return 0, 0, false
	case b[0] < 0xfe:
		return int(b[0]), 1, true
	case len(b) < 5:
		return 0, 0, false
	}
	return int(binary.LittleEndian.Uint32(b[1:])), 5, true
}

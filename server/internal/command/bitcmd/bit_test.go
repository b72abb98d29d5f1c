package bitcmd_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"redline/server/internal/command"
	"redline/server/internal/command/bitcmd"
	"redline/server/internal/command/commandtest"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/listcmd"
	"redline/server/internal/command/strcmd"
	"redline/test/compat"
)

var families = [][]command.Spec{bitcmd.Commands, strcmd.Commands, keycmd.Commands, listcmd.Commands}

// TestAsRedis compares replies, errors included, with a redis-server.
func TestAsRedis(t *testing.T) {
	commandtest.Compare(t, commandtest.New(t, families), compat.Oracle(t), []string{
		"RPUSH l x", "SETBIT l 1 1", "GETBIT l 1", "BITCOUNT l", "BITPOS l 1", "BITOP AND d l", "BITFIELD l GET u8 0", "BITFIELD l SET u8 0 1", "BITFIELD_RO l GET u8 0",
		"SETBIT", "SETBIT k", "SETBIT k 1", "SETBIT k x 1", "SETBIT k -1 1", "SETBIT k 1 2", "SETBIT k 1 -1", "SETBIT k 1 x", "SETBIT k 4294967296 1", "SETBIT k 99999999999999999999 1", "EXISTS k",
		"SETBIT k 0 0", "STRLEN k", "SETBIT k 0 1", "SETBIT k 0 1", "SETBIT k 17 1", "GET k", "OBJECT ENCODING k", "GETBIT k 0", "GETBIT k 1", "GETBIT k 17", "GETBIT k 18", "GETBIT k 4294967295", "GETBIT k 4294967296", "GETBIT k x", "GETBIT nokey 5", "GETBIT k",
		"SET i 12345", "OBJECT ENCODING i", "GETBIT i 2", "SETBIT i 7 0", "GET i", "OBJECT ENCODING i", "SET i 12345", "BITCOUNT i", "BITPOS i 1", "BITFIELD i GET u8 0 GET i64 0", "EXPIRE i 100", "SETBIT i 100 1", "TTL i",
		"BITCOUNT", "BITCOUNT nokey", "BITCOUNT nokey 0", "BITCOUNT nokey x y", "BITCOUNT k 0", "BITCOUNT k 0 x", "BITCOUNT k x 0", "BITCOUNT k 0 0 FOO", "BITCOUNT k 0 0 BIT 1", "BITCOUNT k 0 -1", "BITCOUNT k -1 -2", "BITCOUNT k -1 -2 FOO", "BITCOUNT k 5 1",
		"SET s foobar", "BITCOUNT s", "BITCOUNT s 1 1", "BITCOUNT s 0 -2 BYTE", "BITCOUNT s 5 30 bit", "BITCOUNT s -5 -3 BIT", "BITCOUNT s -100 3 BIT", "BITCOUNT s 100 200 BIT", "BITCOUNT s -200 -100", "BITCOUNT s 4 4 BIT",
		"BITPOS", "BITPOS s", "BITPOS s 2", "BITPOS s x", "BITPOS nokey 0", "BITPOS nokey 1", "BITPOS nokey 0 x", "BITPOS s 1", "BITPOS s 0", "BITPOS s 1 x", "BITPOS s 1 0 x", "BITPOS s 1 0 0 FOO", "BITPOS s 1 0 0 BIT 1", "BITPOS s 1 2", "BITPOS s 1 2 -1 BYTE", "BITPOS s 0 2 10 BIT", "BITPOS s 1 7 15 BIT", "BITPOS s 1 5 2", "BITPOS s 0 -1 -4",
		`SET f "\xff\xff\xff"`, "BITPOS f 0", "BITPOS f 0 0", "BITPOS f 0 0 -1", "BITPOS f 0 0 -1 BIT", "BITPOS f 0 10", "BITPOS f 0 10 20", "BITPOS f 1 24", "BITPOS f 0 3", "BITPOS f 0 3 5", "BITPOS f 0 -1", `SET e ""`, "BITPOS e 0", "BITPOS e 1", "BITPOS e 0 0", "BITPOS e 0 0 -1", "BITPOS e 0 0 -1 BIT", "BITCOUNT e", "BITCOUNT e 0 -1", "BITCOUNT e 0 -1 BIT",
		`SET z "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"`, "BITPOS z 1", "BITPOS z 1 1", "BITPOS z 1 1 -2", "BITPOS z 1 3 86 BIT", "BITPOS z 1 3 87 BIT",
		"BITOP", "BITOP AND d", "BITOP FOO d a", "BITOP NOT d s f", "BITOP NOT d s", "GET d", "BITOP not d nokey", "EXISTS d", "BITOP not d nokey", "BITOP AND d s f", "GET d", "BITOP OR d s f k", "GET d", "BITOP XOR d s i nokey", "GET d", "OBJECT ENCODING d", "BITOP AND s s f", "GET s", "BITOP AND d s l", "EXPIRE d 10", "BITOP OR d d", "TTL d", "BITOP OR d e e", "EXISTS d", "BITOP NOT i i", "GET i",
		"BITFIELD", "BITFIELD b", "EXISTS b", "BITFIELD b FOO", "BITFIELD b GET", "BITFIELD b GET u8", "BITFIELD b GET u64 0", "BITFIELD b GET i65 0", "BITFIELD b GET i0 0", "BITFIELD b GET x8 0", "BITFIELD b GET U8 0", "BITFIELD b GET u 0", `BITFIELD b GET "" 0`, "BITFIELD b GET u8 x", "BITFIELD b GET u8 -1", "BITFIELD b GET u8 #", "BITFIELD b GET u8 #-1", "BITFIELD b GET u8 #99999999999", "BITFIELD b GET u8 4294967295", `BITFIELD b GET u8 ""`,
		"BITFIELD b SET u8 0", "BITFIELD b SET u8 0 x", "BITFIELD b INCRBY u8 0", "BITFIELD b OVERFLOW", "BITFIELD b OVERFLOW FOO", "BITFIELD b OVERFLOW FAIL", "BITFIELD b GET u8 0", "EXISTS b",
		"BITFIELD b SET u8 #1 255", "GET b", "BITFIELD b SET i8 #1 -128 GET u8 8 GET i8 8 GET u63 0 GET i64 0 GET i64 3", "BITFIELD b INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 1", "BITFIELD b INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 5 OVERFLOW FAIL INCRBY u2 104 9 OVERFLOW WRAP INCRBY u2 104 9",
		"BITFIELD n OVERFLOW FAIL INCRBY u2 100 9", "STRLEN n", "BITFIELD n OVERFLOW SAT SET u8 0 -1 SET i8 8 1000 SET i8 16 -1000 GET u24 0", "BITFIELD n OVERFLOW SAT INCRBY u8 0 -1000 INCRBY u63 1 -9223372036854775808 INCRBY i64 0 9223372036854775807 INCRBY i64 0 9223372036854775807 INCRBY i64 0 -9223372036854775808 INCRBY i64 0 -9223372036854775808 INCRBY i64 0 -9223372036854775808",
		"BITFIELD_RO", "BITFIELD_RO b", "BITFIELD_RO b GET u8 0 GET i5 3", "BITFIELD_RO b SET u8 0 1", "BITFIELD_RO b INCRBY u8 0 1", "BITFIELD_RO b OVERFLOW SAT GET u8 0", "BITFIELD_RO nokey GET i64 100", "EXISTS nokey",
	})
}

// TestFieldsAtRandom compares fields of every width, offset, value and overflow mode with a redis-server.
func TestFieldsAtRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	value := func() int64 {
		v := int64(rng.Uint64()) >> rng.IntN(64)
		if rng.IntN(8) == 0 {
			v = []int64{0, 1, -1, 1<<63 - 1, -1 << 63}[rng.IntN(5)]
		}
		return v
	}
	var lines []string
	for range 3000 {
		line := fmt.Sprint("BITFIELD k", rng.IntN(2))
		for range 1 + rng.IntN(3) {
			kind := fmt.Sprint("u", 1+rng.IntN(63))
			if rng.IntN(2) == 0 {
				kind = fmt.Sprint("i", 1+rng.IntN(64))
			}
			if rng.IntN(2) == 0 {
				line += " OVERFLOW " + []string{"WRAP", "SAT", "FAIL"}[rng.IntN(3)]
			}
			at := rng.IntN(140)
			switch rng.IntN(3) {
			case 0:
				line += fmt.Sprint(" GET ", kind, " ", at)
			case 1:
				line += fmt.Sprint(" SET ", kind, " ", at, " ", value())
			default:
				line += fmt.Sprint(" INCRBY ", kind, " ", at, " ", value())
			}
		}
		lines = append(lines, line, "GET k0", "GET k1")
		switch unit := []string{"BIT", "BYTE"}[rng.IntN(2)]; rng.IntN(6) {
		case 0:
			lines = append(lines, fmt.Sprint("BITCOUNT k0 ", rng.IntN(300)-150, " ", rng.IntN(300)-150, " ", unit))
		case 1:
			lines = append(lines, fmt.Sprint("BITPOS k0 ", rng.IntN(2), " ", rng.IntN(300)-150, " ", rng.IntN(300)-150, " ", unit))
		case 2:
			lines = append(lines, "BITOP "+[]string{"AND", "OR", "XOR"}[rng.IntN(3)]+" d k0 k1", "GET d")
		}
	}
	commandtest.Compare(t, commandtest.New(t, families), compat.Oracle(t), lines)
}

func TestHistories(t *testing.T) {
	commandtest.Histories(t, commandtest.New(t, families), compat.Oracle(t), 1, 10, "bitmap", "string")
}

// TestEffects: what is logged, announced and counted.
func TestEffects(t *testing.T) {
	s := commandtest.New(t, families)
	commandtest.CheckEffects(t, s, []commandtest.Effect{
		{Run: "SETBIT a 1 0", Effects: "[SETBIT a 1 0]", Events: "[$ setbit a]", Dirty: 1},
		{Run: "SETBIT a 1 0", Effects: "[]", Events: "[]", Dirty: 0},
		{Run: "SETBIT a 1 1", Effects: "[SETBIT a 1 1]", Events: "[$ setbit a]", Dirty: 1},
		{Run: "SETBIT a 9 0", Effects: "[SETBIT a 9 0]", Events: "[$ setbit a]", Dirty: 1},
		{Run: "BITOP NOT b a", Effects: "[BITOP NOT b a]", Events: "[$ set b]", Dirty: 1},
		{Run: "BITOP OR b nokey", Effects: "[BITOP OR b nokey]", Events: "[m keymiss nokey g del b]", Dirty: 1},
		{Run: "BITOP OR b nokey", Effects: "[]", Events: "[m keymiss nokey]", Dirty: 0},
		{Run: "BITFIELD a SET u8 0 1 SET u8 0 1 SET u8 8 1", Effects: "[BITFIELD a SET u8 0 1 SET u8 0 1 SET u8 8 1]", Events: "[$ setbit a]", Dirty: 2},
		{Run: "BITFIELD a OVERFLOW FAIL SET u2 30 9", Effects: "[SETBIT a 31 0]", Events: "[]", Dirty: 0},
	})
}

package hllcmd_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"redline/server/internal/command"
	"redline/server/internal/command/bitcmd"
	"redline/server/internal/command/commandtest"
	"redline/server/internal/command/hllcmd"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/listcmd"
	"redline/server/internal/command/strcmd"
	"redline/test/compat"
)

var families = [][]command.Spec{hllcmd.Commands, bitcmd.Commands, strcmd.Commands, keycmd.Commands, listcmd.Commands}

func TestAsRedis(t *testing.T) {
	commandtest.Compare(t, commandtest.New(t, families), compat.Oracle(t), []string{
		"PFADD", "PFADD h", "EXISTS h", "GET h", "PFADD h", "PFCOUNT h", "GET h", "PFADD h a b c", "PFADD h a", "GET h", "PFCOUNT h", "GET h", "PFDEBUG ENCODING h", "PFDEBUG DECODE h", "STRLEN h",
		"PFCOUNT", "PFCOUNT nokey", "PFCOUNT nokey h", "PFCOUNT h h", "PFADD g c d e f", "PFCOUNT h g", "PFMERGE m", "GET m", "PFMERGE m h g", "GET m", "PFCOUNT m", "PFMERGE h g nokey", "GET h", "PFMERGE",
		"PFDEBUG", "PFDEBUG GETREG", "PFDEBUG GETREG nokey", "PFDEBUG FOO h", "PFDEBUG TODENSE g", "PFDEBUG TODENSE g", "GET g", "PFDEBUG DECODE g", "PFDEBUG ENCODING g", "PFDEBUG GETREG h", "PFADD g x y", "PFCOUNT g", "PFMERGE n g h", "GET n", "PFMERGE m g", "GET m", "PFSELFTEST x",
		"RPUSH l 1", "PFADD l 1", "PFCOUNT l", "PFCOUNT h l", "PFMERGE l h", "PFMERGE h l", "PFDEBUG ENCODING l", "SET s hello", "PFADD s 1", "PFCOUNT s", "PFMERGE h s", "SET i 12345", "PFADD i 1", "SET long HYLLhellohellohello", "PFADD long 1",
		"PFADD c a", "APPEND c hello", "PFCOUNT c", "PFCOUNT c h", "PFMERGE x c", "PFADD c a b", "SET d HYLL", "PFCOUNT d", "PFADD e a", "SETRANGE e 0 0123", "PFADD e b", "PFADD f a", `SETRANGE f 4 "\x02"`, "PFADD f b",
		"PFADD k a", `SETRANGE k 4 "\x00"`, "PFCOUNT k", "PFADD q a b c", "EXPIRE q 100", "PFADD q d", "TTL q", "PFMERGE q h", "TTL q",
		"PFADD r 0x10 6 v45 -2744826405299340443 v17", "SETBIT r 254 0", "PFADD r 94 -115.1875", "GET r", "PFCOUNT r",
	})
}

// TestBytesAtRandom: sets of all sizes have Redis' bytes after each step.
func TestBytesAtRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	var lines []string
	for _, span := range []int{5, 100, 1000, 20_000} {
		for range 60 {
			k := fmt.Sprint("k", span, rng.IntN(3))
			line := "PFADD " + k
			for range rng.IntN(40) {
				line += fmt.Sprint(" e", rng.IntN(span))
			}
			lines = append(lines, line, "GET "+k, "PFCOUNT "+k)
			if rng.IntN(10) == 0 {
				lines = append(lines, fmt.Sprint("PFMERGE k", span, rng.IntN(3), " ", k, " k100", rng.IntN(3)), fmt.Sprint("PFCOUNT k", span, "0 k", span, "1 k100", rng.IntN(3)))
			}
		}
	}
	redis := compat.Oracle(t)
	for _, limit := range []string{"3000", "100", "0", "15000"} {
		redis.Must(t, "CONFIG", "SET", "hll-sparse-max-bytes", limit)
		commandtest.Compare(t, commandtest.New(t, families, "hll-sparse-max-bytes", limit), redis, lines)
	}
}

func TestHistories(t *testing.T) {
	redis := compat.Oracle(t)
	redis.Must(t, "CONFIG", "SET", "hll-sparse-max-bytes", "3000")
	commandtest.Histories(t, commandtest.New(t, families), redis, 1, 10, "hyperloglog")
}

func TestSelfTest(t *testing.T) {
	if got := commandtest.New(t, families).Client().Do("PFSELFTEST"); got != "+OK\r\n" {
		t.Errorf("got %q", got)
	}
}

func TestEffects(t *testing.T) {
	s := commandtest.New(t, families)
	commandtest.CheckEffects(t, s, []commandtest.Effect{
		{Run: "PFADD a", Effects: "[PFADD a]", Events: "[$ pfadd a]", Dirty: 1},
		{Run: "PFADD a", Effects: "[]", Events: "[]", Dirty: 0},
		{Run: "PFADD a 1 2", Effects: "[PFADD a 1 2]", Events: "[$ pfadd a]", Dirty: 2},
		{Run: "PFCOUNT a", Effects: "[PFCOUNT a]", Events: "[]", Dirty: 1},
		{Run: "PFCOUNT a", Effects: "[]", Events: "[]", Dirty: 0},
		{Run: "PFMERGE b a", Effects: "[PFMERGE b a]", Events: "[$ pfadd b]", Dirty: 1},
		{Run: "PFDEBUG TODENSE b", Effects: "[PFDEBUG TODENSE b]", Events: "[]", Dirty: 1},
	})
}

package hllcmd_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"redline/server/internal/command"
	"redline/server/internal/command/commandtest"
	"redline/server/internal/command/hllcmd"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/listcmd"
	"redline/server/internal/command/strcmd"
	"redline/test/compat"
)

var families = [][]command.Spec{hllcmd.Commands, strcmd.Commands, keycmd.Commands, listcmd.Commands}

func TestAsRedis(t *testing.T) {
	commandtest.Compare(t, commandtest.New(t, families), compat.Oracle(t), []string{
		"PFADD", "PFADD h", "EXISTS h", "GET h", "PFADD h", "PFCOUNT h", "GET h", "PFADD h a b c", "PFADD h a", "GET h", "PFCOUNT h", "GET h", "PFDEBUG ENCODING h", "PFDEBUG DECODE h", "STRLEN h",
		"PFCOUNT", "PFCOUNT nokey", "PFCOUNT nokey h", "PFCOUNT h h", "PFADD g c d e f", "PFCOUNT h g", "PFMERGE m", "GET m", "PFMERGE m h g", "GET m", "PFCOUNT m", "PFMERGE h g nokey", "GET h", "PFMERGE",
		"PFDEBUG", "PFDEBUG GETREG", "PFDEBUG GETREG nokey", "PFDEBUG FOO h", "PFDEBUG TODENSE g", "PFDEBUG TODENSE g", "GET g", "PFDEBUG DECODE g", "PFDEBUG ENCODING g", "PFDEBUG GETREG h", "PFADD g x y", "PFCOUNT g", "PFMERGE n g h", "GET n", "PFMERGE m g", "GET m", "PFSELFTEST x",
		"RPUSH l 1", "PFADD l 1", "PFCOUNT l", "PFCOUNT h l", "PFMERGE l h", "PFMERGE h l", "PFDEBUG ENCODING l", "SET s hello", "PFADD s 1", "PFCOUNT s", "PFMERGE h s", "SET i 12345", "PFADD i 1", "SET long HYLLhellohellohello", "PFADD long 1",
		"PFADD c a", "APPEND c hello", "PFCOUNT c", "PFCOUNT c h", "PFMERGE x c", "PFADD c a b", "SET d HYLL", "PFCOUNT d", "PFADD e a", "SETRANGE e 0 0123", "PFADD e b", "PFADD f a", `SETRANGE f 4 "\x02"`, "PFADD f b",
		"PFADD k a", `SETRANGE k 4 "\x00"`, "PFCOUNT k", "PFADD q a b c", "EXPIRE q 100", "PFADD q d", "TTL q", "PFMERGE q h", "TTL q",
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
	c := s.Client()
	for _, tt := range []struct {
		run, effects, events string
		dirty                int64
	}{
		{"PFADD a", "[PFADD a]", "[$ pfadd a]", 1},
		{"PFADD a", "[]", "[]", 0},
		{"PFADD a 1 2", "[PFADD a 1 2]", "[$ pfadd a]", 2},
		{"PFCOUNT a", "[PFCOUNT a]", "[]", 1},
		{"PFCOUNT a", "[]", "[]", 0},
		{"PFMERGE b a", "[PFMERGE b a]", "[$ pfadd b]", 1},
		{"PFDEBUG TODENSE b", "[PFDEBUG TODENSE b]", "[]", 1},
	} {
		s.Effects, s.Events = nil, nil
		before := s.Engine.Changes.Load()
		words, _ := compat.SplitWords(tt.run)
		c.Do(words...)
		if fmt.Sprint(s.Effects) != tt.effects || fmt.Sprint(s.Events) != tt.events || s.Engine.Changes.Load()-before != tt.dirty {
			t.Errorf("%s: logged %v, announced %v, %d changes", tt.run, s.Effects, s.Events, s.Engine.Changes.Load()-before)
		}
	}
}

package sortcmd_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"redline/server/internal/command"
	"redline/server/internal/command/commandtest"
	"redline/server/internal/command/hashcmd"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/listcmd"
	"redline/server/internal/command/setcmd"
	"redline/server/internal/command/sortcmd"
	"redline/server/internal/command/strcmd"
	"redline/server/internal/command/zsetcmd"
	"redline/test/compat"
)

var families = [][]command.Spec{sortcmd.Commands, strcmd.Commands, keycmd.Commands, listcmd.Commands, setcmd.Commands, zsetcmd.Commands, hashcmd.Commands}

func TestAsRedis(t *testing.T) {
	lines := []string{
		"SORT", "SORT nokey", "SORT_RO nokey", "SORT nokey FOO", "SORT nokey LIMIT", "SORT nokey LIMIT 1", "SORT nokey LIMIT x 1", "SORT nokey LIMIT 1 x", "SORT nokey BY", "SORT nokey GET", "SORT nokey STORE", "SORT_RO nokey STORE d", "SET s v", "SORT s", "SORT s FOO", "HSET h a 1", "SORT h", "SORT_RO h",
		"RPUSH l 3 1 2 10 -5", "SORT l", "SORT l DESC", "SORT l ASC", "SORT l desc asc", "SORT l ALPHA", "SORT l ALPHA DESC", "SORT l LIMIT 1 2", "SORT l LIMIT 0 0", "SORT l LIMIT -5 2", "SORT l LIMIT 3 100", "SORT l LIMIT 100 1", "SORT l LIMIT 1 -1", "SORT l LIMIT 9223372036854775807 9223372036854775807", "SORT l BY nosort", "SORT l BY nosort DESC", "SORT l BY nosort LIMIT 1 2", "SORT l BY nosort DESC LIMIT 1 2", "SORT l BY nosort LIMIT 4 5 GET #",
		"MSET w_1 30 w_2 20 w_3 10 w_10 5", "SORT l BY w_*", "SORT l BY w_* DESC", "SORT l BY w_* GET # GET w_* GET x_* GET nostar", "SORT l BY w_* LIMIT 1 2 GET #", "HSET h1 f 5 g x", "HSET h2 f 4", "HSET h3 f 3", "SORT l BY h*->f GET h*->f GET h*->g GET h*-> GET h* GET w_*->f", "SORT l BY h*-> ALPHA", "SORT l BY w_* ALPHA", "SORT l BY w_* ALPHA DESC", "SORT l BY h*->g", "SORT l GET # GET #", "SORT l GET w_*-",
		"RPUSH bad a b", "SORT bad", "SORT bad ALPHA", "SORT bad STORE d", "EXISTS d", `RPUSH e "" 1 -1`, "SORT e", `RPUSH blank " 1" 0`, "SORT blank", `RPUSH blank2 "1 "`, "SORT blank2", "RPUSH nan nan", "SORT nan", "RPUSH inf inf -inf 0x10 1e3", "SORT inf", "RPUSH ties 1.0 1 01 1.00", "SORT ties", "SORT ties DESC",
		"SORT l STORE d", "LRANGE d 0 -1", "TYPE d", "SORT l BY w_* GET w_* GET x_* STORE d", "LRANGE d 0 -1", "EXPIRE d 100", "SORT l DESC STORE d STORE d2", "LRANGE d2 0 -1", "SORT l STORE d", "TTL d", "SORT nokey STORE d", "EXISTS d", "SORT nokey STORE d", "SORT l LIMIT 10 1 STORE d2", "EXISTS d2", "SORT l STORE l", "LRANGE l 0 -1", "SET str x", "SORT l STORE str", "TYPE str",
		"SADD set 3 1 2 20", "SORT set", "SORT set DESC LIMIT 0 2", "SORT set BY nosort STORE d", "LRANGE d 0 -1", "SORT set BY nosort DESC STORE d", "LRANGE d 0 -1", "SADD words b a c", "SORT words ALPHA", "SORT words",
		"ZADD z 1 30 2 20 3 10", "SORT z", "SORT z BY nosort", "SORT z BY nosort DESC", "SORT z BY nosort LIMIT 1 1", "SORT z BY nosort DESC LIMIT 0 2", "SORT z BY nosort STORE d", "LRANGE d 0 -1",
		"SET i_1 5", "SET i_2 hello", "RPUSH n 1 2", "SORT n GET i_*", "SORT n BY i_*", "SORT n BY i_* ALPHA", "OBJECT ENCODING d",
	}
	commandtest.Compare(t, commandtest.New(t, families), compat.Oracle(t), lines)
}

// TestAtRandom sorts lists of many lengths by keys of which some are missing. The histories of package compat will not do:
// once redis-server has sorted by a number out of range (5e-324), it refuses all sorting until errno is reset by chance.
func TestAtRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	var lines []string
	for i := range 60 {
		if rng.IntN(3) > 0 {
			lines = append(lines, fmt.Sprint("SET w", i, " ", rng.IntN(20)))
		}
	}
	for _, n := range []int{1, 2, 10, 300} {
		k := fmt.Sprint("l", n)
		for range n {
			lines = append(lines, fmt.Sprint("RPUSH ", k, " ", rng.IntN(60)))
		}
		for range 50 {
			line := "SORT " + k
			// By words the order of equal ones is not determined.
			line += []string{"", " ALPHA", " BY w*", " BY nosort"}[rng.IntN(4)]
			line += []string{"", " DESC"}[rng.IntN(2)]
			line += []string{"", fmt.Sprint(" LIMIT ", rng.IntN(n), " ", rng.IntN(n+1))}[rng.IntN(2)]
			line += []string{"", " GET w* GET #"}[rng.IntN(2)]
			if rng.IntN(3) == 0 {
				line += " STORE d"
			}
			lines = append(lines, line, "LRANGE d 0 -1")
		}
	}
	commandtest.Compare(t, commandtest.New(t, families), compat.Oracle(t), lines)
}

func TestEffects(t *testing.T) {
	s := commandtest.New(t, families)
	s.Client().Do("RPUSH", "l", "2", "1")
	commandtest.CheckEffects(t, s, []commandtest.Effect{
		{Run: "SORT l", Effects: "[]", Events: "[]", Dirty: 0},
		{Run: "SORT l STORE d", Effects: "[SORT l STORE d]", Events: "[l sortstore d]", Dirty: 2},
		{Run: "SORT nokey STORE d", Effects: "[SORT nokey STORE d]", Events: "[m keymiss nokey g del d]", Dirty: 1},
		{Run: "SORT nokey STORE d", Effects: "[]", Events: "[m keymiss nokey]", Dirty: 0},
	})
}

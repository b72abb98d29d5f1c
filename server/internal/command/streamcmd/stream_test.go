package streamcmd_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"redline/server/internal/command"
	"redline/server/internal/command/commandtest"
	"redline/server/internal/command/keycmd"
	"redline/server/internal/command/strcmd"
	"redline/server/internal/command/streamcmd"
	"redline/test/compat"
)

var families = [][]command.Spec{streamcmd.Commands, strcmd.Commands, keycmd.Commands}

const maxID = "18446744073709551615-18446744073709551615"

// TestAsRedis compares replies, errors included, with a redis-server.
func TestAsRedis(t *testing.T) {
	commandtest.Compare(t, commandtest.New(t, families), compat.Oracle(t), []string{
		"XADD x 1-1 f v", "XADD x 1-2 f v g w", "XADD x 1-2 f v", "XADD x 0-0 f v", "XADD x 0-* f v", "XADD x 1-* f v", "XADD x 2 f v", "XADD x 2-* f 5", "XADD x 3-18446744073709551614 a b", "XADD x 3-* a b",
		`XADD x "5" f v`, `XADD x "006" f v`, `XADD x " 7" f v`, `XADD x "+8" f v`, `XADD x "9-+1" f v`, `XADD x "9--1" f v`, `XADD x "9--18446744073709551614" f v`, `XADD x "9- 3" f v`, `XADD x "9-3 " f v`, `XADD x "9-" f v`, `XADD x "-9" f v`,
		`XADD x "10-1\x00junk" f v`, `XADD x "11-*x" f v`, `XADD x "12\x00-5" f v`, "XADD x " + strings.Repeat("0", 125) + "13 f v", "XADD x " + strings.Repeat("0", 126) + "14 f v", `XADD x "" f v`, "XADD x - f v", "XADD x + f v", "XADD x 15-0 f", "XADD x 15-0 f v g", "XADD x MAXLEN 5 15-0", "XADD x NOMKSTREAM",
		"XADD none NOMKSTREAM 1-1 f v", "XADD none NOMKSTREAM * f v", "XADD none MAXLEN 0 NOMKSTREAM 1-1 f v", "XADD x MAXLEN ~ f v", "XADD x MAXLEN = f v", "XADD x MAXLEN ~ 5 LIMIT 9223372036854775808 20-0 f v", "XADD x MAXLEN ~ 5 LIMIT 0 20-0 f v", "XADD x LIMIT 0 21-0 f v", "XADD x LIMIT 1 22-0 f v", "XADD x MINID x 22-0 f v", "XADD x MINID - 22-0 f v", "XADD x MINID = 5 22-0 f v", "XADD x MAXLEN 1 MAXLEN 2 23-0 f v",
		"XRANGE x - +", "XREVRANGE x + -", "XRANGE x - + COUNT 1 COUNT 2", "XRANGE x (5 (10", "XRANGE x ( +", "XRANGE x (( +", "XRANGE x 10 5", "XREVRANGE x 9-1 9-1", "XLEN x", "XINFO STREAM x",
		"XADD last " + maxID + " f v", "XADD last * f v", "XADD last " + maxID + " f v", "XRANGE last (" + maxID + " +", "XRANGE last - (0", "XREAD STREAMS last " + maxID, "XREAD STREAMS last 0", "XINFO STREAM last", "XDEL last " + maxID, "XLEN last", "XINFO STREAM last",
		"XSETID none 1-1", "XSETID x 1-1", "XSETID x 30-1", "XSETID x 30-1 ENTRIESADDED 1", "XSETID x 30-1 ENTRIESADDED -1", "XSETID x 30-1 ENTRIESADDED x", "XSETID x 30-1 ENTRIESADDED 100 MAXDELETEDID 40", "XSETID x 30-1 ENTRIESADDED 100 MAXDELETEDID 3", "XSETID x 30-1 FOO", "XSETID x 30-1 ENTRIESADDED", "XSETID x x", "XINFO STREAM x",
		"XREAD STREAMS x", "XREAD STREAMS x y 0", "XREAD COUNT STREAMS x 0", "XREAD FOO STREAMS x 0", "XREAD COUNT 2 STREAMS x none 0 0", "XREAD COUNT -1 STREAMS x 5", "XREAD COUNT x STREAMS x 0", "XREAD BLOCK x STREAMS x 0", "XREAD BLOCK -1 STREAMS x 0", "XREAD BLOCK 0 STREAMS x 0", "XREAD NOACK STREAMS x 0", "XREAD GROUP g c STREAMS x 0", "XREAD STREAMS x >", "XREAD STREAMS x $", "XREAD STREAMS x +", "XREAD STREAMS x x", "XREAD COUNT 1 BLOCK 1", "XREAD STREAMS x x 0 0", "XREAD streams streams 0",
		"XREADGROUP GROUP g c STREAMS x >", "XREADGROUP GROUP g c STREAMS none >", "XREADGROUP COUNT 1 BLOCK 1 STREAMS x >", "XGROUP CREATE x g $", "XGROUP CREATE x g $", "XGROUP CREATE none g $", "XGROUP CREATE new g $ MKSTREAM", "XGROUP CREATE new h - MKSTREAM", "XGROUP CREATE new h 0 ENTRIESREAD -2", "XGROUP CREATE new h 0 ENTRIESREAD 3", "XGROUP CREATE new i 0 ENTRIESREAD", "XGROUP CREATE new i 0 FOO", "XGROUP CREATE new i 0 MKSTREAM MKSTREAM ENTRIESREAD 5", "XGROUP CREATE none i 0 MKSTREAM MKSTREAM ENTRIESREAD 5 MKSTREAM", "XINFO GROUPS new", "TYPE new", "OBJECT ENCODING new",
		"XGROUP SETID x g 5", "XGROUP SETID x g -", "XGROUP SETID x g +", "XGROUP SETID x g 5 ENTRIESREAD 3", "XGROUP SETID x g 5 ENTRIESREAD 3 ENTRIESREAD 4", "XGROUP SETID x nope 5", "XGROUP SETID none g 5", "XGROUP SETID x g 5 MKSTREAM", "XGROUP SETID x g x", "XINFO GROUPS x",
		"XGROUP CREATECONSUMER x g a", "XGROUP CREATECONSUMER x g a", "XGROUP CREATECONSUMER x nope a", "XGROUP CREATECONSUMER none g a", "XGROUP DELCONSUMER x g nope", "XGROUP DELCONSUMER x nope a", "XGROUP DESTROY none g", "XGROUP DESTROY x nope",
		"XREADGROUP GROUP g a STREAMS x $", "XREADGROUP GROUP g a STREAMS x x", "XREADGROUP GROUP g a STREAMS x 0", "XREADGROUP GROUP g a COUNT 2 STREAMS x >", "XREADGROUP GROUP g a STREAMS x 0", "XREADGROUP GROUP g a NOACK COUNT 1 STREAMS x >", "XREADGROUP GROUP g b STREAMS x new > >", "XREADGROUP GROUP g b BLOCK 0 STREAMS x 9", "XINFO GROUPS x", "XPENDING x g", "XPENDING x nope", "XPENDING none g", "XREADGROUP GROUP g b STREAMS x >", "XREADGROUP GROUP g a COUNT 1 STREAMS x 0",
		"XDEL x 6-0 9-1", "XREADGROUP GROUP g a STREAMS x 0", "XACK x g 7-0 7-0 100", "XACK x g x", "XACK x nope x", "XACK none g x", "XPENDING x g - + 10 nope", "XPENDING x g - +", "XPENDING x g IDLE 0 - +", "XPENDING x g IDLE x - + 10", "XPENDING x g - + x", "XPENDING x g x + 10", "XPENDING x g - (0 10", "XPENDING x g - + 0", "XPENDING x g - + -5", "XPENDING x g 1 2 3 4 5 6 7", "XPENDING x g",
		"XCLAIM x g b 0 8-0 10-1 100 JUSTID", "XCLAIM x g b 0 5-0", "XCLAIM x g b 0 5-0 FORCE", "XCLAIM x g b 0 22-0 FORCE RETRYCOUNT 7", "XCLAIM x g b 100000 8-0", "XCLAIM x g b x 8-0", "XCLAIM x g b -5 8-0 JUSTID", "XCLAIM x g b 0 8-0 FOO", "XCLAIM x g b 0 8-0 IDLE x", "XCLAIM x g b 0 8-0 TIME x", "XCLAIM x g b 0 8-0 RETRYCOUNT x", "XCLAIM x g b 0 8-0 LASTID x", "XCLAIM x g b 0 8-0 IDLE", "XCLAIM x g b 0 FORCE", "XCLAIM x nope b 0 8-0", "XCLAIM none g b 0 8-0",
		"XDEL x 8-0", "XCLAIM x g c 0 8-0", "XCLAIM x g c 0 1 LASTID 50", "XINFO GROUPS x", "XPENDING x g", "XAUTOCLAIM x g c 0 0", "XAUTOCLAIM x g c 0 0 COUNT 1", "XAUTOCLAIM x g d 0 (5 COUNT 1 JUSTID", "XAUTOCLAIM x g d 100000 0", "XAUTOCLAIM x g d x 0", "XAUTOCLAIM x g d 0 x", "XAUTOCLAIM x g d 0 (" + maxID, "XAUTOCLAIM x g d 0 0 COUNT 0", "XAUTOCLAIM x g d 0 0 COUNT 8070450532247928833", "XAUTOCLAIM x g d 0 0 FOO", "XAUTOCLAIM x nope d 0 0", "XAUTOCLAIM none g d 0 0",
		"XPENDING x g", "XGROUP DELCONSUMER x g d", "XGROUP DELCONSUMER x g c", "XPENDING x g", "XGROUP DESTROY x g", "XINFO GROUPS x", "XTRIM x MINID 10", "XTRIM x MAXLEN 1", "XTRIM x MAXLEN 1 LIMIT 1", "XTRIM x LIMIT 1", "XTRIM x MINID x", "XTRIM x MAXLEN -1", "XTRIM x MAXLEN ~ 0 LIMIT 0", "XTRIM x MAXLEN 1 FOO", "XTRIM none MAXLEN 0", "XINFO STREAM x",
		"XINFO STREAM none", "XINFO STREAM x FULL COUNT 1", "XINFO STREAM x FULL COUNT x", "XINFO STREAM x FULL x", "XINFO STREAM x FOO", "XINFO STREAM x FULL COUNT 1 2", "XINFO STREAM x FULL", "XINFO GROUPS none", "XINFO CONSUMERS none g", "XINFO CONSUMERS x nope", "XINFO HELP", "XGROUP HELP",
		"SET s v", "XADD s * f v", "XLEN s", "XRANGE s - +", "XDEL s 1", "XTRIM s MAXLEN 1", "XSETID s 1", "XREAD STREAMS x s 0 0", "XREADGROUP GROUP g c STREAMS s >", "XACK s g 1", "XPENDING s g", "XCLAIM s g c 0 1", "XAUTOCLAIM s g c 0 0", "XGROUP CREATE s g 0 MKSTREAM", "XGROUP SETID s g 0", "XGROUP DESTROY s g", "XGROUP CREATECONSUMER s g c", "XGROUP DELCONSUMER s g c", "XINFO STREAM s", "XINFO GROUPS s", "XINFO CONSUMERS s g",
		"COPY new copy", "XINFO GROUPS copy", "RENAME copy moved", "XINFO STREAM moved",
	})
}

// TestLarge compares streams of many nodes, the shape of the tree that XINFO tells included.
func TestLarge(t *testing.T) {
	for _, entries := range []string{"1", "7", "100"} {
		redis := compat.Oracle(t)
		redis.Must(t, "CONFIG", "SET", "stream-node-max-entries", entries)
		var lines []string
		for i := range 400 {
			lines = append(lines, fmt.Sprintf("XADD x MAXLEN ~ %d %d-%d f %d g %s", 100+i%50, 1000+i*i*i%(1+i*200)+i*100000, i%3, i, strings.Repeat("y", i%90)))
			if i%20 == 0 {
				lines = append(lines, "XINFO STREAM x", "XTRIM x MAXLEN ~ 150", "XTRIM x MINID ~ "+fmt.Sprint(i*90000), "XLEN x")
			}
			if i%3 == 0 {
				lines = append(lines, fmt.Sprintf("XDEL x %d-%d", 1000+i*i*i%(1+i*200)+i*100000, i%3), "XINFO STREAM x")
			}
		}
		lines = append(lines, "XINFO STREAM x", "XRANGE x - +", "XREVRANGE x + - COUNT 30", "XTRIM x MAXLEN 20", "XINFO STREAM x", "XTRIM x MAXLEN 0", "XINFO STREAM x")
		commandtest.Compare(t, commandtest.New(t, families, "stream-node-max-entries", entries), redis, lines)
	}
}

// TestHistories compares random histories with nodes of several sizes.
func TestHistories(t *testing.T) {
	redis := compat.Oracle(t)
	for i, entries := range []string{"100", "3", "1"} {
		s := commandtest.New(t, families, "stream-node-max-entries", entries)
		redis.Must(t, "CONFIG", "SET", "stream-node-max-entries", entries)
		commandtest.Histories(t, s, redis, uint64(i)*1000+1, 6, "stream")
	}
}

// TestSequenceExhausted: here Redis' text depends on what failed last in the process; ours is the one its test suite wants.
func TestSequenceExhausted(t *testing.T) {
	c := commandtest.New(t, families).Client()
	c.Do("XADD", "x", "3-18446744073709551615", "f", "v")
	if got, want := c.Do("XADD", "x", "3-*", "f", "v"), "-ERR The ID specified in XADD is equal or smaller than the target stream top item\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// now is the time of commandtest's server as a part of IDs.
const now = "1700000000000"

// TestEffects: what is logged repeats the change without the clock, and nothing that was not told to all is announced.
func TestEffects(t *testing.T) {
	claim := func(id, count, last string) string {
		return "XCLAIM x g c 0 " + id + " TIME " + now + " RETRYCOUNT " + count + " FORCE JUSTID LASTID " + last
	}
	for _, c := range []struct {
		run     string
		effects []string
		events  []string
		dirty   int64
	}{
		{"XADD x 9-9 f v", []string{"XADD x 9-9 f v"}, []string{"t xadd x"}, 1},
		{"XADD x * f v", []string{"XADD x " + now + "-0 f v"}, []string{"t xadd x"}, 1},
		{"XADD x 4-* f v", []string{"XADD x 4-1 f v"}, []string{"t xadd x"}, 1},
		{"XADD x MAXLEN ~ 2 LIMIT 10 5-* f v", []string{"XADD x MAXLEN = 4 LIMIT 10 5-0 f v"}, []string{"t xadd x"}, 1},
		{"XADD x MINID ~ 5 5-1 f v", []string{"XADD x MINID = 1-0 5-1 f v"}, []string{"t xadd x"}, 1},
		{"XADD x MAXLEN 2 9 f v", []string{"XADD x MAXLEN 2 9 f v"}, []string{"t xadd x", "t xtrim x"}, 1},
		{"XADD none NOMKSTREAM 1 f v", nil, nil, 0},
		{"XTRIM x MAXLEN 1", []string{"XTRIM x MAXLEN 1"}, []string{"t xtrim x"}, 2},
		{"XTRIM x MAXLEN ~ 0", []string{"XTRIM x MAXLEN = 0"}, []string{"t xtrim x"}, 3},
		{"XTRIM x MINID ~ 9", []string{"XTRIM x MINID = " + maxID}, []string{"t xtrim x"}, 3},
		{"XTRIM x MAXLEN ~ 2", nil, nil, 0},
		{"XDEL x 1 2 9", []string{"XDEL x 1 2 9"}, []string{"t xdel x"}, 2},
		{"XDEL x 9", nil, nil, 0},
		{"XSETID x 9", []string{"XSETID x 9"}, []string{"t xsetid x"}, 1},
		{"XGROUP CREATE x h $", []string{"XGROUP CREATE x h $"}, []string{"t xgroup-create x"}, 1},
		{"XGROUP SETID x g $", []string{"XGROUP SETID x g $"}, []string{"t xgroup-setid x"}, 1},
		{"XGROUP DESTROY x g", []string{"XGROUP DESTROY x g"}, []string{"t xgroup-destroy x"}, 1},
		{"XGROUP CREATECONSUMER x g d", []string{"XGROUP CREATECONSUMER x g d"}, []string{"t xgroup-createconsumer x"}, 1},
		{"XGROUP DELCONSUMER x g c", []string{"XGROUP DELCONSUMER x g c"}, []string{"t xgroup-delconsumer x"}, 1},
		{"XREADGROUP GROUP g c COUNT 2 STREAMS x >", []string{claim("2-0", "1", "2-0"), claim("4-0", "1", "4-0"), "XGROUP SETID x g 4-0 ENTRIESREAD 3"}, nil, 1},
		{"XREADGROUP GROUP g c NOACK STREAMS x >", []string{"XGROUP SETID x g 4-0 ENTRIESREAD 3"}, nil, 1},
		{"XREADGROUP GROUP g new NOACK COUNT 1 STREAMS x >", []string{"XGROUP CREATECONSUMER x g new", "XGROUP SETID x g 2-0 ENTRIESREAD 2"}, []string{"t xgroup-createconsumer x"}, 2},
		{"XREADGROUP GROUP g c STREAMS x 0", []string{claim("1-0", "2", "1-0")}, nil, 1},
		{"XREADGROUP GROUP g c BLOCK 0 STREAMS x 0", []string{claim("1-0", "2", "1-0")}, nil, 1},
		{"XACK x g 1 5", []string{"XACK x g 1 5"}, nil, 1},
		{"XACK x g 5", nil, nil, 0},
		{"XCLAIM x g c 0 1 5", []string{claim("1", "2", "1-0")}, nil, 1},
		{"XCLAIM x g c 0 2 FORCE RETRYCOUNT 5 LASTID 3", []string{claim("2", "5", "3-0")}, nil, 1},
		{"XCLAIM x g c 0 3 LASTID 3", []string{"XGROUP SETID x g 3-0 ENTRIESREAD 1"}, nil, 1},
		{"XAUTOCLAIM x g c 0 0", []string{claim("1-0", "2", "1-0")}, nil, 1},
		{"XAUTOCLAIM x g c 100 0", nil, nil, 0},
	} {
		s := commandtest.New(t, families)
		cl := s.Client()
		for _, line := range []string{"XADD x 1 f v", "XADD x 2 f v", "XADD x 4 f v", "XGROUP CREATE x g 0 ENTRIESREAD 0", "XREADGROUP GROUP g c COUNT 1 STREAMS x >"} {
			cl.Do(strings.Fields(line)...)
		}
		before := s.Engine.Changes.Load()
		s.Effects, s.Events = nil, nil
		reply := cl.Do(strings.Fields(c.run)...)
		if !slices.Equal(s.Effects, c.effects) || !slices.Equal(s.Events, c.events) || s.Engine.Changes.Load()-before != c.dirty {
			t.Errorf("%s: answered %q, logged %q, announced %q, %d changes; want %q, %q, %d", c.run, reply, s.Effects, s.Events,
				s.Engine.Changes.Load()-before, c.effects, c.events, c.dirty)
		}
	}
}

// one is the reply with the entries of one stream, all with f and v.
func one(key string, ids ...string) string {
	b := fmt.Sprintf("*1\r\n*2\r\n$%d\r\n%s\r\n*%d\r\n", len(key), key, len(ids))
	for _, id := range ids {
		b += fmt.Sprintf("*2\r\n$%d\r\n%s\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n", len(id), id)
	}
	return b
}

func TestBlocking(t *testing.T) {
	const gone, groupGone = "-UNBLOCKED the stream key no longer exists\r\n", "-NOGROUP the consumer group this client was blocked on no longer exists\r\n"
	const group = "XREADGROUP GROUP g "
	for _, c := range []struct {
		name  string
		waits []string
		run   []string
		want  []string // what those who wait get; empty: they still wait
	}{
		{"all who read", []string{"XREAD BLOCK 0 STREAMS x $", "XREAD BLOCK 0 STREAMS x 1", "XREAD BLOCK 0 STREAMS x 5"}, []string{"XADD x 5 f v"}, []string{one("x", "5-0"), one("x", "5-0"), ""}},
		{"several keys", []string{"XREAD BLOCK 0 STREAMS y x y $ $ 0"}, []string{"XADD x 5 f v"}, []string{one("x", "5-0")}},
		{"$ is as it was", []string{"XREAD BLOCK 0 STREAMS x y $ $"}, []string{"XDEL x 1", "XADD y 3-1 f v"}, []string{one("y", "3-1")}},
		{"$ of no stream", []string{"XREAD BLOCK 0 STREAMS y $"}, []string{"XADD y 0-1 f v"}, []string{one("y", "0-1")}},
		{"the same key twice", []string{"XREAD BLOCK 0 STREAMS y y 0 3"}, []string{"XADD y 2 f v"}, []string{one("y", "2-0")}},
		{"another type, then a stream", []string{"XREAD BLOCK 0 STREAMS y $"}, []string{"SET y z", "DEL y", "XADD y 3 f v"}, []string{one("y", "3-0")}},
		{"trimmed at once", []string{"XREAD BLOCK 0 STREAMS x $"}, []string{"XADD x MAXLEN 0 5 f v"}, []string{one("x")}},
		{"the last ID moves alone", []string{"XREAD BLOCK 0 STREAMS x $", group + "c BLOCK 0 STREAMS x >"}, []string{"XSETID x 9", "XGROUP SETID x g 0"}, []string{"", ""}},
		{"deleting wakes nobody", []string{"XREAD BLOCK 0 STREAMS x 1"}, []string{"XADD x 1-1 f v", "XDEL x 1"}, []string{one("x", "1-1")}},
		{"rename", []string{"XREAD BLOCK 0 STREAMS y 0"}, []string{"RENAME x y"}, []string{one("y", "1-0")}},
		{"first come first served", []string{group + "a BLOCK 0 STREAMS x >", group + "b BLOCK 0 STREAMS x >"}, []string{"XADD x 5 f v"}, []string{one("x", "5-0"), ""}},
		{"one after the other", []string{group + "a BLOCK 0 STREAMS x >", group + "b NOACK BLOCK 0 STREAMS x >"}, []string{"XADD x 5 f v", "XADD x 6 f v"}, []string{one("x", "5-0"), one("x", "6-0")}},
		{"readers and groups", []string{group + "a BLOCK 0 STREAMS x >", "XREAD BLOCK 0 STREAMS x $"}, []string{"XADD x 5 f v"}, []string{one("x", "5-0"), one("x", "5-0")}},
		{"deleted key", []string{group + "a BLOCK 0 STREAMS x >", "XREAD BLOCK 0 STREAMS x $"}, []string{"DEL x"}, []string{gone, ""}},
		{"key becomes another type", []string{group + "a BLOCK 0 STREAMS x >", "XREAD BLOCK 0 STREAMS x $"}, []string{"SET x y"}, []string{gone, ""}},
		{"destroyed group", []string{group + "a BLOCK 0 STREAMS x >", "XREAD BLOCK 0 STREAMS x $"}, []string{"XGROUP DESTROY x g"}, []string{groupGone, ""}},
		{"other group destroyed", []string{group + "a BLOCK 0 STREAMS x >"}, []string{"XGROUP CREATE x h 0", "XGROUP DESTROY x h"}, []string{""}},
		{"key made anew", []string{group + "a BLOCK 0 STREAMS x >"}, []string{"XADD y 3 f v", "RENAME y x"}, []string{groupGone}},
	} {
		s := commandtest.New(t, families)
		run := s.Client()
		for _, line := range []string{"XADD x 1 f v", "XGROUP CREATE x g $"} {
			run.Do(strings.Fields(line)...)
		}
		waiting := waits(t, s, c.waits...)
		for _, line := range c.run {
			run.Do(strings.Fields(line)...)
		}
		for i, w := range waiting {
			if got := w.Delivered(); got != c.want[i] || (w.Blocked == nil) != (c.want[i] != "") {
				t.Errorf("%s: %s got %q, want %q", c.name, c.waits[i], got, c.want[i])
			}
		}
	}
}

// waits makes clients that wait, in this order.
func waits(t *testing.T, s *commandtest.Server, lines ...string) []*commandtest.Client {
	t.Helper()
	out := make([]*commandtest.Client, len(lines))
	for i, line := range lines {
		out[i] = s.Client()
		if got := out[i].Do(strings.Fields(line)...); got != "" || out[i].Blocked == nil {
			t.Fatalf("%s: got %q, want it to wait", line, got)
		}
	}
	return out
}

// TestBlockedEffects: what a client gets that waited is logged behind what served it.
func TestBlockedEffects(t *testing.T) {
	s := commandtest.New(t, families)
	run := s.Client()
	run.Do("XGROUP", "CREATE", "x", "g", "$", "MKSTREAM")
	waits(t, s, "XREADGROUP GROUP g c BLOCK 0 STREAMS x >", "XREADGROUP GROUP g d NOACK BLOCK 0 STREAMS x >")
	s.Effects, s.Events = nil, nil
	run.Do("XADD", "x", "5", "f", "v")
	run.Do("XADD", "x", "6", "f", "v")
	want := []string{"XADD x 5 f v", "XCLAIM x g c 0 5-0 TIME " + now + " RETRYCOUNT 1 FORCE JUSTID LASTID 5-0",
		"XGROUP SETID x g 5-0 ENTRIESREAD 1", "XADD x 6 f v", "XGROUP CREATECONSUMER x g d", "XGROUP SETID x g 6-0 ENTRIESREAD 2"}
	if !slices.Equal(s.Effects, want) {
		t.Errorf("logged %q, want %q", s.Effects, want)
	}
}

func TestBlockingInTransaction(t *testing.T) {
	s := commandtest.New(t, families)
	c := s.Client()
	got := c.Exec([]string{"XREAD", "BLOCK", "0", "STREAMS", "x", "$"}, []string{"XGROUP", "CREATE", "x", "g", "$", "MKSTREAM"}, []string{"XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "x", ">"})
	if want := "*-1\r\n+OK\r\n*-1\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// Those who wait see a transaction as a whole.
	w := waits(t, s, "XREADGROUP GROUP g c BLOCK 0 STREAMS x >", "XREAD BLOCK 0 STREAMS x $", "XREAD BLOCK 0 STREAMS y $")
	c.Exec([]string{"XADD", "x", "1", "f", "v"}, []string{"XADD", "x", "2", "f", "v"}, []string{"XADD", "y", "1", "f", "v"}, []string{"DEL", "y"})
	for i, want := range []string{one("x", "1-0", "2-0"), one("x", "1-0", "2-0"), ""} {
		if got := w[i].Delivered(); got != want {
			t.Errorf("client %d got %q, want %q", i, got, want)
		}
	}
	w = waits(t, s, "XREADGROUP GROUP g c BLOCK 0 STREAMS x >")
	c.Exec([]string{"DEL", "x"}, []string{"XADD", "x", "9", "f", "v"})
	if got, want := w[0].Delivered(), "-NOGROUP the consumer group this client was blocked on no longer exists\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTimeout(t *testing.T) {
	s := commandtest.New(t, families)
	s.Client().Do("XGROUP", "CREATE", "x", "g", "$", "MKSTREAM")
	for line, after := range map[string]int64{"XREAD BLOCK 0 STREAMS x $": 0, "XREAD COUNT 1 BLOCK 1500 STREAMS x y 0 0": 1500, "XREADGROUP GROUP g c BLOCK 7 STREAMS x >": 7} {
		cl := waits(t, s, line)[0]
		deadline := cl.Blocked.Deadline
		if after == 0 && deadline != 0 || after > 0 && deadline != s.Now+after {
			t.Errorf("%s: deadline %d after now, want %d", line, deadline-s.Now, after)
		}
		if got := cl.Expire(); got != "*-1\r\n" {
			t.Errorf("%s: %q when the time is up", line, got)
		}
	}
	if n := s.Engine.Blocked.Load(); n != 0 {
		t.Errorf("%d clients wait", n)
	}
}

// TestReplay: the effects make the same stream again.
func TestReplay(t *testing.T) {
	s := commandtest.New(t, families)
	c := s.Client()
	for i := range 300 {
		c.Do("XADD", "x", "MAXLEN", "~", "120", "*", "f", fmt.Sprint(i))
	}
	for _, line := range []string{"XGROUP CREATE x g 0", "XREADGROUP GROUP g a COUNT 20 STREAMS x >", "XREADGROUP GROUP g b COUNT 20 STREAMS x >", "XREADGROUP GROUP g n NOACK COUNT 1 STREAMS x >",
		"XREADGROUP GROUP g a STREAMS x 0", "XAUTOCLAIM x g c 0 - COUNT 7", "XACK x g " + now + "-101", "XTRIM x MAXLEN ~ 50"} {
		c.Do(strings.Fields(line)...)
	}
	again := commandtest.New(t, families)
	replay := again.Client()
	for _, e := range s.Effects {
		if got := replay.Do(strings.Fields(e)...); strings.HasPrefix(got, "-") {
			t.Fatalf("%s: %s", e, got)
		}
	}
	for _, line := range []string{"XRANGE x - +", "XPENDING x g", "XINFO STREAM x", "XPENDING x g - + 1000 b"} {
		if got, want := replay.Do(strings.Fields(line)...), c.Do(strings.Fields(line)...); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}

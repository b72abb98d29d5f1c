package admincmd_test

import (
	"fmt"
	"strings"
	"testing"

	"redline/server/internal/rig"
)

func TestLatencyAnatomy(t *testing.T) {
	r := newRig(t)
	c := r.Client(t)
	if reply := c.Do("CONFIG", "SET", "latency-anatomy-sampling", "1"); reply != "+OK\r\n" {
		t.Fatal(reply)
	}
	for i := range 50 {
		c.Do("SET", fmt.Sprint("key", i), "v")
	}
	for _, proto := range []string{"2", "3"} {
		c.Do("HELLO", proto)
		stages := rig.Parse(t, c.Do("LATENCY", "ANATOMY"))
		var names []string
		for e := stages.Elems; len(e) > 1; e = e[2:] {
			names = append(names, e[0].Text())
			if fields := e[1].Elems; len(fields) != 12 || fields[0].Text() != "count" || e[0].Text() == "execute" && fields[1].Int < 50 {
				t.Errorf("RESP%s: stage %s: %v", proto, e[0].Text(), e[1])
			}
		}
		if got := strings.Join(names, " "); got != "queue parse lock-wait execute log-wait write total" {
			t.Errorf("RESP%s: stages %s", proto, got)
		}
		list := entries(t, c.Do("LATENCY", "ANATOMY", "SLOWEST", "3"))
		if len(list) != 3 || list[0]["command"] == "" || list[0]["client"] != "127.0.0.1:50000" || list[0]["execute-us"] == "" {
			t.Errorf("RESP%s: slowest %v", proto, list)
		}
		if list := entries(t, c.Do("LATENCY", "ANATOMY", "SLOWEST")); len(list) != 10 {
			t.Errorf("RESP%s: %d slowest unless told", proto, len(list))
		}
	}
	info := c.Do("INFO", "anatomy")
	for _, want := range []string{"# Anatomy", "anatomy_sampling:1\r\n", "anatomy_lock_wait:count=", "anatomy_execute_histogram:", ",p999_ns=", "anatomy_total:count="} {
		if !strings.Contains(info, want) {
			t.Errorf("INFO lacks %s: %s", want, info)
		}
	}
	for _, unasked := range []string{"default", "all", "everything"} {
		if strings.Contains(c.Do("INFO", unasked), "# Anatomy") {
			t.Errorf("INFO %s shows what Redis does not have", unasked)
		}
	}
	for _, bad := range []string{"ANATOMY x", "ANATOMY RESET x", "ANATOMY SLOWEST 0", "ANATOMY SLOWEST x", "ANATOMY SLOWEST 100", "ANATOMY SLOWEST 1 2"} {
		if reply := c.Do(append([]string{"LATENCY"}, strings.Fields(bad)...)...); reply[0] != '-' {
			t.Errorf("LATENCY %s: %q", bad, reply)
		}
	}
	c.Do("CONFIG", "SET", "latency-anatomy-sampling", "0")
	if reply := c.Do("LATENCY", "ANATOMY", "RESET"); reply != "+OK\r\n" {
		t.Error(reply)
	}
	if info := c.Do("INFO", "anatomy"); !strings.Contains(info, "anatomy_total:count=0,sum_ns=0,") {
		t.Errorf("after a reset: %s", info)
	}
}

func TestInfoShards(t *testing.T) {
	c := newRig(t).Client(t)
	c.Do("GET", "nothing")
	info := c.Do("INFO", "shards")
	if n := strings.Count(info, "\r\nshard_"); n < 2 || strings.Count(info, ":reads=1,") != 1 {
		t.Errorf("%d shards, want one read in one of them: %s", n, info)
	}
	if strings.Contains(c.Do("INFO", "everything"), "# Shards") {
		t.Error("INFO everything shows what Redis does not have")
	}
}

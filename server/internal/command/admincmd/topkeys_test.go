package admincmd_test

import (
	"strings"
	"testing"

	"redline/server/internal/collection"
	"redline/server/internal/rig"
)

func TestTopKeys(t *testing.T) {
	r := newRig(t)
	c := r.Client(t)
	c.Do("RPUSH", "list", "a", "b", "c")
	c.Do("SADD", "set", "1", "2", "3", "4")
	c.Do("SET", "text", strings.Repeat("x", 5000))
	c.Do("SET", "short", "x")
	for range 2000 {
		c.Do("GET", "text")
		c.Do("GET", "nokey")
	}
	sp := r.Hub.Engine.Space
	for i := range sp.Shards() { // the server's cron does this
		sh := sp.Shard(i)
		sh.Lock()
		sh.Enter(r.Hub.Clock().UnixMilli(), nil)
		for n, _ := sh.Walked(); n == 0; n, _ = sh.Walked() {
			sh.WalkStep(10, collection.Members)
		}
		sh.Unlock()
	}
	for _, proto := range []string{"2", "3"} {
		c.Do("HELLO", proto)
		for _, x := range []struct{ command, names string }{
			{"HOTKEYS COUNT 2", "nokey none, text string"},
			{"BIGKEYS COUNT 1", "text string"},
			{"BIGKEYS BY MEMBERS", "set set, list list"},
			{"BIGKEYS TYPE string BY MEMBERS COUNT 5", "text string, short string"},
			{"BIGKEYS TYPE list BY BYTES", "list list"},
			{"BIGKEYS TYPE zset", ""},
		} {
			var got []string
			for _, e := range entries(t, c.Do(strings.Fields(x.command)...)) {
				got = append(got, e["key"]+" "+e["type"])
			}
			if strings.HasPrefix(x.command, "HOTKEYS") && len(got) == 2 && got[0] > got[1] {
				got[0], got[1] = got[1], got[0] // both are as hot
			}
			if s := strings.Join(got, ", "); s != x.names {
				t.Errorf("%s (RESP%s): %q, want %q", x.command, proto, s, x.names)
			}
		}
		for _, bad := range []string{"HOTKEYS COUNT", "HOTKEYS COUNT 0", "HOTKEYS COUNT x", "HOTKEYS TYPE set", "BIGKEYS TYPE nosuch", "BIGKEYS BY x", "BIGKEYS x"} {
			if reply := c.Do(strings.Fields(bad)...); reply[0] != '-' {
				t.Errorf("%s: %q", bad, reply)
			}
		}
	}
	for _, want := range []string{`type_set:keys=1,`, `bigkey_string_by_bytes_1:bytes=`, `,members=5000,db=0,key="text"`, `hotkey_2:per_second=`} {
		if info := c.Do("INFO", "hotkeys", "bigkeys"); !strings.Contains(info, want) {
			t.Errorf("INFO lacks %s: %s", want, info)
		}
	}
	if info := c.Do("INFO"); strings.Contains(info, "igkeys") {
		t.Error("INFO shows names of keys unasked")
	}
}

// entries returns the maps of a reply, in either protocol.
func entries(t *testing.T, reply string) (out []map[string]string) {
	t.Helper()
	for _, e := range rig.Parse(t, reply).Elems {
		m := map[string]string{}
		for i := 0; i+1 < len(e.Elems); i += 2 {
			v := e.Elems[i+1]
			m[e.Elems[i].Text()] = v.Text()
		}
		out = append(out, m)
	}
	return out
}

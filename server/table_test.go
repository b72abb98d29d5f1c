package server

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"redline/resp"
	"redline/server/internal/pubsub"
	"redline/server/internal/rig"
)

// ours are commands and subcommands that Redis 7.0 does not have.
var ours = map[string]bool{
	"client|no-touch": true, "latency|anatomy": true, "waitaof": true, "hotkeys": true, "bigkeys": true,
	"hexpire": true, "hpexpire": true, "hexpireat": true, "hpexpireat": true, "httl": true, "hpttl": true, "hexpiretime": true, "hpexpiretime": true,
	"hpersist": true, "hgetdel": true, "hgetex": true, "hsetex": true,
}

// TestCommandTable compares COMMAND INFO of every command with a real redis-server: arity, flags, key positions, ACL
// categories, tips and key specifications; and of COMMAND DOCS what is not prose.
func TestCommandTable(t *testing.T) {
	redis := rig.StartRedis(t).Conn(t)
	redis.Do("HELLO", "3")
	s := &Server{broker: pubsub.NewBroker()}
	r := rig.New(t, s.families()...)
	c := r.Client(t)
	c.Do("HELLO", "3")
	for _, spec := range r.Hub.Table.All() {
		if ours[spec.FullName] {
			continue
		}
		name := spec.FullName
		got, want := rig.Parse(t, c.Do("COMMAND", "INFO", name)), rig.Parse(t, redis.Do("COMMAND", "INFO", name))
		if len(want.Elems) == 0 || want.Elems[0].IsNull() {
			t.Errorf("%s: Redis does not know it", name)
			continue
		}
		for i, what := range []string{"name", "arity", "flags", "first key", "last key", "step", "categories", "tips", "key specs"} {
			if g, w := canonical(got.Elems[0].Elems[i]), canonical(want.Elems[0].Elems[i]); g != w {
				t.Errorf("%s: %s: %s, in Redis %s", name, what, g, w)
			}
		}
		g, w := docs(t, c.Do("COMMAND", "DOCS", name)), docs(t, redis.Do("COMMAND", "DOCS", name))
		for _, field := range []string{"since", "group", "doc_flags", "deprecated_since", "replaced_by"} {
			if g[field] != w[field] {
				t.Errorf("%s: %s: %q, in Redis %q", name, field, g[field], w[field])
			}
		}
	}
}

// docs returns the fields of one command's COMMAND DOCS.
func docs(t *testing.T, reply string) map[string]string {
	m := make(map[string]string)
	v := rig.Parse(t, reply)
	if len(v.Elems) < 2 {
		return m
	}
	for e := v.Elems[1].Elems; len(e) > 1; e = e[2:] {
		m[e[0].Text()] = canonical(e[1])
	}
	return m
}

// canonical writes a value so that the order in sets and maps does not count.
func canonical(v resp.Value) string {
	var parts []string
	switch v.Kind {
	case resp.KindMap:
		for e := v.Elems; len(e) > 1; e = e[2:] {
			parts = append(parts, canonical(e[0])+"="+canonical(e[1]))
		}
		slices.Sort(parts)
	case resp.KindSet, resp.KindArray:
		for _, e := range v.Elems {
			parts = append(parts, canonical(e))
		}
		if v.Kind == resp.KindSet {
			slices.Sort(parts)
		}
	case resp.KindInt:
		return fmt.Sprint(v.Int)
	default:
		return v.Text()
	}
	return "{" + strings.Join(parts, " ") + "}"
}

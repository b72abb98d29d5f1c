package compat

import (
	"slices"
	"strings"
	"testing"
)

// infoFields are the fields of one COMMAND INFO entry, in order.
var infoFields = []string{"name", "arity", "flags", "first key", "last key", "step", "ACL categories", "tips", "key specifications"}

// knownInfo lists open differences: command and field.
var knownInfo = map[string]string{}

// TestCommandInfo: every command the target shares with redis-server has its arity, flags, key positions, ACL categories and
// key specifications, subcommands included.
func TestCommandInfo(t *testing.T) {
	oracle, target := startPair(t)
	for _, proto := range []string{"2", "3"} {
		want, got := tableOf(t, oracle, proto), tableOf(t, target, proto)
		for _, name := range sortedNames(got) {
			if w, ok := want[name]; ok {
				compareInfo(t, "RESP"+proto, name, w, got[name])
			}
		}
	}
}

// tableOf reads the whole table, subcommands under their full names.
func tableOf(t *testing.T, s *Server, proto string) map[string]Reply {
	t.Helper()
	out := map[string]Reply{}
	var add func(Reply)
	add = func(e Reply) {
		if len(e.Elems) != len(infoFields)+1 {
			t.Fatalf("%s: COMMAND INFO entry has %d fields, want %d: %s", s.Name, len(e.Elems), len(infoFields)+1, e)
		}
		out[strings.ToLower(string(e.Elems[0].Text))] = e
		for _, sub := range e.Elems[len(infoFields)].Elems {
			add(sub)
		}
	}
	for _, e := range inProto(t, s, proto, "COMMAND").Elems {
		add(e)
	}
	return out
}

func compareInfo(t *testing.T, proto, name string, want, got Reply) {
	t.Helper()
	for i, field := range infoFields {
		mode := unordered
		if field == "name" || field == "arity" {
			mode = Mode{}
		}
		if !mode.Equal(want.Elems[i], got.Elems[i]) && knownInfo[name] != field {
			t.Errorf("%s: COMMAND INFO %s: %s:\n\tredis:  %s\n\ttarget: %s", proto, strings.ToUpper(name), field, want.Elems[i], got.Elems[i])
		}
	}
}

// factFields hold facts and must be equal. proseFields are written in our own words and must only be there.
var (
	factFields  = []string{"since", "group"}
	proseFields = []string{"summary", "complexity"}
)

// TestCommandDocs compares COMMAND DOCS of every command the target shares with redis-server.
func TestCommandDocs(t *testing.T) {
	oracle, target := startPair(t)
	want, got := docsOf(t, oracle), docsOf(t, target)
	for _, name := range sortedNames(got) {
		if w, ok := want[name]; ok {
			compareDocs(t, name, w, got[name])
		}
	}
}

func docsOf(t *testing.T, s *Server) map[string]map[string]Reply {
	t.Helper()
	out := map[string]map[string]Reply{}
	var add func(all map[string]Reply)
	add = func(all map[string]Reply) {
		for name, doc := range all {
			fields := asMap(t, doc)
			out[strings.ToLower(name)] = fields
			if subs, ok := fields["subcommands"]; ok {
				add(asMap(t, subs))
			}
		}
	}
	add(asMap(t, inProto(t, s, "3", "COMMAND", "DOCS")))
	return out
}

func compareDocs(t *testing.T, name string, want, got map[string]Reply) {
	t.Helper()
	for _, f := range factFields {
		w, g := want[f], got[f]
		if !unordered.Equal(w, g) {
			t.Errorf("COMMAND DOCS %s: %s:\n\tredis:  %s\n\ttarget: %s", strings.ToUpper(name), f, w, g)
		}
	}
	for _, f := range proseFields {
		if w, g := want[f], got[f]; len(w.Text) > 0 && len(g.Text) == 0 {
			t.Errorf("COMMAND DOCS %s: no %s", strings.ToUpper(name), f)
		}
	}
}

// asMap reads a map, or a flat array of pairs, by the payloads of its keys.
func asMap(t *testing.T, r Reply) map[string]Reply {
	t.Helper()
	if len(r.Elems)%2 != 0 {
		t.Fatalf("not a map: %s", r)
	}
	m := make(map[string]Reply, len(r.Elems)/2)
	for i := 0; i < len(r.Elems); i += 2 {
		m[string(r.Elems[i].Text)] = r.Elems[i+1]
	}
	return m
}

func inProto(t *testing.T, s *Server, proto string, words ...string) Reply {
	t.Helper()
	c, err := Dial(s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if r, err := c.Do("HELLO", proto); err != nil || r.IsError() {
		t.Fatalf("%s: HELLO %s: %s %v", s.Name, proto, r, err)
	}
	r, err := c.Do(words...)
	if err != nil || r.IsError() {
		t.Fatalf("%s: %s: %s %v", s.Name, JoinWords(words), r, err)
	}
	return r
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

package crash

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// A value is what a key holds. Only the field of its kind is in use.
type value struct {
	kind   byte // s string, l list, h hash, e set, z sorted set, x stream
	str    string
	list   []string // of a stream: entries in rendered form
	fields map[string]string
	due    int64 // unix milliseconds; 0: never
}

func (v *value) clone() *value {
	c := *v
	c.list, c.fields = slices.Clone(v.list), maps.Clone(v.fields)
	return &c
}

// render gives the form in which a modelled value and one that was read back are compared.
func (v *value) render() string {
	var b strings.Builder
	b.WriteByte(v.kind)
	b.WriteString(v.str)
	for _, e := range v.list {
		b.WriteByte('|')
		b.WriteString(e)
	}
	names := slices.Collect(maps.Keys(v.fields))
	sort.Strings(names)
	for _, n := range names {
		b.WriteString("|" + n + "=" + v.fields[n])
	}
	if v.due > 0 {
		b.WriteString("@" + strconv.FormatInt(v.due, 10))
	}
	return b.String()
}

// A state is a database in rendered form, by key. It is never changed once it is made.
type state map[string]string

func (s state) diff(other state) string {
	var out []string
	for k, v := range s {
		if w, ok := other[k]; !ok {
			out = append(out, fmt.Sprintf("%s is missing, %.60q expected", k, v))
		} else if v != w {
			out = append(out, fmt.Sprintf("%s is %.60q, not %.60q", k, w, v))
		}
	}
	for k, v := range other {
		if _, ok := s[k]; !ok {
			out = append(out, fmt.Sprintf("%s is there (%.60q)", k, v))
		}
	}
	sort.Strings(out)
	return strings.Join(out[:min(len(out), 5)], "; ")
}

// A model carries out the commands that steps are made of, as Redis does.
type model struct {
	keys map[string]*value
	view state
}

func newModel() *model { return &model{keys: map[string]*value{}, view: state{}} }

// do carries out one command. The state before stays as it was.
func (m *model) do(args []string) {
	m.view = maps.Clone(m.view)
	name, key := args[0], ""
	if len(args) > 1 {
		key = args[1]
	}
	switch name {
	case "FLUSHDB":
		m.keys, m.view = map[string]*value{}, state{}
		return
	case "DEL":
		for _, k := range args[1:] {
			m.set(k, nil)
		}
		return
	case "RENAME":
		v := m.keys[key]
		m.set(key, nil)
		m.set(args[2], v)
		return
	case "COPY":
		m.set(args[2], m.keys[key].clone())
		return
	}
	v := m.keys[key]
	if v == nil {
		v = &value{fields: map[string]string{}}
	} else {
		v = v.clone()
	}
	m.set(key, change(v, name, args[2:]))
}

func (m *model) set(key string, v *value) {
	if v == nil {
		delete(m.keys, key)
		delete(m.view, key)
		return
	}
	m.keys[key] = v
	m.view[key] = v.render()
}

// change does a command on one value; nil removes it. A stream stays when it is empty.
func change(v *value, name string, args []string) *value {
	switch name {
	case "SET":
		return &value{kind: 's', str: args[0]}
	case "APPEND":
		v.kind, v.str = 's', v.str+args[0]
	case "INCRBY":
		n, _ := strconv.Atoi(v.str)
		by, _ := strconv.Atoi(args[0])
		v.kind, v.str = 's', strconv.Itoa(n+by)
	case "PEXPIREAT":
		v.due, _ = strconv.ParseInt(args[0], 10, 64)
	case "PERSIST":
		v.due = 0
	case "RPUSH":
		v.kind, v.list = 'l', append(v.list, args...)
	case "LPOP":
		v.list = v.list[1:]
	case "HSET":
		v.kind, v.fields[args[0]] = 'h', args[1]
	case "SADD":
		v.kind, v.fields[args[0]] = 'e', ""
	case "ZADD":
		v.kind, v.fields[args[1]] = 'z', args[0]
	case "HDEL", "SREM", "ZREM":
		delete(v.fields, args[0])
	case "XADD":
		v.kind, v.list = 'x', append(v.list, args[0]+" "+args[1]+" "+args[2])
	case "XDEL":
		v.list = slices.DeleteFunc(v.list, func(e string) bool { return strings.HasPrefix(e, args[0]+" ") })
	default:
		panic("the model does not know " + name)
	}
	if v.kind != 's' && v.kind != 'x' && len(v.list) == 0 && len(v.fields) == 0 {
		return nil
	}
	return v
}

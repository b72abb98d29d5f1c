package command

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Table is the set of all commands. It does not change after NewTable.
type Table struct {
	byName map[string]*Spec
	all    []*Spec // by ID, subcommands included
}

// nameMax bounds the names that Lookup considers, in bytes: the longest of Redis 7.0 has 20.
const nameMax = 32

// NewTable joins the families. Duplicates and contradictions are an error: a bug that start-up must show.
func NewTable(families ...[]Spec) (*Table, error) {
	t := &Table{byName: make(map[string]*Spec)}
	for _, f := range families {
		for i := range f {
			s := f[i] // a copy: several tables may be made of one family
			s.FullName = s.Name
			if _, dup := t.byName[s.Name]; dup {
				return nil, fmt.Errorf("command %q is defined twice", s.Name)
			}
			t.byName[s.Name] = &s
			if err := t.add(&s); err != nil {
				return nil, err
			}
			subs := make([]Spec, len(s.Subcommands))
			copy(subs, s.Subcommands)
			s.Subcommands = subs
			for j := range subs {
				sub := &subs[j]
				sub.Parent, sub.FullName = &s, s.Name+"|"+sub.Name
				if j > 0 && slices.ContainsFunc(subs[:j], func(o Spec) bool { return o.Name == sub.Name }) {
					return nil, fmt.Errorf("command %q is defined twice", sub.FullName)
				}
				if err := t.add(sub); err != nil {
					return nil, err
				}
			}
		}
	}
	return t, nil
}

func (t *Table) add(s *Spec) error {
	if err := check(s); err != nil {
		return fmt.Errorf("command %q: %w", s.FullName, err)
	}
	if _, movable := s.LegacyKeys(); movable {
		s.Flags |= MovableKeys
	}
	s.ID = len(t.all)
	t.all = append(t.all, s)
	s.noKeys = len(s.Keys) == 0 && s.Extract == nil
	s.oneKey = s.Flags&AllShards == 0 && s.Wide == nil && len(s.Keys) == 1 && s.Extract == nil && s.Keys[0].Keyword == "" && !s.Keys[0].FindNum &&
		s.Keys[0].Begin == 1 && s.Keys[0].LastKey == 0
	return nil
}

func check(s *Spec) error {
	switch {
	case s.Name == "" || s.Name != strings.ToLower(s.Name) || len(s.Name) > nameMax:
		return fmt.Errorf("bad name %q", s.Name)
	case s.Arity == 0:
		return fmt.Errorf("no arity")
	case s.Handler == nil && len(s.Subcommands) == 0:
		return fmt.Errorf("no handler")
	case s.Is(Write | Readonly):
		return fmt.Errorf("both write and readonly")
	case s.Is(DenyOOM) && !s.Any(Write|MayReplicate|Blocking) && s.Name != "select":
		return fmt.Errorf("denyoom, but no write")
	case s.Group == "" || s.Since == "" || s.Summary == "":
		return fmt.Errorf("group, since or summary is missing")
	}
	for _, k := range s.Keys {
		if k.Keyword == "" && k.Begin <= 0 && !k.Unknown {
			return fmt.Errorf("key spec without a beginning")
		}
		if !k.FindNum && k.Step == 0 && !k.Unknown {
			return fmt.Errorf("key spec with step 0")
		}
	}
	return nil
}

// Lookup finds a command by its name in any case. It does not allocate.
func (t *Table) Lookup(name []byte) *Spec {
	if len(name) > nameMax {
		return nil
	}
	var buf [nameMax]byte
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		buf[i] = c
	}
	return t.byName[string(buf[:len(name)])]
}

// Sub finds a subcommand by its name in any case.
func (s *Spec) Sub(name []byte) *Spec {
	for i := range s.Subcommands {
		if equalFold(s.Subcommands[i].Name, name) {
			return &s.Subcommands[i]
		}
	}
	return nil
}

func equalFold(lower string, b []byte) bool {
	if len(lower) != len(b) {
		return false
	}
	for i := range b {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// Rename gives a command another name, or with an empty one takes it away: rename-command. It must not be called once
// the table is in use. What the command is called in COMMAND and statistics stays.
func (t *Table) Rename(from, to string) error {
	s := t.byName[from]
	switch {
	case s == nil:
		return fmt.Errorf("no such command")
	case to != "" && t.byName[to] != nil:
		return fmt.Errorf("a command of that name exists already")
	case len(to) > nameMax:
		return fmt.Errorf("the name is longer than %d bytes", nameMax)
	}
	delete(t.byName, from)
	if to != "" {
		t.byName[to] = s
	}
	return nil
}

// Find finds a command by its full name in any case: "get", "CONFIG|GET".
func (t *Table) Find(name []byte) *Spec {
	head, tail, isSub := bytes.Cut(name, []byte{'|'})
	s := t.Lookup(head)
	if s == nil || !isSub {
		return s
	}
	return s.Sub(tail)
}

// Resolve finds the command or subcommand that a request names, or nil.
func (t *Table) Resolve(args [][]byte) *Spec {
	s := t.Lookup(args[0])
	if s == nil || len(s.Subcommands) == 0 {
		return s
	}
	if len(args) > 1 {
		return s.Sub(args[1])
	}
	return s
}

// All returns every command and subcommand, by ID.
func (t *Table) All() []*Spec { return t.all }

// Top returns the commands without their subcommands, by name.
func (t *Table) Top() []*Spec {
	top := make([]*Spec, 0, len(t.byName))
	for _, s := range t.byName {
		top = append(top, s)
	}
	slices.SortFunc(top, func(a, b *Spec) int { return strings.Compare(a.Name, b.Name) })
	return top
}

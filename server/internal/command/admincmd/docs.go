package admincmd

import (
	"redline/resp"
	"redline/server/internal/command"
)

func commandDocs(c *command.Call) {
	var specs []*command.Spec
	if len(c.Args) == 2 {
		specs = table(c).Top()
	}
	for _, name := range c.Args[2:] {
		if s := table(c).Find(name); s != nil {
			specs = append(specs, s)
		}
	}
	c.Reply.Map(len(specs))
	for _, s := range specs {
		c.Reply.BulkString(s.FullName)
		document(c.Reply, s)
	}
}

// document writes the map of COMMAND DOCS. What is empty is left out.
func document(w *resp.Writer, s *command.Spec) {
	mark, n := w.Begin(), 0
	field := func(name string) { w.BulkString(name); n++ }
	for _, f := range [][2]string{{"summary", s.Summary}, {"since", s.Since}, {"group", s.Group}, {"complexity", s.Complexity}} {
		if f[1] != "" {
			field(f[0])
			w.BulkString(f[1])
		}
	}
	if s.Deprecated != "" || s.System {
		field("doc_flags")
		m, k := w.Begin(), 0
		if s.Deprecated != "" {
			w.SimpleString("deprecated")
			k++
		}
		if s.System {
			w.SimpleString("syscmd")
			k++
		}
		w.EndSet(m, k)
	}
	for _, f := range [][2]string{{"deprecated_since", s.Deprecated}, {"replaced_by", s.ReplacedBy}} {
		if f[1] != "" {
			field(f[0])
			w.BulkString(f[1])
		}
	}
	if len(s.History) > 0 {
		field("history")
		w.Set(len(s.History))
		for _, h := range s.History {
			w.Array(2)
			w.BulkString(h[0])
			w.BulkString(h[1])
		}
	}
	// The table has checked the syntax.
	if args, err := command.ParseSyntax(s.Syntax); err == nil && len(args) > 0 {
		field("arguments")
		arguments(w, args)
	}
	if len(s.Subcommands) > 0 {
		field("subcommands")
		w.Map(len(s.Subcommands))
		for i := range s.Subcommands {
			w.BulkString(s.Subcommands[i].FullName)
			document(w, &s.Subcommands[i])
		}
	}
	w.EndMap(mark, n)
}

func arguments(w *resp.Writer, args []command.Arg) {
	w.Array(len(args))
	for i := range args {
		a := &args[i]
		mark, n := w.Begin(), 0
		field := func(name string) { w.BulkString(name); n++ }
		field("name")
		w.BulkString(a.Name)
		field("type")
		w.BulkString(a.Type)
		if a.Spec >= 0 {
			field("key_spec_index")
			w.Int(int64(a.Spec))
		}
		if a.Token != "" {
			field("token")
			w.BulkString(a.Token)
		}
		if a.Since != "" {
			field("since")
			w.BulkString(a.Since)
		}
		if a.Optional || a.Multiple || a.MultipleToken {
			field("flags")
			m, k := w.Begin(), 0
			for _, f := range []struct {
				on   bool
				name string
			}{{a.Optional, "optional"}, {a.Multiple, "multiple"}, {a.MultipleToken, "multiple_token"}} {
				if f.on {
					w.SimpleString(f.name)
					k++
				}
			}
			w.EndSet(m, k)
		}
		if len(a.Args) > 0 {
			field("arguments")
			arguments(w, a.Args)
		}
		w.EndMap(mark, n)
	}
}

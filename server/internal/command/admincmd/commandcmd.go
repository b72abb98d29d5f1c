package admincmd

import (
	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/glob"
	"redline/server/internal/session"
)

func table(c *command.Call) *command.Table { return session.From(c).Hub.Table }

func commandAll(c *command.Call) {
	all := table(c).Top()
	c.Reply.Array(len(all))
	for _, s := range all {
		describe(c.Reply, s)
	}
}

func commandCount(c *command.Call) { c.Reply.Int(int64(len(table(c).Top()))) }

func commandInfo(c *command.Call) {
	if len(c.Args) == 2 {
		commandAll(c)
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, name := range c.Args[2:] {
		if s := table(c).Find(name); s != nil {
			describe(c.Reply, s)
		} else {
			c.Reply.Null()
		}
	}
}

// describe writes the ten elements of COMMAND INFO.
func describe(w *resp.Writer, s *command.Spec) {
	r, _ := s.LegacyKeys()
	w.Array(10)
	w.BulkString(s.FullName)
	w.Int(int64(s.Arity))
	mark, n := w.Begin(), 0
	for _, f := range command.FlagNames {
		if s.Is(f.Flag) {
			w.SimpleString(f.Name)
			n++
		}
	}
	w.EndSet(mark, n)
	w.Int(int64(r.First))
	w.Int(int64(r.Last))
	w.Int(int64(r.Step))
	categories := s.Categories()
	mark, n = w.Begin(), 0
	for _, x := range command.CategoryNames {
		if categories&x.Category != 0 {
			w.SimpleString("@" + x.Name)
			n++
		}
	}
	w.EndSet(mark, n)
	w.Set(len(s.Tips))
	for _, t := range s.Tips {
		w.BulkString(t)
	}
	w.Set(len(s.Keys))
	for i := range s.Keys {
		keySpec(w, &s.Keys[i])
	}
	if len(s.Subcommands) == 0 {
		w.Set(0)
		return
	}
	w.Array(len(s.Subcommands))
	for i := range s.Subcommands {
		describe(w, &s.Subcommands[i])
	}
}

func keySpec(w *resp.Writer, k *command.KeySpec) {
	if k.Notes != "" {
		w.Map(4)
		w.BulkString("notes")
		w.BulkString(k.Notes)
	} else {
		w.Map(3)
	}
	w.BulkString("flags")
	keyFlags(w, k.Flags)
	w.BulkString("begin_search")
	switch {
	case k.Keyword != "":
		search(w, "keyword", "keyword", k.Keyword, "startfrom", k.StartFrom)
	case k.Begin == 0:
		search(w, "unknown")
	default:
		search(w, "index", "index", k.Begin)
	}
	w.BulkString("find_keys")
	switch {
	case k.FindNum:
		search(w, "keynum", "keynumidx", k.NumIdx, "firstkey", k.FirstKey, "keystep", max(k.Step, 1))
	case k.Unknown:
		search(w, "unknown")
	default:
		search(w, "range", "lastkey", k.LastKey, "keystep", k.Step, "limit", k.Limit)
	}
}

// search writes one half of a key specification: its type and its parameters, names and values in turn.
func search(w *resp.Writer, kind string, params ...any) {
	w.Map(2)
	w.BulkString("type")
	w.BulkString(kind)
	w.BulkString("spec")
	w.Map(len(params) / 2)
	for _, p := range params {
		switch p := p.(type) {
		case string:
			w.BulkString(p)
		case int:
			w.Int(int64(p))
		}
	}
}

func keyFlags(w *resp.Writer, flags command.KeyFlag) {
	mark, n := w.Begin(), 0
	for _, f := range command.KeyFlagNames {
		if flags&f.Flag != 0 {
			w.SimpleString(f.Name)
			n++
		}
	}
	w.EndSet(mark, n)
}

func commandGetKeys(c *command.Call)         { getKeys(c, false) }
func commandGetKeysAndFlags(c *command.Call) { getKeys(c, true) }

func getKeys(c *command.Call, flags bool) {
	args := c.Args[2:]
	s := table(c).Resolve(args)
	switch {
	case s == nil:
		c.Reply.Error("ERR Invalid command specified")
		return
	case !s.HasKeys():
		c.Reply.Error("ERR The command has no key arguments")
		return
	case s.Arity > 0 && s.Arity != len(args) || len(args) < -s.Arity:
		c.Reply.Error("ERR Invalid number of arguments specified for command")
		return
	}
	pos, err := s.KeyPositions(nil, args)
	if err != nil || len(pos) == 0 {
		if s.Is(command.NoMandatoryKeys) {
			c.Reply.Array(0)
		} else {
			c.Reply.Error("ERR Invalid arguments specified for command")
		}
		return
	}
	c.Reply.Array(len(pos))
	for _, p := range pos {
		if flags {
			c.Reply.Array(2)
		}
		c.Reply.Bulk(args[p.Index])
		if flags {
			if s.Vary != nil {
				p.Flags = s.Vary(args)
			}
			keyFlags(c.Reply, p.Flags)
		}
	}
}

func commandList(c *command.Call) {
	keep := func(*command.Spec) bool { return true }
	if len(c.Args) > 2 {
		if len(c.Args) != 5 || !command.Is(c.Args[2], "filterby") {
			c.Reply.Error(command.ErrSyntax)
			return
		}
		arg := c.Args[4]
		switch {
		case command.Is(c.Args[3], "module"):
			keep = func(*command.Spec) bool { return false } // there are no modules
		case command.Is(c.Args[3], "aclcat"):
			keep = inCategory(arg)
		case command.Is(c.Args[3], "pattern"):
			keep = func(s *command.Spec) bool { return glob.Match(arg, []byte(s.FullName), true) }
		default:
			c.Reply.Error(command.ErrSyntax)
			return
		}
	}
	mark, n := c.Reply.Begin(), 0
	add := func(s *command.Spec) {
		if keep(s) {
			c.Reply.BulkString(s.FullName)
			n++
		}
	}
	for _, s := range table(c).Top() {
		add(s)
		for i := range s.Subcommands {
			add(&s.Subcommands[i])
		}
	}
	c.Reply.EndArray(mark, n)
}

func inCategory(name []byte) func(*command.Spec) bool {
	for _, x := range command.CategoryNames {
		if command.Is(name, x.Name) {
			return func(s *command.Spec) bool { return s.Categories()&x.Category != 0 }
		}
	}
	return func(*command.Spec) bool { return false }
}

func commandHelp(c *command.Call) {
	c.Help("COMMAND", []string{
		"(no subcommand)", "    Describe all commands.",
		"COUNT", "    Return the number of commands.",
		"DOCS [<command-name> [<command-name> ...]]", "    Document commands, or all without arguments.",
		"GETKEYS <full-command>", "    Return the keys of a command.",
		"GETKEYSANDFLAGS <full-command>", "    Return the keys of a command and what it does with them.",
		"INFO [<command-name> ...]", "    Describe commands, or all without arguments.",
		"LIST [FILTERBY (MODULE <module-name>|ACLCAT <category>|PATTERN <pattern>)]", "    List the names of commands.",
	})
}

package keycmd

import (
	"redline/resp"
	"redline/server/internal/command"
	"redline/server/internal/keyspace"
)

func rename(c *command.Call) {
	if renameKey(c, false) {
		c.Reply.OK()
	}
}

func renamenx(c *command.Call) {
	if renameKey(c, true) {
		c.Reply.Int(1)
	}
}

// renameKey moves the value of argument 1 to argument 2. It returns false if it has answered itself.
func renameKey(c *command.Call, ifFree bool) bool {
	from, to := c.Key(1), c.Key(2)
	fromDB, toDB := c.DBOf(from), c.DBOf(to)
	it := fromDB.Find(from)
	if !it.OK() {
		c.Reply.Error(command.ErrNoKey)
		return false
	}
	if string(from.Name) == string(to.Name) {
		if ifFree {
			c.Reply.Int(0)
		} else {
			c.Reply.OK()
		}
		return false
	}
	if toDB.Peek(to).OK() {
		if ifFree {
			c.Reply.Int(0)
			return false
		}
		toDB.Delete(to)
	}
	v := fromDB.Detach(from, fromDB.Peek(from))
	toDB.Attach(to, keyspace.Item{}, v)
	c.Dirty++
	c.Notify(command.EventGeneric, "rename_from", from.Name)
	c.Notify(command.EventGeneric, "rename_to", to.Name)
	return true
}

// parseDB reads a database number.
func parseDB(c *command.Call, a []byte) (int, bool) {
	n, ok := resp.ParseInt(a)
	if !ok || n < 0 || n >= int64(c.Space().Databases()) {
		return 0, false
	}
	return int(n), true
}

func copyKey(c *command.Call) {
	target, replace := c.DB, false
	for i := 3; i < len(c.Args); i++ {
		switch a := c.Args[i]; {
		case command.Is(a, "replace"):
			replace = true
		case command.Is(a, "db") && i+1 < len(c.Args):
			i++
			n, isInt := resp.ParseInt(c.Args[i])
			if !isInt {
				c.Reply.Error(command.ErrNotInt)
				return
			}
			if n < 0 || n >= int64(c.Space().Databases()) {
				c.Reply.Error(command.ErrDBRange)
				return
			}
			target = int(n)
		default:
			c.Reply.Error(command.ErrSyntax)
			return
		}
	}
	from, to := c.Key(1), c.Key(2)
	if target == c.DB && string(from.Name) == string(to.Name) {
		c.Reply.Error(command.ErrSameObject)
		return
	}
	fromDB := c.DBOf(from)
	toDB := c.Space().Shard(int(to.Shard)).DB(target)
	it := fromDB.Find(from)
	if !it.OK() {
		c.Reply.Int(0)
		return
	}
	if toDB.Peek(to).OK() {
		if !replace {
			c.Reply.Int(0)
			return
		}
		toDB.Delete(to)
	}
	toDB.Attach(to, keyspace.Item{}, fromDB.Copy(fromDB.Peek(from)))
	c.Dirty++
	c.NotifyIn(target, command.EventGeneric, "copy_to", to.Name)
	c.Reply.Int(1)
}

func move(c *command.Call) {
	target, ok := parseDB(c, c.Args[2])
	if !ok {
		if _, isInt := resp.ParseInt(c.Args[2]); isInt {
			c.Reply.Error(command.ErrDBRange)
		} else {
			c.Reply.Error(command.ErrNotInt)
		}
		return
	}
	if target == c.DB {
		c.Reply.Error(command.ErrSameObject)
		return
	}
	k := c.Key(1)
	from := c.DBOf(k)
	to := from.Shard().DB(target)
	it := from.Find(k)
	if !it.OK() || to.Peek(k).OK() {
		c.Reply.Int(0)
		return
	}
	to.Attach(k, keyspace.Item{}, from.Detach(k, from.Peek(k)))
	c.Dirty++
	c.Notify(command.EventGeneric, "move_from", k.Name)
	c.NotifyIn(target, command.EventGeneric, "move_to", k.Name)
	c.Reply.Int(1)
}

package setcmd

import (
	"cmp"
	"math"
	"slices"

	"redline/resp"
	"redline/server/internal/collection"
	"redline/server/internal/command"
)

// intersect passes the members that all sets have to fn until it returns false. It walks the smallest set.
func intersect(sets []collection.Set, fn func(v collection.Value) bool) {
	slices.SortStableFunc(sets, func(a, b collection.Set) int { return cmp.Compare(a.Len(), b.Len()) })
	others := sets[1:]
	sets[0].Each(func(v collection.Value) bool {
		for i := range others {
			if !others[i].Same(&sets[0]) && !others[i].HasValue(v) {
				return true
			}
		}
		return fn(v)
	})
}

func sinter(c *command.Call) {
	sets, ok := openAll(c, 0)
	if !ok {
		return
	}
	mark, n := c.Reply.Begin(), 0
	intersect(sets, func(v collection.Value) bool {
		bulk(c, v)
		n++
		return true
	})
	c.Reply.EndSet(mark, n)
}

func sintercard(c *command.Call) {
	numkeys, ok := resp.ParseInt(c.Args[1])
	if !ok || numkeys < 1 {
		c.Reply.Error("ERR numkeys should be greater than 0")
		return
	}
	if numkeys > int64(len(c.Args)-2) {
		c.Reply.Error("ERR Number of keys can't be greater than number of args")
		return
	}
	limit := int64(0)
	for i := 2 + int(numkeys); i < len(c.Args); i += 2 {
		if !command.Is(c.Args[i], "limit") || i+1 == len(c.Args) {
			c.Reply.Error(command.ErrSyntax)
			return
		}
		if limit, ok = resp.ParseInt(c.Args[i+1]); !ok || limit < 0 {
			c.Reply.Error("ERR LIMIT can't be negative")
			return
		}
	}
	if limit == 0 {
		limit = math.MaxInt64
	}
	sets, ok := openAll(c, 0)
	if !ok {
		return
	}
	n := int64(0)
	intersect(sets, func(collection.Value) bool {
		n++
		return n < limit
	})
	c.Reply.Int(n)
}

func sinterstore(c *command.Call) {
	if sets, ok := openAll(c, 1); ok {
		b := result(c)
		intersect(sets, func(v collection.Value) bool {
			b.AddValue(v)
			return true
		})
		store(c, b)
	}
}

// result returns a builder for the call's first key.
func result(c *command.Call) *collection.SetBuilder {
	k, _ := c.KeyAt(0)
	return collection.NewSetBuilder(k, c.Conf.SetMaxIntsetEntries)
}

// store puts a result in the place of the call's first key and answers with its size. An empty one deletes the key.
func store(c *command.Call, b *collection.SetBuilder) {
	k, _ := c.KeyAt(0)
	db := c.DBOf(k)
	n := b.Len()
	if n > 0 {
		b.Store(db, db.Peek(k))
		c.Dirty++
		c.Notify(command.EventSet, c.Spec.Name, k.Name)
	} else if db.Delete(k) {
		c.Dirty++
		c.Notify(command.EventGeneric, "del", k.Name)
	}
	c.Reply.Int(int64(n))
}

// unite adds the members of all sets.
func unite(b *collection.SetBuilder, sets []collection.Set) {
	for i := range sets {
		sets[i].Each(func(v collection.Value) bool {
			b.AddValue(v)
			return true
		})
	}
}

func sunion(c *command.Call) {
	sets, ok := openAll(c, 0)
	if !ok {
		return
	}
	sets = slices.DeleteFunc(sets, func(s collection.Set) bool { return !s.OK() })
	if len(sets) == 1 {
		all(c, &sets[0])
		return
	}
	b := result(c)
	unite(b, sets)
	all(c, b)
}

func sunionstore(c *command.Call) {
	if sets, ok := openAll(c, 1); ok {
		b := result(c)
		unite(b, sets)
		store(c, b)
	}
}

func sdiff(c *command.Call) {
	sets, ok := openAll(c, 0)
	if !ok {
		return
	}
	if walkFirst(sets) {
		mark, n := c.Reply.Begin(), 0
		subtract(sets, func(v collection.Value) {
			bulk(c, v)
			n++
		})
		c.Reply.EndSet(mark, n)
		return
	}
	b := result(c)
	removeAll(b, sets)
	all(c, b)
}

func sdiffstore(c *command.Call) {
	sets, ok := openAll(c, 1)
	if !ok {
		return
	}
	b := result(c)
	if walkFirst(sets) {
		subtract(sets, func(v collection.Value) { b.AddValue(v) })
	} else {
		removeAll(b, sets)
	}
	store(c, b)
}

// walkFirst chooses how to subtract: to look up each member of the first set in all others, or to copy the first set and
// remove the members of all others. The former does less for each, hence the half, as in Redis.
func walkFirst(sets []collection.Set) bool {
	lookUps, copies := 0, 0
	for i := range sets {
		if sets[i].OK() {
			lookUps += sets[0].Len()
			copies += sets[i].Len()
		}
	}
	return lookUps/2 <= copies
}

// subtract passes the members of the first set that no other has to fn. The largest are asked first: they are the most
// likely to have a member.
func subtract(sets []collection.Set, fn func(v collection.Value)) {
	others := sets[1:]
	for i := range others {
		if others[i].Same(&sets[0]) {
			return
		}
	}
	slices.SortStableFunc(others, func(a, b collection.Set) int { return cmp.Compare(b.Len(), a.Len()) })
	sets[0].Each(func(v collection.Value) bool {
		for i := range others {
			if others[i].HasValue(v) {
				return true
			}
		}
		fn(v)
		return true
	})
}

// removeAll makes b the first set without the members of all others.
func removeAll(b *collection.SetBuilder, sets []collection.Set) {
	unite(b, sets[:1])
	for i := 1; i < len(sets) && b.Len() > 0; i++ {
		sets[i].Each(func(v collection.Value) bool {
			b.Remove(v)
			return true
		})
	}
}

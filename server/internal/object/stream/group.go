package stream

import (
	"slices"
	"strings"
	"unsafe"
)

// Group is a consumer group: how far it has read, and what it was given and has not yet acknowledged.
//
// Invariant: each pending entry is owned by one consumer, and stands in the index of that one.
type Group struct {
	// LastID is the ID of the last entry given to the group.
	LastID ID
	// EntriesRead is how many entries were added up to LastID, or Unknown.
	EntriesRead int64

	s         *Stream
	name      string
	pending   index[Pending]
	consumers []*Consumer // by name
	slots     []*Consumer // by the number that Pending holds; nil: free
}

// Pending is an entry that was given to a consumer and is not acknowledged.
type Pending struct {
	DeliveredAt int64  // unix milliseconds
	Deliveries  uint64 // how often it was given to anyone
	owner       uint32 // slot of the consumer
}

// Consumer is a member of a group.
type Consumer struct {
	SeenAt int64 // unix milliseconds of the last time it tried to do anything

	name string
	slot uint32
	ids  index[struct{}]
}

const (
	groupBytes    = int64(unsafe.Sizeof(Group{}) + unsafe.Sizeof(uintptr(0)))
	consumerBytes = int64(unsafe.Sizeof(Consumer{}) + 2*unsafe.Sizeof(uintptr(0)))
)

// Groups returns the groups, by name. It is valid until one is added or removed.
func (s *Stream) Groups() []*Group { return s.groups }

// Group returns a group, nil if there is none of that name.
func (s *Stream) Group(name []byte) *Group {
	if i, ok := findName(s.groups, name); ok {
		return s.groups[i]
	}
	return nil
}

// AddGroup adds a group. It returns nil if there is one of that name.
func (s *Stream) AddGroup(name []byte, last ID, entriesRead int64) *Group {
	i, ok := findName(s.groups, name)
	if ok {
		return nil
	}
	g := &Group{LastID: last, EntriesRead: entriesRead, s: s, name: string(name)}
	g.pending.mem = &s.mem
	s.groups = slices.Insert(s.groups, i, g)
	s.mem += groupBytes + int64(len(name))
	return g
}

// RemoveGroup removes a group with all that it holds and says whether there was one.
func (s *Stream) RemoveGroup(name []byte) bool {
	i, ok := findName(s.groups, name)
	if !ok {
		return false
	}
	g := s.groups[i]
	for _, c := range g.consumers {
		c.ids.drop()
		s.mem -= consumerBytes + int64(len(c.name))
	}
	g.pending.drop()
	s.mem -= groupBytes + int64(len(g.name))
	s.groups = slices.Delete(s.groups, i, i+1)
	return true
}

// Name returns the group's name.
func (g *Group) Name() string { return g.name }

// Name returns the consumer's name.
func (c *Consumer) Name() string { return c.name }

// named is what is kept in the order of its name.
type named interface{ Name() string }

func findName[T named](list []T, name []byte) (int, bool) {
	return slices.BinarySearchFunc(list, name, func(v T, name []byte) int { return strings.Compare(v.Name(), string(name)) })
}

// Consumers returns the consumers, by name. It is valid until one is added or removed.
func (g *Group) Consumers() []*Consumer { return g.consumers }

// Consumer returns a consumer, nil if there is none of that name.
func (g *Group) Consumer(name []byte) *Consumer {
	if i, ok := findName(g.consumers, name); ok {
		return g.consumers[i]
	}
	return nil
}

// AddConsumer adds a consumer, seen at a time. It returns nil if there is one of that name.
func (g *Group) AddConsumer(name []byte, nowMs int64) *Consumer {
	i, ok := findName(g.consumers, name)
	if ok {
		return nil
	}
	c := &Consumer{SeenAt: nowMs, name: string(name)}
	c.ids.mem = &g.s.mem
	g.consumers = slices.Insert(g.consumers, i, c)
	c.slot = uint32(len(g.slots))
	// A free slot, if there is one: there are no more slots than consumers at a time ever.
	if len(g.slots) >= len(g.consumers) {
		c.slot = uint32(slices.Index(g.slots, nil))
		g.slots[c.slot] = c
	} else {
		g.slots = append(g.slots, c)
	}
	g.s.mem += consumerBytes + int64(len(name))
	return c
}

// RemoveConsumer removes a consumer and what it owns, which is no longer pending. It returns how many entries that were.
func (g *Group) RemoveConsumer(c *Consumer) (pending int) {
	pending = c.ids.n
	for _, ch := range c.ids.chunks {
		for _, id := range ch.ids {
			g.pending.delete(id)
		}
	}
	c.ids.drop()
	i, _ := findName(g.consumers, []byte(c.name))
	g.consumers = slices.Delete(g.consumers, i, i+1)
	g.slots[c.slot] = nil
	g.s.mem -= consumerBytes + int64(len(c.name))
	return pending
}

// Len returns the number of pending entries.
func (g *Group) Len() int { return g.pending.n }

// Len returns the number of pending entries that the consumer owns.
func (c *Consumer) Len() int { return c.ids.n }

// Pending returns a pending entry, nil if it is not pending. It is valid until the group is changed.
func (g *Group) Pending(id ID) *Pending { return g.pending.get(id) }

// Owner returns the consumer to which a pending entry was given.
func (g *Group) Owner(p *Pending) *Consumer { return g.slots[p.owner] }

// Give makes an entry pending and a consumer its owner, whoever was before. It returns it as it is now, with the time of
// delivery and the number of deliveries unchanged, or zero if it is new.
func (g *Group) Give(id ID, c *Consumer) *Pending {
	p, isNew := g.pending.insert(id, Pending{owner: c.slot})
	if !isNew {
		if p.owner == c.slot {
			return p
		}
		g.slots[p.owner].ids.delete(id)
		p.owner = c.slot
	}
	c.ids.insert(id, struct{}{})
	return p
}

// Ack ends the pending of an entry and says whether it was pending.
func (g *Group) Ack(id ID) bool {
	at, ok := g.pending.floor(id)
	if !ok || g.pending.id(at) != id {
		return false
	}
	g.slots[g.pending.val(at).owner].ids.delete(id)
	g.pending.remove(at)
	return true
}

// NextPending returns the first pending entry that is not before an ID; ok is false if there is none.
func (g *Group) NextPending(from ID) (id ID, p *Pending, ok bool) {
	at := g.pending.ceil(from)
	if !g.pending.ok(at) {
		return ID{}, nil, false
	}
	return g.pending.id(at), g.pending.val(at), true
}

// LastPending returns the ID of the last pending entry; there is one.
func (g *Group) LastPending() ID {
	at, _ := g.pending.last()
	return g.pending.id(at)
}

// EachPending passes the pending entries from an ID on, in order, until fn returns false. fn may change what Pending
// holds, not what is pending.
func (g *Group) EachPending(from ID, fn func(id ID, p *Pending) bool) {
	for at := g.pending.ceil(from); g.pending.ok(at); at = g.pending.next(at) {
		if !fn(g.pending.id(at), g.pending.val(at)) {
			return
		}
	}
}

// EachOwned is EachPending for what a consumer owns.
func (g *Group) EachOwned(c *Consumer, from ID, fn func(id ID, p *Pending) bool) {
	for at := c.ids.ceil(from); c.ids.ok(at); at = c.ids.next(at) {
		if id := c.ids.id(at); !fn(id, g.pending.get(id)) {
			return
		}
	}
}

// cloneInto adds a copy of the group to another stream, which has none.
func (g *Group) cloneInto(s *Stream) {
	c := s.AddGroup([]byte(g.name), g.LastID, g.EntriesRead)
	c.pending = g.pending.clone(&s.mem)
	c.slots = make([]*Consumer, len(g.slots))
	for _, from := range g.consumers {
		to := &Consumer{SeenAt: from.SeenAt, name: from.name, slot: from.slot, ids: from.ids.clone(&s.mem)}
		c.consumers = append(c.consumers, to)
		c.slots[to.slot] = to
		s.mem += consumerBytes + int64(len(to.name))
	}
}

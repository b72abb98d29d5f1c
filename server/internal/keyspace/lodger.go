package keyspace

import "redline/server/internal/slab"

// Lodger is an Object that keeps most of its bytes outside the Go heap while it is in the keyspace: so they are no part
// of the heap that Go lets grow by a share before it collects, and go back as soon as they are free. The blocks are of the
// Space's arena, not of the shard's storage, as objects move between shards.
//
// An object that leaves the table because its key is gone still has its blocks: they are released in steps, in later
// visits. So views of a value stay good to the end of the visit that removes it, and a save that has not taken all of it
// yet finds it whole.
type Lodger interface {
	Object
	// Adopt has the object use the arena from now on. Nothing happens if it does already.
	Adopt(a *slab.Arena)
	// Release gives up to limit blocks back and says whether there are more. It is called until there are none, and nothing
	// else is called from the first time on.
	Release(limit int) (more bool)
}

// Arena returns where the large parts of objects lie. Takes no lock of a shard.
func (s *Space) Arena() *slab.Arena { return s.arena }

// gone takes an object that is in no table any more.
func (t *objectTable) gone(o Object) {
	if l, ok := o.(Lodger); ok {
		t.dead = append(t.dead, l)
	}
}

// clear empties the table. What its objects hold is released in steps.
func (t *objectTable) clear() {
	if len(t.slots) > 0 {
		t.flushed = append(t.flushed, t.slots)
	}
	t.slots, t.free, t.bytes = nil, nil, 0
}

// releaseStep gives up to limit blocks of objects that are gone back, looks at no more than that many of a flushed
// table, and says whether there is more.
func (t *objectTable) releaseStep(limit int) (more bool) {
	for n := 0; n < limit && len(t.flushed) > 0; n++ {
		last := len(t.flushed) - 1
		slots := t.flushed[last]
		if len(slots) == 0 {
			t.flushed = t.flushed[:last]
			continue
		}
		t.gone(slots[len(slots)-1].obj)
		slots[len(slots)-1] = objectSlot{}
		t.flushed[last] = slots[:len(slots)-1]
	}
	for limit > 0 && len(t.dead) > 0 {
		last := len(t.dead) - 1
		if t.dead[last].Release(limit) {
			break
		}
		t.dead[last] = nil
		t.dead = t.dead[:last]
		limit -= smallObject
	}
	if len(t.dead) == 0 && len(t.flushed) == 0 {
		t.dead, t.flushed = nil, nil
	}
	return t.dead != nil || t.flushed != nil
}

// smallObject is what an object counts for in blocks, at least.
const smallObject = 4

package command

// changing are the flags of commands that may change a value in place.
const changing = Write | MayReplicate

// preserve has a save that is under way take the keys that the call may change, before its handler runs. Changes of other
// keys than those the call names are seen by package keyspace itself. The shards are locked.
func (c *Call) preserve() {
	if c.Spec.Flags&changing == 0 || !c.Engine.Space.Saving() {
		return
	}
	named := false
	for i := range c.keys {
		if c.pos[i].Flags&KeyRO == 0 {
			named = true
			c.DBOf(&c.keys[i]).Preserve(&c.keys[i])
		}
	}
	if named {
		return
	}
	for i := range c.keys { // XREADGROUP calls its keys read-only, but what it notes in their groups is part of the value
		c.DBOf(&c.keys[i]).Preserve(&c.keys[i])
	}
}

// yield holds a writer up while a save has more to write to disk than is good for the memory. No lock is held.
func (e *Engine) yield(c *Call, s *Spec) {
	if s.Flags&changing != 0 {
		if sv := e.Space.Saver(); sv != nil && sv.Crowded() {
			if c.Client != nil {
				c.Client.Leave()
			}
			sv.Wait()
		}
	}
}

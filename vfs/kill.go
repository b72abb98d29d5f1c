package vfs

import (
	"maps"
	"slices"
)

// Kill returns the file system as another process finds it when this one has died and the system has not: all that was
// written is there, and no lock. What was not synced is still not certain: if the power goes off later it may go.
func (m *Mem) Kill() *Mem {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := killed{nodes: map[*node]*node{}, dirs: map[*dirNode]*dirNode{}}
	out := NewMem()
	out.limit = m.limit
	out.root = k.node(m.root)
	for _, op := range m.pending {
		edits := slices.Clone(op.edits)
		for i, e := range edits {
			edits[i] = edit{k.dir(e.dir), e.name, k.node(e.to)}
		}
		out.pending = append(out.pending, dirOp{edits})
	}
	k.link(out.root)
	for _, n := range k.nodes {
		if n != nil && n.links > 0 {
			out.pages += n.allocated()
		}
	}
	return out
}

// killed copies a file system, with what is certain and what is not.
type killed struct {
	nodes map[*node]*node
	dirs  map[*dirNode]*dirNode
}

func (k *killed) node(n *node) *node {
	if n == nil {
		return nil
	}
	if c := k.nodes[n]; c != nil {
		return c
	}
	c := &node{}
	k.nodes[n] = c
	if n.dir != nil {
		c.dir = k.dir(n.dir)
		return c
	}
	c.fileNode = n.fileNode
	c.links, c.handles = 0, 0
	c.pages, c.durable = slices.Clone(n.pages), slices.Clone(n.durable)
	c.dirty, c.own = slices.Clone(n.dirty), make([]bool, len(n.own)) // pages are shared now
	clear(n.own)
	c.ops = slices.Clone(n.ops)
	return c
}

func (k *killed) dir(d *dirNode) *dirNode {
	if c := k.dirs[d]; c != nil {
		return c
	}
	c := &dirNode{entries: maps.Clone(d.entries), durable: maps.Clone(d.durable)}
	k.dirs[d] = c
	for _, names := range []map[string]*node{c.entries, c.durable} {
		for name, n := range names {
			names[name] = k.node(n)
		}
	}
	return c
}

// link counts the names of files.
func (k *killed) link(n *node) {
	if n.dir == nil {
		n.links++
		return
	}
	for _, e := range n.dir.entries {
		k.link(e)
	}
}

// WriteBack makes everything certain, as the system does by itself in time.
func (m *Mem) WriteBack() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, op := range m.pending {
		for _, e := range op.edits {
			apply(e.dir.durable, e)
		}
	}
	m.pending = nil
	writeBack(m.root)
}

func writeBack(n *node) {
	if n.dir == nil {
		n.sync()
		return
	}
	for _, e := range n.dir.entries {
		writeBack(e)
	}
}

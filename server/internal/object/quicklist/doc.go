// Package quicklist is the large form of a list: a sequence of listpacks, the nodes. List is the type to reach for; Iter
// walks it in either direction and a bare listpack as well. It knows no commands, keys or encodings.
//
// # Structure
//
//	list     segments in order
//	segment  up to 35 nodes, with the number of their elements
//	node     one listpack as Redis makes it (list-max-listpack-size), or one huge element as it is
//
// A list that has adopted an arena keeps full nodes there, off the Go heap, and packed: without the length behind each
// entry, which is a seventeenth of a list of short elements. Such a node becomes a listpack again when it is changed, and
// is packed anew when it is full and another one takes its place at an end of the list.
//
// Nodes are counted in groups, so an index is found by passing over segments, then over the nodes of one, then within a
// listpack: of a million elements of ten bytes about sixty segments. Pushing and popping at both ends takes O(1), as
// the nodes there are small.
//
// # Invariants
//
// No node, and no segment, is empty. A node's listpack is at most as long as the list's limit allows, or holds a single
// element. Memory is one pointer-free slice a node, with less than an eighth of slack for nodes that are not at an end
// of the list.
//
// Rejected: a chain of nodes with pointers, as Redis has. It makes the garbage collector follow the chain one node
// after the other, and an index needs a hop a node.
package quicklist

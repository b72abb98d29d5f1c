//go:build unix && !linux

package slab

// adviseHuge does nothing: only Linux has this advice.
func adviseHuge([]byte, bool) {}

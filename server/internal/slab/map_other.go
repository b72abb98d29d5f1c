//go:build !unix

package slab

import "os"

// releasable: only whole chunks go back, by becoming garbage.
const releasable = false

func pageBytes() int { return os.Getpagesize() }

// mapBytes takes n zeroed bytes from the Go heap. They hold no pointers, so the
// garbage collector marks a chunk in constant time.
func mapBytes(n int, _ bool) []byte { return make([]byte, n) }

func unmapBytes([]byte) {}

// releaseBytes cannot give part of a Go allocation back.
func releaseBytes([]byte) bool { return false }

//go:build unix

package slab

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// releasable: part of a mapping can be given back.
const releasable = true

func pageBytes() int { return unix.Getpagesize() }

// mapBytes maps n bytes of zeroed anonymous memory, n a multiple of the page
// size. Nothing is resident until touched.
func mapBytes(n int, hugePages bool) []byte {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		// As with the Go heap itself, there is no way on without memory.
		panic(fmt.Sprintf("slab: cannot map %d bytes: %v (lower maxmemory, or raise the memory or mapping limit of the process)", n, err))
	}
	adviseHuge(b, hugePages)
	return b
}

func unmapBytes(b []byte) {
	if err := unix.Munmap(b); err != nil {
		panic(fmt.Sprintf("slab: munmap: %v", err))
	}
}

// releaseBytes gives the pages of b, which starts and ends on page boundaries,
// back to the operating system. It reports whether it did.
func releaseBytes(b []byte) bool { return unix.Madvise(b, unix.MADV_DONTNEED) == nil }

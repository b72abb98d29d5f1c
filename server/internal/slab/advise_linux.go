package slab

import "golang.org/x/sys/unix"

// adviseHuge keeps the kernel from backing a chunk with 2 MiB pages unless asked
// to: with many slabs a process, one touched byte would make 2 MiB resident. A
// refusal (a kernel built without huge pages) changes nothing.
func adviseHuge(b []byte, hugePages bool) {
	advice := unix.MADV_NOHUGEPAGE
	if hugePages {
		advice = unix.MADV_HUGEPAGE
	}
	_ = unix.Madvise(b, advice)
}

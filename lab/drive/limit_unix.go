//go:build unix && !freebsd && !dragonfly

package drive

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// spareFiles is how many descriptors the rest of the program may need: files of
// the run directory, pollers, probes, a server's pipes.
const spareFiles = 64

// RoomFor raises this program's limit of open files for as many connections, or
// says how to. Run does so itself.
func RoomFor(conns int) error {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return nil // the sockets will tell
	}
	need := uint64(conns) + spareFiles
	if lim.Cur >= need {
		return nil
	}
	return moreFiles(conns, need, lim.Max, func(n uint64) error {
		lim.Cur = n
		return unix.Setrlimit(unix.RLIMIT_NOFILE, &lim)
	})
}

// moreFiles raises the limit through set, as far as the hard limit allows.
func moreFiles(conns int, need, hard uint64, set func(uint64) error) error {
	if need <= hard && set(need) == nil {
		return nil
	}
	return fmt.Errorf("%d connections need %d open files, and the limit is %d: raise it with \"ulimit -n %d\", or use fewer connections",
		conns, need, hard, need)
}

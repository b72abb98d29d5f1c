//go:build unix && !aix && !solaris

package vfs

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// lockFile uses flock: it belongs to the open file, so a second Lock within one process fails as well, and the kernel lets
// go of it when the process ends.
func lockFile(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err != unix.EINTR {
			break
		}
	}
	if err == nil {
		return f, nil
	}
	_ = f.Close() // nothing was written
	if err == unix.EWOULDBLOCK {
		err = ErrLocked
	}
	return nil, pathError("lock", name, err)
}

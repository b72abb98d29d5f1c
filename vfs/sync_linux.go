package vfs

import (
	"os"

	"golang.org/x/sys/unix"
)

// datasync flushes a file's bytes and size, but not its times: for a file that is overwritten in place, one write to the
// disk instead of two.
func datasync(f *os.File) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var serr error
	err = c.Control(func(fd uintptr) {
		for {
			if serr = unix.Fdatasync(int(fd)); serr != unix.EINTR {
				return
			}
		}
	})
	if err == nil && serr != nil {
		err = pathError("fdatasync", f.Name(), serr)
	}
	return err
}

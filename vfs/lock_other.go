//go:build !unix || aix || solaris

package vfs

import (
	"io"
	"os"
)

// lockFile makes the file and removes it when it is closed. Here, a crash leaves it behind, and the user has to remove it.
func lockFile(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	if os.IsExist(err) {
		return nil, pathError("lock", name, ErrLocked)
	}
	if err != nil {
		return nil, err
	}
	return exclusive{f}, nil
}

type exclusive struct{ *os.File }

func (f exclusive) Close() error {
	err := f.File.Close()
	if rerr := os.Remove(f.Name()); err == nil {
		err = rerr
	}
	return err
}

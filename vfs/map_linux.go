package vfs

import (
	"os"

	"golang.org/x/sys/unix"
)

var mapPage = int64(os.Getpagesize())

// inPlace are the file systems that overwrite in place.
var inPlace = map[int64]bool{unix.EXT4_SUPER_MAGIC: true, unix.XFS_SUPER_MAGIC: true, unix.TMPFS_MAGIC: true}

func mapFile(f osFile, size int64) (*Mapping, error) {
	fd := int(f.Fd())
	var st unix.Statfs_t
	if err := unix.Fstatfs(fd, &st); err != nil || !inPlace[int64(st.Type)] {
		return nil, ErrNoMap
	}
	b, err := unix.Mmap(fd, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, pathError("mmap", f.Name(), err)
	}
	return &Mapping{
		Bytes:  b,
		unmap:  func() error { return unix.Munmap(b) },
		forget: func(part []byte) { _ = unix.Madvise(part, unix.MADV_DONTNEED) }, // of a shared mapping only the page tables
	}, nil
}

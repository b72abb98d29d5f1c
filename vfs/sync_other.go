//go:build !linux

package vfs

import "os"

// datasync is a full sync: on macOS that is F_FULLFSYNC, the only call there that reaches the disk.
func datasync(f *os.File) error { return f.Sync() }

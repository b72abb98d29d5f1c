//go:build unix && !linux

package netloop

import "syscall"

// rawRead and rawWrite are plain system calls here: other systems do not allow to go round the C library.
func rawRead(fd uintptr, b []byte) (int, error)  { return syscall.Read(int(fd), b) }
func rawWrite(fd uintptr, b []byte) (int, error) { return syscall.Write(int(fd), b) }

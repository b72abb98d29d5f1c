package netloop

import (
	"syscall"
	"unsafe"
)

// rawRead and rawWrite are read(2) and write(2) without telling Go's scheduler. The sockets do not block, so a call is
// short, and what the scheduler does around each call (about 0.1 us, and at worst handing the processor to another
// thread) is saved. b is not empty.
func rawRead(fd uintptr, b []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

func rawWrite(fd uintptr, b []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

package lab

import "syscall"

// childAttributes puts the server in a process group of its own, so that Ctrl-C
// reaches the lab alone, which then stops the server in order; and has the
// kernel end it if the lab dies first.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

//go:build unix && !linux

package lab

import "syscall"

// childAttributes puts the server in a process group of its own, so that Ctrl-C
// reaches the lab alone, which then stops the server in order.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

//go:build !unix

package lab

import "syscall"

func childAttributes() *syscall.SysProcAttr { return nil }

//go:build !linux

package awake

import "syscall"

const supported = false

func attributes() *syscall.SysProcAttr { return nil }

func spin() error { return ErrUnsupported }

//go:build !linux

package hiccup

import (
	"syscall"

	"redline/lab/record"
)

const supported = false

func attributes() *syscall.SysProcAttr { return nil }

func watch(chan<- record.Hiccup) (string, error) { return "", ErrUnsupported }

func monotonic() int64 { return 0 }

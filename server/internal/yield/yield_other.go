//go:build !linux

package yield

import "runtime"

// Processor lets other goroutines that are ready run first.
func Processor() { runtime.Gosched() }

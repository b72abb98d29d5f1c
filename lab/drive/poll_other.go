//go:build !linux || 386 || arm || mips || mipsle

package drive

import "redline/lab/record"

// newPoller returns the platform's best poller.
func newPoller(a Address, slots int) (poller, error) { return newNetPoller(a, slots), nil }

// pinThread does nothing: the portable poller's timing is not finer than the
// scheduler's.
func pinThread(bool) string { return record.PriorityNormal }

// threadCPU is not known here.
func threadCPU() int64 { return 0 }

// runDelay is not known here.
type runDelay struct{}

func newRunDelay() *runDelay { return &runDelay{} }
func (*runDelay) ns() int64  { return 0 }
func (*runDelay) close()     {}

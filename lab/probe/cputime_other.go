//go:build !linux

package probe

import "time"

// CPUTime is not known on this platform.
func CPUTime(int) (time.Duration, bool) { return 0, false }

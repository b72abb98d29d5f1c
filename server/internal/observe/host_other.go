//go:build !unix

package observe

import "time"

// CPU returns the processor time that the process has used: not known on this system.
func CPU() (user, system time.Duration) { return 0, 0 }

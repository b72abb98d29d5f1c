package config

import "sync/atomic"

// Config is the server's configuration. Values gives a snapshot; changes replace it.
type Config struct {
	values atomic.Pointer[Values]
}

// Values returns the current snapshot.
func (c *Config) Values() *Values { return c.values.Load() }

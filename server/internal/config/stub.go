package config

func New() *Config {
	c := &Config{}
	c.values.Store(&Values{Shards: 16, Databases: 16, MaxClients: 10000, Port: 6379, AdminBind: "127.0.0.1", SlowlogMaxLen: 128, Bind: []string{"127.0.0.1"}, ProtoMaxBulkLen: 512 << 20, QueryBufferLimit: 1 << 30, SlowlogSlowerThanUs: -1, TCPKeepaliveSeconds: 300})
	return c
}
func (c *Config) LoadArgs([]string) error { return nil }
func (c *Config) Notices() []string       { return nil }

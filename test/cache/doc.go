// Package cache measures how well a server does as a cache: what part of the requests for more keys than it has memory
// for it answers from memory. A Load asks for keys as a Trace says and stores what was missed, over the wire, so any
// server of the protocol can be measured.
//
//	go test ./test/cache -v -timeout 1h -cache.mb 256
//
// compares the eviction policies of Redline with those of Debian's redis-server. Ratios do not depend on how fast the
// machine is, but for how often the servers' clocks of seconds tick meanwhile.
package cache

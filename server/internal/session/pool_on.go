//go:build !nopool

package session

// pooling is off in builds with the tag nopool, which show what reusing memory in the way of a request is worth (docs/BENCHMARKS.md).
const pooling = true

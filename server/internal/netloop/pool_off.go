//go:build nopool

package netloop

const pooling = false

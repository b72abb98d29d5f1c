//go:build nopool

package session

const pooling = false

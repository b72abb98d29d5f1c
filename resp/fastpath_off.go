//go:build redline_slowpath

package resp

// fastPath: see fastpath.go.
const fastPath = false

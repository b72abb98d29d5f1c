//go:build !redline_slowpath

package resp

// fastPath switches the short cuts of this package. The build tag redline_slowpath turns them off, so that tests can
// compare both.
const fastPath = true

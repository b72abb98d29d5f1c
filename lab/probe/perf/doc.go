// Package perf profiles a process of this host from outside, with the Linux tool
// perf, and turns what it says into a profile in pprof format: for servers that
// offer no profiles themselves, and with the frames of the kernel.
//
// Record runs `perf record` for a while and `perf script` after it; Parse reads
// the text of the latter. Parse is a decoder: whatever the text, it returns a
// profile or an error.
package perf

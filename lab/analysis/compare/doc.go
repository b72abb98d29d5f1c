// Package compare sets two groups of runs side by side. Compute reads the run
// directories of both and states each figure as a ratio of B to A, with a
// confidence interval; A is the baseline. docs/format/summary.md describes the
// object.
//
// Percentiles come from merged histograms, never from averages of percentiles.
// Runs should have been made in turns (A B B A), so that a drift of the machine
// touches both sides alike.
package compare

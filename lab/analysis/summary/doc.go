// Package summary derives the result of a run from its run directory: Compute
// reads one and returns the Summary that `--json` prints and summary.json holds.
// docs/format/summary.md describes the object.
//
// It measures nothing and keeps no state, so any verdict can be computed again
// from a directory. Comparing runs is package compare's business.
package summary

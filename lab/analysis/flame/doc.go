// Package flame turns pprof profiles into call trees that can be drawn as flame
// graphs, and into lists of their hottest functions.
//
// Read opens a profile, Diff takes what a profile gained over an earlier one of
// the same kind (allocations, mutex and block profiles are totals since the
// start of a process), Build merges the stacks of one sample type into a Tree,
// and Compare lays two profiles over each other, each divided by its requests.
//
// It does not fetch profiles (lab/probe does) and draws nothing (lab/report
// does).
package flame

// Package findings reads a recorded run and says what cost the most, in the order
// of what could be won by removing it.
//
// Of applies every rule of Rules to a run directory and returns what they found.
// A rule is one file: what it looks for, its thresholds with the reason for each,
// the explanation and the advice. Rules only read a view, which holds the run as it
// was read once. A rule whose evidence was not recorded finds nothing: it is never
// wrong because something is missing.
//
// A rule needs an effect as well as a difference: it stays silent about what costs
// less than a few percent however certain that is, and about large shares that rest
// on a handful of samples.
//
// The package measures nothing (lab/probe does) and draws nothing (lab/report does).
package findings

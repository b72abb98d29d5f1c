// Package lab runs load against a server from beginning to end and leaves a run
// directory: it starts the server if asked to, checks that it may write there,
// preloads, warms up, measures, samples meanwhile, cleans up and sums up.
//
// Run does one run as a Spec describes it. A Go test makes one with OpenLoop or
// ClosedLoop and looks at the Outcome: operations, errors, throughput, mean, p99.
// The work itself is done by the rooms
// below: workload says what to send, drive sends, probe samples, record writes,
// and analysis reads the directory back. The lab never imports the server; it
// knows it as a program to start and an address to talk to.
package lab

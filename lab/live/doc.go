// Package live shows a run while it goes on: as a view on a terminal, as a
// stream of JSON objects, and as a Prometheus endpoint. docs/live.md describes
// all three.
//
// A Feed takes what lab reports (snapshots of the load, samples of the server,
// progress) and hands Frames to its sinks: Terminal, Stream and Metrics. Nothing
// here measures, and nothing here can hold up a run: sinks drop what they cannot
// show in time.
package live

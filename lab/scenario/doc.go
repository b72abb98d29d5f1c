// Package scenario puts a server into situations that matter in production and
// says whether it passes: many clients, storms of deadlines and of connections,
// pools that are too small, hot keys, big values, slow consumers, invalid input,
// leaks. All lists the scenarios; Run does one.
//
// A scenario is one file with a value of type Scenario: its name, what it does,
// what passing requires, its parameters with their defaults, and the function
// that does it. The command line and docs/scenarios.md read only these values.
//
// The package measures like the rest of the lab, over the wire and through
// probes; every scenario runs against any Redis-protocol server and leaves a
// run directory with scenario.json beside what lab.Attend records.
package scenario

// Package attribution says where a server's CPU time went: to the network, to parsing, to commands of each family, to
// replies, locks, the log, memory and the scheduler, and how much of the machine it left alone.
//
// Of reads a run directory and measures nothing. The CPU profile is that of the server's pprof listener
// (profiles/cpu.pb.gz) or, for any local process, the one of Linux perf (profiles/perf.pb.gz); Reader holds the rules by
// which a stack is given to a part, and can be used on a profile of another origin.
//
// Which function belongs to which part is written down in tables (rules_go.go, rules_redline.go, rules_c.go). A sample is
// attributed once, by walking its stack from the leaf outwards to the first function that a rule knows. What time stands
// for no work at all (the server waiting for locks or for the disk) is not in a CPU profile: see package findings.
package attribution

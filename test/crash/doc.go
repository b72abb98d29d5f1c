// Package crash shows that what a server acknowledged survives what happens to it: power that goes off at any moment, a
// process that is killed, bits that flip, disks that are full or fail.
//
// Simulated servers run whole, in simulated time, over a file system in memory that loses what was not synced; there are
// thousands of runs, each from a seed (Simulate). Real ones are killed under load (the tests of processes).
//
// Clients send steps, each a command or a transaction, and know what the database holds after each of their own: a client
// has a database to itself. Some steps also count in a database that all share. After a crash a database must hold what it
// held after one of its client's steps: not before the last one whose effect was promised, nor after the last one sent.
// Steps of several clients must go together: if one is there, all that were acknowledged before it was sent are there.
package crash

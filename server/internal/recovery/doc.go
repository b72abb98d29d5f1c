// Package recovery brings the data back from an append-only directory: the newest base that is whole, then the records of
// the log behind it.
//
// Recover does it at start. Replayer carries effects out, in the way in which clients' commands are carried out but without
// a client and without logging them again; it serves any source of effects.
//
// The package writes nothing: where to go on writing follows from the Result.
package recovery

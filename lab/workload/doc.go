// Package workload describes load: which commands on which keys, when and for
// how long. A Spec is a plain value that can be written down and compared; it
// does nothing by itself.
//
// Spec.Validate checks it and says in one line what is wrong. A Generator turns
// it into request bytes for one thread of a driver, a Schedule into the instants
// at which an open loop intends to send them. Both are deterministic in the seed
// and allocate nothing once made.
//
// The package knows neither sockets nor clocks: package drive does the sending.
package workload

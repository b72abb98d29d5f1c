// Package probe samples everything around the load while it is applied: the
// server through INFO, /metrics and pprof, its process, the host and the load
// generator through procfs. It writes samples, profiles and INFO texts through
// package record and derives nothing from them.
//
// It uses only what any server could offer, and each part is optional: what
// cannot be had is noted in the run as missing, with the reason.
//
// Client is a plain Redis client for the lab's own needs: asking, never load.
package probe

// Package percpu runs a thread on each processor of a Linux machine, for what keeps processors busy or watches them.
package percpu

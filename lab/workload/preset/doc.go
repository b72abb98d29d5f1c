// Package preset holds workloads that are ready to use, as the commented files
// that `redline load init` writes. Names lists them, Text gives a file, and Spec
// what it says.
package preset

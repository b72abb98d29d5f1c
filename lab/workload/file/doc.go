// Package file reads and writes workload files: the YAML form of a
// workload.Spec, which docs/workload.md describes.
//
// Parse and Read are strict. An unknown field, a wrong type, a value without a
// meaning and a workload that makes no sense are each an Error, which names file,
// line, column and field and says what would be right. Format writes a Spec so
// that Parse gives the same Spec again; a run directory keeps such a file.
package file

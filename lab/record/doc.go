// Package record writes and reads run directories, the seam between measuring
// and judging: drive and probe only write one, analysis and reports only read
// one. docs/format/run.md specifies the files.
//
// Create makes a directory and returns its Writer; Open returns a Dir, whose
// methods iterate over what was recorded. A run that was killed reads up to its
// last complete line; other damage is a *DamageError with file and line.
//
// The package derives nothing: no percentile, rate or verdict is computed here.
package record

// Package hist holds latencies as mergeable histograms.
//
// Recorder is what a hot path writes: a plain array for one writer, a few
// instructions a value. Hist is what readers query. Both have the counters of
// an HdrHistogram. LogWriter and LogReader store them as an
// HdrHistogram log (format 1.3, V2 compressed payloads), which every tool of
// that family reads.
//
// Values are nanoseconds. The geometry is fixed: 3 significant digits, 1 us
// lowest discernible, 1 h highest. Histograms merge, so percentiles of many
// threads, slices or runs come from the merged counts and are never averaged.
//
// The package does not keep time and knows nothing of operations: names live in
// the tags of the log.
package hist

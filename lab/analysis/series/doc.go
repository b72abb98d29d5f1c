// Package series reads a run directory as time series.
//
// A Grid cuts the run into columns of whole slices, so that a chart has a
// bounded number of points. Load gives, per column, the driver's counters and
// the distribution of latencies: counters are summed and histograms merged,
// percentiles are never averaged. LoadSamples gives what probes sampled, each
// value at its own times, as gauges or as rates of counters.
//
// The package judges nothing (findings and summaries do) and draws nothing.
package series

package probe

import (
	"context"
	"math"
	"strconv"
	"strings"
)

const maxMetricsBytes = 4 << 20

// metricNames gives the common names to what Go programs export.
var metricNames = map[string]string{
	"go_goroutines":                 "goroutines",
	"go_threads":                    "threads",
	"go_memstats_heap_inuse_bytes":  "heap_inuse_bytes",
	"go_memstats_heap_alloc_bytes":  "heap_alloc_bytes",
	"go_memstats_alloc_bytes_total": "alloc_total_bytes",
	"go_gc_duration_seconds_count":  "gc_cycles",
	"go_gc_duration_seconds_sum":    "gc_pause_s",
}

// metricsValues reads a Prometheus endpoint.
func metricsValues(ctx context.Context, url string) (map[string]float64, error) {
	text, err := get(ctx, url, maxMetricsBytes)
	if err != nil {
		return nil, err
	}
	return parseMetrics(string(text)), nil
}

// parseMetrics keeps the series without labels: figures of the whole process.
func parseMetrics(text string) map[string]float64 {
	out := map[string]float64{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0][0] == '#' || strings.ContainsRune(fields[0], '{') {
			continue
		}
		v, err := strconv.ParseFloat(fields[1], 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			continue // JSON has no such numbers
		}
		name := fields[0]
		if common, ok := metricNames[name]; ok {
			name = common
		}
		out[name] = v
	}
	return out
}

package report

import (
	"encoding/json"
	"os"
	"path/filepath"

	"redline/lab/record"
)

// summary is what the head and the first section say.
type summary struct {
	Operations  int64        `json:"operations"`
	Errors      int64        `json:"errors"`
	ThroughputS float64      `json:"throughput_per_s"`
	Response    latencyStats `json:"response_ns"`
	Service     latencyStats `json:"service_ns"`
	Late        int64        `json:"late"`
	Dropped     int64        `json:"dropped"`
	CPUUs       *float64     `json:"server_cpu_us_per_request"`
	Verdict     string       `json:"verdict"`
	Reasons     []string     `json:"reasons"`
}

type latencyStats struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

func readSummary(dir string) (*summary, error) {
	text, err := os.ReadFile(filepath.Join(dir, record.SummaryFile))
	if err != nil {
		return nil, err
	}
	s := &summary{}
	return s, json.Unmarshal(text, s)
}

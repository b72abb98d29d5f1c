package drive

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"redline/hist"
)

// benchmarkServer starts a redis-server on a unix socket for a benchmark.
func benchmarkServer(b *testing.B) Address {
	b.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		b.Skip("needs redis-server")
	}
	socket := filepath.Join(b.TempDir(), "s")
	cmd := exec.Command(path, "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no")
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return Address{"unix", socket}
}

// BenchmarkClosedLoop counts whole requests, sent, answered and recorded. It
// must not allocate: what it shows is shared by all requests of a run.
func BenchmarkClosedLoop(b *testing.B) {
	for _, pipeline := range []int{1, 16} {
		b.Run(fmt.Sprintf("pipeline=%d", pipeline), func(b *testing.B) {
			cfg := Config{Address: benchmarkServer(b), Spec: closedLoop(time.Hour), Requests: int64(b.N), Epoch: time.Now(), SliceNs: 1e8}
			cfg.Spec.Pipeline = pipeline
			cpu := int64(0)
			var sum hist.Recorder
			cfg.Sink = func(s *Slice) error {
				cpu += s.ThreadCPUNs
				sum.Add(&s.Ops[0].Response)
				return nil
			}
			deadline := time.Now().Add(10 * time.Second)
			for {
				_, err := Run(b.Context(), cfg)
				if err == nil {
					break
				}
				if time.Now().After(deadline) {
					b.Fatal(err)
				}
				b.ResetTimer() // the server was not there yet
			}
			b.ReportAllocs()
			b.ReportMetric(float64(cpu)/float64(b.N), "cpu-ns/op")
		})
	}
}

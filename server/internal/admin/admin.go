// Package admin is the HTTP side of the server: /healthz, /metrics and /debug/pprof.
//
// It is meant for operators and for the lab, listens on loopback unless told otherwise, and changes nothing. It knows
// the session hub and reads its counters.
package admin

import (
	"fmt"
	"net/http"
	"net/http/pprof"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"redline/server/internal/session"
)

// Rates of Go's sampled profiles while the admin listener is on. One contended lock in mutexFraction is recorded, and of
// blocking events those longer than about blockNanos; both cost less than can be measured at these rates.
const (
	mutexFraction = 100
	blockNanos    = int(100 * time.Microsecond)
)

// Handler returns the routes. Calling it turns the mutex and block profiles on.
func Handler(h *session.Hub) http.Handler {
	runtime.SetMutexProfileFraction(mutexFraction)
	runtime.SetBlockProfileRate(blockNanos)
	reg := prometheus.NewRegistry()
	reg.MustRegister(&collector{hub: h}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, "{\"status\":\"ok\",\"uptime_s\":%.0f}\n", time.Since(h.Started).Seconds())
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "Redline admin: /healthz /metrics /debug/pprof/")
	})
	return mux
}

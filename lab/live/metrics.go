package live

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics serves the last frame to Prometheus.
type Metrics struct {
	mu    sync.Mutex
	frame *Frame // nil before the first

	srv  *http.Server
	addr string
	done chan struct{}
}

// ServeMetrics listens on loopback, on a free port if port is 0.
func ServeMetrics(port int) (*Metrics, error) {
	ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("cannot serve metrics on port %d: %w; choose another", port, err)
	}
	m := &Metrics{addr: ln.Addr().String(), done: make(chan struct{})}
	reg := prometheus.NewRegistry()
	reg.MustRegister(m)
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	m.srv = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(m.done)
		_ = m.srv.Serve(ln) // ends with Close
	}()
	return m, nil
}

// URL is where the metrics are.
func (m *Metrics) URL() string { return "http://" + m.addr + "/metrics" }

// Close stops serving, after requests that are under way.
func (m *Metrics) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := m.srv.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = m.srv.Close()
	}
	<-m.done
	return err
}

// Span is a second.
func (m *Metrics) Span() time.Duration { return second }

// Show keeps f.
func (m *Metrics) Show(f *Frame) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frame = f
}

// Note does nothing: text is no metric.
func (m *Metrics) Note(string) {}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("redline_lab_"+name, help, labels, nil)
}

var (
	descPhase       = desc("phase_info", "Phase of the run, as a label; always 1.", "title", "phase")
	descAsked       = desc("asked_per_second", "Requests due per second; without a label, of all operations.", "op")
	descGot         = desc("got_per_second", "Requests answered without an error per second.", "op")
	descResponse    = desc("response_seconds", "Time from the intended start of a request to its reply, over the last second.", "op", "quantile")
	descService     = desc("service_seconds", "Time from the sending of a request to its reply, over the last second.", "quantile")
	descCompleted   = desc("completed_total", "Requests answered without an error since the load began.")
	descErrors      = desc("errors_total", "Requests that failed since the load began.")
	descLate        = desc("late_total", "Requests sent more than 1 ms late since the load began.")
	descDropped     = desc("dropped_total", "Requests never sent since the load began.")
	descBacklog     = desc("backlog", "Requests that wait for a connection.")
	descInFlight    = desc("in_flight", "Requests sent and not yet answered.")
	descConnections = desc("connections", "Usable connections.")
	descGenCPU      = desc("generator_cpu_ratio", "Share of time that the generator's threads work; 1 is saturation.")
	descPacing      = desc("generator_pacing_seconds", "How late requests were sent although a connection was free, over the last second.", "quantile")
	descServerCPU   = desc("server_cpu_ratio", "CPUs that the server uses.")
	descServerRSS   = desc("server_resident_bytes", "Resident memory of the server.")
)

// Describe lists the metrics.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descPhase, descAsked, descGot, descResponse, descService, descCompleted, descErrors, descLate, descDropped,
		descBacklog, descInFlight, descConnections, descGenCPU, descPacing, descServerCPU, descServerRSS} {
		ch <- d
	}
}

// Collect sends the last frame.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	m.mu.Lock()
	f := m.frame
	m.mu.Unlock()
	if f == nil {
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v int64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v))
	}
	gauge(descPhase, 1, f.Title, f.Phase)
	gauge(descAsked, f.AskedPerS, "")
	gauge(descGot, f.GotPerS, "")
	quantiles(f.ResponseNs, func(q string, s float64) { gauge(descResponse, s, "", q) })
	quantiles(f.ServiceNs, func(q string, s float64) { gauge(descService, s, q) })
	for _, op := range f.Ops {
		gauge(descAsked, op.AskedPerS, op.Name)
		gauge(descGot, op.GotPerS, op.Name)
		quantiles(op.ResponseNs, func(q string, s float64) { gauge(descResponse, s, op.Name, q) })
	}
	counter(descCompleted, f.Total.Completed)
	counter(descErrors, f.Total.Errors)
	counter(descLate, f.Total.Late)
	counter(descDropped, f.Total.Dropped)
	gauge(descBacklog, float64(f.Backlog))
	gauge(descInFlight, float64(f.InFlight))
	gauge(descConnections, float64(f.Connections))
	gauge(descGenCPU, f.Generator.CPURatio)
	for q, ns := range map[string]int64{"0.5": f.Generator.PacingP50Ns, "0.99": f.Generator.PacingP99Ns, "1": f.Generator.PacingMaxNs} {
		gauge(descPacing, float64(ns)/1e9, q)
	}
	if v := f.Server.CPURatio; v != nil {
		gauge(descServerCPU, *v)
	}
	if v := f.Server.RSSBytes; v != nil {
		gauge(descServerRSS, *v)
	}
}

func quantiles(q Quantiles, add func(quantile string, seconds float64)) {
	for _, v := range []struct {
		name string
		ns   int64
	}{{"0.5", q.P50}, {"0.9", q.P90}, {"0.99", q.P99}, {"0.999", q.P999}, {"1", q.Max}} {
		add(v.name, float64(v.ns)/1e9)
	}
}

package probe

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/procfs"

	"redline/lab/record"
	"redline/resp"
)

// Sampler writes time series while a run goes on. Set the fields, then Start.
//
// Sources read from the kernel and sources asked over the network are sampled by
// two goroutines, so that a server that stalls cannot hold up the former.
type Sampler struct {
	Writer   *record.Writer
	Dial     func() (*Client, error) // for INFO; nil without
	PID      int                     // of the server; 0 when unknown
	Metrics  string                  // URL; empty without
	Interval time.Duration
	// OnSample is called with each sample, from any goroutine. May be nil.
	OnSample func(*record.Sample)

	fs     procfs.FS
	hasFS  bool
	client *Client
	local  sync.Mutex // one kernel sample at a time
	mu     sync.Mutex
	failed map[string]bool // sources that failed for good and are not asked again
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// Start takes a first sample of everything and goes on every Interval until
// Stop. A source that fails is noted as missing and left out from then on.
func (s *Sampler) Start(ctx context.Context) {
	s.failed = map[string]bool{}
	var err error
	if s.fs, err = procfs.NewDefaultFS(); err == nil {
		s.hasFS = true
	} else {
		s.missing("host", "no procfs on this platform")
	}
	ctx, s.cancel = context.WithCancel(ctx)
	s.Now()
	s.ask(ctx)
	s.done.Go(func() { s.loop(ctx, s.Now) })
	s.done.Go(func() { s.loop(ctx, func() { s.ask(ctx) }) })
}

// Stop ends sampling after a last sample of everything.
func (s *Sampler) Stop() {
	s.cancel()
	s.done.Wait()
	s.Now()
	s.ask(context.Background())
	if s.client != nil {
		_ = s.client.Close()
	}
}

func (s *Sampler) loop(ctx context.Context, sample func()) {
	tick := time.NewTicker(s.Interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			sample()
		}
	}
}

// Now samples the sources read from the kernel. Runs also call it at the bounds
// of phases, so that differences of counters cover exactly a phase.
func (s *Sampler) Now() {
	if !s.hasFS {
		return
	}
	s.local.Lock()
	defer s.local.Unlock()
	// The server's process comes first: its CPU time is the figure that must be
	// sharp.
	if s.PID != 0 {
		s.take("server_proc", func() (map[string]float64, error) { return processValues(s.fs, s.PID) })
	}
	s.take("cgroup", s.cgroup)
	s.take("generator", s.generator)
	s.take("host", func() (map[string]float64, error) { return hostValues(s.fs) })
	s.take("psi", func() (map[string]float64, error) { return psiValues(s.fs) })
}

// ask samples the sources asked over the network.
func (s *Sampler) ask(ctx context.Context) {
	if s.Dial != nil {
		s.take("info", s.info)
	}
	if s.Metrics != "" {
		s.take("metrics", func() (map[string]float64, error) { return metricsValues(ctx, s.Metrics) })
	}
}

// errSkip leaves out one sample and goes on.
var errSkip = errors.New("no sample this time")

// info samples INFO. A lost connection is made anew at the next sample: servers
// restart. A server that refuses the command is not asked again.
func (s *Sampler) info() (map[string]float64, error) {
	if s.client == nil {
		c, err := s.Dial()
		if err != nil {
			return nil, errSkip
		}
		s.client = c
	}
	info, err := s.client.Info("everything")
	var refused resp.ReplyError
	if err != nil && !errors.As(err, &refused) {
		_ = s.client.Close()
		s.client = nil
		return nil, errSkip
	}
	return info.values(), err
}

func (s *Sampler) generator() (map[string]float64, error) {
	v, err := processValues(s.fs, os.Getpid())
	if err == nil {
		v["goroutines"] = float64(runtime.NumGoroutine())
	}
	return v, err
}

// take writes one sample of a source, timed when it was asked.
func (s *Sampler) take(source string, sample func() (map[string]float64, error)) {
	s.mu.Lock()
	failed := s.failed[source]
	s.mu.Unlock()
	if failed {
		return
	}
	at := s.Writer.Now()
	values, err := sample()
	if errors.Is(err, errSkip) || errors.Is(err, context.Canceled) {
		return
	}
	if errors.Is(err, errNoLimits) {
		s.leaveOut(source)
		return
	}
	if err != nil {
		s.missing(source, oneLine(err))
		return
	}
	out := &record.Sample{TNs: at, Source: source, Values: values}
	_ = s.Writer.Sample(out) // a write error shows when the run is finished
	if s.OnSample != nil {
		s.OnSample(out)
	}
}

// leaveOut has a source not asked again.
func (s *Sampler) leaveOut(source string) {
	s.mu.Lock()
	s.failed[source] = true
	s.mu.Unlock()
}

func (s *Sampler) missing(source, why string) {
	s.leaveOut(source)
	_ = s.Writer.Missing(source, why)
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

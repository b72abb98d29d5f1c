package scenario

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"redline/lab"
	"redline/lab/analysis/findings"
	"redline/lab/analysis/summary"
	"redline/lab/record"
)

// Run does the scenario. An error means that it could not be done: a wrong
// parameter, no server, writing not allowed. What the server does wrong is in the
// Result, and so is an early end of ctx, which is undecided.
func (s *Scenario) Run(ctx context.Context, opt Options) (*Result, error) {
	p, err := s.settle(opt.Set)
	if err != nil {
		return nil, err
	}
	r := &Result{Format: 1, Scenario: s.Name, Params: map[string]string{}, Figures: []Figure{}, Skipped: []Skipped{}, Advice: []string{}, Caveats: []string{}}
	for name, v := range p {
		r.Params[name] = v.Default
	}
	spec := opt.Spec
	spec.Kind, spec.Label = "scenario", s.Name
	spec.Workload.Name = s.Name
	if spec.Server != nil && s.directives != nil {
		server := *spec.Server
		server.Directives = append(server.Directives[:len(server.Directives):len(server.Directives)], s.directives(p)...)
		spec.Server = &server
	}
	b := &bench{params: p, result: r, say: opt.Say, series: newSeries()}
	spec.OnSample = func(sample *record.Sample) {
		b.series.take(sample)
		if opt.Spec.OnSample != nil {
			opt.Spec.OnSample(sample)
		}
	}
	start := time.Now()
	var stopped error // why the scenario did not get to its end
	r.RunDir, err = lab.Attend(ctx, spec, func(ctx context.Context, session *lab.Session) error {
		b.Session = session
		stopped = s.run(ctx, b)
		return nil
	})
	r.DurationS = time.Since(start).Seconds()
	if err != nil && !errors.Is(err, lab.ErrServerEnded) {
		if r.RunDir != "" {
			err = fmt.Errorf("%w (recorded in %s)", err, r.RunDir)
		}
		return nil, err
	}
	b.conclude(ctx, errors.Join(err, stopped))
	d, err := record.Open(r.RunDir)
	if err != nil {
		return nil, err
	}
	r.Target = d.Run().Target
	if err := r.write(); err != nil {
		return nil, err
	}
	if _, err := findings.Write(r.RunDir); err != nil {
		return nil, fmt.Errorf("the findings cannot be computed: %w", err)
	}
	return r, nil
}

// conclude sets the verdict. An error of the scenario's function is the server's
// fault, as whatever else could go wrong was found out before, or is a cannot.
func (b *bench) conclude(ctx context.Context, err error) {
	var not cannot
	switch {
	case errors.Is(err, lab.ErrServerEnded):
		b.failf("%v", lab.ErrServerEnded)
	case ctx.Err() != nil:
		b.result.Verdict, b.result.Reasons = summary.Undecided, []string{"the scenario was interrupted"}
		return
	case errors.As(err, &not):
		b.result.Verdict, b.result.Reasons = summary.Undecided, []string{string(not)}
		return
	case err != nil:
		b.failf("the scenario could not go on: %v", err)
	}
	if share, ok := b.series.othersShare(runtime.NumCPU()); ok && share > othersMost {
		b.doubtf("other programs took %.0f %% of the machine's CPUs meanwhile", 100*share)
	}
	b.result.judge(b.failures, b.doubts)
}

// othersMost is how much of the machine other programs may take before figures
// of time are in doubt: a quarter is one of four CPUs for which both wait.
const othersMost = 0.25

// cannot is why a scenario cannot be done here, such as a limit of the machine.
type cannot string

func (c cannot) Error() string { return string(c) }

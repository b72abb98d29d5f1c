package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"redline/lab"
	"redline/lab/analysis/summary"
	"redline/lab/live"
)

// liveFlags say how a run is shown while it goes on; lab, load and scenario
// share them.
type liveFlags struct {
	Plain       bool `help:"Plain progress lines instead of the live view of a terminal."`
	JSONStream  bool `name:"json-stream" help:"Print one JSON object a second to standard output, and the result as the last one."`
	MetricsPort int  `placeholder:"PORT" help:"Serve Prometheus metrics of the run on this port of the loopback interface while it goes on."`
}

// check refuses what does not go together. asJSON is the flag --json.
func (f *liveFlags) check(asJSON bool) error {
	if f.JSONStream && asJSON {
		return errors.New("--json and --json-stream exclude each other: the stream ends with the result")
	}
	if f.MetricsPort < 0 || f.MetricsPort > 65535 {
		return fmt.Errorf("--metrics-port is %d: want 1 to 65535", f.MetricsPort)
	}
	return nil
}

// watcher shows runs while they go on.
type watcher struct {
	io      streams
	line    *progressLine // nil with a terminal view
	term    *live.Terminal
	stream  *live.Stream // nil without
	metrics *live.Metrics
	feed    *live.Feed
}

// watch begins to show runs of the given title against where. stop is called
// when the user asks for the end in the terminal view. What is shown is given
// back by close.
func (f *liveFlags) watch(io streams, title, where string, stop func()) (*watcher, error) {
	w := &watcher{io: io}
	var sinks []live.Sink
	if f.MetricsPort > 0 {
		var err error
		if w.metrics, err = live.ServeMetrics(f.MetricsPort); err != nil {
			return nil, err
		}
		sinks = append(sinks, w.metrics)
	}
	if f.JSONStream {
		w.stream = live.NewStream(io.out)
		sinks = append(sinks, w.stream)
	}
	if !f.Plain && !f.JSONStream && isTerminal(io.err) && isTerminal(os.Stdin) {
		w.term = live.Open(os.Stdin, os.Stderr, title, where, stop)
		sinks = append(sinks, w.term)
	} else {
		w.line = newProgressLine(io.err)
		if w.metrics != nil {
			fmt.Fprintln(io.err, "metrics at "+w.metrics.URL())
		}
	}
	w.feed = live.NewFeed(title, sinks...)
	return w, nil
}

// attach has the run of spec shown.
func (w *watcher) attach(spec *lab.Spec) {
	if w.line != nil {
		spec.Progress = w.line.show
	}
	w.feed.Attach(spec)
}

// say shows a line of text.
func (w *watcher) say(text string) {
	if w.line != nil {
		w.line.say(text)
	}
	w.feed.Say(text)
}

// close gives the terminal back. It may be called twice.
func (w *watcher) close() {
	if w.line != nil {
		w.line.clear()
	}
	if w.term != nil {
		if err := w.term.Close(); err != nil {
			fmt.Fprintf(w.io.err, "redline: the live view failed (%v): pass --plain to do without\n", err)
		}
		w.term = nil
	}
	if w.metrics != nil {
		_ = w.metrics.Close() // nobody waits for it any more
		w.metrics = nil
	}
}

// result prints the outcome: as the stream's last object, as JSON or as text.
func (w *watcher) result(v any, asJSON bool, text func() error) error {
	switch {
	case w.stream != nil:
		return w.stream.Result(v)
	case asJSON:
		return printJSON(w.io.out, v)
	}
	return text()
}

// runSpec does one run, shown as f says, and prints its summary. finish may
// complete the summary before it is printed; it may be nil.
func (f *liveFlags) runSpec(io streams, spec lab.Spec, asJSON bool, finish func(*summary.Summary)) error {
	return f.runShown(io, spec, asJSON, false, func(sum *summary.Summary) (any, func() error) {
		if finish != nil {
			finish(sum)
		}
		return sum, func() error { return printSummary(io.out, sum) }
	})
}

// runShown does one run, shown as f says, and prints what result makes of it: an
// object, and the function that prints it for people. With failed, a run that failed
// midway is printed too, as far as it got, before its error.
func (f *liveFlags) runShown(io streams, spec lab.Spec, asJSON, failed bool, result func(*summary.Summary) (any, func() error)) error {
	if err := f.check(asJSON); err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := f.watch(io, spec.Kind, spec.Where(), cancel)
	if err != nil {
		return err
	}
	defer w.close()
	w.attach(&spec)
	sum, err := runLab(ctx, spec)
	w.close()
	if err != nil && (sum == nil || !failed) {
		return err
	}
	object, text := result(sum)
	if printErr := w.result(object, asJSON, text); printErr != nil {
		return printErr
	}
	if err != nil {
		return err
	}
	return verdictError(sum.Verdict)
}

// runLab does a run and says where a failed one is recorded; its summary may be
// there even then.
func runLab(ctx context.Context, spec lab.Spec) (*summary.Summary, error) {
	out, err := lab.Run(ctx, spec)
	if err != nil {
		if out != nil {
			return out.Summary, fmt.Errorf("%w (recorded in %s)", err, out.Dir)
		}
		return nil, err
	}
	return out.Summary, nil
}

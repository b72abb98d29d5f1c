// Package delta tells what two sets of runs differ in, function by function and
// per request, from the profiles they recorded. Compare lays the profiles of one
// kind over each other; Changes sums up those that a comparison or a gate
// reports. It measures nothing and draws nothing.
package delta

import (
	"errors"
	"fmt"
	"slices"

	"github.com/google/pprof/profile"

	"redline/lab/analysis/flame"
	"redline/lab/record"
)

// Kind is a profile that can be compared per request.
type Kind struct {
	Profile    string // name of the file in profiles/
	SampleType string
	Label      string
	// Total marks those that count since the start of the server:
	// NAME.before.pb.gz is subtracted where it exists.
	Total bool
}

// Kinds are all of them, in the order of a report.
var Kinds = []Kind{
	{"cpu", "cpu", "CPU", false},
	{"perf", "cpu", "CPU with kernel", false},
	{"allocs", "alloc_space", "Allocated bytes", true},
	{"allocs", "alloc_objects", "Allocations", true},
	{"mutex", "delay", "Mutex", true},
	{"block", "delay", "Block", true},
}

// ErrNone says that a run has no profile of the kind.
var ErrNone = errors.New("there is no such profile in the run directory")

// Compare lays the profiles of one kind of two sets of runs over each other,
// divided by the requests that were answered while they were taken. It wraps
// ErrNone when a side has no run with such a profile.
func Compare(a, b []*record.Dir, k Kind, opts flame.Options) (*flame.Comparison, error) {
	sa, err := merge(a, k)
	if err != nil {
		return nil, err
	}
	sb, err := merge(b, k)
	if err != nil {
		return nil, err
	}
	return flame.Compare(*sa, *sb, k.SampleType, opts)
}

// merge adds up the profiles of several runs and their requests.
func merge(dirs []*record.Dir, k Kind) (*flame.Side, error) {
	var all []*profile.Profile
	out := &flame.Side{}
	for _, d := range dirs {
		p, requests, err := Read(d, k)
		if errors.Is(err, ErrNone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, p)
		out.Requests += requests
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("profiles/%s.pb.gz: %w", k.Profile, ErrNone)
	}
	var err error
	if out.Profile, err = profile.Merge(all); err != nil {
		return nil, fmt.Errorf("profiles/%s.pb.gz of several runs cannot be added up: %w", k.Profile, err)
	}
	return out, nil
}

// Read returns the profile of one kind of a run, without what was there before
// the load, and how many requests were answered while it was taken.
func Read(d *record.Dir, k Kind) (p *profile.Profile, requests float64, err error) {
	path, ok := d.Profile(k.Profile)
	if !ok {
		return nil, 0, ErrNone
	}
	if p, err = flame.Read(path); err != nil {
		return nil, 0, err
	}
	when := []span{{p.TimeNanos, p.TimeNanos + p.DurationNanos}}
	if k.Total {
		when[0] = span{0, p.TimeNanos}
		if beforePath, ok := d.Profile(k.Profile + ".before"); ok {
			before, err := flame.Read(beforePath)
			if err != nil {
				return nil, 0, err
			}
			when[0].from = before.TimeNanos
			if p, err = flame.Diff(p, before); err != nil {
				return nil, 0, err
			}
		}
	}
	start := d.Run().StartedUnixNs
	for i := range when {
		when[i].from, when[i].to = when[i].from-start, when[i].to-start
	}
	if noted := captured(d, k); len(noted) > 0 {
		when = noted
	}
	p.Sample = slices.DeleteFunc(p.Sample, observing)
	requests, err = answered(d, when)
	return p, requests, err
}

// observing says whether a stack is that of being observed: what the lab asks for
// over HTTP is no work for a request.
func observing(s *profile.Sample) bool {
	for _, loc := range s.Location {
		for _, line := range loc.Line {
			if line.Function != nil && (line.Function.Name == "net/http.(*conn).serve" || line.Function.Name == "runtime/pprof.profileWriter") {
				return true
			}
		}
	}
	return false
}

// span is a stretch of time in nanoseconds since the start of the run.
type span struct{ from, to int64 }

// captured is when a profile was taken, as the lab noted it: profiles of several
// loads are stored as one, whose own times span what lay between them as well.
func captured(d *record.Dir, k Kind) (out []span) {
	all, ok, err := d.Captures()
	if !ok || err != nil {
		return nil
	}
	from := int64(0)
	for _, c := range all {
		switch {
		case c.File == record.ProfilesDir+"/"+k.Profile+".before.pb.gz" && from == 0:
			from = c.ToNs
		case c.File == Source(k) && k.Total: // the last one is what is stored
			out = []span{{from, c.FromNs}}
		case c.File == Source(k):
			out = append(out, span{c.FromNs, c.ToNs})
		}
	}
	return out
}

// answered counts the requests that were answered in some stretches of time; those
// of the whole recorded load where the server's clock puts the profile outside of
// it, or the profile does not say when it was taken.
func answered(d *record.Dir, when []span) (float64, error) {
	var within, whole float64
	for s, err := range d.Slices() {
		if err != nil {
			return 0, err
		}
		done := float64(s.Total().Completed)
		whole += done
		for _, w := range when {
			within += done * max(0, overlap(s.TNs, s.TNs+s.DurNs, w.from, w.to))
		}
	}
	if within == 0 {
		within = whole
	}
	if within == 0 {
		return 0, fmt.Errorf("%s: no request was answered, so nothing can be said per request", record.SlicesFile)
	}
	return within, nil
}

// overlap is the share of [a0, a1) that lies in [b0, b1).
func overlap(a0, a1, b0, b1 int64) float64 {
	if a1 <= a0 {
		return 0
	}
	return float64(min(a1, b1)-max(a0, b0)) / float64(a1-a0)
}

package duel

import (
	"errors"
	"fmt"
	"slices"

	"redline/lab/analysis/compare"
	"redline/lab/analysis/delta"
	"redline/lab/analysis/gate"
	"redline/lab/analysis/summary"
	"redline/lab/record"
)

// StoredMin is how many runs a stored baseline needs: what one run differs from the next by cannot be seen in one.
const StoredMin = 3

// SameLoad says in what two runs' loads differ, or nothing: figures of different loads say nothing of each other.
func SameLoad(a, b *record.Workload) error {
	for _, f := range []struct {
		name string
		a, b any
	}{
		{"loop", a.Loop, b.Loop}, {"rate", a.RatePerS, b.RatePerS}, {"arrivals", a.Arrivals, b.Arrivals}, {"connections", a.Connections, b.Connections},
		{"pipeline", a.Pipeline, b.Pipeline}, {"keys", a.Keys, b.Keys}, {"key distribution", a.KeyDistribution, b.KeyDistribution},
		{"value size", fmt.Sprint(a.ValueBytes, a.ValueSize), fmt.Sprint(b.ValueBytes, b.ValueSize)}, {"mix", fmt.Sprint(a.Mix), fmt.Sprint(b.Mix)},
	} {
		if f.a != f.b {
			return fmt.Errorf("the baseline was measured with %s %v, this load has %v: give the same flags as then", f.name, f.a, f.b)
		}
	}
	return nil
}

// Stored decides between runs that were kept and runs made now, under the same load. It is weaker than Run: whatever
// changed on the machine in between counts as a change of the server, which is among the caveats.
func Stored(a, b []*record.Dir, metrics []string, o gate.Options) (*Result, error) {
	o = o.WithDefaults()
	if len(a) < StoredMin || len(b) < StoredMin {
		return nil, fmt.Errorf("a stored baseline needs %d runs at least, not %d: what one run differs from the next by cannot be seen in fewer", StoredMin, min(len(a), len(b)))
	}
	for _, d := range slices.Concat(a, b) {
		if err := SameLoad(&d.Run().Workload, &b[0].Run().Workload); err != nil {
			return nil, fmt.Errorf("%s: %w", d.Path(), err)
		}
	}
	cmp, err := compare.Compute(a, b, "stored")
	if err != nil {
		return nil, err
	}
	r := &Result{Format: 1, A: cmp.A.Target, B: cmp.B.Target, Reasons: []string{}, Findings: []gate.Finding{}, Profiles: []delta.Profile{}, Effect: o.Effect, Alpha: 0.05,
		Pairs: len(b), RunDirs: [2]string{a[0].Path(), b[0].Path()},
		Caveats: []string{"the baseline was measured at another time: what changed on the machine since counts as well; a gate of two servers at once does not have this"}}
	for _, x := range cmp.Ratios {
		if x.Low == nil {
			continue
		}
		f := gate.Finding{Metric: x.Metric, Better: x.Better, Gating: slices.Contains(metrics, x.Metric), A: x.A, B: x.B, Ratio: x.Ratio, Low: *x.Low, High: *x.High, Pairs: len(b)}
		f.Judge(o.Effect)
		r.Findings = append(r.Findings, f)
		if f.Gating && f.Verdict != gate.Pass {
			r.Reasons = append(r.Reasons, f.String())
		}
	}
	r.Verdict = gate.Verdict(r.Findings, metrics)
	missing(r, metrics)
	if cmp.Verdict == summary.GeneratorLimited || cmp.Verdict == summary.Undecided {
		r.Verdict = gate.Undecided
		r.Reasons = append(r.Reasons, cmp.Reasons...)
	}
	if cmp.B.Errors > 0 && cmp.A.Errors == 0 {
		r.Verdict = gate.Regression
		r.Reasons = append(r.Reasons, fmt.Sprintf("%d of B's requests failed, none of the baseline's", cmp.B.Errors))
	}
	if len(r.Reasons) == 0 {
		r.Reasons = append(r.Reasons, fmt.Sprintf("no metric that decides is worse by %.3g %% or more", 100*r.Effect))
	}
	r.compareProfiles(a, b)
	return r, nil
}

// OpenRuns opens run directories.
func OpenRuns(paths []string) ([]*record.Dir, error) {
	var out []*record.Dir
	var errs []error
	for _, p := range paths {
		d, err := record.Open(p)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, d)
	}
	return out, errors.Join(errs...)
}

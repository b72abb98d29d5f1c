package lab

import (
	"context"
	"fmt"
	"time"

	"redline/lab/drive"
	"redline/lab/probe"
	"redline/lab/workload"
)

// mayWrite returns an error if writing to the target is not safe without the
// user's word for it.
func mayWrite(s *Spec, c *probe.Client) error {
	if s.Server != nil || s.AllowWrites || !s.attended && !s.Preload && !s.Workload.Writes() {
		return nil
	}
	const fix = "pass --allow-writes if that is meant (keys are written under the run's own prefix only and removed afterwards), or read only"
	if !s.Target.Loopback() {
		return fmt.Errorf("%s is not on this machine, and the run would write to it: %s", s.Target.URL(), fix)
	}
	n, err := c.Keys()
	if err != nil {
		return fmt.Errorf("cannot tell whether %s is empty (%w), and the run would write to it: %s", s.Target.URL(), err, fix)
	}
	if n > 0 {
		return fmt.Errorf("%s holds %d keys, and the run would write to it: %s", s.Target.URL(), n, fix)
	}
	return nil
}

// taskWithin bounds how long the lab takes to write or remove a data set of so
// many keys: a server that does not manage 10,000 a second is not going to.
func taskWithin(keys int64) time.Duration {
	return 2*time.Minute + time.Duration(keys)*time.Second/10_000
}

// cleanup removes every key the workload may have written. The names are known,
// so nothing is searched for: that would walk through all of a user's data.
func cleanup(ctx context.Context, s *Spec, addr drive.Address) error {
	var inserted []int64
	if s.space != nil {
		inserted = s.space.Inserted()
	}
	w := workload.Cleanup(s.Workload, inserted)
	_, err := doTask(ctx, drive.Config{Address: addr, Greeting: s.Target.Greeting(), Spec: &w, Epoch: time.Now(), SliceNs: SliceNs}, "cleanup")
	if err != nil {
		return fmt.Errorf("keys %s* may be left: %w", w.Keys.Prefix, err)
	}
	return nil
}

// doTask writes or removes a data set and returns an error unless all of it was
// done.
func doTask(ctx context.Context, cfg drive.Config, phase string) (*drive.Result, error) {
	keys := int64(0)
	for _, g := range cfg.Spec.AllGroups() {
		keys += g.Count
	}
	within := taskWithin(keys)
	cfg.Spec.Phases = []workload.Phase{{Name: phase, Duration: within}}
	why := "no error was reported"
	notify := cfg.Notify
	cfg.Notify = func(n drive.Note) {
		why = n.Text
		if notify != nil {
			notify(n)
		}
	}
	res, err := drive.Run(ctx, cfg)
	if err != nil {
		return res, err
	}
	sum := res.Total()
	switch {
	case ctx.Err() != nil:
		return res, ctx.Err()
	case sum.Completed < sum.Intended:
		return res, fmt.Errorf("%d of %d requests failed: %s", sum.Intended-sum.Completed, sum.Intended, why)
	case res.StopNs-res.StartNs >= int64(within):
		return res, fmt.Errorf("not done after %v", within)
	}
	return res, nil
}

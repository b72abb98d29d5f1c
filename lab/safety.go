package lab

import (
	"context"
	"fmt"
	"strings"
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

// cleanupWithin bounds how long the lab takes to remove its keys.
const cleanupWithin = 2 * time.Minute

// cleanup removes every key the workload may have written. The names are known,
// so nothing is searched for: that would walk through all of a user's data.
func cleanup(ctx context.Context, s *Spec, addr drive.Address) error {
	ctx, cancel := context.WithTimeout(ctx, cleanupWithin)
	defer cancel()
	for _, form := range keyForms(s) {
		w := workload.Preload(s.Workload)
		w.Name = "cleanup"
		w.Ops = []workload.Op{{Name: "del", Weight: 1, Command: []string{"DEL", form}, Writes: true}}
		w.Phases = []workload.Phase{{Name: "cleanup", Duration: cleanupWithin}}
		res, err := drive.Run(ctx, drive.Config{Address: addr, Greeting: s.Target.Greeting(), Spec: &w,
			Requests: w.Keys.Count, Epoch: time.Now(), SliceNs: SliceNs})
		if err != nil {
			return err
		}
		if n := res.Total(); n.Completed < w.Keys.Count {
			return fmt.Errorf("%d of %d keys %s* may be left", w.Keys.Count-n.Completed, w.Keys.Count, w.Keys.Prefix)
		}
	}
	return nil
}

// keyForms are the forms of keys that are written: "{key}" and variants of it.
func keyForms(s *Spec) []string {
	seen := map[string]bool{}
	var forms []string
	add := func(arg string) {
		if strings.Contains(arg, "{key}") && !seen[arg] {
			seen[arg] = true
			forms = append(forms, arg)
		}
	}
	if s.Preload {
		add("{key}")
	}
	for _, op := range s.Workload.Ops {
		for _, arg := range op.Command[1:] {
			if op.Writes {
				add(arg)
			}
		}
	}
	return forms
}

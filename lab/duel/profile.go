package duel

import (
	"context"
	"fmt"
	"time"

	"redline/lab/analysis/delta"
	"redline/lab/record"
)

// profileLeast is the shortest turn that is profiled: profiles are of whole seconds.
const profileLeast = time.Second

// profile has both sides profiled under the load that was compared, A B B A. It
// comes after the decision, as a profiled server is slower, and not every one by
// as much. What goes wrong here does not change the verdict.
func (d *duel) profile(ctx context.Context) {
	if d.o.ProfileFor <= 0 || ctx.Err() != nil {
		return
	}
	length := max(profileLeast, (d.o.ProfileFor / 2).Truncate(time.Second))
	d.o.Say(fmt.Sprintf("profiling both for %v", 2*length))
	for _, i := range []int{0, 1, 1, 0} {
		s := d.sides[i]
		w := turnOf(s.spec, length)
		if _, err := s.s.Profiled(ctx, w); err != nil {
			d.r.Caveats = append(d.r.Caveats, fmt.Sprintf("%c could not be profiled: %v", 'A'+i, err))
			return
		}
	}
}

// explain compares the profiles of both run directories, which are complete now.
func (r *Result) explain() {
	var sides [2][]*record.Dir
	for i, path := range r.RunDirs {
		d, err := record.Open(path)
		if err != nil {
			return
		}
		sides[i] = []*record.Dir{d}
	}
	r.compareProfiles(sides[0], sides[1])
}

func (r *Result) compareProfiles(a, b []*record.Dir) {
	profiles, missing := delta.Changes(a, b)
	r.Profiles = append(r.Profiles, profiles...)
	for _, m := range missing {
		r.Caveats = append(r.Caveats, "no "+m.Part+": "+m.Why)
	}
}

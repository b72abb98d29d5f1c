package flame

import (
	"fmt"
	"os"

	"github.com/google/pprof/profile"
)

// Read opens a profile in pprof format, compressed or not. A file that is
// damaged or holds something else is an error that names the file.
func Read(path string) (*profile.Profile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("%s: not a readable pprof profile: %w", path, err)
	}
	return p, nil
}

// Diff returns what p holds beyond before: stacks whose values grew, by how
// much. Values that shrank (sampling scales totals up, so a stack may seem to)
// count as zero. Neither argument is changed. It fails when the two are not of
// one kind.
func Diff(p, before *profile.Profile) (*profile.Profile, error) {
	earlier := before.Copy()
	earlier.Scale(-1)
	d, err := profile.Merge([]*profile.Profile{p, earlier})
	if err != nil {
		return nil, fmt.Errorf("profiles of different kinds cannot be subtracted: %w", err)
	}
	kept := d.Sample[:0]
	for _, s := range d.Sample {
		some := false
		for i, v := range s.Value {
			s.Value[i] = max(v, 0)
			some = some || v > 0
		}
		if some {
			kept = append(kept, s)
		}
	}
	d.Sample = kept
	return d, nil
}

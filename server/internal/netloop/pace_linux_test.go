package netloop

import "testing"

func TestSlowRequestsAreReadInLess(t *testing.T) {
	var m member
	for _, step := range []struct {
		took int64
		want int
	}{
		{visitLongNs, readMax}, {visitLongNs + 1, readMax / 2}, {visitLongNs + 1, readMax / 4}, {visitShortNs, readMax / 4},
		{1e9, readMax / 8}, {1e9, readMax / 8}, {visitShortNs - 1, readMax / 4}, {0, readMax / 2}, {0, readMax}, {0, readMax},
	} {
		if m.pace(step.took); readMax>>m.slow != step.want {
			t.Errorf("after a visit of %d ns it reads %d bytes instead of %d", step.took, readMax>>m.slow, step.want)
		}
	}
}

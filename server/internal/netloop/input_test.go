package netloop

import "testing"

// A buffer holds what it is to hold, and nothing of it is left after release.
func TestInputEnlarge(t *testing.T) {
	for _, n := range []int{1, inputSize, inputSize + 1, 1 << 20, 33 << 20} {
		var in input
		in.enlarge(n)
		if len(in.buf) < n {
			t.Errorf("%d bytes: got %d", n, len(in.buf))
		}
		in.release()
		if in.buf != nil || in.box != nil {
			t.Error("something is left after release")
		}
	}
}

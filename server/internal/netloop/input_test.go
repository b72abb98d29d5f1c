package netloop

import "testing"

// Large buffers are of the smallest class that holds them.
func TestInputClasses(t *testing.T) {
	for n, want := range map[int]int{
		1: -1, inputSize: -1, inputSize + 1: 0, 2 * inputSize: 0, 2*inputSize + 1: 1, inputLarge - 1: 5, inputLarge: 5, inputLarge + 1: -1,
	} {
		if got := class(n); got != want {
			t.Errorf("%d bytes: class %d, want %d", n, got, want)
		}
		var in input
		in.enlarge(n)
		if len(in.buf) < n || pooling && want >= 0 && len(in.buf) != inputSize<<(want+1) {
			t.Errorf("%d bytes: got %d", n, len(in.buf))
		}
		in.release()
		if in.buf != nil || in.box != nil {
			t.Error("something is left after release")
		}
	}
}

package drive

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTimers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var h timers
	var model []int64
	for range 20_000 {
		if len(model) == 0 || rng.IntN(5) < 3 && len(model) < 500 {
			at := rng.Int64N(1000)
			h.push(timer{at, int32(at)})
			model = append(model, at)
			continue
		}
		least := slices.Min(model)
		i := slices.Index(model, least)
		model = slices.Delete(model, i, i+1)
		if h.next() != least {
			t.Fatalf("next is %d, want %d", h.next(), least)
		}
		if got := h.pop(); got.at != least || got.id != int32(least) {
			t.Fatalf("popped %+v, want %d", got, least)
		}
	}
	for len(h) > 0 {
		h.pop()
	}
	if h.next() != noMore {
		t.Error("an empty heap has a next")
	}
}

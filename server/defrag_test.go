package server

import (
	"testing"

	"redline/server/internal/config"
)

func TestEffortFor(t *testing.T) {
	c := config.Defrag{On: true, CycleMin: 1, CycleMax: 25, Lower: 10, Upper: 100, IgnoreBytes: 1000}
	off, wrong := c, c
	off.On = false
	wrong.Lower, wrong.Upper = 100, 10
	for _, tt := range []struct {
		c                 config.Defrag
		inBlocks, between int64
		want              int
	}{
		{c, 0, 0, 0}, {c, 1000, 999, 0}, {c, 100_000, 9999, 0}, {c, 100_000, 10_000, 1}, {c, 100_000, 55_000, 13}, {c, 100_000, 100_000, 25}, {c, 0, 100_000, 25},
		{off, 1000, 100_000, 0}, {wrong, 100_000, 50_000, 0}, {wrong, 100_000, 100_000, 25},
	} {
		if got := effortFor(tt.c, tt.inBlocks, tt.between); got != tt.want {
			t.Errorf("%d%% for %d bytes between %d in blocks, want %d%%", got, tt.between, tt.inBlocks, tt.want)
		}
	}
}

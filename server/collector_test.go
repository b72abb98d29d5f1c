package server

import "testing"

func TestPercentFor(t *testing.T) {
	const mb = 1 << 20
	for _, tt := range []struct{ live, widen, want int64 }{
		{0, 1, 100}, {2 * mb, 1, 100}, {8 * mb, 1, 50}, {32 * mb, 1, 12}, {1000 * mb, 1, 12}, {1000 * mb, 4, 50}, {1000 * mb, 16, 100},
	} {
		if got := percentFor(tt.live, tt.widen); got != tt.want {
			t.Errorf("GOGC %d for %d bytes live, widened %d times, want %d", got, tt.live, tt.widen, tt.want)
		}
	}
}

func TestLimitFor(t *testing.T) {
	const gb = 1 << 30
	for _, tt := range []struct{ ceiling, outside, live, least, most int64 }{
		{4 * gb, 0, 0, 3 * gb, 4 * gb},
		{4 * gb, 2 * gb, 0, gb, 2 * gb},
		{4 * gb, 4 * gb, 0, limitMin, limitMin}, // the keyspace has it all
		{4 * gb, 4 * gb, gb, gb, 2 * gb},        // collections have grown beyond: no endless collecting
		{64 << 20, 0, 0, limitMin, limitMin}, {gb, 0, 0, gb / 2, gb},
	} {
		if got := limitFor(tt.ceiling, tt.outside, tt.live); got < tt.least || got > tt.most {
			t.Errorf("GOMEMLIMIT %d beside %d of %d bytes, %d live", got, tt.outside, tt.ceiling, tt.live)
		}
	}
}

package report

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func plain(q quantity) string {
	return strings.NewReplacer("\u202f", " ", "\u00b5", "u").Replace(q.String())
}

func TestUnits(t *testing.T) {
	for _, c := range []struct {
		got  quantity
		want string
	}{
		{latency(0), "0 ms"}, {latency(512), "512 ns"}, {latency(1500), "1.5 us"}, {latency(999_600), "1 ms"}, {latency(12_340_000), "12.3 ms"},
		{latency(1.5e9), "1.5 s"}, {latency(600e9), "10 min"},
		{perSecond(999.7), "1 k/s"}, {perSecond(21_400), "21.4 k/s"}, {perSecond(1.5e6), "1.5 M/s"},
		{size(64), "64 B"}, {size(1536), "1.5 KiB"}, {size(24 << 30), "24 GiB"},
		{percent(0.001), "0.1 %"}, {percent(1), "100 %"}, {seconds(6e9), "6 s"},
	} {
		if plain(c.got) != c.want {
			t.Errorf("got %q, want %q", plain(c.got), c.want)
		}
	}
	for v, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := grouped(v); got != want {
			t.Errorf("grouped(%d) = %q, want %q", v, got, want)
		}
	}
	if got := instant(1767366245 * 1e9); got != "2 January 2026, 15:04:05 UTC" {
		t.Errorf("got %q", got)
	}
}

func TestNumbersAreShortInJSON(t *testing.T) {
	text, err := json.Marshal(numbers{0, 1, 123456, 999950, 1.23456, 0.000123456, -12.3456, math.NaN(), math.Inf(1)})
	check(t, err)
	if want := `[0,1,123500,1000000,1.235,0.0001235,-12.35,null,null]`; string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
	text, err = json.Marshal(instants{0.05, 123.4564, 3600})
	check(t, err)
	if want := `[0.05,123.456,3600]`; string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
}

func TestCommandLineCanBePasted(t *testing.T) {
	got := commandLine([]string{"redline", "lab", "--name", "it's", "", "a b", "--rate=5"})
	if want := `redline lab --name 'it'\''s' '' 'a b' --rate=5`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFieldsAreReadable(t *testing.T) {
	got := fields(map[string]any{"duration_ns": 1.5e8, "keys": 100000.0, "why": "slow", "rss_bytes": 2048.0, "ratio": 0.25})
	if want := "duration 150 ms, keys 100,000, ratio 0.25, rss 2 KiB, why slow"; strings.ReplaceAll(got, thin, " ") != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

package workload

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The readers of human units. Each takes a plain number as well, in the unit
// that the name says.

// splitUnit cuts text into its number and what follows, in lower case.
func splitUnit(text string) (number float64, unit string, err error) {
	text = strings.TrimSpace(text)
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || strings.IndexByte("+-._", text[end]) >= 0 || isExponent(text, end)) {
		end++
	}
	number, err = strconv.ParseFloat(strings.ReplaceAll(text[:end], "_", ""), 64)
	if err != nil || math.IsInf(number, 0) {
		return 0, "", fmt.Errorf("%q does not begin with a number", text)
	}
	return number, strings.ToLower(strings.TrimSpace(text[end:])), nil
}

// isExponent tells whether text[i] is the e of a number such as 1e6.
func isExponent(text string, i int) bool {
	return i > 0 && (text[i] == 'e' || text[i] == 'E') && i+1 < len(text) && (text[i+1] >= '0' && text[i+1] <= '9' || text[i+1] == '+' || text[i+1] == '-')
}

var countUnits = map[string]float64{"": 1, "k": 1e3, "m": 1e6, "million": 1e6, "g": 1e9, "b": 1e9, "billion": 1e9}

// ParseCount reads a number such as 1000, 10k or 1.5M.
func ParseCount(text string) (float64, error) {
	n, unit, err := splitUnit(text)
	if err != nil {
		return 0, err
	}
	f, ok := countUnits[unit]
	if !ok {
		return 0, fmt.Errorf("%q: the unit %q is none of k, M and G", text, unit)
	}
	return n * f, nil
}

// ParseRate reads a rate per second: 1000, 10k, 10k/s, 600/min or 1M/h.
func ParseRate(text string) (float64, error) {
	amount, per, has := strings.Cut(text, "/")
	n, err := ParseCount(amount)
	if err != nil {
		return 0, fmt.Errorf("rate %w; write it as 10k/s", err)
	}
	switch strings.TrimSpace(per) {
	case "s", "sec", "second":
		return n, nil
	case "m", "min", "minute":
		return n / 60, nil
	case "h", "hour":
		return n / 3600, nil
	}
	if has {
		return 0, fmt.Errorf("rate %q: want /s, /min or /h", text)
	}
	return n, nil
}

var sizeUnits = map[string]float64{"": 1, "b": 1, "k": 1 << 10, "kb": 1 << 10, "kib": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "mib": 1 << 20,
	"g": 1 << 30, "gb": 1 << 30, "gib": 1 << 30}

// ParseSize reads a size in bytes: 64, 64B, 1KB (1024 bytes) or 2MB.
func ParseSize(text string) (float64, error) {
	n, unit, err := splitUnit(text)
	if err != nil {
		return 0, fmt.Errorf("size %w", err)
	}
	f, ok := sizeUnits[unit]
	if !ok {
		return 0, fmt.Errorf("size %q: the unit %q is none of B, KB, MB and GB", text, unit)
	}
	return n * f, nil
}

// ParseShare reads 5%, or 0.05.
func ParseShare(text string) (float64, error) {
	n, unit, err := splitUnit(text)
	if err == nil && unit == "%" {
		n /= 100
	}
	if err != nil || unit != "%" && unit != "" || n < 0 {
		return 0, fmt.Errorf("share %q: write it as 5%% or 0.05", text)
	}
	return n, nil
}

// ParseDuration reads Go's form (1m30s, 5ms), and days as in 1.5d.
func ParseDuration(text string) (time.Duration, error) {
	text = strings.ReplaceAll(strings.TrimSpace(text), " ", "")
	if days, ok := strings.CutSuffix(text, "d"); ok {
		f, err := strconv.ParseFloat(days, 64)
		if err != nil || math.Abs(f) > 36500 || math.IsNaN(f) {
			return 0, fmt.Errorf("duration %q: write it as 30s, 5ms, 1h30m or 2d", text)
		}
		return time.Duration(f * 24 * float64(time.Hour)), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("duration %q: write it as 30s, 5ms, 1h30m or 2d", text)
	}
	return d, nil
}

// FormatCount writes a number the way ParseCount reads it, with k, M or G where
// that loses nothing.
func FormatCount(n float64) string {
	for _, u := range []struct {
		f    float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if text := strconv.FormatFloat(n/u.f, 'f', -1, 64); math.Abs(n) >= u.f && len(text) <= 4 {
			return text + u.name
		}
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// FormatSize writes a number of bytes the way ParseSize reads it.
func FormatSize(n float64) string {
	for _, u := range []struct {
		f    float64
		name string
	}{{1 << 30, "GB"}, {1 << 20, "MB"}, {1 << 10, "KB"}} {
		if text := strconv.FormatFloat(n/u.f, 'f', -1, 64); math.Abs(n) >= u.f && len(text) <= 5 {
			return text + u.name
		}
	}
	return strconv.FormatFloat(n, 'f', -1, 64) + "B"
}

// FormatDuration writes d the way ParseDuration reads it, without zero parts.
func FormatDuration(d time.Duration) string {
	text := strings.ReplaceAll(d.String(), "µ", "u")
	if strings.HasSuffix(text, "m0s") {
		text = text[:len(text)-2]
	}
	if strings.HasSuffix(text, "h0m") {
		text = text[:len(text)-2]
	}
	return text
}

package report

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// The page formats what it draws, this file what is said in words. Both write a
// unit that fits the size and three significant digits.

// thin is the narrow space between a number and its unit, where no line breaks.
const thin = "\u202f"

// quantity is a number and its unit, apart, for the large figures.
type quantity struct{ value, unit string }

func (q quantity) String() string {
	if q.unit == "" {
		return q.value
	}
	return q.value + thin + q.unit
}

// digits writes three significant digits without an exponent.
func digits(v float64) string {
	abs := math.Abs(v)
	switch {
	case abs == 0:
		return "0"
	case abs >= 100:
		return grouped(int64(math.Round(v)))
	case abs >= 10:
		return trimZeros(strconv.FormatFloat(v, 'f', 1, 64))
	case abs >= 1:
		return trimZeros(strconv.FormatFloat(v, 'f', 2, 64))
	}
	return trimZeros(strconv.FormatFloat(v, 'f', min(6, 2-int(math.Floor(math.Log10(abs)))), 64))
}

func trimZeros(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// grouped writes a whole number with commas between thousands.
func grouped(v int64) string {
	s := strconv.FormatInt(v, 10)
	sign := ""
	if v < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

func latency(ns float64) quantity {
	switch abs := math.Abs(ns); {
	case abs == 0:
		return quantity{"0", "ms"}
	case abs < 999.5:
		return quantity{digits(ns), "ns"}
	case abs < 999.5e3:
		return quantity{digits(ns / 1e3), "\u00b5s"}
	case abs < 999.5e6:
		return quantity{digits(ns / 1e6), "ms"}
	case abs < 120e9:
		return quantity{digits(ns / 1e9), "s"}
	}
	return quantity{digits(ns / 60e9), "min"}
}

func scaled(v, step float64, units ...string) quantity {
	i := 0
	for ; math.Abs(v) >= step*0.9995 && i < len(units)-1; i++ {
		v /= step
	}
	return quantity{digits(v), units[i]}
}

func perSecond(v float64) quantity { return scaled(v, 1000, "/s", "k/s", "M/s", "G/s") }

func size(bytes float64) quantity { return scaled(bytes, 1024, "B", "KiB", "MiB", "GiB", "TiB") }

func percent(ratio float64) quantity { return quantity{digits(100 * ratio), "%"} }

func seconds(ns int64) quantity { return quantity{digits(float64(ns) / 1e9), "s"} }

// instant writes a unix time in UTC, so that a report reads the same everywhere.
func instant(unixNs int64) string {
	return time.Unix(0, unixNs).UTC().Format("2 January 2006, 15:04:05 UTC")
}

// count writes "1 error", "2,000 errors".
func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

package live

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// took prints nanoseconds in at most seven characters.
func took(ns int64) string {
	d := time.Duration(ns)
	switch {
	case d >= 100*time.Second:
		return d.Round(time.Second).String()
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.2fs", d.Seconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.1fms", float64(d)/1e6)
	case d >= time.Millisecond:
		return fmt.Sprintf("%.2fms", float64(d)/1e6)
	}
	return fmt.Sprintf("%dus", d/time.Microsecond)
}

// count prints a number with commas between thousands.
func count(v float64) string {
	digits := fmt.Sprintf("%.0f", max(v, 0))
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// memory prints bytes.
func memory(v float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1 << 30, "GB"}, {1 << 20, "MB"}, {1 << 10, "KB"}} {
		if v >= u.size {
			return fmt.Sprintf("%.1f %s", v/u.size, u.name)
		}
	}
	return fmt.Sprintf("%.0f B", v)
}

// seconds prints a length of time to a tenth of a second, or a second when long.
func seconds(s float64) string {
	if s < 100 {
		return fmt.Sprintf("%.1fs", s)
	}
	return time.Duration(math.Round(s) * 1e9).String()
}

// sparks are bars of one to eight eighths.
var sparks = []rune("▁▂▃▄▅▆▇█")

// spark is what line row of a chart, counted from its foot, shows of the value v
// when top fills one line.
func spark(v, top float64, row int) rune {
	eighths := 0
	if top > 0 {
		eighths = int(math.Ceil((v/top - float64(row)) * float64(len(sparks))))
	}
	switch {
	case eighths > 0:
		return sparks[min(eighths, len(sparks))-1]
	case row == 0:
		return sparks[0] // a span without a reply is a span
	}
	return ' '
}

// heatLevel classes a latency by decades, so that a cell means the same in every
// run: 0 below 100 us, 4 from 100 ms on; -1 without a value.
func heatLevel(ns int64) int {
	if ns <= 0 {
		return -1
	}
	level := 0
	for bound := int64(100 * time.Microsecond); ns >= bound && level < len(heatGlyphs)-1; bound *= 10 {
		level++
	}
	return level
}

// heatGlyphs are legible without colours; heatNames explain them.
var (
	heatGlyphs = []string{"·", "░", "▒", "▓", "█"}
	heatNames  = []string{"<100us", "<1ms", "<10ms", "<100ms", "more"}
)

// bar draws a progress bar of width cells for a share of 0 to 1.
func bar(share float64, width int) (done, rest string) {
	n := int(math.Round(min(max(share, 0), 1) * float64(width)))
	return strings.Repeat("━", n), strings.Repeat("─", width-n)
}

package findings

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// percent is a share for people: "3.4 %", "41 %".
func percent(share float64) string {
	if share < 0.1 {
		return fmt.Sprintf("%.1f %%", 100*share)
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// duration is nanoseconds for people, with three digits.
func duration(ns float64) string {
	d := time.Duration(ns)
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d >= 10*time.Microsecond:
		return d.Round(100 * time.Nanosecond).String()
	}
	return d.String()
}

// amount is a count for people: "1,234,567", "12.3".
func amount(x float64) string {
	if x < 100 {
		return strconv.FormatFloat(x, 'g', 3, 64)
	}
	digits := strconv.FormatFloat(x, 'f', 0, 64)
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// size is bytes for people.
func size(bytes float64) string {
	for _, u := range []struct {
		least float64
		name  string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if bytes >= u.least {
			return fmt.Sprintf("%.3g %s", bytes/u.least, u.name)
		}
	}
	return fmt.Sprintf("%.0f B", bytes)
}

// most is what could be won if a share of something were gone, by Amdahl's law.
func (f *Finding) most(share float64, of string) *Finding {
	share = min(max(share, 0), 1)
	f.Cost = share
	if share > 0.99 {
		f.MaxSpeedup = 100 // more than two digits would pretend to know the rest
		f.Gain = fmt.Sprintf("at most nearly all of %s", of)
		return f
	}
	f.MaxSpeedup = 1 / (1 - share)
	f.Gain = fmt.Sprintf("at most %s of %s, a factor of %.2f", percent(share), of, f.MaxSpeedup)
	return f
}

// atMost is what could be won where the gain is not speed.
func (f *Finding) atMost(share float64, of string) *Finding {
	f.Cost = min(max(share, 0), 1)
	f.Gain = fmt.Sprintf("at most %s of %s", percent(f.Cost), of)
	return f
}

// doubtful is for findings about the run: how much of a figure is in doubt.
func (f *Finding) doubtful(share float64, text string) *Finding {
	f.Cost = min(max(share, 0), 1)
	f.Gain = fmt.Sprintf("about %s of %s", percent(f.Cost), text)
	return f
}

// at fills in the place of a frame.
func (e Evidence) at(f frame) Evidence {
	e.Function, e.File, e.Line = f.function, f.file, f.line
	return e
}

// fromTo fills in a figure before and after.
func (e Evidence) fromTo(before, after float64, unit string) Evidence {
	e.Before, e.After, e.Unit = &before, &after, unit
	return e
}

// during fills in the span of the measured phase.
func (v *view) during(e Evidence) Evidence {
	e.FromNs, e.ToNs = v.fromNs, v.toNs
	return e
}

func (f *Finding) add(e Evidence) { f.Evidence = append(f.Evidence, e) }

package summary

import (
	"redline/lab/record"
)

// hiccups reads hiccups.jsonl.
func (c *computation) hiccups(d *record.Dir) error {
	for h, err := range d.Hiccups() {
		if err != nil {
			return err
		}
		c.hiccupList = append(c.hiccupList, h)
	}
	c.reach = record.ReachOf(c.hiccupList)
	return nil
}

// sumHiccups says what the machine did to the measured phase.
func (c *computation) sumHiccups() {
	if c.run.Conditions.HiccupPriority == "" || c.measureNs == 0 {
		return
	}
	h := &Hiccups{Priority: c.run.Conditions.HiccupPriority, CalmS: float64(c.calmNs) / 1e9, ResponseNs: LatencyOf(c.calm)}
	for _, one := range c.hiccupList {
		if one.TNs+one.DurNs > c.fromNs && one.TNs < c.toNs {
			h.Count++
			h.TotalNs += one.DurNs
			h.LongestNs = max(h.LongestNs, one.DurNs)
		}
	}
	c.sum.Hiccups = h
}

// Bounds of the caveat.
const (
	// Hiccups that make the p99 this many times as long are what it shows.
	hiccupTimes = 1.5
	// Below this a difference is of no account.
	hiccupLeast = int64(500_000)
	// A tail of fewer responses than these is none.
	calmLeast = 1000
)

// hiccupCaveat says that the tail of the response time is the machine's.
func (c *computation) hiccupCaveat() (out []string) {
	h, p99 := c.sum.Hiccups, c.sum.ResponseNs.P99
	if h == nil || c.calm.Count() < calmLeast || p99 < hiccupLeast || float64(p99) < hiccupTimes*float64(h.ResponseNs.P99) {
		return nil
	}
	// Without figures, so that runs side by side share it.
	return []string{"hiccups of the machine are in the tail: without them the response time p99 is at most two thirds of what it is with them"}
}

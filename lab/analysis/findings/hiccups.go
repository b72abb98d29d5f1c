package findings

import (
	"fmt"

	"redline/lab/record"
)

var hiccups = rule{
	RuleInfo: RuleInfo{
		ID: "hiccups", Title: "Hiccups of the machine hold requests up", About: Machine,
		Explanation: "At times a processor did not run a thread that was due: a hypervisor gave it to another guest or was slow to wake it, or the kernel was busy. " +
			"Requests that meet such a hiccup wait, and no change to the server helps.",
		Evidence:  "lateness of a thread on each processor that sleeps for a millisecond at a time, and response times in the slices that it reaches against the rest of the measured phase",
		Threshold: "hiccups of at least 1 ms, and requests meanwhile waited at least 5 % of all response time longer than usual",
	},
	find: findHiccups,
}

func findHiccups(v *view) *Finding {
	h := v.sum.Hiccups
	if h == nil || h.Count == 0 {
		return nil
	}
	share, inside, usual, ok := v.excess(v.hiccups)
	if !ok || share < spanShareMin {
		return nil
	}
	f := &Finding{Subject: "processors", Advice: "Measure on a machine with dedicated processors, or repeat when the neighbours are quiet; --awake keeps a virtual machine's processors from sleeping."}
	if h.Priority != record.PriorityRealTime {
		f.Advice += " Without real-time priority (CAP_SYS_NICE) threads that keep a processor busy can look the same."
	}
	f.most(share, "the response time")
	f.add(v.during(Evidence{Text: fmt.Sprintf("%d hiccups, the longest %s", h.Count, duration(float64(h.LongestNs))), Source: record.HiccupsFile}))
	f.add(slower(v.hiccups, inside, usual, share))
	return f
}

// readHiccups takes the spans that hiccups reach, in whole slices: an answer is known to lie in one, and no closer.
func (v *view) readHiccups(d *record.Dir) error {
	var list []record.Hiccup
	for h, err := range d.Hiccups() {
		if err != nil {
			return err
		}
		list = append(list, h)
	}
	reach := record.ReachOf(list)
	for _, s := range v.slices {
		if reach.Into(s.TNs, s.DurNs) {
			v.hiccups = append(v.hiccups, span{s.TNs, s.TNs + s.DurNs})
		}
	}
	return nil
}

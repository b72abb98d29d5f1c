package findings

import (
	"fmt"
	"slices"
	"strconv"
)

var bigKey = rule{
	RuleInfo: RuleInfo{
		ID: "big-key", Title: "One key is very large", About: Load,
		Explanation: "Commands on a large value take as long as it is large, and others wait meanwhile; it also moves, expires and is saved in one piece.",
		Evidence:    "the server's own list of big keys, the slow log, memory from INFO",
		Threshold:   "a value of at least 1 MiB or 10,000 members that holds at least 5 % of the used memory, or whose commands in the slow log took 1 % of the time",
	},
	find: findBigKey,
}

const (
	// The sizes from which Redis' own documentation and most operators call a key big.
	bigBytesMin   = 1 << 20
	bigMembersMin = 10_000
	bigMemoryMin  = 0.05
	bigTimeMin    = 0.01
)

func findBigKey(v *view) *Finding {
	var best topKey
	cost, slow := 0.0, 0.0
	for _, k := range v.big {
		if k.Bytes < bigBytesMin && k.Members < bigMembersMin {
			continue
		}
		memory, time := v.shareOfMemory(k.Bytes), v.slowShareOf(k.Key)
		if memory < bigMemoryMin && time < bigTimeMin {
			continue
		}
		if c := max(memory, time); c > cost {
			best, cost, slow = k, c, time
		}
	}
	if cost == 0 {
		return nil
	}
	of := "the used memory"
	if slow == cost {
		of = "the time"
	}
	f := &Finding{Subject: best.Key, Advice: "Split it into parts of some thousand members, read it in pieces (HSCAN, LRANGE, GETRANGE), and remove it with UNLINK."}
	f.atMost(cost, of)
	text := size(best.Bytes)
	if best.Type != "" {
		text = best.Type + ", " + text
	}
	if best.Members > 0 {
		text += ", " + amount(best.Members) + " members"
	}
	f.add(v.during(Evidence{Text: text, Share: min(v.shareOfMemory(best.Bytes), 1), Source: bigFile}))
	if slow > 0 {
		f.add(v.during(Evidence{Text: fmt.Sprintf("commands on it in the slow log took %s of the time", percent(slow)), Share: slow, Source: slowlogFile}))
	}
	return f
}

// shareOfMemory is bytes as a share of the used memory, 0 where that is not known.
func (v *view) shareOfMemory(bytes float64) float64 {
	_, _, used, ok := v.gauge("info", "info_used_memory_bytes")
	if !ok {
		n, err := strconv.ParseFloat(v.after["used_memory"], 64)
		used, ok = n, err == nil
	}
	if !ok || used <= 0 {
		return 0
	}
	return min(bytes/used, 1)
}

// slowShareOf is the time of logged commands on a key, as a share of the measured
// phase.
func (v *view) slowShareOf(key string) float64 {
	us := 0.0
	for _, e := range v.slowlog {
		if len(e.Args) > 1 && slices.Contains(e.Args[1:], key) {
			us += e.USec
		}
	}
	return min(us*1e3/float64(v.measureNs), 1)
}

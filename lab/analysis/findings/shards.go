package findings

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var unfairShards = rule{
	RuleInfo: RuleInfo{
		ID: "unfair-shards", Title: "One shard does most of the work", About: Server,
		Explanation: "The keyspace is cut into shards so that requests can run side by side. When most fall into one, it works like a single lock.",
		Evidence:    "commands or reads by shard (lines shard_N:commands=... or reads=... of INFO before and after), the mutex profile",
		Threshold:   "one shard has at least 3 times its even share and 30 % of the commands, of at least 1,000",
	},
	find: findUnfairShards,
	// One key is in one shard: then it is the key that must be spread.
	causes: []string{"hot-key"},
}

const (
	// Random keys leave shards within a few percent of each other, and the hottest
	// keys of a Zipf law within a factor of two.
	unfairTimes       = 3
	unfairShareMin    = 0.30
	unfairCommandsMin = 1000
)

var shardLine = regexp.MustCompile(`^shard_?(\d+)$`)

func findUnfairShards(v *view) *Finding {
	byShard, total := v.shardCommands()
	if len(byShard) < 2 || total < unfairCommandsMin {
		return nil
	}
	hot, most := "", 0.0
	for name, n := range byShard {
		if n > most || n == most && name < hot {
			hot, most = name, n
		}
	}
	share, even := most/total, 1/float64(len(byShard))
	if share < unfairShareMin || share < unfairTimes*even {
		return nil
	}
	// What could be won is the waiting for that shard; where no lock profile tells how
	// much that is, what one core does of its share.
	cost, of := share-even, "the load of the busiest core"
	if cores, ok := v.serverCores(); ok {
		cost *= min(cores, 1)
	}
	f := &Finding{Subject: "shard " + hot, Advice: "Look at the hash and at hash tags in the keys ({...} sends all keys with one tag to one place); use more shards only if the keys then spread."}
	if sites := v.mutex.sites(nil); len(sites) > 0 && v.loadInFlightNs > 0 {
		wait := min(sites[0].value/v.loadInFlightNs, 1)
		if wait >= lockShareMin {
			cost, of = wait*(1-even/share), "the time requests are under way"
		}
		f.add(v.during(Evidence{Text: fmt.Sprintf("requests waited for the lock of %s for %s in all", sites[0].function, duration(sites[0].value)), Share: wait, Source: mutexFile}.at(sites[0].frame)))
	}
	f.most(cost, of)
	f.add(v.during(Evidence{Text: fmt.Sprintf("shard %s ran %s of the commands; an even share of %d shards is %s", hot, percent(share), len(byShard), percent(even)),
		Share: share, Source: infoFile}))
	return f
}

// shardCommands is how many commands each shard ran between the two INFO texts.
func (v *view) shardCommands() (byShard map[string]float64, total float64) {
	byShard = map[string]float64{}
	for name, text := range v.after {
		m := shardLine.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		field := "commands"
		after, ok := nested(text, field)
		if !ok { // Redline counts the reads of keys
			field = "reads"
			after, ok = nested(text, field)
		}
		if !ok {
			continue
		}
		before, _ := nested(v.before[name], field)
		n := max(after-before, 0)
		byShard[m[1]] = n
		total += n
	}
	return byShard, total
}

// nested reads field=number from "a=1,b=2".
func nested(text, field string) (float64, bool) {
	for part := range strings.SplitSeq(text, ",") {
		if value, ok := strings.CutPrefix(part, field+"="); ok {
			n, err := strconv.ParseFloat(value, 64)
			return n, err == nil
		}
	}
	return 0, false
}

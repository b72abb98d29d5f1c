package findings

import "fmt"

var networkSaturation = rule{
	RuleInfo: RuleInfo{
		ID: "network-saturation", Title: "The network is full", About: Machine,
		Explanation: "The bytes a second are those of a full link, so large values wait for each other on the wire; or the kernel had no room for new connections.",
		Evidence:    "bytes sent and received by the host against usual link speeds, dropped connection attempts, what the server did not take from its clients",
		Threshold:   "a remote target with at least 90 % of the speed of a usual link (1, 2.5, 5, 10, 25, 40, 50 or 100 Gbit/s) in 9 of 10 samples, or at least one dropped connection attempt a second",
	},
	find: findNetwork,
}

const (
	linkMin = 0.90
	// Headers of Ethernet, IP and TCP leave 94.9 % of a link to the payload, and the
	// counters hold part of them: no measurement is above.
	linkMax     = 1.02
	linkSamples = 0.9
	linkSpanNs  = 1e8 // samples nearer to each other, as at the bounds of phases, give no rate
	dropsMin    = 1.0
)

func findNetwork(v *view) *Finding {
	f := &Finding{Subject: "network", Advice: "Send fewer or smaller values, compress them, or use a faster link; for dropped attempts raise net.core.somaxconn and tcp-backlog."}
	for _, name := range []string{"net_tx_bytes", "net_rx_bytes"} {
		// The loopback interface has no speed.
		if link, use, ok := v.linkUse(name); ok && !v.run.Target.Local && use > f.Cost {
			f.Cost = use
			f.add(v.during(Evidence{Text: fmt.Sprintf("%s used %s of a link of %g Gbit/s", name, percent(use), link), Share: min(use, 1), Source: "samples.jsonl"}))
		}
	}
	if perS, ok := v.rate("host", "tcp_listen_drops"); ok && perS >= dropsMin {
		f.Subject = "accept queue"
		// A dropped attempt is repeated after a second (the first time-out of a SYN).
		f.Cost = max(f.Cost, min(1, perS*1e9/max(v.inFlightNs/v.seconds(), 1)), 0.01)
		f.add(v.during(Evidence{Text: fmt.Sprintf("%s connection attempts a second were dropped", amount(perS)), Source: "samples.jsonl"}))
	}
	if len(f.Evidence) == 0 {
		return nil
	}
	return f.atMost(f.Cost, "the response time")
}

// linkUse tells how much of a usual link's speed a counter of bytes reached, when
// nearly all samples did.
func (v *view) linkUse(name string) (gbit, use float64, ok bool) {
	var rates []float64
	list := v.samples["host"]
	for i := 1; i < len(list); i++ {
		if dt := list[i].TNs - list[i-1].TNs; dt >= linkSpanNs {
			rates = append(rates, (list[i].Values[name]-list[i-1].Values[name])/float64(dt)*8)
		}
	}
	for _, link := range []float64{1, 2.5, 5, 10, 25, 40, 50, 100} {
		n, sum := 0, 0.0
		for _, r := range rates {
			if r >= linkMin*link && r <= linkMax*link {
				n++
				sum += r
			}
		}
		if n >= 5 && float64(n) >= linkSamples*float64(len(rates)) {
			return link, sum / float64(n) / link, true
		}
	}
	return 0, 0, false
}

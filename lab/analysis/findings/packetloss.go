package findings

import "fmt"

var packetLoss = rule{
	RuleInfo: RuleInfo{
		ID: "packet-loss", Title: "TCP sends segments again", About: Machine,
		Explanation: "A lost segment holds up everything behind it on its connection until it is sent again, often for 200 ms.",
		Evidence:    "retransmitted segments of the host",
		Threshold:   "at least 20 retransmissions, one for each 1,000 segments",
	},
	find: findPacketLoss,
}

const (
	retransmitsMin = 20
	// Networks within a data centre lose less than one in ten thousand.
	retransmitShareMin = 0.001
	// Linux' least retransmission time-out (TCP_RTO_MIN).
	rtoNs = 200e6
)

func findPacketLoss(v *view) *Finding {
	again, _, ok1 := v.delta("host", "tcp_retransmits")
	sent, _, ok2 := v.delta("host", "tcp_segments_out")
	if !ok1 || !ok2 || again < retransmitsMin || again < retransmitShareMin*sent || v.inFlightNs == 0 {
		return nil
	}
	f := &Finding{Subject: "network", Advice: "Look for errors and drops on the way (`ip -s link`, switch counters), a full queue, or a virtual network with a limit."}
	f.most(min(again*rtoNs/(v.inFlightNs+again*rtoNs), 1), "the time requests are under way")
	f.add(v.during(Evidence{Text: fmt.Sprintf("%s of %s segments were sent again", amount(again), amount(sent)), Share: min(again/max(sent, 1), 1), Source: "samples.jsonl"}))
	return f
}

package findings

import (
	"fmt"
	"regexp"
)

var connectionChurn = rule{
	RuleInfo: RuleInfo{
		ID: "connection-churn", Title: "Connections are made anew all the time", About: Load,
		Explanation: "A new connection costs round trips, a socket, buffers and authentication before the first command, and requests under way on a closed one are lost.",
		Evidence:    "connections accepted (INFO), requests lost to closed connections, connections that were usable, CPU profile (accepting and closing)",
		Threshold:   "at least 10 new connections a second, and one for each 200 requests",
	},
	find: findChurn,
}

const (
	churnPerSMin = 10
	// A connection costs about as much as some requests: rarer ones stay below a few
	// percent.
	churnPerRequestMin = 0.005
	// A connection takes a round trip to open, another for its first greeting and the
	// kernel's work for both ends: at least twice what a request takes.
	churnRequests = 2
)

var connecting = regexp.MustCompile(`^(net\.\(\*(TCPListener|netFD|conn|UnixListener)\)\.(Accept|AcceptTCP|accept|Close)|internal/poll\.\(\*FD\)\.(Accept|Close|destroy)|syscall\.(Accept4|Close|Shutdown)|acceptTcpHandler|createClient|freeClient|__x64_sys_(accept4|close)|inet_csk_accept)$`)

func findChurn(v *view) *Finding {
	made, perS, lost := v.newConnections()
	done := float64(v.sum.Operations)
	if perS < churnPerSMin || made < churnPerRequestMin*done {
		return nil
	}
	all := done + float64(v.sum.Errors)
	cost := churnRequests*made/(churnRequests*made+all) + lost/all
	f := &Finding{Subject: "connections",
		Advice: "Keep connections open: a pool in the client with a long idle time, and no limit of requests or idle time in the server or a proxy between."}
	f.add(v.during(Evidence{Text: fmt.Sprintf("%s new connections a second, one for each %s requests", amount(perS), amount(all/max(made, 1))), Source: "samples.jsonl"}))
	if lost > 0 {
		f.add(v.during(Evidence{Text: fmt.Sprintf("%s requests were lost to connections that closed", amount(lost)), Share: min(lost/all, 1), Source: "slices.jsonl"}))
	}
	if away := v.connectionsAway(); away > 0.01 {
		cost = max(cost, away)
		f.add(v.during(Evidence{Text: fmt.Sprintf("%s of the connections were not usable on average", percent(away)), Share: away, Source: "slices.jsonl"}))
	}
	if p, src := v.profileOfCPU(); p != nil && p.samples >= leastSamples {
		if share := p.share(func(k *stack) bool { return k.has(connecting) }); share > 0.01 {
			cost = max(cost, share)
			f.add(v.during(Evidence{Text: fmt.Sprintf("accepting and closing took %s of the server's CPU time", percent(share)), Share: share, Source: src}))
		}
	}
	return f.most(cost, "the time of requests")
}

// newConnections is how many connections were made in the measured phase, as the
// server counts them or else as the driver lost them, and the requests lost.
func (v *view) newConnections() (made, perS, lost float64) {
	for class, n := range v.sum.ErrorClasses {
		switch class {
		case "closed", "reset", "truncated":
			lost += float64(n)
		}
	}
	if n, seconds, ok := v.delta("info", "info_total_connections_received"); ok {
		return n, n / seconds, lost
	}
	return lost, lost / max(v.seconds(), 1e-9), lost
}

// connectionsAway is the share of the wanted connections that was not usable, on
// average.
func (v *view) connectionsAway() float64 {
	want := float64(v.run.Workload.Connections)
	if want == 0 || len(v.slices) == 0 {
		return 0
	}
	sum := 0.0
	for i := range v.slices {
		sum += float64(v.slices[i].Connections)
	}
	return min(max(1-sum/float64(len(v.slices))/want, 0), 1)
}

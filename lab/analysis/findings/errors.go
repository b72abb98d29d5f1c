package findings

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

var requestErrors = rule{
	RuleInfo: RuleInfo{
		ID: "request-errors", Title: "Requests fail", About: Server,
		Explanation: "Failed requests are not in the latencies, and often are the fast ones: the figures of those that succeeded look better than what users see.",
		Evidence:    "errors by class",
		Threshold:   "at least one request in 1,000 failed, and 10 in all",
	},
	find:   findErrors,
	causes: []string{"connection-churn"},
}

const (
	errorShareMin = 0.001
	errorsMin     = 10
)

// errorAdvice says what a class of errors usually asks for.
var errorAdvice = map[string]string{
	"timeout":    "The server was too slow or stood still: see the other findings, and server.log.",
	"refused":    "The server does not listen or its queue of connections is full (tcp-backlog).",
	"oom":        "The server is at maxmemory and may not evict: raise it or set maxmemory-policy.",
	"maxclients": "Raise maxclients, or use fewer connections.",
	"loading":    "The server was still loading its data: start the load later.",
	"readonly":   "The target is a replica: send writes to the primary.",
	"misconf":    "The server stopped accepting writes because a snapshot failed: see its log.",
	"auth":       "User or password is wrong, or the user may not run the command.",
	"local":      "This machine is out of ports or file descriptors: raise ulimit -n or use fewer connections.",
}

func findErrors(v *view) *Finding {
	all := float64(v.sum.Operations + v.sum.Errors)
	failed := float64(v.sum.Errors)
	if failed < errorsMin || failed < errorShareMin*all {
		return nil
	}
	classes := slices.SortedFunc(maps.Keys(v.sum.ErrorClasses), func(a, b string) int {
		return cmp.Or(cmp.Compare(v.sum.ErrorClasses[b], v.sum.ErrorClasses[a]), strings.Compare(a, b))
	})
	f := &Finding{Subject: "errors", Advice: "Read what the server answered (events.jsonl) and its log."}
	if len(classes) > 0 {
		f.Subject = classes[0]
		f.Advice = cmp.Or(errorAdvice[classes[0]], f.Advice)
	}
	f.atMost(failed/all, "the requests")
	for _, c := range classes[:min(len(classes), 3)] {
		n := float64(v.sum.ErrorClasses[c])
		f.add(v.during(Evidence{Text: fmt.Sprintf("%s errors of class %s", amount(n), c), Share: min(n/all, 1), Source: "slices.jsonl"}))
	}
	if len(f.Evidence) == 0 {
		f.add(v.during(Evidence{Text: fmt.Sprintf("%s of %s requests failed", amount(failed), amount(all)), Share: failed / all, Source: "slices.jsonl"}))
	}
	return f
}

package cache

import (
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"redline/test/compat"
)

var (
	flagMB       = flag.Int("cache.mb", 0, "maxmemory of both servers in MiB; 0 makes a short run of one policy that only shows that the measuring works")
	flagPolicies = flag.String("cache.policies", strings.Join(policies, ","), "policies to measure, separated by commas")
	flagTraces   = flag.String("cache.traces", strings.Join(TraceNames, ","), "traces to measure, separated by commas")
	flagRedline  = flag.String("cache.redline", "", "the redline command; empty: built here")
)

var policies = []string{"allkeys-lru", "allkeys-lfu", "allkeys-random", "allkeys-s3fifo", "volatile-lru", "volatile-lfu", "volatile-random",
	"volatile-ttl", "noeviction"}

const (
	valueBytes = 1000
	batch      = 32
	shortMB    = 24
)

func start(t *testing.T, name, bin string, args ...string) *compat.Server {
	t.Helper()
	s, err := compat.Start(name, bin, t.TempDir(), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// measure uses a new server as a cache for twice the data that it has memory for. The first half of the requests only
// fills it.
func measure(t *testing.T, s *compat.Server, policy, trace string, mb int) (o Outcome, kept int) {
	t.Helper()
	l, err := Dial(s.Addr, valueBytes, strings.HasPrefix(policy, "volatile-"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	keys := 2 * mb << 20 / valueBytes
	tr := NewTrace(trace, keys)
	if _, err := l.Run(tr, 2*keys, batch); err != nil {
		t.Fatal(err, s.Output())
	}
	if o, err = l.Run(tr, 2*keys, batch); err != nil {
		t.Fatal(err, s.Output())
	}
	if kept, err = l.Int("DBSIZE"); err != nil {
		t.Fatal(err)
	}
	return o, kept
}

func TestHitRatio(t *testing.T) {
	redline := *flagRedline
	if redline == "" {
		redline = filepath.Join(t.TempDir(), "redline")
		if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", redline, "redline/cmd/redline").CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
	}
	redis, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("no redis-server to compare with")
	}
	mb, list, names := *flagMB, strings.Split(*flagPolicies, ","), strings.Split(*flagTraces, ",")
	if mb == 0 {
		mb, list, names = shortMB, []string{"allkeys-lru"}, []string{"steady"}
	}
	for _, trace := range names {
		if NewTrace(trace, 1) == nil {
			t.Fatalf("no trace %q: there are %v", trace, TraceNames)
		}
		for _, policy := range list {
			args := []string{"--maxmemory", fmt.Sprint(mb, "mb"), "--maxmemory-policy", policy}
			s := start(t, "redline", redline, append([]string{"serve"}, args...)...)
			ours, kept := measure(t, s, policy, trace, mb)
			s.Stop()
			if policy != "noeviction" && (ours.Hits == 0 || ours.Refused > 0) {
				t.Errorf("%s, %s: %d hits, %d stores refused", trace, policy, ours.Hits, ours.Refused)
			}
			if policy == "allkeys-s3fifo" { // Redis has none
				t.Logf("%-8s %-16s redline %.2f %% (%d keys)", trace, policy, ours.HitRatio(), kept)
				continue
			}
			s = start(t, "redis", redis, args...)
			theirs, theirKept := measure(t, s, policy, trace, mb)
			s.Stop()
			t.Logf("%-8s %-16s redline %.2f %% (%d keys), redis %.2f %% (%d keys): %.3f x", trace, policy, ours.HitRatio(), kept,
				theirs.HitRatio(), theirKept, ours.HitRatio()/theirs.HitRatio())
		}
	}
}

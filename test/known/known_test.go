package known

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	flagRuns  = flag.Int("known.runs", 0, "plans to make of each server; 0 only shows that the server works")
	flagRates = flag.String("known.rates", "5000,20000", "capacities of the servers, requests per second")
	flagSLO   = flag.Duration("known.slo", 10*time.Millisecond, "service level: response time p99")
	flagTrial = flag.Duration("known.trial", time.Second, "length of one trial")
)

// TestQueue: replies come in order and no faster than the service time.
func TestQueue(t *testing.T) {
	const service, requests = 2 * time.Millisecond, 25
	q, err := Listen(service)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	c, err := net.Dial("tcp", strings.TrimPrefix(q.URL(), "redis://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	start := time.Now()
	fmt.Fprint(c, "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nINFO\r\n", strings.Repeat("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", requests), "*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n")
	r := bufio.NewReader(c)
	got := map[string]int{}
	for range requests + 3 {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		got[strings.TrimSpace(line)]++
	}
	if got["+PONG"] != 1 || got["-ERR unknown command 'INFO'"] != 1 || got[":0"] != 1 || got["$-1"] != requests {
		t.Errorf("%v", got)
	}
	if d := time.Since(start); d < requests*service {
		t.Errorf("%d requests of %v were answered within %v", requests, service, d)
	}
	fmt.Fprint(c, "hello\r\n")
	if _, err := r.ReadByte(); err == nil {
		t.Error("what is no command was answered")
	}
}

func TestCapacity(t *testing.T) {
	for _, tt := range []struct {
		service, slo time.Duration
		want         float64
	}{{200 * time.Microsecond, 20 * time.Millisecond, 4883.7}, {50 * time.Microsecond, 20 * time.Millisecond, 19884.6}} {
		if got := Capacity(tt.service, tt.slo); got < tt.want-1 || got > tt.want+1 {
			t.Errorf("%v, %v: %.1f, want %.1f", tt.service, tt.slo, got, tt.want)
		}
	}
}

// TestPlan: at least 19 of 20 intervals of redline plan hold the truth, and none is wider than a tenth.
func TestPlan(t *testing.T) {
	if *flagRuns == 0 {
		t.Skip("takes minutes of an idle machine: -known.runs=20")
	}
	bin := build(t, filepath.Join(t.TempDir(), "redline"))
	for _, rate := range strings.Split(*flagRates, ",") {
		perS, err := strconv.ParseFloat(rate, 64)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(rate, func(t *testing.T) { plans(t, bin, time.Duration(1e9/perS)) })
	}
}

func plans(t *testing.T, bin string, service time.Duration) {
	truth, held, widest, undecided := Capacity(service, *flagSLO), 0, 0.0, 0
	for run := range *flagRuns {
		p, err := plan(t, bin, service, run)
		if err != nil {
			undecided++
			t.Logf("run %d: no answer: %v", run, err)
			continue
		}
		c := p.Capacity
		t.Logf("run %d: %.0f (%.0f to %.0f) for %.0f, %d trials", run, c.Value, c.Low, c.High, truth, len(p.Trials))
		if c.Low <= truth && truth <= c.High {
			held++
		}
		widest = max(widest, c.High/c.Low-1)
	}
	t.Logf("%d of %d intervals hold %.0f; the widest is %.1f %%; %d without an answer", held, *flagRuns, truth, 100*widest, undecided)
	if decided := *flagRuns - undecided; held < decided-max(1, decided/20) || widest > 0.1 || undecided > *flagRuns/10 {
		t.Error("that is not what a plan promises")
	}
}

// planned is what is read of plan --json.
type planned struct {
	Capacity struct{ Value, Low, High float64 } `json:"capacity_per_s"`
	Trials   []json.RawMessage                  `json:"trials"`
}

// plan makes a plan with arrivals of its own, as twenty of the same would say no more than one.
func plan(t *testing.T, bin string, service time.Duration, seed int) (p planned, err error) {
	q, err := Listen(service)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	awake := "--awake=" + strconv.FormatBool(runtime.GOOS == "linux") // light load on what may be a virtual machine
	out, err := output(bin, "plan", awake, q.URL(), "--slo-p99", flagSLO.String(), "--duration", flagTrial.String(), "--arrivals", "poisson", "--mix", "get=1",
		"--seed", strconv.Itoa(seed), "--no-preload", "--no-sweep", "--warmup", "200ms", "--json", "--out", t.TempDir())
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal(out, &p)
}

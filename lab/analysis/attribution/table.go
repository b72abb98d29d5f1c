package attribution

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"slices"
	"strings"

	"redline/lab/analysis/flame"
	"redline/lab/record"
)

// The parts that CPU time is given to.
const (
	Network   = "network"   // moving bytes through sockets, and asking which are ready
	Parse     = "parse"     // making requests of bytes
	Command   = "command"   // carrying them out; one row a family
	Reply     = "reply"     // making bytes of replies
	Lock      = "lock"      // taking, waiting for and leaving locks
	Log       = "log"       // the log of changes, snapshots and all else that goes to files
	Expire    = "expire"    // deadlines of keys
	Evict     = "evict"     // choosing and removing keys to make room
	GC        = "gc"        // the garbage collector
	Alloc     = "alloc"     // allocating and freeing memory, pages of the kernel included
	Scheduler = "scheduler" // choosing what to run, going to sleep, waking up
	Runtime   = "runtime"   // the rest of the language's runtime: stacks, signals, the profiler, clocks
	Other     = "other"     // known to be none of these (housekeeping, HTTP), or known to no rule
	Idle      = "idle"      // processors that the server did not use
)

// Parts lists the parts in the order of a request's way, idle last.
var Parts = []string{Network, Parse, Command, Reply, Lock, Log, Expire, Evict, GC, Alloc, Scheduler, Runtime, Other, Idle}

// Row is one line of the table.
type Row struct {
	Part   string `json:"part"`
	Family string `json:"family,omitempty"` // of commands: string, hash ...; dispatch, keyspace: see Families
	CPUNs  int64  `json:"cpu_ns"`           // in the profile; of idle: what the machine had left while it was taken
	// Share is of the CPU time that the server used; of idle, of all that the machine had.
	Share        float64 `json:"share"`
	NsPerRequest float64 `json:"ns_per_request"` // 0: not known
}

// Stage is one stage of the latency anatomy that the server exports: what part of a request's time went there.
type Stage struct {
	Name   string  `json:"name"` // queue, parse, lock-wait, execute, log-wait or write
	MeanNs float64 `json:"mean_ns"`
	P50Ns  float64 `json:"p50_ns"`
	P99Ns  float64 `json:"p99_ns"`
	Count  int64   `json:"count"` // sampled requests that have the stage
}

// Table is where the time of a run's measured phase went.
type Table struct {
	// Source is the file that the rows follow from, or "" if there was none.
	Source string `json:"source"`
	// Rows are sorted by CPU time, largest first, idle last.
	Rows []Row `json:"rows"`

	// NaN where not known, and absent in JSON.
	CPUSecondsPerRequest  float64 `json:"-"`
	AllocationsPerRequest float64 `json:"-"`
	BytesPerRequest       float64 `json:"-"`
	// AllocationsSource is the file that the two follow from.
	AllocationsSource string `json:"allocations_source,omitempty"`

	Anatomy []Stage          `json:"anatomy,omitempty"`
	Missing []record.Missing `json:"missing,omitempty"`
}

// figures are those of a Table that may be unknown.
type figures struct {
	CPU    *float64 `json:"cpu_seconds_per_request,omitempty"`
	Allocs *float64 `json:"allocations_per_request,omitempty"`
	Bytes  *float64 `json:"bytes_per_request,omitempty"`
}

type plain Table

// MarshalJSON leaves out what is not known.
func (t Table) MarshalJSON() ([]byte, error) {
	known := func(v float64) *float64 {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return &v
	}
	return json.Marshal(struct {
		plain
		figures
	}{plain(t), figures{known(t.CPUSecondsPerRequest), known(t.AllocationsPerRequest), known(t.BytesPerRequest)}})
}

// UnmarshalJSON is the reverse of MarshalJSON.
func (t *Table) UnmarshalJSON(text []byte) error {
	var in struct {
		plain
		figures
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	*t = Table(in.plain)
	value := func(p *float64) float64 {
		if p == nil {
			return math.NaN()
		}
		return *p
	}
	t.CPUSecondsPerRequest, t.AllocationsPerRequest, t.BytesPerRequest = value(in.CPU), value(in.Allocs), value(in.Bytes)
	return nil
}

// Part sums the CPU time and the share of all rows of a part.
func (t *Table) Part(part string) (sum Row) {
	sum.Part = part
	for _, r := range t.Rows {
		if r.Part == part {
			sum.CPUNs += r.CPUNs
			sum.Share += r.Share
			sum.NsPerRequest += r.NsPerRequest
		}
	}
	return sum
}

// Of makes the table of a run. What the run does not have is named in Missing; an error means that its files cannot be
// read.
func Of(d *record.Dir) (*Table, error) {
	load, err := readLoad(d)
	if err != nil {
		return nil, err
	}
	t := &Table{CPUSecondsPerRequest: math.NaN(), AllocationsPerRequest: math.NaN(), BytesPerRequest: math.NaN()}
	if err := t.attribute(d, load); err != nil {
		return nil, err
	}
	if err := t.allocations(d, load); err != nil {
		return nil, err
	}
	if err := t.anatomy(d); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *Table) miss(part, why string) {
	t.Missing = append(t.Missing, record.Missing{Part: part, Why: why})
}

// sources are the CPU profiles in order of preference: the server's own names functions that perf sees as addresses only.
var sources = []string{"cpu", "perf"}

// attribute fills the rows and the CPU time per request.
func (t *Table) attribute(d *record.Dir, load *load) error {
	if cpu, requests := load.serverCPU, load.requests(load.fromNs, load.toNs); cpu > 0 && requests > 0 {
		t.CPUSecondsPerRequest = cpu / requests
	}
	for _, name := range sources {
		path, ok := d.Profile(name)
		if !ok {
			continue
		}
		p, err := flame.Read(path)
		if err != nil {
			t.miss("profiles/"+name, err.Error())
			continue
		}
		r, err := Read(p)
		if err != nil {
			t.miss("profiles/"+name, err.Error())
			continue
		}
		t.Source = record.ProfilesDir + "/" + name + ".pb.gz"
		span := load.spanOf(p)
		if math.IsNaN(t.CPUSecondsPerRequest) {
			if n := load.requests(span.from, span.to); n > 0 {
				t.CPUSecondsPerRequest = float64(r.total) / 1e9 / n
			}
		}
		t.rows(r, load.cores*float64(span.to-span.from))
		return nil
	}
	t.miss("attribution", "the run has no CPU profile of the server: neither "+record.ProfilesDir+"/cpu.pb.gz nor "+record.ProfilesDir+"/perf.pb.gz")
	return nil
}

// rows makes rows of what a profile holds. capacity is the CPU time in ns that the machine had meanwhile.
func (t *Table) rows(r *Reading, capacityNs float64) {
	perRequest := t.CPUSecondsPerRequest * 1e9
	if math.IsNaN(perRequest) {
		perRequest = 0
	}
	for w, ns := range r.spent {
		share := float64(ns) / float64(r.total)
		t.Rows = append(t.Rows, Row{Part: w.part, Family: w.family, CPUNs: ns, Share: share, NsPerRequest: share * perRequest})
	}
	slices.SortFunc(t.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.CPUNs, a.CPUNs), strings.Compare(a.Part, b.Part), strings.Compare(a.Family, b.Family))
	})
	if capacityNs > 0 {
		idle := max(capacityNs-float64(r.total), 0)
		row := Row{Part: Idle, CPUNs: int64(idle), Share: idle / capacityNs}
		if r.total > 0 {
			row.NsPerRequest = idle / float64(r.total) * perRequest
		}
		t.Rows = append(t.Rows, row)
	}
}

// damaged says whether err tells of a file that is missing or damaged, so that the rest can still be delivered.
func damaged(err error) bool {
	var damage *record.DamageError
	return errors.As(err, &damage) || errors.Is(err, fs.ErrNotExist)
}

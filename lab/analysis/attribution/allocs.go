package attribution

import (
	"math"
	"slices"
	"strings"

	"github.com/google/pprof/profile"

	"redline/lab/analysis/flame"
	"redline/lab/record"
)

// allocations fills what a request allocates: from the allocations profile as it grew, which tells what the server allocated
// for being observed and leaves that out; from the runtime's own counters where there is none.
func (t *Table) allocations(d *record.Dir, load *load) error {
	if t.fromProfiles(d, load) || t.fromMetrics(load) {
		return nil
	}
	t.miss("allocations", "the run has neither profiles/allocs.before.pb.gz and allocs.pb.gz nor Go's memory statistics of the server")
	return nil
}

func (t *Table) fromProfiles(d *record.Dir, load *load) bool {
	var p [2]*profile.Profile
	for i, name := range []string{"allocs.before", "allocs"} {
		path, ok := d.Profile(name)
		if !ok {
			return false
		}
		var err error
		if p[i], err = flame.Read(path); err != nil {
			t.miss("profiles/"+name, err.Error())
			return false
		}
	}
	requests := load.between(p[0], p[1])
	n := load.requests(requests.from, requests.to)
	growth, err := growthOf(p[0], p[1])
	if err != nil {
		t.miss("profiles/allocs", err.Error())
		return false
	}
	if n <= 0 {
		return false
	}
	t.AllocationsPerRequest, t.BytesPerRequest = growth.objects/n, growth.bytes/n
	t.AllocationsSource = record.ProfilesDir + "/allocs.pb.gz"
	return true
}

// growth is what was allocated between two snapshots, being observed left out.
type growth struct{ objects, bytes float64 }

// growthOf subtracts totals, not stack by stack: the profile is a sample scaled up, and a stack whose estimate fell must
// count against one whose estimate rose, or noise would only ever add.
func growthOf(before, after *profile.Profile) (g growth, err error) {
	for i, p := range []*profile.Profile{before, after} {
		objects, bytes, err := allocated(p)
		if err != nil {
			return g, err
		}
		sign := float64(2*i - 1)
		g.objects += sign * objects
		g.bytes += sign * bytes
	}
	g.objects, g.bytes = max(g.objects, 0), max(g.bytes, 0)
	return g, nil
}

func allocated(p *profile.Profile) (objects, bytes float64, err error) {
	at := func(name string) int {
		return slices.IndexFunc(p.SampleType, func(t *profile.ValueType) bool { return t.Type == name })
	}
	io, ib := at("alloc_objects"), at("alloc_space")
	if io < 0 || ib < 0 {
		return 0, 0, errNotAllocs
	}
	for _, s := range p.Sample {
		if !forObservers(s) {
			objects += float64(s.Value[io])
			bytes += float64(s.Value[ib])
		}
	}
	return objects, bytes, nil
}

type constError string

func (e constError) Error() string { return string(e) }

const errNotAllocs = constError("the profile has no sample types alloc_objects and alloc_space: it is not one of allocations")

// observers are what allocates for being observed.
var observers = []string{
	"net/http.", "runtime/pprof.", "runtime/trace.", "runtime/metrics.", "github.com/prometheus/", "compress/",
	"redline/server/internal/command/admincmd.info", "redline/server/internal/admin.",
}

// forObservers says whether something was allocated to tell an observer what the server does.
func forObservers(s *profile.Sample) bool {
	for _, loc := range s.Location {
		for _, line := range loc.Line {
			if line.Function == nil {
				continue
			}
			for _, prefix := range observers {
				if strings.HasPrefix(line.Function.Name, prefix) {
					return true
				}
			}
		}
	}
	return false
}

func (t *Table) fromMetrics(load *load) bool {
	from, to, ok := bounds(load.metrics, load.fromNs, load.toNs)
	if !ok {
		return false
	}
	n := load.requests(from.ns, to.ns)
	if n <= 0 || to.bytes < from.bytes {
		return false
	}
	t.AllocationsPerRequest, t.BytesPerRequest = (to.mallocs-from.mallocs)/n, (to.bytes-from.bytes)/n
	t.AllocationsSource = record.SamplesFile
	return true
}

// Allocations returns what a request of a run allocates in the server, and how many bytes; NaN where the run does not tell.
func Allocations(d *record.Dir) (objects, bytes float64, err error) {
	load, err := readLoad(d)
	if err != nil {
		return math.NaN(), math.NaN(), err
	}
	t := &Table{AllocationsPerRequest: math.NaN(), BytesPerRequest: math.NaN()}
	err = t.allocations(d, load)
	return t.AllocationsPerRequest, t.BytesPerRequest, err
}

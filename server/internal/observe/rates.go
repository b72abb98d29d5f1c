package observe

import "sync"

// Rates turns totals into rates over the last moments: instantaneous_ops_per_sec of INFO. The zero value is ready.
type Rates struct {
	mu      sync.Mutex
	samples [rateSamples]rateSample // guarded by mu; a ring
	next    int                     // guarded by mu
	peak    int64                   // guarded by mu; bytes
}

// rateSamples at one in 100 ms make rates over 1.6 s, as in Redis (server.h, STATS_METRIC_SAMPLES).
const rateSamples = 16

type rateSample struct {
	nanos  int64
	totals Totals
}

// Sample notes the totals at a monotonic time.
func (r *Rates) Sample(nanos int64, t Totals) {
	r.mu.Lock()
	r.samples[r.next] = rateSample{nanos, t}
	r.next = (r.next + 1) % rateSamples
	r.mu.Unlock()
}

// PerSecond returns how much the totals grew in a second, on average over the samples.
func (r *Rates) PerSecond() (t Totals) {
	r.mu.Lock()
	defer r.mu.Unlock()
	newest, oldest := r.samples[(r.next+rateSamples-1)%rateSamples], r.samples[r.next]
	for i := range rateSamples { // before the ring is full
		if oldest.nanos != 0 {
			break
		}
		oldest = r.samples[(r.next+i)%rateSamples]
	}
	span := newest.nanos - oldest.nanos
	if span <= 0 {
		return t
	}
	rate := func(a, b int64) int64 { return max(int64(float64(b-a)*1e9/float64(span)), 0) } // a reset makes it negative
	o, n := oldest.totals, newest.totals
	return Totals{rate(o.Commands, n.Commands), rate(o.NetIn, n.NetIn), rate(o.NetOut, n.NetOut), rate(o.Reads, n.Reads), rate(o.Writes, n.Writes)}
}

// Peak notes the memory in use and returns the most that was ever noted, in bytes.
func (r *Rates) Peak(used int64) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.peak = max(r.peak, used)
	return r.peak
}

package workload

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// DistKind names a distribution of keys.
type DistKind string

const (
	Uniform    DistKind = "uniform"
	Zipf       DistKind = "zipf"       // the k-th most popular key has weight 1/k^Theta
	Sequential DistKind = "sequential" // each key in turn, shared out among the threads
	Hotspot    DistKind = "hotspot"    // a share HotOps of the requests to a share HotKeys of the keys
	Gaussian   DistKind = "gaussian"   // around the key at Mean, with Stddev, both as shares of the key space
	Latest     DistKind = "latest"     // zipf by age: the newest key is the most popular
)

// Values that the text form leaves out.
const (
	defaultTheta  = 0.99    // that of YCSB, which most published figures use
	defaultHot    = 0.8     // 80 % of requests to 20 % of the keys
	defaultMean   = 0.5     // the middle
	defaultStddev = 1.0 / 6 // the ends lie 3 deviations away, as with memtier_benchmark
)

// Dist is a distribution of keys. The popular keys of zipf and hotspot are
// scattered over the key space, so that neighbours are not hot together; with
// Plain they are the first ones.
type Dist struct {
	Kind            DistKind
	Theta           float64 // zipf and latest
	HotOps, HotKeys float64 // hotspot
	Mean, Stddev    float64 // gaussian
	Plain           bool    // zipf and hotspot
}

const distForm = "want uniform, sequential, zipf[:THETA], hotspot[:OPS:KEYS], gaussian[:MEAN:STDDEV] or latest[:THETA]; zipf and hotspot may end with :plain"

// ParseDist reads "uniform", "sequential", "zipf", "zipf:1.2", "zipf:0.99:plain",
// "hotspot:90%:10%", "gaussian:50%:10%", "latest" and the like.
func ParseDist(text string) (Dist, error) {
	parts := strings.Split(strings.TrimSpace(text), ":")
	d := Dist{Kind: DistKind(parts[0]), Plain: len(parts) > 1 && parts[len(parts)-1] == "plain"}
	args := parts[1:]
	if d.Plain {
		args = args[:len(args)-1]
	}
	if err := d.parseArgs(args); err != nil {
		return d, fmt.Errorf("key distribution %.60q: %w", text, err)
	}
	return d, d.validate()
}

func (d *Dist) parseArgs(args []string) (err error) {
	pair := func(a, b *float64, defaultA, defaultB float64) {
		if *a, *b = defaultA, defaultB; len(args) == 2 {
			if *a, err = ParseShare(args[0]); err == nil {
				*b, err = ParseShare(args[1])
			}
		}
	}
	most := 2
	switch d.Kind {
	case Zipf, Latest:
		most = 1
		if d.Theta = defaultTheta; len(args) == 1 {
			if d.Theta, err = strconv.ParseFloat(args[0], 64); err != nil {
				return fmt.Errorf("theta is not a number; write it as %s:0.99", d.Kind)
			}
		}
	case Hotspot:
		pair(&d.HotOps, &d.HotKeys, defaultHot, 1-defaultHot)
	case Gaussian:
		pair(&d.Mean, &d.Stddev, defaultMean, defaultStddev)
	default:
		most = 0
	}
	switch {
	case err != nil:
		return err
	case most == 0 && len(args) > 0 && (d.Kind == Uniform || d.Kind == Sequential):
		return fmt.Errorf("%s takes no parameter", d.Kind)
	case most == 2 && len(args) == 1 || len(args) > most:
		return fmt.Errorf("%d parameters are too few or too many; %s", len(args), distForm)
	}
	return nil
}

// String is the form ParseDist reads.
func (d Dist) String() string {
	text := string(d.Kind)
	g := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	switch d.Kind {
	case Zipf, Latest:
		text += ":" + g(d.Theta)
	case Hotspot:
		text += ":" + g(d.HotOps) + ":" + g(d.HotKeys)
	case Gaussian:
		text += ":" + g(d.Mean) + ":" + g(d.Stddev)
	}
	if d.Plain {
		text += ":plain"
	}
	return text
}

func (d Dist) validate() error {
	if d.Plain && d.Kind != Zipf && d.Kind != Hotspot {
		return fmt.Errorf("key distribution %s: only zipf and hotspot can be plain; the others are not scattered", d.Kind)
	}
	switch d.Kind {
	case Uniform, Sequential:
		return nil
	case Zipf, Latest:
		if !(d.Theta > 0) || d.Theta > 10 {
			return fmt.Errorf("theta of the %s distribution is %g: want more than 0 and at most 10", d.Kind, d.Theta)
		}
		return nil
	case Hotspot:
		if !(d.HotOps >= 0 && d.HotOps <= 1 && d.HotKeys > 0 && d.HotKeys <= 1) {
			return fmt.Errorf("hotspot of %g of the requests on %g of the keys: want shares, such as hotspot:80%%:20%%", d.HotOps, d.HotKeys)
		}
		return nil
	case Gaussian:
		if !(d.Mean >= 0 && d.Mean <= 1 && d.Stddev > 0 && d.Stddev <= 100) {
			return fmt.Errorf("gaussian around %g with deviation %g: want shares of the key space, such as gaussian:50%%:10%%", d.Mean, d.Stddev)
		}
		return nil
	}
	return fmt.Errorf("key distribution %q: %s", d.Kind, distForm)
}

// picker draws key numbers for one thread.
type picker struct {
	kind  DistKind
	plain bool
	n     uint64
	next  uint64 // sequential
	step  uint64
	first uint64
	zipf  zipf
	mix   permutation

	hot      uint64 // hotspot: how many keys
	hotShare uint64 // of 1 << 32

	mean, stddev float64 // gaussian, in keys
	low, span    float64 // gaussian: the probability below 0, and between 0 and n
}

func newPicker(d Dist, n int64, thread, threads int) picker {
	p := picker{kind: d.Kind, plain: d.Plain, n: uint64(n), next: uint64(thread), step: uint64(threads), first: uint64(thread)}
	switch d.Kind {
	case Zipf, Latest:
		p.zipf = newZipf(uint64(n), d.Theta)
	case Hotspot:
		p.hot = uint64(min(max(1, math.Round(d.HotKeys*float64(n))), float64(n)))
		p.hotShare = uint64(d.HotOps * (1 << 32))
		if p.hot == p.n {
			p.hotShare = 1 << 32
		}
	case Gaussian:
		p.mean, p.stddev = d.Mean*float64(n), d.Stddev*float64(n)
		p.low = normalCDF(-p.mean / p.stddev)
		p.span = normalCDF((float64(n)-p.mean)/p.stddev) - p.low
	}
	p.mix = newPermutation(uint64(n))
	return p
}

// pick draws a key number. limit is how many keys there are now, which only
// latest looks at: it is at least the number the picker was made with.
func (p *picker) pick(rng *rand.PCG, limit uint64) uint64 {
	switch p.kind {
	case Uniform:
		return below(rng, p.n)
	case Zipf:
		return p.place(p.zipf.pick(rng))
	case Latest:
		if limit != p.n {
			p.n = limit
			p.zipf.grow(limit)
		}
		return p.n - 1 - p.zipf.pick(rng)
	case Hotspot:
		if rng.Uint64()>>32 < p.hotShare {
			return p.place(below(rng, p.hot))
		}
		return p.place(p.hot + below(rng, p.n-p.hot))
	case Gaussian:
		u := p.low + unit(rng)*p.span
		x := p.mean + p.stddev*math.Sqrt2*math.Erfinv(2*u-1)
		return uint64(min(max(x, 0), float64(p.n-1)))
	}
	if p.next >= p.n {
		p.next = p.first % p.n
	}
	k := p.next
	p.next += p.step
	return k
}

// place is the key of a rank.
func (p *picker) place(rank uint64) uint64 {
	if p.plain {
		return rank
	}
	return p.mix.apply(rank)
}

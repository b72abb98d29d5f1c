// Package topk finds the few keys that stand out among many without counting them all: Frequent those that are used most
// often, Largest those with the largest size.
//
// The package is pure and has no locks: it knows neither time nor what a key holds. Whoever feeds it samples does so
// under one lock.
package topk

const (
	// rows and width make the sketch 4 KiB a shard: with a thousandth of the accesses sampled keys of a shard that have
	// 0.5 % of its accesses are found in tests with a million others.
	rows  = 2
	width = 256
	// frequentMax is how many keys are listed.
	frequentMax = 16
	// NameMax bounds how much of a key's name is kept, in bytes.
	NameMax = 512
)

// Frequent finds the keys that are used most often: a HeavyKeeper. Source: Gong, Yang, Zhang, Li, Uhlig, Chen, Uden, Li:
// "HeavyKeeper: An Accurate Algorithm for Finding Top-k Elephant Flows", USENIX ATC 2018.
//
// Each row has one bucket for a key, which counts one key at a time. Another key that falls into it wears the count down
// with a probability that shrinks exponentially with it, and takes the bucket over when nothing is left: what is used
// often keeps its bucket, what is not hardly disturbs it, and no count is ever too high but by equal fingerprints.
//
// Counts fade: halve them at intervals with Fade, so that they tell of the last time and not of all.
type Frequent struct {
	buckets [rows][width]bucket
	list    []Counted // unordered
	least   uint32    // the lowest count in a full list
}

type bucket struct{ print, count uint32 }

// Counted is a key with how many of its uses were counted.
type Counted struct {
	Hash  uint64
	DB    int
	Name  []byte // the first NameMax bytes
	Count uint32
}

// wear holds 2^32 * 1.08^-n, the probability that a count of n is worn down, as in the paper. Beyond its end it is nil.
var wear = func() (t [256]uint32) {
	p := float64(1<<32 - 1)
	for i := range t {
		t[i] = uint32(p)
		p /= 1.08
	}
	return t
}()

// Add counts one use of a key. random is 64 random bits. Nothing is allocated in steady state.
func (f *Frequent) Add(hash uint64, db int, name []byte, random uint64) {
	hash += uint64(db) * 0x9E3779B97F4A7C15 // the same name in two databases is two keys
	n := uint32(0)
	print := uint32(hash>>8) | 1
	for i := range f.buckets {
		at := (hash ^ hash>>20) % width
		if i == 1 {
			at = (hash * 0x9E3779B97F4A7C15) >> 56
		}
		n = max(n, f.buckets[i][at].add(print, uint32(random>>(32*i))))
	}
	if n > 0 {
		f.keep(hash, db, name, n)
	}
}

// add counts one use of the key with that fingerprint in its bucket, and returns the count if the bucket is the key's.
func (b *bucket) add(print, random uint32) uint32 {
	switch {
	case b.print == print:
		b.count++
		return b.count
	case b.count == 0:
	case b.count >= uint32(len(wear)) || random > wear[b.count]:
		return 0
	default:
		if b.count--; b.count > 0 {
			return 0
		}
	}
	b.print, b.count = print, 1
	return 1
}

func (f *Frequent) keep(hash uint64, db int, name []byte, n uint32) {
	if len(f.list) == frequentMax && n <= f.least {
		// Fast path: the key is not among the first. It may be in the list with a count that the sketch has lost.
		return
	}
	at := 0
	for i := range f.list {
		if f.list[i].Hash == hash {
			f.list[i].Count = max(f.list[i].Count, n)
			f.settle()
			return
		}
		if f.list[i].Count < f.list[at].Count {
			at = i
		}
	}
	if len(f.list) < frequentMax {
		at = len(f.list)
		f.list = grown(f.list)
	}
	e := &f.list[at]
	e.Hash, e.DB, e.Count = hash, db, n
	e.Name = append(e.Name[:0], name[:min(len(name), NameMax)]...)
	f.settle()
}

func (f *Frequent) settle() {
	f.least = ^uint32(0)
	for i := range f.list {
		f.least = min(f.least, f.list[i].Count)
	}
}

// Fade halves all counts and drops those that come to nothing.
func (f *Frequent) Fade() {
	for i := range f.buckets {
		for j := range f.buckets[i] {
			f.buckets[i][j].count /= 2
		}
	}
	for i := 0; i < len(f.list); {
		if f.list[i].Count /= 2; f.list[i].Count > 0 {
			i++
			continue
		}
		last := len(f.list) - 1
		f.list[i], f.list[last] = f.list[last], f.list[i]
		f.list = f.list[:last] // the name's memory stays with the slot beyond the end
	}
	f.settle()
}

// List returns the keys that were used most often, in no order. It is a view until the next call of another method.
func (f *Frequent) List() []Counted { return f.list }

// Package evict decides which key goes when memory is full: Policy says by what rule, Pool keeps the
// best candidates of the samples taken so far, Ghosts remembers keys that went.
//
// As in Redis the order is approximated: a few keys are sampled, their scores compared with the best candidates of
// earlier samples, and the best of all goes. Source: Redis, evict.c ("To improve the quality of the LRU approximation we
// take a set of keys that are good candidates for eviction across performEvictions() calls").
//
// The package is pure: it knows handles and scores, neither keys nor time.
package evict

// Policy says which keys may go, and which of them first.
type Policy uint8

// The policies of Redis 7.0, and one of ours.
const (
	NoEviction Policy = iota
	AllKeysLRU
	AllKeysLFU
	AllKeysRandom
	// AllKeysS3FIFO is not one of Redis: it withstands scans. See docs/adr/0020-s3fifo-by-sampling.md.
	AllKeysS3FIFO
	VolatileLRU
	VolatileLFU
	VolatileRandom
	VolatileTTL
)

var names = map[string]Policy{
	"noeviction": NoEviction, "allkeys-lru": AllKeysLRU, "allkeys-lfu": AllKeysLFU, "allkeys-random": AllKeysRandom,
	"volatile-lru": VolatileLRU, "volatile-lfu": VolatileLFU, "volatile-random": VolatileRandom, "volatile-ttl": VolatileTTL,
	"allkeys-s3fifo": AllKeysS3FIFO,
}

// Parse returns the policy that maxmemory-policy names.
func Parse(name string) (Policy, bool) {
	p, ok := names[name]
	return p, ok
}

// Volatile says whether only keys with a deadline may go.
func (p Policy) Volatile() bool { return p >= VolatileLRU }

// Random says whether any key is as good as another.
func (p Policy) Random() bool { return p == AllKeysRandom || p == VolatileRandom }

// LFU says whether keys are compared by how often they are used.
func (p Policy) LFU() bool { return p == AllKeysLFU || p == VolatileLFU }

// Candidate is a key that may go. It is found again by its hash; the handle tells it from others with the same one. A
// key that was moved or replaced meanwhile is simply not found.
type Candidate struct {
	Score  uint64 // the higher, the sooner it goes
	Hash   uint64
	Handle uint64
	DB     int
}

// poolSize is how many candidates are kept: Redis' EVPOOL_SIZE.
const poolSize = 16

// Pool keeps the best candidates, best last.
type Pool struct {
	n    int
	list [poolSize]Candidate
}

// Wants says whether Offer would add a candidate with this score.
func (p *Pool) Wants(score uint64) bool { return p.n < poolSize || score > p.list[0].Score }

// Offer adds a candidate, unless it is there already or worse than all of a full pool.
func (p *Pool) Offer(c Candidate) {
	at := 0
	for i := range p.list[:p.n] {
		if p.list[i].Handle == c.Handle && p.list[i].Hash == c.Hash {
			return
		}
		if p.list[i].Score < c.Score {
			at = i + 1
		}
	}
	if p.n < poolSize {
		copy(p.list[at+1:p.n+1], p.list[at:p.n])
		p.list[at] = c
		p.n++
		return
	}
	if at == 0 {
		return
	}
	copy(p.list[:at-1], p.list[1:at]) // the worst makes room
	p.list[at-1] = c
}

// Take returns the best candidate and removes it.
func (p *Pool) Take() (Candidate, bool) {
	if p.n == 0 {
		return Candidate{}, false
	}
	p.n--
	return p.list[p.n], true
}

// Clear forgets all candidates: the policy was changed, or the keys are gone.
func (p *Pool) Clear() { p.n = 0 }

package keyspace

import (
	"slices"

	"redline/server/internal/topk"
)

// hot finds the keys that are looked up most often, among a sample of all lookups.
//
// The rate of a key follows from its count and the weight of what was counted: both are halved together, so a count that
// grew at a steady rate divided by the weight is that rate at any time.
type hot struct {
	left     uint32 // lookups until the next sample
	fadedAt  int64  // unix milliseconds of the last halving
	weightMs int64  // milliseconds that counts stood for at the last halving
	keys     topk.Frequent
}

const (
	// hotEvery is how many lookups pass between two samples on average: a sample costs some 100 ns, so 2 ns a lookup.
	hotEvery = 64
	// hotFadeMs is how long a count takes to fade to its half.
	hotFadeMs = 20_000
	// hotForget is how many halvings leave nothing of any count.
	hotForget = 32
)

// sample counts a lookup. The gaps between samples are random, so that no pattern in the requests is missed or met.
func (h *hot) sample(k *Key, db int, now int64, random uint64) {
	h.left = uint32(random>>40) % (2*hotEvery - 1)
	h.fade(now)
	h.keys.Add(k.Hash, db, k.Name, random*0x9E3779B97F4A7C15)
}

func (h *hot) fade(now int64) {
	if h.fadedAt == 0 || now < h.fadedAt { // the first sample, or the clock was put back
		h.fadedAt = now
	}
	for i := 0; now-h.fadedAt >= hotFadeMs; i++ {
		if i == hotForget {
			h.fadedAt = now
			return
		}
		h.keys.Fade()
		h.weightMs = (h.weightMs + hotFadeMs) / 2
		h.fadedAt += hotFadeMs
	}
}

// perSecond turns a count into lookups a second.
func (h *hot) perSecond(count uint32, now int64) float64 {
	return float64(count) * hotEvery * 1000 / float64(max(h.weightMs+now-h.fadedAt, 1000))
}

// HotKey is a key that is looked up often, whether it exists or not.
type HotKey struct {
	DB        int
	Name      []byte // at most topk.NameMax bytes of it
	PerSecond float64
	Type      Type
	Exists    bool
}

// HotKeys appends the keys of the shard that were looked up most often lately, at most 16, in no order.
func (sh *Shard) HotKeys(list []HotKey) []HotKey {
	sh.hot.fade(sh.now)
	for _, c := range sh.hot.keys.List() {
		x := HotKey{DB: c.DB, Name: slices.Clone(c.Name), PerSecond: sh.hot.perSecond(c.Count, sh.now)}
		if it := sh.peek(c.DB, c.Name); it.OK() {
			x.Type, x.Exists = it.Type(), true
		}
		list = append(list, x)
	}
	return list
}

// peek finds a live key of the shard by its name, and leaves it alone if it has expired.
func (sh *Shard) peek(db int, name []byte) Item {
	var k Key
	sh.space.Locate(name, &k)
	h, ok := sh.dbs[db].dict.Find(k.Hash, name)
	if !ok {
		return Item{}
	}
	return sh.dbs[db].live(h)
}

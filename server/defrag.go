package server

import (
	"time"

	"redline/server/internal/config"
	"redline/server/internal/keyspace"
	"redline/server/internal/session"
)

// defrag gives memory back. Empty spans go back to the system whatever is set. Sparse ones are emptied first, by moving
// their blocks together, while activedefrag is on: from active-defrag-threshold-lower percent of fragmentation on, if
// that is more than active-defrag-ignore-bytes, and with an effort between active-defrag-cycle-min and -cycle-max percent
// of a core that grows with the fragmentation up to active-defrag-threshold-upper.
//
// Fragmentation is what lies free between the blocks of touched spans, in percent of the blocks.
type defrag struct {
	hub   *session.Hub
	shard int // where the next slice begins
}

// compactSlice is how many blocks are moved under one hold of a shard's lock: 20 us of small ones, 60 us of 1 KB. After a
// client had to wait for one, compaction rests for compactRest: it and a client who goes from shard to shard would wait for
// each other at every step. A tick takes compactMax of a tick's time at most, then others have their turn.
const (
	compactSlice = 32
	compactRest  = 200 * time.Microsecond
	compactMax   = cronTick / 2
)

// What is kept of the free memory of the arena: little, and one part in so many of all. Of the rest so many units of 16 KiB
// a tick go back: 100 MB/s.
const (
	arenaRelease = 64
	arenaKeep    = 256 << 10
	arenaShare   = 16
)

// tick does the work of one tick of cron.
func (d *defrag) tick() {
	sp := d.hub.Engine.Space
	inBlocks, between := int64(0), int64(0)
	for i := range sp.Shards() {
		sh := sp.Shard(i)
		sh.Lock()
		sh.Release()
		b, f := sh.Sparse()
		sh.Unlock()
		inBlocks, between = inBlocks+b, between+f
	}
	sp.Arena().Release(arenaRelease, arenaKeep, arenaShare)
	effort := effortFor(d.hub.Config.Values().Defrag, inBlocks, between)
	d.hub.Defrag.Effort.Store(int64(effort))
	if effort > 0 {
		d.compact(time.Duration(effort) * cronTick / 100)
	}
}

// effortFor returns the percentage of a core to spend on compaction.
func effortFor(c config.Defrag, inBlocks, between int64) int {
	percent := 100 * between / max(inBlocks, 1)
	if !c.On || between < c.IgnoreBytes || percent < int64(c.Lower) {
		return 0
	}
	effort := max(c.CycleMin, c.CycleMax) // also where the thresholds are the wrong way round
	if c.Upper > c.Lower && percent < int64(c.Upper) {
		effort = c.CycleMin + (c.CycleMax-c.CycleMin)*int(percent-int64(c.Lower))/(c.Upper-c.Lower)
	}
	return max(effort, 1)
}

// compact moves blocks for so long, not counting rests, slice by slice, shard by shard.
func (d *defrag) compact(budget time.Duration) {
	sp := d.hub.Engine.Space
	from := time.Now()
	rested := time.Duration(0)
	for idle := 0; idle < sp.Shards(); {
		d.shard = (d.shard + 1) % sp.Shards()
		n, wanted := compactShard(sp.Shard(d.shard))
		if idle++; n > 0 {
			idle = 0
			d.hub.Defrag.Moves.Add(int64(n))
		}
		took := time.Since(from)
		if took > compactMax || took-rested > budget {
			return
		}
		if wanted {
			time.Sleep(compactRest)
			rested += time.Since(from) - took
		}
	}
}

// compactShard does one slice. It tells how many blocks were moved, and whether a client waits for the shard.
func compactShard(sh *keyspace.Shard) (moved int, wanted bool) {
	sh.Lock()
	defer sh.Unlock()
	moved = sh.Compact(compactSlice)
	if !sh.Wanted() {
		sh.Release()
	}
	return moved, sh.Wanted()
}

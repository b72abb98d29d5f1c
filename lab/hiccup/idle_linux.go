package hiccup

import (
	"bytes"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	maxCPUs = 1024 // those beyond share the state of others
	// idleEvery is how often idle times are read. The kernel counts them in
	// hundredths of a second.
	idleEvery = 200 * time.Millisecond
	idleLeast = 0.05
)

// idleness tells which processors have no idle time. Nothing is allocated after
// its start, as nothing is collected.
type idleness struct {
	busy [maxCPUs]atomic.Bool
	last [maxCPUs]int64
	text [64 << 10]byte // the processors come first in the file
}

// keep keeps it up to date.
func (i *idleness) keep() {
	f, err := os.Open("/proc/stat")
	if err != nil {
		return // then none is busy
	}
	read := time.Now()
	for range time.Tick(idleEvery) {
		n, _ := f.ReadAt(i.text[:], 0) // io.EOF, as the file is shorter
		now := time.Now()
		i.update(i.text[:n], now.Sub(read))
		read = now
	}
}

// update takes /proc/stat as it is so long after the last one.
func (i *idleness) update(text []byte, after time.Duration) {
	const ticksPerS = 100 // of the file, whatever the kernel's own
	least := int64(idleLeast * ticksPerS * after.Seconds())
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		line, ok := bytes.CutPrefix(line, []byte("cpu"))
		if !ok {
			return
		}
		name, line, _ := bytes.Cut(line, []byte(" "))
		cpu, err := strconv.Atoi(string(name))
		if err != nil || cpu < 0 || cpu >= maxCPUs { // the first line is all of them
			continue
		}
		idle := field(line, 3) + field(line, 4) // idle, and idle while a disk works
		i.busy[cpu].Store(idle-i.last[cpu] <= least)
		i.last[cpu] = idle
	}
}

// field is a number of a line, counted from 0.
func field(line []byte, n int) int64 {
	var f []byte
	for range n + 1 {
		f, line, _ = bytes.Cut(line, []byte(" "))
	}
	v, _ := strconv.ParseInt(string(f), 10, 64)
	return v
}

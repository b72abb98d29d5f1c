package observe

import (
	"strconv"
	"sync"
)

// SlowLog keeps the last commands that took long. The zero value is ready.
type SlowLog struct {
	mu      sync.Mutex
	next    int64       // guarded by mu; number of the next entry
	entries []SlowEntry // guarded by mu; oldest first
}

// SlowEntry is one command of the slow log.
type SlowEntry struct {
	ID     int64
	Unix   int64 // seconds; when it was logged
	Micros int64
	Args   []string // shortened
	Addr   string
	Name   string // of the client
}

// As in Redis (slowlog.h): enough to see what it was, without keeping what it carried.
const (
	slowArgsMax  = 32
	slowBytesMax = 128
)

// Add logs a command and keeps at most limit entries. args are views; the entry's number is set here.
func (l *SlowLog) Add(e SlowEntry, args [][]byte, limit int) {
	shown := args
	if len(args) > slowArgsMax {
		shown = args[:slowArgsMax-1]
	}
	e.Args = make([]string, 0, len(shown)+1)
	for _, a := range shown {
		if len(a) > slowBytesMax {
			e.Args = append(e.Args, string(a[:slowBytesMax])+"... ("+strconv.Itoa(len(a)-slowBytesMax)+" more bytes)")
		} else {
			e.Args = append(e.Args, string(a))
		}
	}
	if len(shown) < len(args) {
		e.Args = append(e.Args, "... ("+strconv.Itoa(len(args)-len(shown))+" more arguments)")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e.ID = l.next
	l.next++
	l.entries = append(l.entries, e)
	if extra := len(l.entries) - limit; extra > 0 {
		l.entries = append(l.entries[:0:0], l.entries[extra:]...)
	}
}

// Last returns up to n entries, newest first; all with n below 0.
func (l *SlowLog) Last(n int64) []SlowEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n < 0 || n > int64(len(l.entries)) {
		n = int64(len(l.entries))
	}
	last := make([]SlowEntry, n)
	for i := range last {
		last[i] = l.entries[len(l.entries)-1-i]
	}
	return last
}

// Len returns the number of entries.
func (l *SlowLog) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

// Reset empties the log. Numbers go on.
func (l *SlowLog) Reset() {
	l.mu.Lock()
	l.entries = nil
	l.mu.Unlock()
}

package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"redline/lab"
)

// progressLine shows how a run goes on: one line that is redrawn on a terminal,
// and a line every few seconds elsewhere.
type progressLine struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	label    string // goes before each line; may be empty
	phase    string
	shown    time.Time
	drawn    bool
}

func newProgressLine(w io.Writer) *progressLine { return &progressLine{w: w, terminal: isTerminal(w)} }

// isTerminal tells whether w is a character device that understands redrawing.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" || os.Getenv("TERM") == "" {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

// show draws p if it is time to.
func (l *progressLine) show(p lab.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	every := 5 * time.Second
	if l.terminal {
		every = 200 * time.Millisecond
	}
	now := time.Now()
	if p.Phase == l.phase && now.Sub(l.shown) < every {
		return
	}
	l.phase, l.shown = p.Phase, now
	text := l.label + progressText(p)
	if !l.terminal {
		fmt.Fprintln(l.w, text)
		return
	}
	fmt.Fprintf(l.w, "\r\x1b[K%s", text)
	l.drawn = true
}

// say prints a line that stays.
func (l *progressLine) say(text string) {
	l.clear()
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.w, l.label+text)
}

// clear removes the line so that something else can be printed.
func (l *progressLine) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.drawn {
		fmt.Fprint(l.w, "\r\x1b[K")
		l.drawn = false
	}
}

func progressText(p lab.Progress) string {
	at := p.Elapsed.Round(time.Second).String()
	if p.Of > 0 {
		at += "/" + p.Of.Round(time.Second).String()
	}
	text := fmt.Sprintf("%-8s %8s  %9.0f/s  p50 %-8s p99 %-8s", p.Phase, at, p.PerS, duration(p.P50Ns), duration(p.P99Ns))
	if p.Backlog > 0 {
		text += fmt.Sprintf("  waiting %d", p.Backlog)
	}
	if p.Errors > 0 {
		text += fmt.Sprintf("  errors %d", p.Errors)
	}
	return text
}

package lab

import (
	"slices"
	"sync"

	"redline/lab/hiccup"
	"redline/lab/record"
)

// hiccups are those of the machine while a run goes on.
type hiccups struct {
	watcher *hiccup.Watcher // nil unless they are watched for
	mu      sync.Mutex
	found   []record.Hiccup
}

// start looks for them from now on, if the run is to.
func (h *hiccups) start(r *run) {
	if r.spec.Hiccups == nil {
		return
	}
	var err error
	h.watcher, err = hiccup.Start(r.spec.Hiccups(), r.start, func(one record.Hiccup) {
		_ = r.w.Hiccup(&one) // a failure shows again at the end of the run
		h.mu.Lock()
		defer h.mu.Unlock()
		h.found = append(h.found, one)
	})
	if err != nil {
		_ = r.w.Missing("hiccups", err.Error())
		return
	}
	_ = r.w.Update(func(run *record.Run) { run.Conditions.HiccupPriority = h.watcher.Priority() })
}

func (h *hiccups) stop() {
	if h.watcher != nil {
		h.watcher.Stop()
	}
}

// list is what was found so far.
func (h *hiccups) list() []record.Hiccup {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.found)
}

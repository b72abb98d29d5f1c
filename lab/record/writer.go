package record

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"redline/hist"
)

// flushEvery bounds how much a kill -9 can cost: lines are buffered no longer.
const flushEvery = 500 * time.Millisecond

var validID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$`)

// Writer writes a run directory. Its methods may be called from several
// goroutines.
type Writer struct {
	dir   string
	start time.Time // of the run; carries the monotonic clock

	mu      sync.Mutex
	run     Run
	files   []*os.File
	bufs    []*bufio.Writer
	hlog    *hist.LogWriter
	pacing  *hist.LogWriter
	slices  jsonl
	samples jsonl
	events  jsonl
	hiccups jsonl
	flushed time.Time
	closed  bool
	err     error // the first write error; later writes do nothing
}

type jsonl struct{ w *bufio.Writer }

func (j jsonl) write(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = j.w.Write(append(line, '\n'))
	return err
}

// Create makes root/run.ID and writes run.json in StateRunning. The run starts
// at start, from which all t_ns are measured. It fails if the directory exists.
func Create(root string, run Run, start time.Time) (*Writer, error) {
	if !validID.MatchString(run.ID) {
		return nil, fmt.Errorf("run id %q: want letters, digits, '.', '_' and '-'", run.ID)
	}
	dir := filepath.Join(root, run.ID)
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fmt.Errorf("cannot make the folder for run directories: %w", err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, fmt.Errorf("cannot make the run directory: %w", err)
	}
	run.Format = Format
	run.State = StateRunning
	run.StartedUnixNs = start.UnixNano()
	w := &Writer{dir: dir, start: start, run: run}
	if err := w.open(); err != nil {
		w.closeFiles()
		_ = os.RemoveAll(dir) // nothing was recorded yet
		return nil, err
	}
	return w, nil
}

func (w *Writer) open() error {
	for _, sub := range []string{ProfilesDir, InfoDir} {
		if err := os.Mkdir(filepath.Join(w.dir, sub), 0o755); err != nil {
			return err
		}
	}
	for _, name := range []string{LatencyFile, PacingFile, SlicesFile, SamplesFile, EventsFile, HiccupsFile} {
		f, err := os.OpenFile(filepath.Join(w.dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o644)
		if err != nil {
			return err
		}
		w.files = append(w.files, f)
		w.bufs = append(w.bufs, bufio.NewWriterSize(f, 64<<10))
	}
	w.slices, w.samples, w.events, w.hiccups = jsonl{w.bufs[2]}, jsonl{w.bufs[3]}, jsonl{w.bufs[4]}, jsonl{w.bufs[5]}
	var err error
	if w.hlog, err = hist.NewLogWriter(w.bufs[0], w.run.StartedUnixNs); err != nil {
		return err
	}
	if w.pacing, err = hist.NewLogWriter(w.bufs[1], w.run.StartedUnixNs); err != nil {
		return err
	}
	w.flushed = time.Now()
	return w.writeRun()
}

// Dir is the path of the run directory.
func (w *Writer) Dir() string { return w.dir }

// ID is the run's name.
func (w *Writer) ID() string { return w.run.ID }

// Start is the instant that t_ns counts from.
func (w *Writer) Start() time.Time { return w.start }

// Now is the time since the start of the run in nanoseconds.
func (w *Writer) Now() int64 { return int64(time.Since(w.start)) }

// Update changes run.json through f and replaces the file.
func (w *Writer) Update(f func(*Run)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(&w.run)
	return w.writeRun()
}

// Missing notes that a part could not be recorded. A part is noted once.
func (w *Writer) Missing(part, why string) error {
	return w.Update(func(r *Run) {
		for _, m := range r.Missing {
			if m.Part == part {
				return
			}
		}
		r.Missing = append(r.Missing, Missing{part, why})
	})
}

// Slice appends to slices.jsonl.
func (w *Writer) Slice(s *Slice) error { return w.append(func() error { return w.slices.write(s) }) }

// Sample appends to samples.jsonl.
func (w *Writer) Sample(s *Sample) error {
	return w.append(func() error { return w.samples.write(s) })
}

// Event appends to events.jsonl, with the time of the call.
func (w *Writer) Event(kind, text string, fields map[string]any) error {
	e := Event{TNs: w.Now(), Kind: kind, Text: text, Fields: fields}
	return w.append(func() error { return w.events.write(&e) })
}

// Hiccup appends to hiccups.jsonl.
func (w *Writer) Hiccup(h *Hiccup) error { return w.append(func() error { return w.hiccups.write(h) }) }

// Latency appends the latencies of one operation and kind in one slice.
func (w *Writer) Latency(op, kind string, tNs, durNs int64, r *hist.Recorder) error {
	return w.append(func() error { return w.hlog.Write(op+":"+kind, tNs, durNs, r) })
}

// Pacing appends the pacing error of one slice.
func (w *Writer) Pacing(tNs, durNs int64, r *hist.Recorder) error {
	return w.append(func() error { return w.pacing.Write("generator:pacing", tNs, durNs, r) })
}

func (w *Writer) append(write func() error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	if w.closed {
		return fs.ErrClosed
	}
	err := write()
	if now := time.Now(); err == nil && now.Sub(w.flushed) >= flushEvery {
		w.flushed = now
		err = w.flush()
	}
	if err != nil {
		w.err = fmt.Errorf("cannot write to the run directory: %w", err)
	}
	return w.err
}

// Profile writes profiles/NAME.pb.gz, where name may end in ".before".
func (w *Writer) Profile(name string, data []byte) error {
	return w.replace(filepath.Join(ProfilesDir, name+profileExt), data)
}

// File writes a file of the directory, such as TraceRaw.
func (w *Writer) File(name string, data []byte) error { return w.replace(name, data) }

// Info writes info/NAME.txt.
func (w *Writer) Info(name string, text []byte) error {
	return w.replace(filepath.Join(InfoDir, name+".txt"), text)
}

// replace writes a whole file under a temporary name and renames it.
func (w *Writer) replace(name string, data []byte) error {
	return Replace(filepath.Join(w.dir, name), data)
}

// Replace writes a whole file under a temporary name beside it and renames it,
// so that a reader never sees half of it.
func Replace(path string, data []byte) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// Finish flushes everything, notes how the run ended and closes the files.
// Calling it again does nothing.
func (w *Writer) Finish(state, reason string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	w.run.State, w.run.StateReason = state, reason
	w.run.EndedUnixNs = w.start.UnixNano() + w.Now()
	return errors.Join(w.err, w.flush(), w.closeFiles(), w.writeRun())
}

func (w *Writer) flush() error {
	var errs []error
	for _, b := range w.bufs {
		errs = append(errs, b.Flush())
	}
	return errors.Join(errs...)
}

func (w *Writer) closeFiles() error {
	var errs []error
	for _, f := range w.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

func (w *Writer) writeRun() error {
	text, err := json.MarshalIndent(&w.run, "", "  ")
	if err != nil {
		return err
	}
	return w.replace(RunFile, append(text, '\n'))
}

package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"redline/hist"
)

// maxLineBytes bounds a line of a .jsonl file.
const maxLineBytes = 16 << 20

// DamageError says where a run directory cannot be read.
type DamageError struct {
	File string // relative to the directory
	Line int    // counted from 1; 0 when the file as a whole is meant
	Err  error
}

func (e *DamageError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s line %d: %v", e.File, e.Line, e.Err)
}

func (e *DamageError) Unwrap() error { return e.Err }

// Dir is a run directory opened for reading. Iterators open the files anew each
// time and may be used concurrently.
type Dir struct {
	path   string
	run    Run
	damage *damages // nil: damage is an error of the iterators
}

// damages collects what a salvaging reader has passed over.
type damages struct {
	mu   sync.Mutex
	list []*DamageError
}

// Salvage returns the same directory with iterators that end at a damaged line
// instead of failing there, as if the file ended before it. Damage tells what
// they have met. Errors of reading stay errors.
func (d *Dir) Salvage() *Dir {
	out := *d
	out.damage = &damages{}
	return &out
}

// Damage is what the iterators of a salvaged directory have met so far, each
// place once.
func (d *Dir) Damage() []*DamageError {
	if d.damage == nil {
		return nil
	}
	d.damage.mu.Lock()
	defer d.damage.mu.Unlock()
	return slices.Clone(d.damage.list)
}

// passes tells whether err is damage that is passed over, and notes it.
func (d *Dir) passes(err error) bool {
	var damage *DamageError
	if d.damage == nil || !errors.As(err, &damage) {
		return false
	}
	d.damage.mu.Lock()
	defer d.damage.mu.Unlock()
	for _, known := range d.damage.list {
		if known.File == damage.File && known.Line == damage.Line {
			return true
		}
	}
	d.damage.list = append(d.damage.list, damage)
	return true
}

// Open reads run.json of the run directory at path.
func Open(path string) (*Dir, error) {
	text, err := os.ReadFile(filepath.Join(path, RunFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not a run directory: it has no %s", path, RunFile)
	}
	if err != nil {
		return nil, err
	}
	d := &Dir{path: path}
	if err := json.Unmarshal(text, &d.run); err != nil {
		return nil, &DamageError{RunFile, 0, err}
	}
	if d.run.Format != Format {
		return nil, fmt.Errorf("%s: %s has format %d, this version reads format %d", path, RunFile, d.run.Format, Format)
	}
	if d.run.SliceNs <= 0 {
		return nil, &DamageError{RunFile, 0, fmt.Errorf("slice_ns is %d, want more than 0", d.run.SliceNs)}
	}
	return d, nil
}

// Path is the directory.
func (d *Dir) Path() string { return d.path }

// Run is run.json.
func (d *Dir) Run() *Run { return &d.run }

// Slices yields slices.jsonl. It ends after an error.
func (d *Dir) Slices() iter.Seq2[Slice, error] { return lines[Slice](d, SlicesFile) }

// Samples yields samples.jsonl. It ends after an error.
func (d *Dir) Samples() iter.Seq2[Sample, error] { return lines[Sample](d, SamplesFile) }

// Events yields events.jsonl. It ends after an error.
func (d *Dir) Events() iter.Seq2[Event, error] { return lines[Event](d, EventsFile) }

// Hiccups yields hiccups.jsonl, nothing if there is none: runs of older versions
// have not watched for them. It ends after an error.
func (d *Dir) Hiccups() iter.Seq2[Hiccup, error] {
	if _, ok := d.existing(HiccupsFile); !ok {
		return func(func(Hiccup, error) bool) {}
	}
	return lines[Hiccup](d, HiccupsFile)
}

// Latency is one histogram of latency.hlog.
type Latency struct {
	Op, Kind string
	TNs      int64
	DurNs    int64
	Hist     *hist.Hist
}

// Latencies yields latency.hlog. It ends after an error.
func (d *Dir) Latencies() iter.Seq2[Latency, error] { return d.intervals(LatencyFile) }

// Pacing yields pacing.hlog: the generator's pacing error for each slice. It
// ends after an error.
func (d *Dir) Pacing() iter.Seq2[Latency, error] { return d.intervals(PacingFile) }

func (d *Dir) intervals(name string) iter.Seq2[Latency, error] {
	return func(yield func(Latency, error) bool) {
		f, err := os.Open(filepath.Join(d.path, name))
		if err != nil {
			if err = missing(name, err); !d.passes(err) {
				yield(Latency{}, err)
			}
			return
		}
		defer f.Close()
		lr := hist.NewLogReader(f)
		for {
			iv, err := lr.Next()
			if err == io.EOF {
				return
			}
			var damage *hist.DamageError
			if errors.As(err, &damage) {
				err = &DamageError{name, damage.Line, damage.Err}
			}
			if err != nil {
				if !d.passes(err) {
					yield(Latency{}, err)
				}
				return
			}
			op, kind, _ := strings.Cut(iv.Tag, ":")
			if !yield(Latency{op, kind, iv.TNs, iv.DurNs, iv.Hist}, nil) {
				return
			}
		}
	}
}

// Profile is the path of profiles/NAME.pb.gz and whether it exists.
func (d *Dir) Profile(name string) (string, bool) {
	return d.existing(filepath.Join(ProfilesDir, name+profileExt))
}

// Info is the path of info/NAME.txt and whether it exists.
func (d *Dir) Info(name string) (string, bool) {
	return d.existing(filepath.Join(InfoDir, name+".txt"))
}

// InfoFields are the fields of info/NAME.txt; none when it does not exist.
func (d *Dir) InfoFields(name string) (map[string]string, error) {
	path, ok := d.Info(name)
	if !ok {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return ParseInfo(string(text)), nil
}

// ParseInfo reads the "name:value" lines of an INFO reply; anything else is
// skipped.
func ParseInfo(text string) map[string]string {
	info := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if name, value, ok := strings.Cut(line, ":"); ok && name != "" && name[0] != '#' {
			info[name] = value
		}
	}
	return info
}

func (d *Dir) existing(name string) (string, bool) {
	path := filepath.Join(d.path, name)
	st, err := os.Stat(path)
	return path, err == nil && st.Mode().IsRegular()
}

func missing(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &DamageError{name, 0, errors.New("the file is missing")}
	}
	return err
}

// lines yields the objects of a .jsonl file up to its last complete line.
func lines[T any](d *Dir, name string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		f, err := os.Open(filepath.Join(d.path, name))
		if err != nil {
			if err = missing(name, err); !d.passes(err) {
				yield(zero, err)
			}
			return
		}
		defer f.Close()
		for v, err := range decodeLines[T](f, name) {
			if err != nil && d.passes(err) {
				return
			}
			if !yield(v, err) {
				return
			}
		}
	}
}

func decodeLines[T any](r io.Reader, name string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		br := bufio.NewReaderSize(r, 64<<10)
		var long []byte
		for n := 1; ; n++ {
			line, err := readLine(br, &long)
			if err == io.EOF {
				return // what is left, if anything, is the partial line of a killed run
			}
			var v T
			if err == nil {
				err = json.Unmarshal(line, &v)
			}
			if err != nil {
				yield(v, &DamageError{name, n, err})
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

// readLine returns the next complete line; it is valid until the next call.
func readLine(br *bufio.Reader, long *[]byte) ([]byte, error) {
	*long = (*long)[:0]
	for {
		part, err := br.ReadSlice('\n')
		if err == nil && len(*long) == 0 {
			return bytes.TrimSpace(part), nil
		}
		*long = append(*long, part...)
		if err == nil {
			return bytes.TrimSpace(*long), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		if len(*long) > maxLineBytes {
			return nil, fmt.Errorf("longer than %d bytes", maxLineBytes)
		}
	}
}

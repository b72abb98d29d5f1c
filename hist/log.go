package hist

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// maxLineBytes bounds a line of a log. A histogram of the lab's geometry with
// every counter used takes about 100 KB.
const maxLineBytes = 16 << 20

// LogWriter writes an HdrHistogram log. Each Write makes one whole line with one
// call of the underlying writer, so a killed run leaves at most one partial line.
type LogWriter struct {
	w    io.Writer
	enc  encoder
	line []byte
}

// NewLogWriter writes the head of a log whose times count from startUnixNs.
func NewLogWriter(w io.Writer, startUnixNs int64) (*LogWriter, error) {
	sec := float64(startUnixNs) / 1e9
	head := fmt.Sprintf("#[Histogram log format version 1.3]\n#[BaseTime: %.3f (seconds since epoch)]\n"+
		"#[StartTime: %.3f (seconds since epoch)]\n"+
		"\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n", sec, sec)
	if _, err := io.WriteString(w, head); err != nil {
		return nil, err
	}
	return &LogWriter{w: w}, nil
}

// Write appends the interval that starts tNs after the start of the log and
// lasts durNs. The tag must not hold commas, spaces or line breaks. An empty
// recorder writes nothing.
func (l *LogWriter) Write(tag string, tNs, durNs int64, r *Recorder) error {
	if r.Count() == 0 {
		return nil
	}
	b := append(l.line[:0], "Tag="...)
	b = append(b, tag...)
	b = append(b, ',')
	b = appendDecimal(b, tNs, 1e9)
	b = append(b, ',')
	b = appendDecimal(b, durNs, 1e9)
	b = append(b, ',')
	b = appendDecimal(b, r.Max(), 1e6) // the column is in ms by convention
	b = append(b, ',')
	b = l.enc.appendV2(b, r)
	l.line = append(b, '\n')
	_, err := l.w.Write(l.line)
	return err
}

func appendDecimal(b []byte, ns int64, unit float64) []byte {
	return strconv.AppendFloat(b, float64(ns)/unit, 'f', 6, 64)
}

// Interval is one line of a log.
type Interval struct {
	Tag   string
	TNs   int64 // from the start of the log
	DurNs int64
	Hist  *Hist // the reader's own: valid until the next line is read
}

// DamageError says where a log cannot be read.
type DamageError struct {
	Line int // counted from 1
	Err  error
}

func (e *DamageError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *DamageError) Unwrap() error { return e.Err }

// LogReader reads an HdrHistogram log line by line.
type LogReader struct {
	r    *bufio.Reader
	line int
	dec  decoder
	hist Hist
}

// NewLogReader reads from r.
func NewLogReader(r io.Reader) *LogReader { return &LogReader{r: bufio.NewReaderSize(r, 64<<10)} }

// Next returns the next interval. It returns io.EOF at the end, also before a
// last line without a line break, which is what a killed run leaves behind. Any
// other damage is a *DamageError.
func (l *LogReader) Next() (Interval, error) {
	for {
		text, err := l.readLine()
		if err != nil {
			return Interval{}, err
		}
		if len(text) == 0 || text[0] == '#' || text[0] == '"' {
			continue
		}
		iv, err := l.parseInterval(text)
		if err != nil {
			return Interval{}, &DamageError{l.line, err}
		}
		return iv, nil
	}
}

func (l *LogReader) readLine() ([]byte, error) {
	l.line++
	var long []byte
	for {
		part, err := l.r.ReadSlice('\n')
		switch {
		case err == nil && long == nil:
			return bytes.TrimRight(part, "\r\n"), nil
		case err == nil:
			return bytes.TrimRight(append(long, part...), "\r\n"), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err // io.EOF: what is left is a partial line
		}
		if long = append(long, part...); len(long) > maxLineBytes {
			return nil, &DamageError{l.line, fmt.Errorf("longer than %d bytes", maxLineBytes)}
		}
	}
}

func (l *LogReader) parseInterval(text []byte) (Interval, error) {
	var iv Interval
	if rest, ok := bytes.CutPrefix(text, []byte("Tag=")); ok {
		tag, after, found := bytes.Cut(rest, []byte(","))
		if !found {
			return iv, errors.New("a tag without an interval")
		}
		iv.Tag, text = string(tag), after
	}
	fields := bytes.SplitN(text, []byte(","), 4)
	if len(fields) != 4 {
		return iv, fmt.Errorf("want 4 fields (start, length, max, histogram), got %d", len(fields))
	}
	var err error
	if iv.TNs, err = parseSeconds(fields[0]); err != nil {
		return iv, fmt.Errorf("start: %w", err)
	}
	if iv.DurNs, err = parseSeconds(fields[1]); err != nil {
		return iv, fmt.Errorf("length: %w", err)
	}
	l.hist.reset()
	iv.Hist = &l.hist
	return iv, l.dec.decode(&l.hist, fields[3])
}

// parseSeconds reads decimal seconds as nanoseconds, rounded to a microsecond:
// the text is no finer, and this undoes the rounding of binary fractions.
func parseSeconds(text []byte) (int64, error) {
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || math.IsNaN(f) || f < 0 || f > 9e9 {
		return 0, fmt.Errorf("%.40q is not a time in seconds", text)
	}
	return int64(math.Round(f*1e6)) * 1000, nil
}

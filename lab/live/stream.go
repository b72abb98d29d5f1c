package live

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// second is the span of a stream and of the metrics.
const second = time.Second

// Stream prints one JSON object a line: a frame of type "span" each second,
// objects of type "note", and one of type "result" at the end.
type Stream struct {
	mu  sync.Mutex
	enc *json.Encoder
	err error // the first write error; later writes do nothing
}

// NewStream returns a stream to w.
func NewStream(w io.Writer) *Stream { return &Stream{enc: json.NewEncoder(w)} }

// Span is a second.
func (s *Stream) Span() time.Duration { return second }

// Show prints f.
func (s *Stream) Show(f *Frame) { s.write(f) }

// Note prints a note.
func (s *Stream) Note(text string) {
	s.write(struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}{"note", text})
}

// Result prints the outcome of the run, the last object, and returns the first
// error of the stream.
func (s *Stream) Result(v any) error {
	s.write(struct {
		Type   string `json:"type"`
		Result any    `json:"result"`
	}{"result", v})
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *Stream) write(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = s.enc.Encode(v)
	}
}

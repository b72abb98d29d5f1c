package probe

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"redline/lab/record"
)

func TestProfilesUnderLoad(t *testing.T) {
	var goroutines bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&goroutines, 0); err != nil {
		t.Fatal(err)
	}
	busy := 2 // refusals before the CPU profile, as that of another one goes on
	answers := map[string]func(http.ResponseWriter){
		"/goroutine": func(w http.ResponseWriter) { _, _ = w.Write(goroutines.Bytes()) },
		"/trace":     func(w http.ResponseWriter) { _, _ = w.Write([]byte("go 1.26 trace\x00\x00\x00")) },
		"/profile": func(w http.ResponseWriter) {
			if busy--; busy >= 0 {
				http.Error(w, "cpu profiling already in use", http.StatusInternalServerError)
				return
			}
			_, _ = w.Write([]byte("\x1f\x8bcpu"))
		},
		"/bad/goroutine": func(w http.ResponseWriter) { _, _ = w.Write([]byte("\x1f\x8bodd")) },
		"/bad/trace":     func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) },
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answer, ok := answers[r.URL.Path]; ok {
			answer(w)
			return
		}
		http.Error(w, "always busy", http.StatusInternalServerError)
	}))
	defer srv.Close()
	w := newWriter(t)
	p := &Profiles{Base: srv.URL + "/", Writer: w}
	if data, n, err := p.Goroutines(t.Context()); err != nil || n < 1 || !bytes.Equal(data, goroutines.Bytes()) {
		t.Errorf("%d goroutines, %v", n, err)
	}
	if data, err := p.CPU(t.Context(), time.Second); err != nil || string(data) != "\x1f\x8bcpu" {
		t.Errorf("%q %v", data, err)
	}
	if err := p.Trace(t.Context(), time.Second, "trace"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(w.Dir(), record.TraceRaw)); err != nil {
		t.Error(err)
	}
	bad := &Profiles{Base: srv.URL + "/bad/", Writer: w}
	if _, _, err := bad.Goroutines(t.Context()); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("%v", err)
	}
	if err := bad.Trace(t.Context(), time.Second, "trace"); err == nil || !strings.Contains(err.Error(), "no execution trace") {
		t.Errorf("%v", err)
	}
	if _, err := bad.CPU(t.Context(), time.Second); err == nil || !strings.Contains(err.Error(), "500") {
		t.Errorf("%v", err)
	}
}

package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"redline/lab/record"
)

// maxProfileBytes bounds what is taken from a target's HTTP listener.
const maxProfileBytes = 256 << 20

// Snapshots are the profiles fetched at once, before the measured phase and at
// its end: of totals a reader takes the difference, and of the heap and the
// goroutines it sees what grew.
var Snapshots = []string{"heap", "allocs", "mutex", "block", "goroutine"}

// Profiles fetches pprof profiles over HTTP.
type Profiles struct {
	Base   string // such as http://127.0.0.1:7001/debug/pprof/
	Writer *record.Writer
}

// Fetch stores the named profiles, each with suffix appended to its name. It
// returns the errors of those that could not be had.
func (p *Profiles) Fetch(ctx context.Context, names []string, suffix string) error {
	var errs []error
	for _, name := range names {
		if err := p.store(ctx, name, "", name+suffix); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// CPU stores a CPU profile over d. It blocks that long.
func (p *Profiles) CPU(ctx context.Context, d time.Duration) error {
	return p.store(ctx, "profile", fmt.Sprintf("?seconds=%d", max(1, int(d.Seconds()))), "cpu")
}

func (p *Profiles) store(ctx context.Context, path, query, name string) error {
	data, err := get(ctx, p.Base+path+query, maxProfileBytes)
	if err != nil {
		return fmt.Errorf("profile %s: %w", name, err)
	}
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return fmt.Errorf("profile %s: the answer is not in pprof format", name)
	}
	return p.Writer.Profile(name, data)
}

// get fetches url. Its error is one line.
func get(ctx context.Context, url string, limit int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	switch {
	case err != nil:
		return nil, err
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("HTTP status %s", strings.TrimSpace(res.Status))
	case int64(len(data)) > limit:
		return nil, fmt.Errorf("the answer is longer than %d bytes", limit)
	}
	return data, nil
}

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

	"github.com/google/pprof/profile"

	"redline/lab/record"
)

// maxProfileBytes bounds what is taken from a target's HTTP listener.
const maxProfileBytes = 256 << 20

// Totals are the profiles fetched at once, before the measured phase and after it:
// a reader takes the difference, and of the heap sees what grew.
var Totals = []string{"heap", "allocs", "mutex", "block"}

// Profiles fetches pprof profiles over HTTP.
type Profiles struct {
	Base   string // such as http://127.0.0.1:7001/debug/pprof/
	Writer *record.Writer
}

// Fetch stores the named profile, with suffix appended to its name.
func (p *Profiles) Fetch(ctx context.Context, name, suffix string) error {
	data, err := p.get(ctx, name, "")
	if err != nil {
		return err
	}
	return p.Writer.Profile(name+suffix, data)
}

// Goroutines returns the profile of the goroutines and how many there are.
func (p *Profiles) Goroutines(ctx context.Context) (data []byte, n int64, err error) {
	if data, err = p.get(ctx, "goroutine", ""); err != nil {
		return nil, 0, err
	}
	parsed, err := profile.ParseData(data)
	if err != nil {
		return nil, 0, fmt.Errorf("the profile of the goroutines is damaged: %w", err)
	}
	for _, s := range parsed.Sample {
		n += s.Value[0]
	}
	return data, n, nil
}

// CPU returns a CPU profile over d in whole seconds. It blocks that long. Only one
// can be taken at a time: one that was given up shortly before may not have ended.
func (p *Profiles) CPU(ctx context.Context, d time.Duration) ([]byte, error) {
	query := fmt.Sprintf("?seconds=%d", max(1, int(d.Seconds())))
	data, err := p.get(ctx, "profile", query)
	var refused statusError
	for try := 0; errors.As(err, &refused) && try < 3 && ctx.Err() == nil; try++ {
		timer := time.NewTimer(200 * time.Millisecond)
		select {
		case <-ctx.Done():
		case <-timer.C:
			data, err = p.get(ctx, "profile", query)
		}
		timer.Stop()
	}
	return data, err
}

// Trace stores an execution trace over d in whole seconds as profiles/NAME.out. It
// blocks that long.
func (p *Profiles) Trace(ctx context.Context, d time.Duration, name string) error {
	data, err := get(ctx, fmt.Sprintf("%strace?seconds=%d", p.Base, max(1, int(d.Seconds()))), maxProfileBytes)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(data, []byte("go 1.")) {
		return errors.New("the answer is no execution trace of Go")
	}
	return p.Writer.File(record.ProfilesDir+"/"+name+".out", data)
}

func (p *Profiles) get(ctx context.Context, path, query string) ([]byte, error) {
	data, err := get(ctx, p.Base+path+query, maxProfileBytes)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return nil, errors.New("the answer is not in pprof format")
	}
	return data, nil
}

// statusError is an answer other than 200.
type statusError string

func (e statusError) Error() string { return "HTTP status " + string(e) }

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
		return nil, statusError(strings.TrimSpace(res.Status))
	case int64(len(data)) > limit:
		return nil, fmt.Errorf("the answer is longer than %d bytes", limit)
	}
	return data, nil
}

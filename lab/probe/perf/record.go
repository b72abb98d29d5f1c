package perf

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

const (
	// samplesWanted is how many samples of one CPU are enough to tell shares to a percent: sqrt(0.25/15000) is 0.4 %.
	samplesWanted = 15_000
	// The frequencies are no divisors of a second's round fractions, so that what a server does at such is not hit always
	// or never.
	hzMost, hzLeast = 497, 47
	// stackBytes is what is copied of a stack to unwind it later, of programs without frame pointers.
	stackBytes = 8192
	// endWithin is how long perf may take to write what it has after it was asked to end.
	endWithin = 15 * time.Second
	// scriptWithin is how long reading symbols and unwinding may take.
	scriptWithin = 2 * time.Minute
)

// Recorder profiles one process.
type Recorder struct {
	PID int
	// Dir is where the raw data lies for the time being: up to 4 MB a second of a busy CPU.
	Dir string
	// Path is the program perf; empty is that on the search path.
	Path string
}

// Available tells whether perf is there, and what to do if not.
func (r *Recorder) Available() error {
	_, err := exec.LookPath(r.program())
	if err != nil {
		return errors.New("perf is not installed: install the package linux-perf or linux-tools for profiles of processes that offer none")
	}
	return nil
}

func (r *Recorder) program() string {
	if r.Path != "" {
		return r.Path
	}
	return "perf"
}

func (r *Recorder) data() string { return filepath.Join(r.Dir, "perf.data") }

// Record samples the process for d, or until ctx ends or the process does. What was recorded until then can be read by
// Profile. Errors are one line and say what to do where that is known.
func (r *Recorder) Record(ctx context.Context, d time.Duration) error {
	if err := r.Available(); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, r.program(), r.arguments(d)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = endWithin
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Env = plainEnvironment()
	err := cmd.Run()
	if st, statErr := os.Stat(r.data()); statErr == nil && st.Size() > 0 && ctx.Err() != nil {
		return nil // ended as asked: by the signal
	}
	if err != nil && !written(out.String()) {
		return refusal(out.String(), err)
	}
	return nil
}

// arguments are those of perf record. A Go program keeps frame pointers; of others the stack is copied, as most are built
// without.
func (r *Recorder) arguments(d time.Duration) []string {
	graph := "dwarf," + strconv.Itoa(stackBytes)
	if _, err := buildinfo.ReadFile(filepath.Join("/proc", strconv.Itoa(r.PID), "exe")); err == nil {
		graph = "fp"
	}
	// No copies of programs into the user's home (-N), the clock of the CPU as event: it is there in virtual machines too.
	return []string{"record", "-N", "-e", "cpu-clock", "-F", strconv.Itoa(frequency(d)), "--call-graph", graph, "-p", strconv.Itoa(r.PID), "-o", r.data(),
		// perf ends with this command, even if nobody is left to end it.
		"--", "sleep", strconv.FormatFloat(d.Seconds(), 'f', 3, 64)}
}

// frequency is in samples a second of a busy CPU.
func frequency(d time.Duration) int {
	return max(hzLeast, min(hzMost, int(samplesWanted/max(1, d.Seconds()))))
}

// plainEnvironment has no settings that change what perf prints.
func plainEnvironment() []string {
	return append(os.Environ(), "LC_ALL=C", "PAGER=cat", "PERF_CONFIG=/dev/null")
}

// written tells whether perf says that it has written something.
func written(out string) bool { return strings.Contains(out, "Captured and wrote") }

// refusal makes one line of what perf says about why it does not profile.
func refusal(out string, err error) error {
	low := strings.ToLower(out)
	switch {
	case strings.Contains(low, "perf_event_paranoid"), strings.Contains(low, "permission denied"), strings.Contains(low, "not permitted"),
		strings.Contains(low, "no permission"):
		return errors.New("perf may not profile the server's process: set kernel.perf_event_paranoid to 1 or less, or run as the server's user with CAP_PERFMON")
	case strings.Contains(low, "no such process"), strings.Contains(low, "couldn't create thread/cpu maps"):
		return errors.New("the server's process is gone")
	}
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "WARNING") && !strings.EqualFold(line, "error:") {
			return fmt.Errorf("perf record: %.200s", line)
		}
	}
	return fmt.Errorf("perf record: %w", err)
}

// Profile reads what Record has recorded and removes the raw data. cpuNs is the CPU time that the process has used
// meanwhile, 0 if not known: where a machine cannot keep up with the frequency, as virtual ones often cannot, a sample
// stands for more than its period, and the nanoseconds are scaled to that sum.
func (r *Recorder) Profile(ctx context.Context, cpuNs int64) (*profile.Profile, error) {
	defer os.Remove(r.data())
	ctx, cancel := context.WithTimeout(ctx, scriptWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.program(), "script", "--no-inline", "-F", scriptFields, "-i", r.data())
	cmd.Env = plainEnvironment()
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	cmd.WaitDelay = time.Second
	text, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("perf script: %w", err)
	}
	p, err := Parse(text)
	if err != nil && !errors.Is(err, ErrNoSamples) {
		cancel() // it may have more to say
	}
	waitErr := cmd.Wait()
	if errors.Is(err, ErrNoSamples) && waitErr != nil {
		return nil, refusal(complaints.String(), waitErr)
	}
	if err != nil {
		return nil, err
	}
	scale(p, cpuNs)
	return p, nil
}

// scale makes the nanoseconds of p sum up to cpuNs.
func scale(p *profile.Profile, cpuNs int64) {
	var sum, count int64
	for _, s := range p.Sample {
		count += s.Value[0]
		sum += s.Value[1]
	}
	if cpuNs <= 0 || count <= 0 {
		return
	}
	each := float64(cpuNs) / float64(count)
	for _, s := range p.Sample {
		s.Value[1] = int64(each * float64(s.Value[0]))
	}
	p.Period = int64(each)
	p.Comments = append(p.Comments, fmt.Sprintf("nanoseconds are scaled from %.3f s of samples to the %.3f s of CPU time that the kernel has counted", float64(sum)/1e9, float64(cpuNs)/1e9))
}

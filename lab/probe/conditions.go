package probe

import (
	"bufio"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"

	"redline/lab/record"
)

// Conditions describes the machine. What cannot be read stays empty.
func Conditions() record.Conditions {
	c := record.Conditions{
		OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), GoVersion: runtime.Version(),
		CPUModel: cpuModel(),
		Kernel:   firstLine("/proc/sys/kernel/osrelease"),
		THP:      selected(firstLine("/sys/kernel/mm/transparent_hugepage/enabled")),
		Governor: firstLine("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
	}
	if fs, err := procfs.NewDefaultFS(); err == nil {
		if m, err := fs.Meminfo(); err == nil && m.MemTotalBytes != nil {
			c.MemoryBytes = int64(*m.MemTotalBytes)
		}
		if l, err := fs.LoadAvg(); err == nil {
			c.Loadavg1mBefore = l.Load1
		}
	}
	c.CgroupCPUQuota, c.CgroupMemoryBytes = cgroupLimits()
	c.Container = inContainer()
	return c
}

// cpuModel is that of the first CPU. (Package procfs reads it on Linux only and
// does not compile elsewhere.)
func cpuModel() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func firstLine(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSpace(line)
}

// selected returns the word in brackets: "always [madvise] never" is madvise.
func selected(s string) string {
	_, rest, ok := strings.Cut(s, "[")
	if !ok {
		return s
	}
	word, _, _ := strings.Cut(rest, "]")
	return word
}

// cgroupLimits reads the limits of this process' group in cgroup v2. They bound
// a server the lab starts as well.
func cgroupLimits() (cpus float64, memory int64) {
	f, err := os.Open("/proc/self/cgroup")
	if err != nil {
		return 0, 0
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		path, ok := strings.CutPrefix(sc.Text(), "0::")
		if !ok {
			continue
		}
		dir := filepath.Join("/sys/fs/cgroup", path)
		quota, period, _ := strings.Cut(firstLine(filepath.Join(dir, "cpu.max")), " ")
		q, errQ := strconv.ParseFloat(quota, 64)
		p, errP := strconv.ParseFloat(period, 64)
		if errQ == nil && errP == nil && p > 0 {
			cpus = q / p
		}
		memory, _ = strconv.ParseInt(firstLine(filepath.Join(dir, "memory.max")), 10, 64)
	}
	return cpus, memory
}

func inContainer() bool {
	for _, path := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Stat(path); err == nil {
			return true
		}
	}
	return os.Getenv("KUBERNETES_SERVICE_HOST") != ""
}

// serverDirectives are the settings that change what a measurement means.
var serverDirectives = []string{"save", "appendonly", "appendfsync", "maxmemory", "maxmemory-policy", "io-threads", "databases", "hz", "activedefrag", "lazyfree-lazy-user-del", "shards"}

// ServerConfig asks the server for the settings that matter.
func ServerConfig(c *Client) map[string]string {
	out := map[string]string{}
	for _, name := range serverDirectives {
		if v, ok := c.Config(name); ok {
			out[name] = v
		}
	}
	return out
}

package probe

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// cgroupRoot is where control groups are mounted.
const cgroupRoot = "/sys/fs/cgroup"

// cgroups are the control groups of a process.
type cgroups struct {
	unified     string // path in version 2; empty without
	cpu, memory string // paths in version 1; empty without
}

// cgroupsOf reads /proc/PID/cgroup: lines of NUMBER:CONTROLLERS:PATH, where version 2 has number 0 and no controllers.
func cgroupsOf(text string) (g cgroups) {
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 || !strings.HasPrefix(fields[2], "/") {
			continue
		}
		where := path.Clean(fields[2])
		if fields[0] == "0" && fields[1] == "" {
			g.unified = where
		}
		for controller := range strings.SplitSeq(fields[1], ",") {
			switch controller {
			case "cpu":
				g.cpu = where
			case "memory":
				g.memory = where
			}
		}
	}
	return g
}

// levels are the folders from that of a group up to the root of its hierarchy, as far as they exist: a limit of any of
// them holds. A container may see its group under the name that it has outside, and mounted as the root.
func levels(root, group string) (out []string) {
	if group == "" {
		return nil
	}
	for ; ; group = path.Dir(group) {
		dir := filepath.Join(root, filepath.FromSlash(group))
		if st, err := os.Stat(dir); err == nil && st.IsDir() {
			out = append(out, dir)
		}
		if group == "/" {
			return out
		}
	}
}

// errNoLimits says that there is nothing to sample, which is nothing amiss: no control group could limit the server.
var errNoLimits = errors.New("no control groups")

// cgroupValues samples the control groups of a process. Throttled times of all levels are added up; memory is that of
// the level with the tightest limit.
func cgroupValues(pid int) (map[string]float64, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cgroup"))
	if err != nil {
		return nil, errors.New("the control groups of the server's process cannot be read")
	}
	v := map[string]float64{}
	g := cgroupsOf(string(text))
	addThrottling(v, cgroupRoot, g)
	addGroupMemory(v, cgroupRoot, g)
	return v, nil
}

func addThrottling(v map[string]float64, root string, g cgroups) {
	for _, dir := range append(levels(root, g.unified), levels(filepath.Join(root, "cpu"), g.cpu)...) {
		text, err := os.ReadFile(filepath.Join(dir, "cpu.stat"))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			n, err := strconv.ParseFloat(value, 64)
			switch {
			case err != nil:
			case name == "nr_periods":
				v["cpu_periods"] += n
			case name == "nr_throttled":
				v["cpu_throttled_periods"] += n
			case name == "throttled_usec": // version 2
				v["cpu_throttled_ns"] += n * 1e3
			case name == "throttled_time": // version 1
				v["cpu_throttled_ns"] += n
			}
		}
	}
}

// unlimitedBytes and more is how version 1 says that there is no limit: the largest number of whole pages.
const unlimitedBytes = 1 << 60

func addGroupMemory(v map[string]float64, root string, g cgroups) {
	tightest := float64(unlimitedBytes)
	look := func(dirs []string, used, limit string) {
		for i, dir := range dirs {
			n, err := strconv.ParseFloat(firstLine(filepath.Join(dir, used)), 64)
			if err != nil {
				continue
			}
			if _, known := v["memory_bytes"]; !known && i == 0 {
				v["memory_bytes"] = n
			}
			if most, err := strconv.ParseFloat(firstLine(filepath.Join(dir, limit)), 64); err == nil && most < tightest {
				tightest = most
				v["memory_bytes"], v["memory_max_bytes"] = n, most
			}
		}
	}
	look(levels(root, g.unified), "memory.current", "memory.max")
	look(levels(filepath.Join(root, "memory"), g.memory), "memory.usage_in_bytes", "memory.limit_in_bytes")
}

// cgroup samples the server's control groups, and what throttled the generator's.
func (s *Sampler) cgroup() (map[string]float64, error) {
	v := map[string]float64{}
	if s.PID != 0 {
		of, err := cgroupValues(s.PID)
		if err != nil {
			return nil, err
		}
		v = of
	}
	if own, err := cgroupValues(os.Getpid()); err == nil {
		if ns, ok := own["cpu_throttled_ns"]; ok {
			v["generator_cpu_throttled_ns"] = ns
		}
	}
	if len(v) == 0 {
		return nil, errNoLimits
	}
	return v, nil
}

package probe

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

func TestCgroupsOf(t *testing.T) {
	text := "9:name=systemd:/\n4:memory:/box/a\n2:cpu,cpuacct:/box\n0::/slice/unit\nbad\n3:cpu:relative\n"
	if got, want := cgroupsOf(text), (cgroups{unified: "/slice/unit", cpu: "/box", memory: "/box/a"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestCgroupLimits(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"slice/cpu.stat":                       "usage_usec 5\nnr_periods 10\nnr_throttled 2\nthrottled_usec 7\n",
		"slice/unit/cpu.stat":                  "nr_periods 1\nnr_throttled 1\nthrottled_usec 3\n",
		"slice/unit/memory.current":            "100\n",
		"slice/unit/memory.max":                "max\n",
		"slice/memory.current":                 "300\n",
		"slice/memory.max":                     "1000\n",
		"cpu/box/cpu.stat":                     "nr_periods 4\nnr_throttled 3\nthrottled_time 9000\n",
		"memory/box/memory.usage_in_bytes":     "50\n",
		"memory/box/memory.limit_in_bytes":     "9223372036854771712\n",
		"memory/box/sub/memory.usage_in_bytes": "20\n",
		"memory/box/sub/memory.limit_in_bytes": "40\n",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		of   cgroups
		want map[string]float64
	}{
		{"version 2, limits of all levels", cgroups{unified: "/slice/unit"},
			map[string]float64{"cpu_periods": 11, "cpu_throttled_periods": 3, "cpu_throttled_ns": 10000, "memory_bytes": 300, "memory_max_bytes": 1000}},
		{"version 1", cgroups{cpu: "/box", memory: "/box/sub"},
			map[string]float64{"cpu_periods": 4, "cpu_throttled_periods": 3, "cpu_throttled_ns": 9000, "memory_bytes": 20, "memory_max_bytes": 40}},
		{"no limit", cgroups{memory: "/box"}, map[string]float64{"memory_bytes": 50}},
		{"the name outside of a container", cgroups{cpu: "/outside/box"}, map[string]float64{}},
		{"none", cgroups{}, map[string]float64{}},
	} {
		v := map[string]float64{}
		addThrottling(v, root, c.of)
		addGroupMemory(v, root, c.of)
		if !maps.Equal(v, c.want) {
			t.Errorf("%s: %v, want %v", c.name, v, c.want)
		}
	}
}

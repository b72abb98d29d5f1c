package observe

import (
	"testing"
	"testing/fstest"
)

func TestCgroupLimit(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	for name, tt := range map[string]struct {
		root fstest.MapFS
		want int64
	}{
		"none":                {fstest.MapFS{}, 0},
		"version 2, no limit": {fstest.MapFS{"proc/self/cgroup": file("0::/a/b\n"), "sys/fs/cgroup/a/b/memory.max": file("max\n")}, 0},
		"version 2":           {fstest.MapFS{"proc/self/cgroup": file("0::/a/b\n"), "sys/fs/cgroup/a/b/memory.max": file("1073741824\n")}, 1 << 30},
		"version 2, of the parent": {fstest.MapFS{"proc/self/cgroup": file("0::/a/b\n"), "sys/fs/cgroup/a/b/memory.max": file("1073741824\n"),
			"sys/fs/cgroup/a/memory.max": file("536870912\n")}, 512 << 20},
		"version 2, in a container": {fstest.MapFS{"proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("4096\n")}, 4096},
		"version 1": {fstest.MapFS{"proc/self/cgroup": file("5:cpu,cpuacct:/x\n4:memory:/x\n"),
			"sys/fs/cgroup/memory/x/memory.limit_in_bytes": file("2097152\n"), "sys/fs/cgroup/memory/memory.limit_in_bytes": file("9223372036854771712\n")}, 2 << 20},
		"version 1, the host's path": {fstest.MapFS{"proc/self/cgroup": file("4:memory:/docker/1234\n"),
			"sys/fs/cgroup/memory/memory.limit_in_bytes": file("2097152\n")}, 2 << 20},
		"nonsense": {fstest.MapFS{"proc/self/cgroup": file("x\n0::../..\n"), "sys/fs/cgroup/memory.max": file("many\n")}, 0},
	} {
		if got := cgroupLimit(tt.root); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

package observe

import (
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// MemoryCeiling returns how much memory the process can have at most, in bytes, and what sets that: the tightest limit of
// its control groups ("cgroup"), else the machine's memory ("machine"); 0 and "" if neither is known.
func MemoryCeiling() (bytes int64, by string) {
	total := Memory().Total
	if limit := cgroupLimit(os.DirFS("/")); limit > 0 && (total == 0 || limit < total) {
		return limit, "cgroup"
	}
	if total > 0 {
		return total, "machine"
	}
	return 0, ""
}

// cgroupLimit returns the tightest memory limit of the control groups that the process is in, version 1 or 2, 0 for none.
// root is the file system with proc and sys.
func cgroupLimit(root fs.FS) int64 {
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0
	}
	limit := int64(0)
	for _, line := range strings.Split(string(text), "\n") {
		f := strings.SplitN(line, ":", 3) // id:controllers:path
		if len(f) != 3 {
			continue
		}
		base, file := "sys/fs/cgroup", "memory.max"
		if f[1] != "" {
			if !strings.Contains(","+f[1]+",", ",memory,") {
				continue
			}
			base, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		}
		// In a container the path may be that of the host, of which only the end, or nothing, is there. Limits of parents
		// hold as well.
		for dir := path.Clean("/" + f[2]); ; dir = path.Dir(dir) {
			if n := readLimit(root, path.Join(base, dir, file)); n > 0 && (limit == 0 || n < limit) {
				limit = n
			}
			if dir == "/" {
				break
			}
		}
	}
	return limit
}

// readLimit reads a limit in bytes; 0 for none. Version 2 says "max" for none, version 1 a number beyond all memory.
func readLimit(root fs.FS, name string) int64 {
	const beyond = 1 << 60
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || n >= beyond {
		return 0
	}
	return n
}

package observe

import (
	"bytes"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
)

// HostMemory is what the operating system says of memory, in bytes; 0 for what it does not tell.
type HostMemory struct {
	File     int64 // part of Resident that is mapped from files: the program itself
	Resident int64 // of this process
	Total    int64 // of the machine
}

// Memory reads the process's resident memory and the machine's (procfs).
func Memory() (m HostMemory) {
	// statm: total, resident and file pages first.
	if b, err := os.ReadFile("/proc/self/statm"); err == nil {
		if f := bytes.Fields(b); len(f) > 1 {
			pages, _ := strconv.ParseInt(string(f[1]), 10, 64)
			m.Resident = pages * int64(os.Getpagesize())
			if len(f) > 2 {
				shared, _ := strconv.ParseInt(string(f[2]), 10, 64)
				m.File = shared * int64(os.Getpagesize())
			}
		}
	}
	m.Total = totalMemory()
	return m
}

// totalMemory is read once, as the system counts all of its memory for each reader.
var totalMemory = sync.OnceValue(func() (total int64) {
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
				kb, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
				total = kb << 10
			}
		}
	}
	return total
})

// System names the operating system, its release and the architecture.
var System = sync.OnceValue(func() string {
	name, release := runtime.GOOS, ""
	if name == "linux" {
		name = "Linux"
		if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
			release = " " + strings.TrimSpace(string(b))
		}
	}
	arch := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	return name + release + " " + arch
})

// GoMemory is what the Go runtime holds, in bytes.
type GoMemory struct {
	Objects int64 // on the heap, garbage that is not yet collected included
	Heap    int64 // mapped for the heap
	Stacks  int64 // of goroutines and of the system's threads
	Total   int64 // of everything that the runtime has mapped
}

// RuntimeMemory asks the Go runtime.
func RuntimeMemory() GoMemory {
	s := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/os-stacks:bytes"},
	}
	metrics.Read(s)
	v := func(i int) int64 { return int64(s[i].Value.Uint64()) }
	return GoMemory{Objects: v(0), Heap: v(0) + v(1) + v(2), Stacks: v(3) + v(6), Total: v(4) - v(5)}
}

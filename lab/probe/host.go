package probe

import (
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
	"github.com/prometheus/procfs/blockdevice"

	"redline/lab/awake"
)

// hostValues samples what the whole machine did.
func hostValues(fs procfs.FS) (map[string]float64, error) {
	st, err := fs.Stat()
	if err != nil {
		return nil, err
	}
	c := st.CPUTotal
	v := map[string]float64{
		// Guest time is contained in user time.
		"host_cpu_busy_ns":   (c.User + c.Nice + c.System + c.IRQ + c.SoftIRQ) * 1e9,
		"host_cpu_steal_ns":  c.Steal * 1e9,
		"host_cpu_iowait_ns": c.Iowait * 1e9,
		"host_switches":      float64(st.ContextSwitches),
		"procs_running":      float64(st.ProcessesRunning),
		"procs_blocked":      float64(st.ProcessesBlocked),
	}
	// What keeps the processors awake takes only what nobody wants.
	if idle, ok := CPUTime(awake.PID()); ok {
		v["host_cpu_busy_ns"] -= float64(idle)
	}
	if m, err := fs.Meminfo(); err == nil && m.MemAvailableBytes != nil {
		v["mem_available_bytes"] = float64(*m.MemAvailableBytes)
	}
	if dev, err := fs.NetDev(); err == nil {
		total := dev.Total()
		v["net_rx_bytes"], v["net_tx_bytes"] = float64(total.RxBytes), float64(total.TxBytes)
	}
	addTCP(fs, v)
	addSwap(v)
	// A kernel may be built without it.
	if s, err := fs.Schedstat(); err == nil && len(s.CPUs) > 0 {
		for _, cpu := range s.CPUs {
			v["run_delay_ns"] += float64(cpu.WaitingNanoseconds)
		}
	}
	if l, err := fs.LoadAvg(); err == nil {
		v["loadavg_1m"] = l.Load1
	}
	addDisks(v)
	return v, nil
}

// addTCP adds what went wrong with connections of this machine's network namespace.
func addTCP(fs procfs.FS, v map[string]float64) {
	p, err := fs.Self()
	if err != nil {
		return
	}
	if snmp, err := p.Snmp(); err == nil {
		setIf(v, "tcp_retransmits", snmp.RetransSegs)
		setIf(v, "tcp_segments_out", snmp.OutSegs)
		setIf(v, "tcp_resets_out", snmp.OutRsts)
	}
	if stat, err := p.Netstat(); err == nil {
		setIf(v, "tcp_listen_drops", stat.ListenDrops)
	}
}

func setIf(v map[string]float64, name string, value *float64) {
	if value != nil {
		v[name] = *value
	}
}

// addSwap adds what was swapped. /proc/vmstat counts pages.
func addSwap(v map[string]float64) {
	text, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return
	}
	page := float64(os.Getpagesize())
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseFloat(value, 64)
		switch {
		case err != nil:
		case name == "pswpin":
			v["swap_in_bytes"] = n * page
		case name == "pswpout":
			v["swap_out_bytes"] = n * page
		}
	}
}

// addDisks sums whole block devices. Stacked ones (dm, md, loop) would count
// twice.
func addDisks(v map[string]float64) {
	const sectorBytes = 512
	fs, err := blockdevice.NewDefaultFS()
	if err != nil {
		return
	}
	names, err := fs.SysBlockDevices()
	if err != nil {
		return
	}
	stats, err := fs.ProcDiskstats()
	if err != nil {
		return
	}
	whole := map[string]bool{}
	for _, n := range names {
		whole[n] = physical(n)
	}
	const nsPerMs = 1e6
	for _, d := range stats {
		if !whole[d.DeviceName] {
			continue
		}
		v["disk_read_bytes"] += float64(d.ReadSectors) * sectorBytes
		v["disk_write_bytes"] += float64(d.WriteSectors) * sectorBytes
		v["disk_reads"] += float64(d.ReadIOs)
		v["disk_writes"] += float64(d.WriteIOs)
		v["disk_flushes"] += float64(d.FlushRequestsCompleted)
		v["disk_read_ns"] += float64(d.ReadTicks) * nsPerMs
		v["disk_write_ns"] += float64(d.WriteTicks) * nsPerMs
		v["disk_flush_ns"] += float64(d.TimeSpentFlushing) * nsPerMs
		v["disk_busy_ns"] += float64(d.IOsTotalTicks) * nsPerMs
	}
}

// physical tells whether a whole block device is one of its own, and not on top of another one or in memory.
func physical(name string) bool {
	for _, prefix := range []string{"dm-", "md", "loop", "ram", "zram", "drbd", "nbd"} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return true
}

// psiValues samples pressure stall information: the time in which some or all
// tasks waited for a resource.
func psiValues(fs procfs.FS) (map[string]float64, error) {
	v := map[string]float64{}
	for _, resource := range []string{"cpu", "memory", "io"} {
		psi, err := fs.PSIStatsForResource(resource)
		if err != nil {
			return nil, err
		}
		if psi.Some != nil {
			v["psi_"+resource+"_some_us"] = float64(psi.Some.Total)
		}
		if psi.Full != nil && psi.Full.Total < math.MaxInt64 {
			v["psi_"+resource+"_full_us"] = float64(psi.Full.Total)
		}
	}
	return v, nil
}

package probe

import (
	"math"
	"strings"

	"github.com/prometheus/procfs"
	"github.com/prometheus/procfs/blockdevice"
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
	}
	if m, err := fs.Meminfo(); err == nil && m.MemAvailableBytes != nil {
		v["mem_available_bytes"] = float64(*m.MemAvailableBytes)
	}
	if dev, err := fs.NetDev(); err == nil {
		total := dev.Total()
		v["net_rx_bytes"], v["net_tx_bytes"] = float64(total.RxBytes), float64(total.TxBytes)
	}
	if p, err := fs.Self(); err == nil {
		if snmp, err := p.Snmp(); err == nil && snmp.RetransSegs != nil {
			v["tcp_retransmits"] = *snmp.RetransSegs
		}
	}
	if l, err := fs.LoadAvg(); err == nil {
		v["loadavg_1m"] = l.Load1
	}
	addDisks(v)
	return v, nil
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
		whole[n] = !strings.HasPrefix(n, "dm-") && !strings.HasPrefix(n, "md") && !strings.HasPrefix(n, "loop") && !strings.HasPrefix(n, "ram")
	}
	var read, written float64
	for _, d := range stats {
		if whole[d.DeviceName] {
			read += float64(d.ReadSectors) * sectorBytes
			written += float64(d.WriteSectors) * sectorBytes
		}
	}
	v["disk_read_bytes"], v["disk_write_bytes"] = read, written
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

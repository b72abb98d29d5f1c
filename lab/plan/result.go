package plan

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"redline/lab/analysis/capacity"
	"redline/lab/record"
)

// File is the plan's name in its run directory.
const File = "plan.json"

// Plan is the answer. docs/format/plan.md describes it.
type Plan struct {
	Format int           `json:"format"`
	Target record.Target `json:"target"`
	SLO    record.SLO    `json:"slo"`
	// Capacity is the highest rate that meets the service level, per second, with its 95 % interval.
	Capacity *Estimate `json:"capacity_per_s"`
	// SaturationPerS is the highest throughput that was seen, in whichever loop: where it stops rising.
	SaturationPerS float64 `json:"saturation_per_s"`
	// RecoversAtPerS is the rate at which the service level was met again after overload, 0 if not tried.
	RecoversAtPerS float64      `json:"recovers_at_per_s"`
	Scalability    *Scalability `json:"scalability"`
	Loads          []Load       `json:"loads"`
	Trials         []Trial      `json:"trials"`
	// BytesPerKey is the growth of the server's process over filling for each key, nil where it cannot be seen.
	BytesPerKey     *float64 `json:"bytes_per_key"`
	BytesPerRequest float64  `json:"bytes_per_request"` // on the network, both directions, without TCP/IP headers
	Needs           *Needs   `json:"needs"`
	Caveats         []string `json:"caveats"`
	RunDir          string   `json:"run_dir"`
}

// Needs is what was asked for, in machines like this one.
type Needs struct {
	capacity.Need
	// NetworkBitsPerS is what each machine sends and receives at the target rate.
	NetworkBitsPerS float64 `json:"network_bits_per_s"`
	// MemoryBytes is what the keys asked for take, over all machines; 0 when not asked or not known.
	MemoryBytes float64       `json:"memory_bytes"`
	Ends        *capacity.End `json:"ends"` // when one machine's capacity ends; nil when no growth was given
}

// answer derives what was asked for from the capacity's lower end.
func (p *planner) answer() error {
	a, plan := p.o.Ask, p.plan
	rate := a.Rate
	if len(a.History) > 0 {
		end, err := capacity.EndFromHistory(a.History, plan.Capacity.Low*a.Utilisation)
		if err != nil {
			return fmt.Errorf("history: %w", err)
		}
		plan.Needs = &Needs{Ends: &end}
		if rate == 0 {
			rate = end.Rate
		}
	}
	if rate == 0 {
		return nil
	}
	need, err := capacity.For(rate, plan.Capacity.Low, a.Utilisation)
	if err != nil {
		return err
	}
	if plan.Needs == nil {
		plan.Needs = &Needs{}
	}
	plan.Needs.Need = need
	plan.Needs.NetworkBitsPerS = rate * plan.BytesPerRequest * 8 / float64(need.Machines)
	if plan.BytesPerKey != nil {
		plan.Needs.MemoryBytes = *plan.BytesPerKey * float64(a.Keys)
	}
	if a.PerYear > 0 && plan.Needs.Ends == nil {
		end := capacity.EndAtGrowth(a.Now, rate, a.PerYear, plan.Capacity.Low*a.Utilisation)
		plan.Needs.Ends = &end
	}
	return nil
}

// write stores the plan in its run directory.
func (p *Plan) write() error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return record.Replace(filepath.Join(p.RunDir, File), append(text, '\n'))
}

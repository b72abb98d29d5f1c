package workload

import "time"

// Names of phases: their part in the result. The run directory uses the same.
const (
	PhaseWarmup  = "warmup"  // applied, recorded and left out of the result
	PhaseMeasure = "measure" // what the result is about
)

// Phase is a stretch of time with one target rate, which moves evenly from
// RateFrom to RateTo (arrivals per second; both 0 in a closed loop). It is the
// only shape a driver knows: a curve is a row of short phases.
type Phase struct {
	// Name is PhaseWarmup or PhaseMeasure. Other names are applied and recorded
	// like these, and left out of the result.
	Name     string
	Duration time.Duration
	RateFrom float64
	RateTo   float64
	// Label tells people what it is, such as "step 3 of 8". Neighbouring phases
	// with the same name and label are one stage.
	Label string
}

// Stage is a row of phases that people see as one thing.
type Stage struct {
	Name, Label string
	Start       time.Duration // after the start of the first phase
	Duration    time.Duration
	RateFrom    float64 // at its start
	RateTo      float64 // at its end
	RateAvg     float64
}

// Stages joins neighbouring phases of the same name and label.
func (s *Spec) Stages() []Stage {
	var out []Stage
	at := time.Duration(0)
	for _, p := range s.Phases {
		n := len(out) - 1
		if n < 0 || out[n].Name != p.Name || out[n].Label != p.Label {
			out = append(out, Stage{Name: p.Name, Label: p.Label, Start: at, RateFrom: p.RateFrom})
			n++
		}
		st := &out[n]
		total := st.RateAvg*st.Duration.Seconds() + (p.RateFrom+p.RateTo)/2*p.Duration.Seconds()
		st.Duration += p.Duration
		st.RateTo, st.RateAvg = p.RateTo, total/st.Duration.Seconds()
		at += p.Duration
	}
	return out
}

// StopRule ends the load before its last phase is over. The driver looks at
// windows of the length Window, which start anew with each stage; a warm-up is
// not looked at. When Windows of them in a row miss one of Spec.Rules, it stops
// sending. That is the end of a stress test, not a failure of the run.
type StopRule struct {
	Window  time.Duration // 0 is 5 s
	Windows int           // 0 is 2
}

const (
	stopWindow  = 5 * time.Second // shorter ones have too few samples of a p99
	stopWindows = 2               // a single one may be a hiccup of the machine
)

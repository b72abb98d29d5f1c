package delta

import (
	"errors"

	"redline/lab/analysis/flame"
	"redline/lab/record"
)

// Profile is how much two sets of runs spend per request, and in which functions
// that changed most. The unit is nanoseconds, bytes or count.
type Profile struct {
	Label     string     `json:"label"`
	Unit      string     `json:"unit"`
	A         float64    `json:"a"` // per request, all functions together
	B         float64    `json:"b"`
	Functions []Function `json:"functions"` // the largest change first
	Source    string     `json:"source"`    // file of both run directories
}

// Function is what one function costs per request by itself, without callees.
type Function struct {
	Function string  `json:"function"`
	Where    string  `json:"where,omitempty"` // file and line
	A        float64 `json:"a"`
	B        float64 `json:"b"`
	Change   float64 `json:"change"` // B - A
	// Noise is the change that sampling alone explains, 0 where it is not known;
	// Differs says whether the change is larger.
	Noise   float64 `json:"noise,omitempty"`
	Differs bool    `json:"differs"`
}

// functionsMost bounds the list: what is beyond is a small part of the change.
const functionsMost = 15

// Changes compares every kind of profile that both sides have. A kind that only
// one side has, or that is damaged, is left out and named in missing.
func Changes(a, b []*record.Dir) (out []Profile, missing []record.Missing) {
	for _, k := range Kinds {
		c, err := Compare(a, b, k, flame.Options{MaxHot: functionsMost})
		switch {
		case err == nil:
			out = append(out, sumUp(k, c))
		case errors.Is(err, flame.ErrEmpty): // nothing happened that it samples
		case errors.Is(err, ErrNone) && !hasAny(a, k) && !hasAny(b, k): // neither side offers it
		default:
			missing = append(missing, record.Missing{Part: "difference of " + k.Label, Why: err.Error()})
		}
	}
	return out, missing
}

func hasAny(dirs []*record.Dir, k Kind) bool {
	for _, d := range dirs {
		if _, ok := d.Profile(k.Profile); ok {
			return true
		}
	}
	return false
}

func sumUp(k Kind, c *flame.Comparison) Profile {
	p := Profile{Label: k.Label, Unit: c.Unit, A: c.A[0], B: c.B[0], Functions: []Function{}, Source: Source(k)}
	for _, x := range c.Changes {
		p.Functions = append(p.Functions, Function{Function: c.Names[x.Name], Where: c.Where[x.Name], A: x.A, B: x.B, Change: x.B - x.A,
			Noise: x.Noise, Differs: x.Differs()})
	}
	return p
}

// Source is the file of a run directory that holds profiles of a kind.
func Source(k Kind) string { return record.ProfilesDir + "/" + k.Profile + ".pb.gz" }

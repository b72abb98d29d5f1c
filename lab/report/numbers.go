package report

import (
	"math"
	"strconv"
)

// numbers is a list of values in JSON, written with four significant digits (a
// pixel of a chart shows no more) and null for NaN.
type numbers []float64

// MarshalJSON writes the list compactly.
func (n numbers) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 8*len(n)+2)
	b = append(b, '[')
	for i, v := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendNumber(b, v)
	}
	return append(b, ']'), nil
}

func appendNumber(b []byte, v float64) []byte {
	switch abs := math.Abs(v); {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return append(b, "null"...)
	case v == 0:
		return append(b, '0')
	case abs >= 1e3 && abs < 1e15:
		unit := math.Pow(10, math.Floor(math.Log10(abs))-3)
		return strconv.AppendFloat(b, math.Round(v/unit)*unit, 'f', 0, 64)
	default:
		return strconv.AppendFloat(b, v, 'g', 4, 64)
	}
}

// instants is a list of seconds in JSON, exact to a millisecond.
type instants []float64

// MarshalJSON writes the list compactly.
func (n instants) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 8*len(n)+2)
	b = append(b, '[')
	for i, v := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendFloat(b, math.Round(v*1000)/1000, 'f', -1, 64)
	}
	return append(b, ']'), nil
}

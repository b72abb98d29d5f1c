package main

import (
	"fmt"
	"math"

	"redline/lab/workload"
)

// perSecond is a flag's rate: 20000, 20k, 600/min.
type perSecond float64

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *perSecond) UnmarshalText(text []byte) error {
	n, err := workload.ParseRate(string(text))
	*r = perSecond(n)
	return err
}

// quantity is a flag's number of things: 500000, 500k, 1.5M.
type quantity int64

// UnmarshalText implements encoding.TextUnmarshaler.
func (q *quantity) UnmarshalText(text []byte) error {
	n, err := workload.ParseCount(string(text))
	if err != nil {
		return err
	}
	if n != math.Trunc(n) || math.Abs(n) > 1<<53 { // beyond, a float64 skips numbers
		return fmt.Errorf("%q: want a whole number such as 500000, 500k or 2M", text)
	}
	*q = quantity(n)
	return nil
}

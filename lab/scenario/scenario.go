package scenario

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"redline/lab"
)

// Scenario is a situation a server is put into.
type Scenario struct {
	Name string
	What string // what is done, one line
	Pass string // what passing requires, one line
	// Params can be set by the user; sizes of tests are made small through them.
	Params []Param
	// directives are further arguments of a server that the lab starts for it.
	directives func(params) []string
	run        func(context.Context, *bench) error
}

// All are the scenarios, in the order in which they run one after the other.
func All() []Scenario {
	return []Scenario{connections, sustained, mixed, hotKey, bigValues, poolExhaustion, ttlStorm, slowConsumer, connectionStorm, edgeCases, memoryLeak}
}

// Find returns a scenario by its name.
func Find(name string) (Scenario, error) {
	for _, s := range All() {
		if s.Name == name {
			return s, nil
		}
	}
	return Scenario{}, fmt.Errorf("unknown scenario %q; known are %s", name, strings.Join(Names(), ", "))
}

// Names are those of All.
func Names() []string {
	var out []string
	for _, s := range All() {
		out = append(out, s.Name)
	}
	return out
}

// Options are what a scenario is run with.
type Options struct {
	// Spec says where the server is, where run directories go and who watches. Its
	// workload and kind are set by the scenario.
	Spec lab.Spec
	// Set gives parameters other values, by name.
	Set map[string]string
	// Say is told what is going on where that is not a load; may be nil.
	Say func(string)
}

// params are checked parameters, by name.
type params map[string]Param

// settle checks the values given for the parameters of s.
func (s *Scenario) settle(set map[string]string) (params, error) {
	out := params{}
	for _, p := range s.Params {
		if given, ok := set[p.Name]; ok {
			p.Default = given
		}
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("scenario %s: %w", s.Name, err)
		}
		out[p.Name] = p
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if _, ok := out[name]; !ok {
			return nil, fmt.Errorf("scenario %s has no parameter %q; it has %s", s.Name, name, strings.Join(slices.Sorted(maps.Keys(out)), ", "))
		}
	}
	return out, nil
}

// Check says what is wrong with the parameters, without running anything.
func (s *Scenario) Check(set map[string]string) error {
	_, err := s.settle(set)
	return err
}

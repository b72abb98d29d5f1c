package file

import (
	"slices"

	"redline/lab/workload"
)

// operations reads a mix such as "get=0.9,set=0.1", or a list of operations.
func (d *decoder) operations(v value, s *workload.Spec) error {
	if !v.isList() {
		text, err := v.text()
		if err != nil {
			return err
		}
		s.Ops, err = workload.ParseMix(text)
		return err
	}
	return v.list(func(_ int, v value) error {
		d.places[v.field] = v
		op, err := d.operation(v)
		s.Ops = append(s.Ops, op)
		return err
	})
}

func (d *decoder) operation(v value) (workload.Op, error) {
	op := workload.Op{Weight: 1}
	writes := (*bool)(nil)
	several := func(v value) error {
		if len(op.Command) > 0 || len(op.Commands) > 0 {
			return v.failf("an operation has one of command, pipeline and transaction")
		}
		return v.list(func(_ int, v value) error {
			command, err := d.command(v)
			op.Commands = append(op.Commands, command)
			return err
		})
	}
	err := v.mapping(fields{
		"name":   scalar(&op.Name, asIs),
		"weight": scalar(&op.Weight, weight),
		"command": func(v value) (err error) {
			if len(op.Commands) > 0 {
				return v.failf("an operation has one of command, pipeline and transaction")
			}
			op.Command, err = d.command(v)
			return err
		},
		"pipeline":    several,
		"transaction": func(v value) error { op.Transaction = true; return several(v) },
		"writes": func(v value) error {
			writes = new(bool)
			return scalar(writes, boolean)(v)
		},
		"slo": func(v value) error {
			d.places[v.field] = v
			return d.thresholds(v, &op.SLO)
		},
	})
	if err != nil {
		return op, err
	}
	if len(op.All()) == 0 {
		return op, v.failf("the operation has no command: give command, pipeline or transaction")
	}
	for i := range op.SLO {
		if op.SLO[i].Op != "" && op.SLO[i].Op != op.Name {
			return op, v.failf("slo: %s is about another operation: put it under thresholds", op.SLO[i])
		}
		op.SLO[i].Op = ""
	}
	op.Writes = slices.ContainsFunc(op.All(), workload.CommandWrites)
	if writes != nil {
		op.Writes = *writes
	}
	return op, nil
}

// weight reads a number or a percentage.
func weight(text string) (float64, error) {
	n, err := workload.ParseShare(text)
	if err != nil {
		return workload.ParseCount(text)
	}
	return n, nil
}

// command reads a command line, or a list of its arguments.
func (d *decoder) command(v value) (args []string, err error) {
	if v.isList() {
		err = v.list(func(_ int, v value) error {
			arg, err := v.text()
			args = append(args, arg)
			return err
		})
		return args, err
	}
	text, err := v.text()
	if err != nil {
		return nil, err
	}
	return workload.SplitCommand(text)
}

package workload

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Op is one kind of request: a command, or several that are sent together and
// count as one.
type Op struct {
	Name   string
	Weight float64
	// Command holds the arguments, with placeholders in them; docs/workload.md
	// lists those.
	Command []string
	// Commands, instead of Command, are sent in one write. The reply of the
	// request is complete with the last of theirs, and an error if any is one.
	Commands [][]string
	// Transaction puts MULTI before and EXEC after Commands.
	Transaction bool
	Writes      bool // it may change the data
	// SLO is what a pass requires of this operation; Threshold.Op is not read.
	SLO []Threshold
	// Task makes the operation work on the data set instead: the only one of its
	// Spec, without a command. Preload and Cleanup make such Specs.
	Task Task
	// Forms are the keys that RemoveData deletes: for each group, the texts that
	// stand after its keys.
	Forms [][]string
}

// All is everything the operation sends.
func (o *Op) All() [][]string {
	all := o.Commands
	if len(o.Command) > 0 {
		all = [][]string{o.Command}
	}
	if o.Transaction {
		all = slices.Concat([][]string{{"MULTI"}}, all, [][]string{{"EXEC"}})
	}
	return all
}

// known are the operations a mix can name. Anything else is an Op written out.
var known = map[string]Op{
	"get":    {Command: []string{"GET", "{key}"}},
	"set":    {Command: []string{"SET", "{key}", "{value}"}, Writes: true},
	"incr":   {Command: []string{"INCR", "{key}:n"}, Writes: true},
	"append": {Command: []string{"APPEND", "{key}:a", "{value}"}, Writes: true},
	"del":    {Command: []string{"DEL", "{key}"}, Writes: true},
	"exists": {Command: []string{"EXISTS", "{key}"}},
	"ttl":    {Command: []string{"TTL", "{key}"}},
	"type":   {Command: []string{"TYPE", "{key}"}},
	"strlen": {Command: []string{"STRLEN", "{key}"}},
	"mget":   {Command: []string{"MGET", "{key}", "{key}", "{key}", "{key}", "{key}", "{key}", "{key}", "{key}", "{key}", "{key}"}},
	"setex":  {Command: []string{"SET", "{key}", "{value}", "EX", "3600"}, Writes: true},
	"ping":   {Command: []string{"PING"}},
	"lpush":  {Command: []string{"LPUSH", "{key}:l", "{value}"}, Writes: true},
	"rpop":   {Command: []string{"RPOP", "{key}:l"}, Writes: true},
	"sadd":   {Command: []string{"SADD", "{key}:s", "{member}"}, Writes: true},
	"hset":   {Command: []string{"HSET", "{key}:h", "{member}", "{value}"}, Writes: true},
	"hget":   {Command: []string{"HGET", "{key}:h", "{member}"}},
	"zadd":   {Command: []string{"ZADD", "{key}:z", "{int}", "{member}"}, Writes: true},
}

// ParseMix reads a mix such as "get=0.9,set=0.1" or "get=90,set=10". A name
// without a weight weighs 1.
func ParseMix(text string) ([]Op, error) {
	var ops []Op
	for _, part := range strings.Split(text, ",") {
		name, weight, weighted := strings.Cut(strings.TrimSpace(part), "=")
		name = strings.ToLower(strings.TrimSpace(name))
		op, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("mix %q: unknown operation %q; known are %s", text, name,
				strings.Join(slices.Sorted(maps.Keys(known)), " "))
		}
		op.Name, op.Weight = name, 1
		if weighted {
			w, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
			if err != nil {
				return nil, fmt.Errorf("mix %q: weight %q of %s is not a number; write it as get=0.9,set=0.1", text, weight, name)
			}
			op.Weight = w
		}
		ops = append(ops, op)
	}
	return ops, nil
}

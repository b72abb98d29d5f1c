package config

import (
	"slices"
	"strings"
)

// change is one directive of a CONFIG SET.
type change struct {
	index int
	name  string // as the user spelled it, in lower case
	value string
}

// Set changes directives at run time, all of them or none: CONFIG SET. pairs are names and values in turn. local says
// whether the client is on this machine. The error's text is that of Redis, without the leading "ERR".
func (c *Config) Set(local bool, pairs ...string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.tell()
	changes, err := c.plan(local, pairs)
	if err != nil {
		return err
	}
	next := slices.Clone(c.settings)
	for _, ch := range changes {
		s, err := c.parseLive(ch)
		if err != nil {
			return setError(ch.name, err)
		}
		next[ch.index] = s
	}
	old, oldValues := c.settings, c.Values()
	c.settings = next
	c.publish(next)
	for n, ch := range changes {
		if next[ch.index].text == old[ch.index].text {
			continue
		}
		if err := c.runHooks(ch.index); err != nil {
			c.settings = old
			c.values.Store(oldValues)
			for _, done := range changes[:n+1] {
				// What was in force before is in force again; that it cannot be established is not expected.
				if err := c.runHooks(done.index); err != nil {
					c.notice("cannot go back to the former value of " + done.name + ": " + err.Error())
				}
			}
			return setError(ch.name, err)
		}
	}
	for _, ch := range changes {
		c.remark(ch.index, next[ch.index])
	}
	return nil
}

func setError(name string, err error) error {
	return userError("CONFIG SET failed (possibly related to argument '" + name + "') - " + err.Error())
}

// plan finds the directives and refuses those that may not be changed.
func (c *Config) plan(local bool, pairs []string) ([]change, error) {
	var changes []change
	for n := 0; n+1 < len(pairs); n += 2 {
		i, ok := byName[strings.ToLower(pairs[n])]
		if !ok {
			return nil, userError("Unknown option or number of arguments for CONFIG SET - '" + pairs[n] + "'")
		}
		d := &directives[i]
		switch {
		case d.fixed:
			return nil, setError(pairs[n], userError("can't set immutable config"))
		case d.protected && !c.Values().ProtectedConfigs.Allows(local):
			return nil, setError(pairs[n], userError("can't set protected config"))
		case slices.ContainsFunc(changes, func(ch change) bool { return ch.index == i }):
			return nil, setError(pairs[n], userError("duplicate parameter"))
		}
		changes = append(changes, change{i, strings.ToLower(pairs[n]), pairs[n+1]})
	}
	return changes, nil
}

func (c *Config) parseLive(ch change) (setting, error) {
	d := &directives[ch.index]
	args := []string{ch.value}
	if d.multi {
		args = strings.Split(ch.value, " ")
		if ch.value == "" {
			args = nil
		}
	}
	old := c.settings[ch.index]
	s, err := d.kind.parse(args, source{live: true, first: true, old: old})
	if err != nil || s.text == old.text {
		return s, err
	}
	switch {
	case d.settled:
		return s, userError("can't set immutable config")
	case d.hooked && len(c.hooks[ch.index]) == 0:
		return s, userError("it cannot be changed while this server runs")
	}
	return s, d.permitted(s)
}

// permitted refuses values that would promise what the server cannot keep.
func (d *Directive) permitted(s setting) error {
	if d.refuse != "" && s.text != defaultSetting(d).text {
		return userError(d.refuse)
	}
	return nil
}

func (c *Config) runHooks(i int) error {
	for _, fn := range c.hooks[i] {
		if err := fn(c.Values()); err != nil {
			return err
		}
	}
	return nil
}

// remark tells the operator, once, that a directive has no effect. Called with mu held.
func (c *Config) remark(i int, s setting) {
	d := &directives[i]
	if d.inert == "" || c.noticed[i] || s.text == defaultSetting(d).text {
		return
	}
	c.noticed[i] = true
	c.notice("directive " + d.Name + " has no effect in Redline: " + d.inert)
}

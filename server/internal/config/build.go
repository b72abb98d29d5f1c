package config

import (
	"math"
	"strings"
)

// The constructors of the table. def is the default as CONFIG GET shows it, apply copies the value into a snapshot.

func yesno(name, def string, apply func(v *Values, on bool)) Directive {
	d := Directive{Name: name, kind: boolKind{}, def: def}
	if apply != nil {
		d.apply = func(v *Values, s setting) { apply(v, s.num != 0) }
	}
	return d
}

func number(name, def string, low, high int64, apply func(v *Values, n int64)) Directive {
	return numeric(name, def, numberKind{min: low, max: high}, apply)
}

func size(name, def string, low, high int64, apply func(v *Values, n int64)) Directive {
	return numeric(name, def, numberKind{form: memory, min: low, max: high}, apply)
}

func numeric(name, def string, k kind, apply func(v *Values, n int64)) Directive {
	d := Directive{Name: name, kind: k, def: def}
	if apply != nil {
		d.apply = func(v *Values, s setting) { apply(v, s.num) }
	}
	return d
}

func text(name, def string, apply func(v *Values, s string)) Directive {
	return textual(name, def, stringKind{}, apply)
}

// nullable is text whose empty value means "not set".
func nullable(name, def string, apply func(v *Values, s string)) Directive {
	return textual(name, def, stringKind{nullable: true}, apply)
}

func word(name, def string, words []string, apply func(v *Values, s string)) Directive {
	return textual(name, def, enumKind{words: words}, apply)
}

func textual(name, def string, k kind, apply func(v *Values, s string)) Directive {
	d := Directive{Name: name, kind: k, def: def}
	if apply != nil {
		d.apply = func(v *Values, s setting) { apply(v, s.text) }
	}
	return d
}

// several is a directive that takes several arguments.
func several(name, def string, k kind, apply func(v *Values, s string)) Directive {
	d := textual(name, def, k, apply)
	d.multi = true
	return d
}

// orOurs adds words that Redis does not know to a directive made by word.
func (d Directive) orOurs(words ...string) Directive {
	k := d.kind.(enumKind)
	k.ours = words
	d.kind = k
	return d
}

// of replaces the kind.
func (d Directive) of(k kind) Directive { d.kind = k; return d }

func (d Directive) alias(name string) Directive  { d.Alias = name; return d }
func (d Directive) atStart() Directive           { d.fixed = true; return d }
func (d Directive) settledAtStart() Directive    { d.settled = true; return d }
func (d Directive) throughHook() Directive       { d.hooked = true; return d }
func (d Directive) asSecret() Directive          { d.secret = true; return d }
func (d Directive) asHidden() Directive          { d.hidden = true; return d }
func (d Directive) guarded() Directive           { d.protected = true; return d }
func (d Directive) refused(why string) Directive { d.refuse = why; return d }

// without marks directives as having no effect, all for the same reason.
func without(why string, ds ...Directive) []Directive {
	for i := range ds {
		ds[i].inert = why
	}
	return ds
}

func fields(s string) []string { return strings.Fields(s) }

// Bounds that Redis takes from C types.
const (
	intMax  = math.MaxInt32
	intMin  = math.MinInt32
	uintMax = math.MaxUint32
	longMax = math.MaxInt64
)

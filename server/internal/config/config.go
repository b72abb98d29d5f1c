package config

import (
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"redline/server/internal/glob"
)

// Config is the server's configuration. Values gives a snapshot; changes replace it.
type Config struct {
	// Stdin is read when the command line says "-"; nil stands for the process's standard input.
	Stdin io.Reader

	values atomic.Pointer[Values]

	mu       sync.Mutex
	settings []setting                       // guarded by mu; parallel to directives
	hooks    map[int][]func(v *Values) error // guarded by mu
	noticed  map[int]bool                    // guarded by mu; directives without effect that were named before
	pending  []string                        // guarded by mu; notices that nobody has received
	notify   func(text string)               // guarded by mu
	file     string                          // guarded by mu; absolute path of the file, or empty
	renames  []Rename                        // guarded by mu
}

// New returns the defaults.
func New() *Config {
	c := &Config{
		settings: make([]setting, len(directives)),
		hooks:    make(map[int][]func(v *Values) error),
		noticed:  make(map[int]bool),
	}
	for i := range directives {
		c.settings[i] = defaultSetting(&directives[i])
	}
	c.publish(c.settings)
	return c
}

func defaultSetting(d *Directive) setting {
	def := d.def
	if f := dynamicDefaults[d.Name]; f != nil {
		def = f()
	}
	args := []string{def}
	if d.multi {
		if args = strings.Fields(def); len(args) == 0 {
			return setting{}
		}
	}
	s, err := d.kind.parse(args, source{first: true})
	if err != nil {
		panic("config: default of " + d.Name + ": " + err.Error())
	}
	return s
}

// Values returns the current snapshot.
func (c *Config) Values() *Values { return c.values.Load() }

// publish makes a snapshot of settings.
func (c *Config) publish(settings []setting) {
	v := &Values{Renames: slices.Clip(c.renames)}
	for i := range directives {
		if f := directives[i].apply; f != nil {
			f(v, settings[i])
		}
	}
	c.values.Store(v)
}

// OnChange registers a function that carries out a change of a directive at run time: it is called with the new
// snapshot, which is already in force, and may refuse it with an error that is shown to the user. Then all changes of
// the same CONFIG SET are undone, and the function is called once more with the old snapshot. It must not call methods
// of Config other than Values. An unknown name is a bug.
func (c *Config) OnChange(name string, fn func(v *Values) error) {
	i, ok := byName[name]
	if !ok {
		panic("config: no directive " + name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hooks[i] = append(c.hooks[i], fn)
}

// OnNotice has fn called with each remark for the operator, such as that a directive has no effect, starting with those
// that came up so far. fn must not call methods of Config other than Values.
func (c *Config) OnNotice(fn func(text string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notify = fn
	c.tell()
}

// Notices returns the remarks that came up so far and forgets them.
func (c *Config) Notices() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.pending
	c.pending = nil
	return n
}

// notice remembers a remark. Called with mu held.
func (c *Config) notice(text string) { c.pending = append(c.pending, text) }

// tell hands pending remarks over. Called with mu held.
func (c *Config) tell() {
	if c.notify == nil {
		return
	}
	for _, t := range c.pending {
		c.notify(t)
	}
	c.pending = nil
}

// File returns the absolute path of the configuration file, or nothing.
func (c *Config) File() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.file
}

// Secret says whether a directive's value must not be shown in logs.
func Secret(name string) bool {
	i, ok := byName[strings.ToLower(name)]
	return ok && directives[i].secret
}

// Get returns the names and values of the directives that match any of the patterns, each once: CONFIG GET. A name
// without wildcards is returned as it was spelled, and may be that of a hidden directive.
func (c *Config) Get(patterns ...string) (pairs [][2]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := make(map[string]bool)
	add := func(key, shown string, i int) {
		if !seen[key] {
			seen[key] = true
			pairs = append(pairs, [2]string{shown, c.settings[i].text})
		}
	}
	for _, p := range patterns {
		if !strings.ContainsAny(p, "[*?") {
			if i, ok := byName[strings.ToLower(p)]; ok {
				add(strings.ToLower(p), p, i)
			}
			continue
		}
		for i := range directives {
			d := &directives[i]
			if d.hidden {
				continue
			}
			for _, name := range []string{d.Name, d.Alias} {
				if name != "" && glob.Match([]byte(p), []byte(name), true) {
					add(name, name, i)
				}
			}
		}
	}
	return pairs
}

// Package config holds the server's settings. Values is a consistent snapshot that commands read; the table of
// directives (Directive, in the files table_*.go) says how each setting is named, parsed, bounded, shown, changed at
// run time and written back.
//
// Reach for Config: New gives the defaults, LoadFile and LoadArgs read a configuration as redis-server does, Get, Set
// and Rewrite are CONFIG GET, SET and REWRITE, and OnChange lets a subsystem carry out a change or refuse it.
//
// Directives are those of Redis 7.0.15 and Redline's own. There are three classes:
//
//   - those that mean something here: they set a field of Values;
//   - those of Redis that mean nothing here: they are accepted, checked, shown and written back, and naming one gives a
//     notice with the reason (see OnNotice). A few of them would change what the server is (cluster mode, TLS); these
//     are refused unless they ask for the default;
//   - all others are an error that names the nearest known directive.
package config

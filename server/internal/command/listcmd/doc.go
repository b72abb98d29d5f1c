// Package listcmd is the commands on lists, the blocking ones included. How lists are laid out is known by package
// collection alone.
package listcmd

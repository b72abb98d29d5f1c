// Package zsetcmd is the commands on sorted sets, the blocking ones included. How sorted sets are laid out is known by
// package collection alone.
package zsetcmd

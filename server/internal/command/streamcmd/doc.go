// Package streamcmd holds the commands of streams and their consumer groups.
package streamcmd

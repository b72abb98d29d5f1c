// Package geocmd is the commands on positions, which are kept as the scores of sorted sets. The arithmetic is in package
// geohash.
package geocmd

// Package geohash turns coordinates into the 52-bit numbers that geo sets keep as scores, and finds the ranges of such
// numbers that cover an area. Encode, Decode and Area.Boxes are the types of question; it knows no sets or commands.
//
// A position is a cell of a grid of 2^26 by 2^26 cells over the longitudes from -180 to 180 and the latitudes from
// -85.05112878 to 85.05112878 (EPSG:3857, the square that web maps show); its number is made of the bits of both, turn
// and turn about, so cells with a common prefix lie in one rectangle. Distances are those on a sphere of the radius that
// Redis takes.
//
// Clients see results bit for bit (STOREDIST) and rounded to a tenth of a millimetre, so distances are computed with
// about 100 bits (see precise.go) and rounded once. That is what the mathematics library of C gives, but for some
// results in a thousand in the last bit.
//
// Source: the grid and the choice of boxes are those of Redis 7.0 (geohash.c, geohash_helper.c), so that a search visits
// the members in the same order.
package geohash

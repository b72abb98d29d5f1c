package geohash

import "math"

// Limits of coordinates, in degrees.
const (
	LonMin, LonMax = -180.0, 180.0
	LatMin, LatMax = -85.05112878, 85.05112878
)

// stepMax is the number of bits of either coordinate in a score.
const stepMax = 26

// Valid says whether a position is within the limits.
func Valid(lon, lat float64) bool {
	return lon >= LonMin && lon <= LonMax && lat >= LatMin && lat <= LatMax
}

// cell is a rectangle of the grid at some depth: bits has step bits of either coordinate, the latitude's in the even
// places. The zero cell is none.
type cell struct {
	bits uint64
	step uint
}

// Bounds are the edges of a rectangle, in degrees.
type Bounds struct{ LonMin, LonMax, LatMin, LatMax float64 }

var grid = Bounds{LonMin, LonMax, LatMin, LatMax}

// encode returns the cell of a position within b.
func (b *Bounds) encode(lon, lat float64, step uint) cell {
	cells := float64(uint64(1) << step)
	y := (lat - b.LatMin) / (b.LatMax - b.LatMin) * cells
	x := (lon - b.LonMin) / (b.LonMax - b.LonMin) * cells
	return cell{interleave(uint32(y), uint32(x)), step}
}

// decode returns the edges of a cell.
func (b *Bounds) decode(c cell) Bounds {
	y, x := deinterleave(c.bits)
	cells := float64(uint64(1) << c.step)
	height, width := b.LatMax-b.LatMin, b.LonMax-b.LonMin
	return Bounds{ // a conversion keeps compilers from fusing the product with the sum, which would round otherwise
		LonMin: b.LonMin + float64(float64(x)/cells*width),
		LonMax: b.LonMin + float64(float64(x+1)/cells*width),
		LatMin: b.LatMin + float64(float64(y)/cells*height),
		LatMax: b.LatMin + float64(float64(y+1)/cells*height),
	}
}

// Encode returns the score of a valid position.
func Encode(lon, lat float64) uint64 { return grid.encode(lon, lat, stepMax).bits }

// Decode returns the position that a score stands for: the middle of its cell. Scores that are none of Encode's give
// some valid position.
func Decode(score float64) (lon, lat float64) {
	b := grid.decode(cell{bitsOf(score), stepMax})
	lon = min(max((b.LonMin+b.LonMax)/2, LonMin), LonMax)
	lat = min(max((b.LatMin+b.LatMax)/2, LatMin), LatMax)
	return lon, lat
}

// bitsOf converts as C does on amd64, also what does not fit.
func bitsOf(score float64) uint64 {
	const half = 1 << 63
	if score < half {
		return uint64(toInt64(score))
	}
	return uint64(toInt64(score-half)) ^ half
}

func toInt64(f float64) int64 {
	if f >= math.MinInt64 && f < math.MaxInt64 {
		return int64(f)
	}
	return math.MinInt64
}

const alphabet = "0123456789bcdefghjkmnpqrstuvwxyz"

// AppendText appends the geohash of a position in its usual form of 11 letters, of which the last is always 0: 52 bits
// are ten letters and a bit of the eleventh. It is on the usual grid, whose latitudes reach from -90 to 90.
func AppendText(dst []byte, lon, lat float64) []byte {
	usual := Bounds{LonMin, LonMax, -90, 90}
	bits := usual.encode(lon, lat, stepMax).bits
	for i := range 10 {
		dst = append(dst, alphabet[bits>>(52-5*(i+1))&31])
	}
	return append(dst, '0')
}

// interleave puts the bits of lat in the even places and those of lon in the odd ones.
func interleave(lat, lon uint32) uint64 { return spread(lat) | spread(lon)<<1 }

func deinterleave(bits uint64) (lat, lon uint32) { return gather(bits), gather(bits >> 1) }

// spread puts a zero before each bit.
// Source: S. E. Anderson, Bit Twiddling Hacks, "Interleave bits by Binary Magic Numbers".
func spread(v uint32) uint64 {
	x := uint64(v)
	x = (x | x<<16) & 0x0000FFFF0000FFFF
	x = (x | x<<8) & 0x00FF00FF00FF00FF
	x = (x | x<<4) & 0x0F0F0F0F0F0F0F0F
	x = (x | x<<2) & 0x3333333333333333
	return (x | x<<1) & 0x5555555555555555
}

// gather undoes spread.
func gather(x uint64) uint32 {
	x &= 0x5555555555555555
	x = (x | x>>1) & 0x3333333333333333
	x = (x | x>>2) & 0x0F0F0F0F0F0F0F0F
	x = (x | x>>4) & 0x00FF00FF00FF00FF
	x = (x | x>>8) & 0x0000FFFF0000FFFF
	return uint32(x | x>>16)
}

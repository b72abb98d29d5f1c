package geohash

import "math"

const (
	earthRadius = 6372797.560856 // metres
	degree      = math.Pi / 180
	// mercatorMax is half the width of the web map, in metres.
	mercatorMax = 20037726.37
)

// Area is what a search looks at: a circle, or with Box a rectangle along the degrees.
type Area struct {
	Lon, Lat      float64 // the middle, in degrees
	Box           bool
	Radius        float64 // metres
	Width, Height float64 // metres
}

// reach is the distance from the middle to the farthest point.
func (a *Area) reach() float64 {
	if !a.Box {
		return a.Radius
	}
	w, h := a.Width/2, a.Height/2
	return math.Sqrt(float64(w*w) + float64(h*h))
}

// bounds returns a rectangle of degrees around the area. Degrees of longitude are wider towards the equator, so the edge
// nearer to it decides.
func (a *Area) bounds() Bounds {
	halfHeight, halfWidth := a.Radius, a.Radius
	if a.Box {
		halfHeight, halfWidth = a.Height/2, a.Width/2
	}
	dLat := halfHeight / earthRadius / degree
	edge := a.Lat + dLat
	if a.Lat < 0 {
		edge = a.Lat - dLat
	}
	dLon := halfWidth / earthRadius / math.Cos(edge*degree) / degree
	return Bounds{a.Lon - dLon, a.Lon + dLon, a.Lat - dLat, a.Lat + dLat}
}

// steps estimates the depth at which a cell and its neighbours cover the area.
func (a *Area) steps() uint {
	r := a.reach()
	if r == 0 {
		return stepMax
	}
	step := 1
	for ; r < mercatorMax; r *= 2 {
		step++
	}
	step -= 2
	if a.Lat > 66 || a.Lat < -66 { // towards the poles degrees of longitude are short
		step--
		if a.Lat > 80 || a.Lat < -80 {
			step--
		}
	}
	return uint(min(max(step, 1), stepMax))
}

// Box is a range of scores: Min <= score < Max.
type Box struct{ Min, Max float64 }

// The cells around a middle one, in the order in which they are searched.
var around = [9]struct{ dx, dy int }{
	{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1},
}

// Boxes appends the ranges of scores that cover the area, in the order in which Redis searches them.
func (a *Area) Boxes(dst []Box) []Box {
	want, step := a.bounds(), a.steps()
	middle := grid.encode(a.Lon, a.Lat, step)
	if step > 1 && !middle.neighboursCover(&want) {
		step--
		middle = grid.encode(a.Lon, a.Lat, step)
	}
	edges := grid.decode(middle)
	last := -1 // index in around of the cell added last
	var previous cell
	for i, d := range around {
		if step >= 2 && (d.dy < 0 && edges.LatMin < want.LatMin || d.dy > 0 && edges.LatMax > want.LatMax ||
			d.dx < 0 && edges.LonMin < want.LonMin || d.dx > 0 && edges.LonMax > want.LonMax) {
			continue // the middle cell reaches farther than the area on that side
		}
		c := middle.move(d.dx, d.dy)
		// Where cells are huge, neighbours are the same one. The middle one is not compared with, as in Redis.
		if last > 0 && c == previous {
			continue
		}
		dst = append(dst, c.box())
		last, previous = i, c
	}
	return dst
}

// box returns the range of the scores below a cell.
func (c cell) box() Box {
	shift := 52 - 2*c.step
	return Box{float64(c.bits << shift), float64((c.bits + 1) << shift)}
}

// neighboursCover says whether the cells next to c reach the edges that are wanted.
func (c cell) neighboursCover(want *Bounds) bool {
	north, south := grid.decode(c.move(0, 1)), grid.decode(c.move(0, -1))
	east, west := grid.decode(c.move(1, 0)), grid.decode(c.move(-1, 0))
	return !(north.LatMax < want.LatMax || south.LatMin > want.LatMin || east.LonMax < want.LonMax || west.LonMin > want.LonMin)
}

// move returns the cell dx to the east and dy to the north, going round at the edges. A coordinate that stays is left as
// it is: at the very maximum it has a bit more than the cell's depth.
func (c cell) move(dx, dy int) cell {
	lat, lon := deinterleave(c.bits)
	mask := uint32(1)<<c.step - 1
	if dx != 0 {
		lon = (lon + uint32(dx)) & mask
	}
	if dy != 0 {
		lat = (lat + uint32(dy)) & mask
	}
	return cell{interleave(lat, lon), c.step}
}

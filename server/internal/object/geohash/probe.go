package geohash

import "math"

// Slack is how far a rough distance may be off, in metres. Go's functions are good to some units of the last place,
// which a distance near half the circumference magnifies seven times at most (see roughMax).
const Slack = 2e-7

// roughMax is the square of the sine of half the angle up to which rough distances are used.
const roughMax = 0.99

// Probe tests positions against an area. A search looks at many that it rejects, and at most orders the others: that is
// done with rough distances, at a fifth of the cost, and decided by exact ones where it is close.
type Probe struct {
	Area
	lonRad, latRad, cosLat float64
	far                    float64 // rough squares of sines beyond it are outside a circle for certain
}

// Probe prepares the test of positions.
func (a *Area) Probe() Probe {
	p := Probe{Area: *a, lonRad: a.Lon * degree, latRad: a.Lat * degree, far: math.Inf(1)}
	p.cosLat = math.Cos(p.latRad)
	if half := a.Radius / (2 * earthRadius); !a.Box && half < math.Pi/2 {
		s := math.Sin(half)
		p.far = s*s*(1+1e-9) + 1e-24
	}
	return p
}

// Exact returns the distance of a position from the middle of the area, in metres.
func (p *Probe) Exact(lon, lat float64) float64 { return Distance(p.Lon, p.Lat, lon, lat) }

// Contains says whether a position is in the area, and roughly how far it is from the middle: within Slack.
func (p *Probe) Contains(lon, lat float64) (rough float64, ok bool) {
	if p.Box && (latDistance(lat, p.Lat) > p.Height/2 || !p.besides(lon, lat)) {
		return 0, false
	}
	r := lat * degree
	v, u := math.Sin((lon*degree-p.lonRad)/2), math.Sin((r-p.latRad)/2)
	a := u*u + p.cosLat*math.Cos(r)*v*v
	if a > p.far {
		return 0, false
	}
	if a > roughMax {
		rough = p.Exact(lon, lat)
		return rough, p.Box || rough <= p.Radius
	}
	rough = 2 * earthRadius * math.Asin(math.Sqrt(a))
	if p.Box {
		return rough, true
	}
	if math.Abs(rough-p.Radius) <= Slack {
		return rough, p.Exact(lon, lat) <= p.Radius
	}
	return rough, rough < p.Radius
}

// besides says whether a position is within half the width of a rectangle, along its own circle of latitude.
func (p *Probe) besides(lon, lat float64) bool {
	s := math.Cos(lat*degree) * math.Sin((p.lonRad-lon*degree)/2)
	if s*s <= roughMax {
		rough := 2 * earthRadius * math.Asin(math.Abs(s))
		if math.Abs(rough-p.Width/2) > Slack {
			return rough < p.Width/2
		}
	}
	return Distance(lon, lat, p.Lon, lat) <= p.Width/2
}

package geohash

import "math"

// Distance returns the distance between two positions along the sphere, in metres, by the haversine formula. Its steps
// are rounded where those of Redis are.
func Distance(lon1, lat1, lon2, lat2 float64) float64 {
	v := sin((lon2*degree - lon1*degree) / 2)
	if v == 0 {
		return latDistance(lat1, lat2)
	}
	r1, r2 := lat1*degree, lat2*degree
	u := sin((r2 - r1) / 2)
	// The conversions keep compilers from fusing products with sums, which would round otherwise.
	a := float64(u*u) + float64(float64(float64(cos(r1)*cos(r2))*v)*v)
	return 2 * earthRadius * asin(math.Sqrt(a))
}

// latDistance is Distance along a meridian.
func latDistance(lat1, lat2 float64) float64 {
	return earthRadius * math.Abs(float64(lat2*degree)-float64(lat1*degree))
}

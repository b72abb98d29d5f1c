package geohash

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// bigSin computes the sine of x with 200 bits by its series.
func bigSin(x *big.Float) *big.Float {
	term := new(big.Float).SetPrec(200).Set(x)
	sum := new(big.Float).SetPrec(200).Set(x)
	square := new(big.Float).SetPrec(200).Mul(x, x)
	for n := int64(2); n < 80; n += 2 {
		term.Mul(term, square)
		term.Quo(term, new(big.Float).SetInt64(-n*(n+1)))
		sum.Add(sum, term)
	}
	return sum
}

func bigCos(x *big.Float) *big.Float {
	term := new(big.Float).SetPrec(200).SetInt64(1)
	sum := new(big.Float).SetPrec(200).SetInt64(1)
	square := new(big.Float).SetPrec(200).Mul(x, x)
	for n := int64(1); n < 80; n += 2 {
		term.Mul(term, square)
		term.Quo(term, new(big.Float).SetInt64(-n*(n+1)))
		sum.Add(sum, term)
	}
	return sum
}

// TestPrecise: results are the nearest float64 to what 200 bits give.
func TestPrecise(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	exact := func(x float64) *big.Float { return new(big.Float).SetPrec(200).SetFloat64(x) }
	wrong := [3]int{}
	const n = 2000
	for i := range n {
		x := (r.Float64() - 0.5) * 2 * math.Pi
		if i%4 == 0 {
			x *= math.Pow(10, -float64(r.IntN(12))) // small angles are the usual case
		}
		if want, _ := bigSin(exact(x)).Float64(); sin(x) != want {
			wrong[0]++
		}
		if want, _ := bigCos(exact(x)).Float64(); cos(x) != want {
			wrong[1]++
		}
		// asin is right if the sine of the middles to its neighbours lies on either side.
		y := math.Abs(math.Sin(x))
		z := asin(y)
		middle := func(to float64) *big.Float {
			m := exact(z)
			m.Add(m, exact(math.Nextafter(z, to)))
			return bigSin(m.Quo(m, exact(2)))
		}
		if math.Abs(y) < 0.999 && (middle(0).Cmp(exact(y)) > 0 || middle(2).Cmp(exact(y)) < 0) {
			wrong[2]++
		}
	}
	for i, name := range []string{"sin", "cos", "asin"} {
		if wrong[i] > 2 {
			t.Errorf("%s: %d of %d results are not the nearest number", name, wrong[i], n)
		}
	}
}

func TestEncodeDecode(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 10000 {
		lon, lat := LonMin+r.Float64()*360, LatMin+r.Float64()*(LatMax-LatMin)
		bits := Encode(lon, lat)
		gotLon, gotLat := Decode(float64(bits))
		if math.Abs(gotLon-lon) > 360.0/(1<<26) || math.Abs(gotLat-lat) > 171.0/(1<<26) {
			t.Fatalf("%v %v came back as %v %v", lon, lat, gotLon, gotLat)
		}
	}
	for _, score := range []float64{math.Inf(1), math.Inf(-1), -1, 1e300, math.NaN(), 1 << 63} {
		if lon, lat := Decode(score); !Valid(lon, lat) {
			t.Errorf("score %v decodes to %v %v", score, lon, lat)
		}
	}
}

// TestKnown compares with values that other geohash software gives.
func TestKnown(t *testing.T) {
	lon, lat := Decode(float64(Encode(13.361389, 38.115556)))
	if got := string(AppendText(nil, lon, lat)); got != "sqc8b49rny0" {
		t.Errorf("Palermo is %s, want sqc8b49rny0", got)
	}
	if got := Encode(13.361389, 38.115556); got != 3479099956230698 {
		t.Errorf("Palermo is %d, want 3479099956230698", got)
	}
}

// TestBoxesCover: every position in an area is in exactly one of its boxes, wherever the area is not larger than the
// formula reckons with.
func TestBoxesCover(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 3000 {
		a := Area{Lon: (r.Float64() - 0.5) * 300, Lat: (r.Float64() - 0.5) * 120, Box: r.IntN(2) == 0}
		size := math.Pow(10, 1+r.Float64()*5)
		a.Radius, a.Width, a.Height = size, size, size*r.Float64()
		boxes, probe := a.Boxes(nil), a.Probe()
		for range 30 {
			b := a.bounds()
			lon := b.LonMin + r.Float64()*(b.LonMax-b.LonMin)
			lat := b.LatMin + r.Float64()*(b.LatMax-b.LatMin)
			if !Valid(lon, lat) {
				continue
			}
			score := float64(Encode(lon, lat))
			lon, lat = Decode(score)
			if _, ok := probe.Contains(lon, lat); !ok {
				continue
			}
			in := 0
			for _, box := range boxes {
				if box.Min <= score && score < box.Max {
					in++
				}
			}
			if in != 1 {
				t.Fatalf("area %+v: %v %v is in %d boxes", a, lon, lat, in)
			}
		}
	}
}

// TestProbe: what is in an area is decided as exact distances decide it, and rough ones are close to them.
func TestProbe(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		a := Area{Lon: r.Float64()*360 - 180, Lat: r.Float64()*170 - 85, Box: r.IntN(2) == 0}
		edgeLon, edgeLat := r.Float64()*360-180, r.Float64()*170-85
		a.Radius = Distance(a.Lon, a.Lat, edgeLon, edgeLat)
		a.Width, a.Height = 2*Distance(edgeLon, edgeLat, a.Lon, edgeLat), 2*latDistance(edgeLat, a.Lat)
		p := a.Probe()
		for i := range 200 {
			lon, lat := r.Float64()*360-180, r.Float64()*170-85
			if i < 20 { // on the edge, or next to it
				lon, lat = edgeLon, edgeLat+float64(i-10)*1e-14*math.Abs(edgeLat)
			}
			exact := Distance(a.Lon, a.Lat, lon, lat)
			want := exact <= a.Radius
			if a.Box {
				want = latDistance(lat, a.Lat) <= a.Height/2 && Distance(lon, lat, a.Lon, lat) <= a.Width/2
			}
			rough, got := p.Contains(lon, lat)
			if got != want || got && math.Abs(rough-exact) > Slack {
				t.Fatalf("%+v: %v %v: %v, %v; exactly %v, %v", a, lon, lat, got, rough, want, exact)
			}
		}
	}
}

func BenchmarkProbe(b *testing.B) {
	p := (&Area{Lon: 13.361389, Lat: 38.115556, Radius: 100000}).Probe()
	sum := 0.0
	for i := range b.N {
		d, _ := p.Contains(15.087269+float64(i%100)/100, 37.502669)
		sum += d
	}
	_ = sum
}

func BenchmarkDistance(b *testing.B) {
	sum := 0.0
	for i := range b.N {
		sum += Distance(13.361389, 38.115556, 15.087269+float64(i%100)/100, 37.502669)
	}
	_ = sum
}

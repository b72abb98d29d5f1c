package usl

import "math"

// solve finds the model of least squares with sigma >= 0 and kappa >= 0. The law is linear in (1, sigma, kappa)/lambda
// once it is turned over (N/X), which gives a first guess; Levenberg and Marquardt's method then minimises the error of
// X itself. A parameter that would go below 0 is held there and the others are fitted again, so that the result is the
// best within the bounds and not a cut-off of one outside.
func solve(points []Point) Model {
	all := [3]bool{true, true, true}
	if m, ok := descend(points, guess(points, all), all); ok {
		return m
	}
	best, bestErr := Model{}, math.Inf(1)
	for _, free := range [][3]bool{{true, true, false}, {true, false, true}, {true, false, false}} {
		m, ok := descend(points, guess(points, free), free)
		if !ok {
			continue
		}
		if e := badness(points, m); e < bestErr {
			best, bestErr = m, e
		}
	}
	return best
}

// weightOf is what a point's squared deviation is multiplied by.
func weightOf(points []Point, i int) float64 {
	for _, p := range points {
		if p.Err <= 0 {
			return 1
		}
	}
	return 1 / sq(points[i].Err)
}

func badness(points []Point, m Model) float64 {
	sum := 0.0
	for i, p := range points {
		sum += weightOf(points, i) * sq(p.X-m.Throughput(p.N))
	}
	return sum
}

// guess solves the law turned over, N/X = a + b (N-1) + c N (N-1), for the free parameters by weighted least squares.
func guess(points []Point, free [3]bool) Model {
	var ata [3][3]float64
	var atb [3]float64
	for _, p := range points {
		// The error of N/X is N/X^2 times that of X.
		w := sq(p.X * p.X / p.N)
		row := [3]float64{1, p.N - 1, p.N * (p.N - 1)}
		for j := range 3 {
			if !free[j] {
				continue
			}
			for k := range 3 {
				if free[k] {
					ata[j][k] += w * row[j] * row[k]
				}
			}
			atb[j] += w * row[j] * p.N / p.X
		}
	}
	x, ok := solve3(ata, atb, free)
	if !ok || x[0] <= 0 {
		return Model{Lambda: points[0].X / points[0].N, Sigma: 0.01}
	}
	return Model{Lambda: 1 / x[0], Sigma: max(0, x[1]/x[0]), Kappa: max(0, x[2]/x[0])}
}

// descend is Levenberg and Marquardt's method. It fails when a free parameter ends below 0.
func descend(points []Point, m Model, free [3]bool) (Model, bool) {
	const steps, small = 200, 1e-12
	damp := 1e-3
	at := badness(points, m)
	for range steps {
		jtj, jtr := normal(points, m)
		for j := range 3 {
			jtj[j][j] *= 1 + damp
		}
		d, ok := solve3(jtj, jtr, free)
		if !ok {
			return m, false
		}
		next := Model{m.Lambda + d[0], m.Sigma + d[1], m.Kappa + d[2]}
		e := badness(points, next)
		if math.IsNaN(e) || e > at || next.Lambda <= 0 {
			if damp *= 10; damp > 1e12 {
				break
			}
			continue
		}
		done := at-e <= small*at
		m, at, damp = next, e, max(damp/10, 1e-9)
		if done {
			break
		}
	}
	return m, m.Lambda > 0 && m.Sigma >= 0 && m.Kappa >= 0
}

// normal returns J'WJ and J'Wr of the law at m.
func normal(points []Point, m Model) (jtj [3][3]float64, jtr [3]float64) {
	for i, p := range points {
		d := 1 + m.Sigma*(p.N-1) + m.Kappa*p.N*(p.N-1)
		x := m.Lambda * p.N / d
		row := [3]float64{p.N / d, -x * (p.N - 1) / d, -x * p.N * (p.N - 1) / d}
		w, r := weightOf(points, i), p.X-x
		for j := range 3 {
			for k := range 3 {
				jtj[j][k] += w * row[j] * row[k]
			}
			jtr[j] += w * row[j] * r
		}
	}
	return jtj, jtr
}

// solve3 solves a x = b for the free unknowns by elimination with pivoting; the others are 0. Rows and columns are
// scaled first: the parameters differ by many orders of magnitude.
func solve3(a [3][3]float64, b [3]float64, free [3]bool) (x [3]float64, ok bool) {
	var idx []int
	var scale [3]float64
	for j := range 3 {
		if free[j] {
			if a[j][j] <= 0 || math.IsNaN(a[j][j]) {
				return x, false
			}
			idx, scale[j] = append(idx, j), math.Sqrt(a[j][j])
		}
	}
	n := len(idx)
	var g [3][4]float64
	for r, j := range idx {
		for c, k := range idx {
			g[r][c] = a[j][k] / scale[j] / scale[k]
		}
		g[r][n] = b[j] / scale[j]
	}
	for c := range n {
		p := c
		for r := c + 1; r < n; r++ {
			if math.Abs(g[r][c]) > math.Abs(g[p][c]) {
				p = r
			}
		}
		if math.Abs(g[p][c]) < 1e-14 {
			return x, false
		}
		g[c], g[p] = g[p], g[c]
		for r := range n {
			if r == c {
				continue
			}
			f := g[r][c] / g[c][c]
			for k := c; k <= n; k++ {
				g[r][k] -= f * g[c][k]
			}
		}
	}
	for c, j := range idx {
		x[j] = g[c][n] / g[c][c] / scale[j]
	}
	return x, true
}

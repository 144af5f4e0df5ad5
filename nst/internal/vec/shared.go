package vec

// Parallel calls f(0) … f(n-1), up to Threads calls at the same time.
type Parallel interface {
	Each(n int, f func(i int))
	Threads() int
}

// Shared computes on vectors of one length with several threads. Its results are
// bit-identical to those of the functions of the same names. It is not safe for
// concurrent use. Its methods allocate nothing.
type Shared struct {
	n     int
	sums  []float64 // of the blocks
	each  Parallel
	tasks int // one for each thread: its cache probably holds its part of d from the last pass
	task  func(i int)
	pass
}

// pass is the operation on every block.
type pass struct {
	change     change // of d, with alpha, a and b
	d, a, b, z []float32
	alpha      float32
}

type change uint8

const (
	none      change = iota
	addScaled        // d += alpha*a
	scale            // d = alpha*a
	sub              // d = a - b
	step             // d = a + alpha*b
	compare          // is d = a + alpha*b?
)

// NewShared returns a Shared for vectors of length n.
func NewShared(n int, p Parallel) *Shared {
	s := &Shared{n: n, sums: make([]float64, (n+block-1)/block), each: p}
	s.tasks = min(max(1, p.Threads()), len(s.sums))
	s.task = func(i int) {
		for k := i * len(s.sums) / s.tasks; k < (i+1)*len(s.sums)/s.tasks; k++ {
			s.block(k)
		}
	}
	return s
}

// Dot returns the sum of a[i]*b[i].
func (s *Shared) Dot(a, b []float32) float64 {
	return s.do(pass{d: a, z: b})
}

// AddScaledDot calls AddScaled(d, alpha, a) and returns Dot(z, d).
func (s *Shared) AddScaledDot(d []float32, alpha float32, a, z []float32) float64 {
	return s.do(pass{addScaled, d, a, nil, z, alpha})
}

// ScaleDot calls Scale(d, alpha, a) and returns Dot(z, d).
func (s *Shared) ScaleDot(d []float32, alpha float32, a, z []float32) float64 {
	return s.do(pass{scale, d, a, nil, z, alpha})
}

// SubDot calls Sub(d, a, b) and returns Dot(z, d).
func (s *Shared) SubDot(d, a, b, z []float32) float64 {
	return s.do(pass{sub, d, a, b, z, 0})
}

// Step computes d[i] = a[i] + t*b[i].
func (s *Shared) Step(d, a []float32, t float32, b []float32) {
	s.do(pass{step, d, a, b, nil, t})
}

// IsStep reports whether every d[i] has the bits of a[i] + t*b[i].
func (s *Shared) IsStep(d, a []float32, t float32, b []float32) bool {
	return s.do(pass{compare, d, a, b, nil, t}) == 0
}

// do runs a pass and adds the sums of the blocks in order.
func (s *Shared) do(p pass) float64 {
	s.pass = p
	s.each.Each(s.tasks, s.task)
	s.pass = pass{} // release the caller's memory
	var sum float64
	for _, v := range s.sums {
		sum += v
	}
	return sum
}

func (s *Shared) block(i int) {
	from, to := i*block, min((i+1)*block, s.n)
	part := func(v []float32) []float32 {
		if v == nil {
			return nil
		}
		return v[from:to]
	}
	d, a, b, z := part(s.d), part(s.a), part(s.b), part(s.z)
	s.sums[i] = 0
	switch s.change {
	case addScaled:
		AddScaled(d, s.alpha, a)
	case scale:
		Scale(d, s.alpha, a)
	case sub:
		Sub(d, a, b)
	case step:
		Step(d, a, s.alpha, b)
	case compare:
		if !IsStep(d, a, s.alpha, b) {
			s.sums[i] = 1
		}
	}
	if z != nil {
		s.sums[i] = dot(z, d)
	}
}

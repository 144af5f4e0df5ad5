package vec

import "github.com/gonst/workbench/nst/internal/kernel"

// Shared lets several workers go over long vectors. It has one user at a time, and
// allocates nothing after it was made.
type Shared struct {
	sums    []float64
	part    func(i int) // of the operands below
	y, x, z []float32
	alpha   float32
}

// together is the number of blocks of a task.
const together = 8

// NewShared is for vectors of length n.
func NewShared(n int) *Shared {
	s := &Shared{sums: make([]float64, (n+block-1)/block)}
	s.part = s.addScaledDot
	return s
}

// AddScaledDot is AddScaled(y, alpha, x) followed by Dot(z, y), to the same bits, in one
// pass.
func (s *Shared) AddScaledDot(w kernel.Workers, y []float32, alpha float32, x, z []float32) float64 {
	s.y, s.x, s.z, s.alpha = y, x[:len(y)], z[:len(y)], alpha
	w.Each((len(s.sums)+together-1)/together, s.part)
	s.y, s.x, s.z = nil, nil, nil
	var sum float64
	for _, v := range s.sums {
		sum += v
	}
	return sum
}

func (s *Shared) addScaledDot(i int) {
	for k := i * together; k < min((i+1)*together, len(s.sums)); k++ {
		from, to := k*block, min((k+1)*block, len(s.y))
		AddScaled(s.y[from:to], s.alpha, s.x[from:to])
		s.sums[k] = dot(s.z[from:to], s.y[from:to])
	}
}

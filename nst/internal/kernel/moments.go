package kernel

// Moments computes m [1+C][C] of the blocked map x: the means of its channels, as [Mean], and then
// the products of all pairs of channels from which their means are subtracted, as [Gram].
func Moments(w Workers, p Precision, m, x []float32, s Shape) {
	check("Moments", s, operand{"m", m, (1 + s.C) * s.C}, operand{"x", x, s.Len()})
	Mean(w, m[:s.C], x, s)
	if s.C == 0 || s.H == 0 || s.W == 0 {
		clear(m[s.C:][:s.C*s.C])
		return
	}
	cols := s.Blocks() * Lanes
	mem, more := borrow(gramSumsLen(s)), borrow(cols)
	defer mem.release()
	defer more.release()
	shift := more.data[:cols]
	clear(shift)
	for c, v := range m[:s.C] {
		shift[c] = -v
	}
	gramSums(w, p, mem.doubles(), nil, x, shift, s)
	gramTotal(w, m[s.C:], mem.doubles(), nil, s)
}

package cpu

import (
	"github.com/gonst/workbench/nst/internal/kernel"
	"github.com/gonst/workbench/nst/internal/op"
)

// between compiles products of two maps, and of a map and itself shifted.
func between(w kernel.Workers, s op.Spec) *op.Compiled {
	switch s := s.(type) {
	case op.Cross:
		return run(func(g []float32, in [][]float32) {
			kernel.Between(w, g, kernel.Window{Data: in[0], Of: s.A}, kernel.Window{Data: in[1], Of: s.B}, s.Rows, s.Cols, s.Scale())
		})
	case op.CrossGradient:
		of, other := s.A, s.B
		if s.To == 1 {
			of, other = other, of
		}
		back := func(dx []float32, in [][]float32, sum bool) {
			kernel.BetweenBackward(w, kernel.Window{Data: dx, Of: of}, in[0], kernel.Window{Data: in[1], Of: other}, s.Rows, s.Cols, s.Scale(), s.To == 1, sum)
		}
		c := run(func(dx []float32, in [][]float32) { back(dx, in, false) })
		c.Add = func(dx []float32, in [][]float32) { back(dx, in, true) }
		return c
	case op.Shifted:
		return run(func(g []float32, in [][]float32) {
			at, there := shiftedWindows(s)
			at.Data, there.Data = in[0], in[0]
			rows, cols := s.Sides()
			kernel.Between(w, g, at, there, rows, cols, s.Scale())
		})
	case op.ShiftedGradient:
		// A position is read as p and as p+d.
		return run(func(dx []float32, in [][]float32) {
			at, there := shiftedWindows(s.Shifted)
			rows, cols := s.Sides()
			for k, of := range []kernel.Window{at, there} {
				other := there
				if k == 1 {
					other = at
				}
				of.Data, other.Data = dx, in[1]
				kernel.BetweenBackward(w, of, in[0], other, rows, cols, s.Scale(), k == 1, k == 1)
			}
		})
	}
	return nil
}

// shiftedWindows returns the windows of the positions p and p+d.
func shiftedWindows(s op.Shifted) (at, there kernel.Window) {
	return kernel.Window{Of: s.Of, X: max(0, -s.DX)}, kernel.Window{Of: s.Of, Y: s.DY, X: max(0, s.DX)}
}

package main

import (
	"fmt"
	"math"
)

// filterPoints transforms sixteen filters in float64, as many at a time as a vector
// holds: the columns into scratch, then the rows.
func filterPoints(g *file, v isa) {
	g.arg("u", "DI")
	g.arg("w", "AX")
	g.stride("stride", "SI")
	for i, c := range filterConstants {
		g.double(c.name, math.Float64bits(c.value), v.r(15-i))
	}
	doubles := v.bytes() / 8
	for h := range lanes / doubles {
		off := h * doubles * 4
		for j := range 3 {
			for i := range 3 {
				g.p("VCVTPS2PD %d(AX), %s", (i*3+j)*pixel+off, v.r(i))
			}
			filterLine(g, v, func(i, r int) { g.p("VMOVUPD %s, %d(BX)", v.r(r), (i*3+j)*v.bytes()) })
		}
		g.p("LEAQ %d(DI), R8", off)
		for i := range tileIn {
			for j := range 3 {
				g.p("VMOVUPD %d(BX), %s", (i*3+j)*v.bytes(), v.r(j))
			}
			filterLine(g, v, func(_, r int) {
				to := fmt.Sprintf("%s%d", v.half(), r)
				if v.wide {
					g.p("VCVTPD2PS %s, %s", v.r(r), to)
				} else {
					g.p("VCVTPD2PSY %s, %s", v.r(r), to)
				}
				g.p("VMOVUPS %s, (R8)\nADDQ SI, R8", to)
			})
		}
	}
	g.ret()
}

// filterConstants are in registers 15, 14 …
var filterConstants = []struct {
	name  string
	value float64
}{{"quarter", 1. / 4}, {"sixth", 1. / 6}, {"twelfth", 1. / 12}, {"twentyfourth", 1. / 24}, {"minusZero", math.Copysign(0, -1)}}

// filterLine is G times registers 0 to 2, as the portable filterLine adds and multiplies.
func filterLine(g *file, v isa, store func(i, r int)) {
	r := v.r
	quarter, sixth, twelfth, twentyfourth, minusZero := r(15), r(14), r(13), r(12), r(11)
	g.p("VADDPD %s, %s, %s\nVMULPD %s, %s, %s\nVMULPD %s, %s, %s", r(2), r(0), r(3), sixth, r(3), r(3), sixth, r(1), r(4)) // s, t
	g.p("VMULPD %s, %s, %s\nVMULPD %s, %s, %s\nVADDPD %s, %s, %s", twentyfourth, r(0), r(5), sixth, r(2), r(6), r(6), r(5), r(5))
	g.p("VMULPD %s, %s, %s\nVMULPD %s, %s, %s", twelfth, r(1), r(6), quarter, r(0), r(0))
	store(0, 0)
	g.p("VSUBPD %s, %s, %s\nVSUBPD %s, %s, %s\nVSUBPD %s, %s, %s", r(3), minusZero, r(7), r(4), r(7), r(7), r(3), r(4), r(8))
	store(1, 7) // -s - t
	store(2, 8) // t - s
	g.p("VADDPD %s, %s, %s\nVSUBPD %s, %s, %s", r(6), r(5), r(9), r(6), r(5), r(10))
	store(3, 9)  // p + q
	store(4, 10) // p - q
	store(5, 2)
}

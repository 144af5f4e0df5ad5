package main

import (
	"fmt"
	"math"
)

// quarter multiplies a register by 1/4.
func (g *file) quarter(v isa, reg string) {
	g.constant("quarter", math.Float32bits(0.25), v.r(15))
	g.p("VMULPS %s, %s, %s", v.r(15), reg, reg)
}

// window loads the four values of a window into registers 0 to 3.
func (g *file) window(v isa, o int) {
	g.p("VMOVUPS %d(AX), %s\nVMOVUPS %d(AX), %s\nVMOVUPS %d(BX), %s\nVMOVUPS %d(BX), %s",
		o, v.r(0), pixel+o, v.r(1), o, v.r(2), pixel+o, v.r(3))
}

// norm is the root of the squares of registers 0 to 3, in register 4.
func (g *file) norm(v isa) {
	r := v.r
	g.p("VMULPS %s, %s, %s\nVMULPS %s, %s, %s\nVADDPS %s, %s, %s", r(0), r(0), r(4), r(1), r(1), r(5), r(5), r(4), r(4))
	g.p("VMULPS %s, %s, %s\nVMULPS %s, %s, %s\nVADDPS %s, %s, %s", r(2), r(2), r(5), r(3), r(3), r(6), r(6), r(5), r(5))
	g.p("VADDPS %s, %s, %s\nVSQRTPS %s, %s", r(5), r(4), r(4), r(4), r(4))
}

func poolMax(g *file, v isa) {
	r := v.r
	g.pool(v, func() {}, func() {
		g.p("VMAXPS %s, %s, %s\nVMAXPS %s, %s, %s\nVMAXPS %s, %s, %s", r(0), r(1), r(4), r(4), r(2), r(4), r(4), r(3), r(4))
	})
}

func poolAverage(g *file, v isa) {
	r := v.r
	g.pool(v, func() { g.quarter(v, r(14)) }, func() {
		g.p("VADDPS %s, %s, %s\nVADDPS %s, %s, %s\nVADDPS %s, %s, %s", r(1), r(0), r(4), r(3), r(2), r(5), r(5), r(4), r(4))
	})
}

func poolL2(g *file, v isa) { g.pool(v, func() {}, func() { g.norm(v) }) }

// pool reads two pixels of each of p and q at a step. body reduces the window in registers 0
// to 3 to register 4; register 14 has the scale.
func (g *file) pool(v isa, prepare, body func()) {
	g.arg("d", "DI")
	g.arg("p", "AX")
	g.arg("q", "BX")
	g.arg("n", "CX")
	g.spread("scale", v.r(14))
	prepare()
	step := g.label("step")
	g.p("%s:", step)
	for h := range v.vectors() {
		g.window(v, h*v.bytes())
		body()
		g.p("VMULPS %s, %s, %s\nVMOVUPS %s, %d(DI)", v.r(4), v.r(14), v.r(4), v.r(4), h*v.bytes())
	}
	g.p("ADDQ $64, DI\nADDQ $128, AX\nADDQ $128, BX\nDECQ CX\nJNZ %s", step)
	g.ret()
}

func poolMaxBack(g *file, v isa) {
	r, store := v.r, g.store()
	g.poolBack(v, true, func() {}, func(at []string) {
		// The last place that beats all before it wins.
		if v.wide {
			g.p("VCMPPS $17, %s, %s, K1\nVMAXPS %s, %s, %s", r(1), r(0), r(0), r(1), r(4))
			g.p("VCMPPS $17, %s, %s, K2\nVMAXPS %s, %s, %s", r(2), r(4), r(4), r(2), r(4))
			g.p("VCMPPS $17, %s, %s, K3", r(3), r(4))
			g.p("KORW K2, K3, K4\nKANDNW K1, K4, K1\nKANDNW K2, K3, K2\nKORW K1, K4, K4\nKNOTW K4, K4")
			for i, k := range []string{"K4", "K1", "K2", "K3"} {
				g.p("VMOVAPS.Z %s, %s, %s\n%s %s, %s", r(7), k, r(8), store, r(8), at[i])
			}
			return
		}
		g.p("VCMPPS $17, %s, %s, %s\nVMAXPS %s, %s, %s", r(1), r(0), r(8), r(0), r(1), r(4))
		g.p("VCMPPS $17, %s, %s, %s\nVMAXPS %s, %s, %s", r(2), r(4), r(9), r(4), r(2), r(4))
		g.p("VCMPPS $17, %s, %s, %s", r(3), r(4), r(10))
		for i := 3; i > 0; i-- {
			g.p("VANDPS %s, %s, %s\n%s %s, %s\nVANDNPS %s, %s, %s", r(7), r(7+i), r(11), store, r(11), at[i], r(7), r(7+i), r(7))
		}
		g.p("%s %s, %s", store, r(7), at[0])
	})
}

func poolAverageBack(g *file, v isa) {
	g.poolBack(v, false, func() { g.quarter(v, v.r(14)) }, func(at []string) {
		for _, at := range at {
			g.p("%s %s, %s", g.store(), v.r(7), at)
		}
	})
}

func poolL2Back(g *file, v isa) {
	r := v.r
	g.poolBack(v, true, func() { g.zero(v, 13) }, func(at []string) {
		g.norm(v)
		g.p("VDIVPS %s, %s, %s", r(4), r(7), r(7))
		if v.wide {
			g.p("VCMPPS $4, %s, %s, K1\nVMOVAPS.Z %s, K1, %s", r(13), r(4), r(7), r(7))
		} else {
			g.p("VCMPPS $4, %s, %s, %s\nVANDPS %s, %s, %s", r(13), r(4), r(8), r(8), r(7), r(7))
		}
		for i, at := range at {
			g.p("VMULPS %s, %s, %s\n%s %s, %s", r(i), r(7), r(i), g.store(), r(i), at)
		}
	})
}

// poolBack writes two pixels of each of d and e at a step. body writes the gradients of a
// window to the four places at, from scale*grad in register 7 and, where the input is
// needed, the window in registers 0 to 3.
func (g *file) poolBack(v isa, needsInput bool, prepare func(), body func(at []string)) {
	g.arg("d", "DI")
	g.arg("e", "SI")
	g.arg("grad", "DX")
	if needsInput {
		g.arg("p", "AX")
		g.arg("q", "BX")
	}
	g.arg("n", "CX")
	g.spread("scale", v.r(14))
	prepare()
	step := g.label("step")
	g.p("%s:", step)
	for h := range v.vectors() {
		o := h * v.bytes()
		g.p("VMULPS %d(DX), %s, %s", o, v.r(14), v.r(7))
		if needsInput {
			g.window(v, o)
		}
		body([]string{fmt.Sprintf("%d(DI)", o), fmt.Sprintf("%d(DI)", pixel+o), fmt.Sprintf("%d(SI)", o), fmt.Sprintf("%d(SI)", pixel+o)})
	}
	g.p("ADDQ $128, DI\nADDQ $128, SI\nADDQ $64, DX")
	if needsInput {
		g.p("ADDQ $128, AX\nADDQ $128, BX")
	}
	g.p("DECQ CX\nJNZ %s", step)
	g.ret()
}

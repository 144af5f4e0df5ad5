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

// pools: p and q are rows of the large map; a step reads two pixels of each.
func pools(g *file, v isa) {
	r := v.r
	scale := r(14)
	forward := func(name string, prepare, body func()) {
		g.routine("pool"+name+v.name, "is poolRowPortable of that kind for n pixels of d.", "d *float32, p *float32, q *float32, n int, scale float32", 0)
		g.arg("d", "DI")
		g.arg("p", "AX")
		g.arg("q", "BX")
		g.arg("n", "CX")
		g.spread("scale", scale)
		prepare()
		step := g.label("step")
		g.p("%s:", step)
		for h := range v.vectors() {
			g.window(v, h*v.bytes())
			body()
			g.p("VMULPS %s, %s, %s\nVMOVUPS %s, %d(DI)", r(4), scale, r(4), r(4), h*v.bytes())
		}
		g.p("ADDQ $64, DI\nADDQ $128, AX\nADDQ $128, BX\nDECQ CX\nJNZ %s", step)
		g.ret()
	}
	nothing := func() {}
	forward("Max", nothing, func() {
		g.p("VMAXPS %s, %s, %s\nVMAXPS %s, %s, %s\nVMAXPS %s, %s, %s", r(0), r(1), r(4), r(4), r(2), r(4), r(4), r(3), r(4))
	})
	forward("Average", func() { g.quarter(v, scale) }, func() {
		g.p("VADDPS %s, %s, %s\nVADDPS %s, %s, %s\nVADDPS %s, %s, %s", r(1), r(0), r(4), r(3), r(2), r(5), r(5), r(4), r(4))
	})
	forward("L2", nothing, func() { g.norm(v) })
}

// poolGradients: p and q are rows of the large map; a step writes two pixels of each.
// stream is as in outputPoints.
func poolGradients(g *file, v isa, stream bool) {
	r, scale := v.r, v.r(14)
	store := "VMOVUPS"
	if stream {
		store = "VMOVNTPS"
	}
	nothing := func() {}
	backward := func(name string, needsInput bool, prepare func(), body func(o int)) {
		params := "d *float32, e *float32, grad *float32"
		doc := "is poolRowBackwardPortable of that kind for n pixels of grad."
		if needsInput {
			params += ", p *float32, q *float32"
		}
		routine, how := "poolBack", ""
		if stream {
			routine, how = "streamPoolBack", " It writes past the caches."
		}
		g.routine(routine+name+v.name, doc+how, params+", n int, scale float32", 0)
		g.arg("d", "DI")
		g.arg("e", "SI")
		g.arg("grad", "DX")
		if needsInput {
			g.arg("p", "AX")
			g.arg("q", "BX")
		}
		g.arg("n", "CX")
		g.spread("scale", scale)
		prepare()
		step := g.label("step")
		g.p("%s:", step)
		for h := range v.vectors() {
			o := h * v.bytes()
			g.p("VMULPS %d(DX), %s, %s", o, scale, r(7)) // scale * g
			if needsInput {
				g.window(v, o)
			}
			body(o)
		}
		g.p("ADDQ $128, DI\nADDQ $128, SI\nADDQ $64, DX")
		if needsInput {
			g.p("ADDQ $128, AX\nADDQ $128, BX")
		}
		g.p("DECQ CX\nJNZ %s", step)
		g.ret()
	}
	places := func(o int) []string { // of the window's gradients
		return []string{fmt.Sprintf("%d(DI)", o), fmt.Sprintf("%d(DI)", pixel+o), fmt.Sprintf("%d(SI)", o), fmt.Sprintf("%d(SI)", pixel+o)}
	}
	backward("Max", true, nothing, func(o int) {
		at := places(o)
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
		g.p("VANDPS %s, %s, %s\n%s %s, %s\nVANDNPS %s, %s, %s", r(7), r(10), r(11), store, r(11), at[3], r(7), r(10), r(7))
		g.p("VANDPS %s, %s, %s\n%s %s, %s\nVANDNPS %s, %s, %s", r(7), r(9), r(11), store, r(11), at[2], r(7), r(9), r(7))
		g.p("VANDPS %s, %s, %s\n%s %s, %s\nVANDNPS %s, %s, %s", r(7), r(8), r(11), store, r(11), at[1], r(7), r(8), r(7))
		g.p("%s %s, %s", store, r(7), at[0])
	})
	backward("Average", false, func() { g.quarter(v, scale) }, func(o int) {
		for _, at := range places(o) {
			g.p("%s %s, %s", store, r(7), at)
		}
	})
	backward("L2", true, func() { g.zero(v, 13) }, func(o int) {
		g.norm(v)
		g.p("VDIVPS %s, %s, %s", r(4), r(7), r(7))
		if v.wide {
			g.p("VCMPPS $4, %s, %s, K1\nVMOVAPS.Z %s, K1, %s", r(13), r(4), r(7), r(7))
		} else {
			g.p("VCMPPS $4, %s, %s, %s\nVANDPS %s, %s, %s", r(13), r(4), r(8), r(8), r(7), r(7))
		}
		for i, at := range places(o) {
			g.p("VMULPS %s, %s, %s\n%s %s, %s", r(i), r(7), r(i), store, r(i), at)
		}
	})
}

package main

// A unit of these loops is 16 values.

func add(g *file, v isa) {
	g.elementwise(v, 2, func(o int) {
		x := v.r(0)
		g.p("VMOVUPS %d(AX), %s\nVADDPS %d(BX), %s, %s\nVMOVUPS %s, %d(DI)", o, x, o, x, x, x, o)
	})
}

func difference(g *file, v isa) {
	x, f := v.r(0), v.r(1)
	g.spread("f", f)
	g.elementwise(v, 2, func(o int) {
		g.p("VMOVUPS %d(AX), %s\nVSUBPS %d(BX), %s, %s\nVMULPS %s, %s, %s\nVMOVUPS %s, %d(DI)", o, x, o, x, x, x, f, x, x, o)
	})
}

func addScaled(g *file, v isa) {
	x, f := v.r(0), v.r(1)
	g.spread("f", f)
	g.elementwise(v, 2, func(o int) {
		g.p("VMULPS %d(BX), %s, %s\nVADDPS %d(AX), %s, %s\nVMOVUPS %s, %d(DI)", o, f, x, o, x, x, x, o)
	})
}

func relu(g *file, v isa) {
	x, zero := v.r(0), v.r(2)
	g.zero(v, 2)
	g.elementwise(v, 1, func(o int) {
		g.p("VMAXPS %d(AX), %s, %s\nVMOVUPS %s, %d(DI)", o, zero, x, x, o)
	})
}

func keep(g *file, v isa) {
	x, zero := v.r(0), v.r(2)
	g.zero(v, 2)
	g.elementwise(v, 2, func(o int) {
		if v.wide {
			g.p("VCMPPS $17, %d(BX), %s, K1\nVMOVUPS.Z %d(AX), K1, %s", o, zero, o, x)
		} else {
			g.p("VCMPPS $17, %d(BX), %s, %s\nVANDPS %d(AX), %s, %s", o, zero, x, o, x, x)
		}
		g.p("VMOVUPS %s, %d(DI)", x, o)
	})
}

// elementwise loops over d at DI and its one or two operands at AX and BX; body computes a
// vector, off bytes from there.
func (g *file) elementwise(v isa, operands int, body func(off int)) {
	g.arg("d", "DI")
	g.arg("a", "AX")
	if operands == 2 {
		g.arg("b", "BX")
	}
	g.arg("n", "CX")
	step := g.label("step")
	g.p("PCALIGN $32\n%s:", step)
	for h := range v.vectors() {
		body(h * v.bytes())
	}
	g.p("ADDQ $64, DI\nADDQ $64, AX")
	if operands == 2 {
		g.p("ADDQ $64, BX")
	}
	g.p("DECQ CX\nJNZ %s", step)
	g.ret()
}

func squares(g *file, v isa) {
	g.sums(v, func(o, to int) {
		x, wide := v.half()+"8", v.r(9)
		g.p("VMOVUPS %d(AX), %s\nVSUBPS %d(BX), %s, %s\nVCVTPS2PD %s, %s\nVFMADD231PD %s, %s, %s",
			o, x, o, x, x, x, wide, wide, wide, v.r(to))
	})
}

func products(g *file, v isa) {
	g.sums(v, func(o, to int) {
		g.p("VCVTPS2PD %d(AX), %s\nVCVTPS2PD %d(BX), %s\nVFMADD231PD %s, %s, %s", o, v.r(8), o, v.r(9), v.r(8), v.r(9), v.r(to))
	})
}

func accumulate(g *file, v isa) {
	g.arg("d", "DI")
	g.arg("a", "AX")
	g.arg("n", "CX")
	per := v.lanes / 2 // float64 in a vector
	step := g.label("step")
	g.p("PCALIGN $32\n%s:", step)
	for i := range lanes / per {
		x := v.r(i)
		g.p("VCVTPS2PD %d(AX), %s\nVADDPD %d(DI), %s, %s\nVMOVUPD %s, %d(DI)", i*per*4, x, i*v.bytes(), x, x, x, i*v.bytes())
	}
	g.p("ADDQ $%d, DI\nADDQ $%d, AX\nDECQ CX\nJNZ %s", lanes*8, lanes*4, step)
	g.ret()
}

// sums keeps 16 sums in float64, in registers up to 7; body adds to those of register to
// what is off bytes from AX and BX.
func (g *file) sums(v isa, body func(off, to int)) {
	g.arg("acc", "DI")
	g.arg("a", "AX")
	g.arg("b", "BX")
	g.arg("n", "CX")
	per := v.lanes / 2 // float64 in a vector
	for i := range lanes / per {
		g.p("VMOVUPD %d(DI), %s", i*v.bytes(), v.r(i))
	}
	step := g.label("step")
	g.p("%s:", step)
	for i := range lanes / per {
		body(i*per*4, i)
	}
	g.p("ADDQ $64, AX\nADDQ $64, BX\nDECQ CX\nJNZ %s", step)
	for i := range lanes / per {
		g.p("VMOVUPD %s, %d(DI)", v.r(i), i*v.bytes())
	}
	g.ret()
}

// half is the letter of registers with as many float32 as a vector has float64.
func (v isa) half() string {
	if v.wide {
		return "Y"
	}
	return "X"
}

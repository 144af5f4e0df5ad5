package main

import "fmt"

// rankTwo: row after row, with R15 the offset from the ends of row and vectors.
func rankTwo(g *file, v isa) {
	g.arg("m", "AX")
	g.arg("v", "BX")
	g.arg("w", "SI")
	g.arg("p", "DI")
	g.arg("q", "R8")
	g.arg("f", "R9")
	g.arg("h", "R10")
	g.arg("s", "R11")
	g.arg("t", "R12")
	g.stride("stride", "R13")
	g.arg("rows", "CX")
	g.arg("n", "DX")
	g.p("SHLQ $6, DX")
	for _, reg := range []string{"AX", "BX", "SI", "DI", "R8"} {
		g.p("ADDQ DX, %s", reg)
	}
	g.p("NEGQ DX\nrow:\nMOVQ DX, R15")
	n := v.vectors()
	a, b := v.r(3*n), v.r(3*n+1)
	g.p("VBROADCASTSS (R9), %s\nVBROADCASTSS (R10), %s", a, b)
	for i := range 2 * n {
		g.zero(v, i)
	}
	g.p("PCALIGN $32\nstep:")
	for h := range n {
		o, x := h*v.bytes(), v.r(2*n+h)
		g.p("VMOVUPS %d(AX)(R15*1), %s", o, x)
		g.p("VFMADD231PS %d(BX)(R15*1), %s, %s\nVFMADD231PS %d(SI)(R15*1), %s, %s", o, a, x, o, b, x)
		g.p("VMOVUPS %s, %d(AX)(R15*1)", x, o)
		g.p("VFMADD231PS %d(DI)(R15*1), %s, %s\nVFMADD231PS %d(R8)(R15*1), %s, %s", o, x, v.r(h), o, x, v.r(n+h))
	}
	g.p("ADDQ $64, R15\nJNZ step")
	for i, to := range []string{"R11", "R12"} {
		g.halves(v, i*n)
		g.p("VMOVSS X%d, (%s)\nADDQ $4, %s", i*n, to, to)
	}
	g.p("ADDQ $4, R9\nADDQ $4, R10\nADDQ R13, AX\nDECQ CX\nJNZ row")
	g.ret()
}

// rankTwoHalf: row after row, as rankTwo. The first block has no part in t.
func rankTwoHalf(g *file, v isa) {
	g.arg("m", "AX")
	g.arg("v", "BX")
	g.arg("w", "SI")
	g.arg("p", "DI")
	g.arg("t", "R8")
	g.arg("f", "R9")
	g.arg("h", "R10")
	g.arg("e", "R11")
	g.arg("s", "R12")
	g.stride("stride", "R13")
	g.arg("rows", "CX")
	g.arg("n", "DX")
	g.p("SHLQ $6, DX")
	for _, reg := range []string{"AX", "BX", "SI", "DI", "R8"} {
		g.p("ADDQ DX, %s", reg)
	}
	g.p("NEGQ DX\nrow:\nMOVQ DX, R15")
	n := v.vectors()
	a, b, c := v.r(3*n), v.r(3*n+1), v.r(3*n+2)
	g.p("VBROADCASTSS (R9), %s\nVBROADCASTSS (R10), %s\nVBROADCASTSS (R11), %s", a, b, c)
	for i := range n {
		g.zero(v, i)
	}
	block := func(also bool) {
		for h := range n {
			o, x, y := h*v.bytes(), v.r(n+h), v.r(2*n+h)
			g.p("VMOVUPS %d(AX)(R15*1), %s", o, x)
			g.p("VFMADD231PS %d(BX)(R15*1), %s, %s\nVFMADD231PS %d(SI)(R15*1), %s, %s", o, a, x, o, b, x)
			g.p("VMOVUPS %s, %d(AX)(R15*1)", x, o)
			g.p("VFMADD231PS %d(DI)(R15*1), %s, %s", o, x, v.r(h))
			if also {
				g.p("VMOVUPS %d(R8)(R15*1), %s\nVFMADD231PS %s, %s, %s\nVMOVUPS %s, %d(R8)(R15*1)", o, y, x, c, y, y, o)
			}
		}
	}
	block(false)
	g.p("ADDQ $64, R15\nJZ last\nPCALIGN $32\nstep:")
	block(true)
	g.p("ADDQ $64, R15\nJNZ step\nlast:")
	g.halves(v, 0)
	g.p("VMOVSS X0, (R12)\nADDQ $4, R12\nADDQ $4, R9\nADDQ $4, R10\nADDQ $4, R11\nADDQ R13, AX\nDECQ CX\nJNZ row")
	g.ret()
}

// halves adds the 16 values of registers from i on, the second half to the first and so on.
func (g *file) halves(v isa, i int) {
	const spare = 15
	if v.wide {
		g.p("VEXTRACTF64X4 $1, Z%d, Y%d\nVADDPS Y%d, Y%d, Y%d", i, spare, spare, i, i)
	} else {
		g.p("VADDPS Y%d, Y%d, Y%d", i+1, i, i)
	}
	x, y := fmt.Sprint("X", i), fmt.Sprint("X", spare)
	g.p("VEXTRACTF128 $1, Y%d, %s\nVADDPS %s, %s, %s", i, y, y, x, x)
	g.p("VPERMILPS $0x4e, %s, %s\nVADDPS %s, %s, %s", x, y, y, x, x)
	g.p("VPERMILPS $1, %s, %s\nVADDSS %s, %s, %s", x, y, y, x, x)
}

func turn(g *file, v isa) {
	g.arg("d", "DI")
	g.arg("re", "AX")
	g.arg("im", "BX")
	g.arg("n", "CX")
	f, h := v.r(8), v.r(9)
	g.spread("f", f)
	g.spread("h", h)
	g.p("PCALIGN $32\nstep:")
	for i := range v.vectors() {
		o, re, im, x, y := i*v.bytes(), v.r(4*i), v.r(4*i+1), v.r(4*i+2), v.r(4*i+3)
		g.p("VMOVUPS %d(AX), %s\nVMOVUPS %d(BX), %s", o, re, o, im)
		g.p("VMULPS %s, %s, %s\nVMULPS %s, %s, %s", im, h, x, re, h, y)
		g.p("VFMSUB231PS %s, %s, %s\nVFMADD231PS %s, %s, %s", re, f, x, im, f, y)
		g.p("VMOVUPS %s, %d(AX)\nVMOVUPS %s, %d(BX)", x, o, y, o)
		g.p("VADDPS %d(DI), %s, %s\nVMOVUPS %s, %d(DI)", o, x, x, x, o)
	}
	g.p("ADDQ $64, DI\nADDQ $64, AX\nADDQ $64, BX\nDECQ CX\nJNZ step")
	g.ret()
}

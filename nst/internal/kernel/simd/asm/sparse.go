package main

// sparseRows: CX the words, of which R8 has the bits that are left, DI the sums, of which the
// four blocks are SI bytes apart, DX the values.
func sparseRows(g *file, v isa) {
	g.arg("words", "CX")
	g.arg("m", "DI")
	g.arg("v", "DX")
	g.arg("u", "BX")
	g.stride("mStride", "SI")
	g.stride("mNext", "R15")
	g.stride("vNext", "R10")
	g.arg("vShift", "R11")
	g.arg("n", "R12")
	g.p("LEAQ (SI)(SI*2), AX\nADDQ $2, R11\nMOVQ $8, R14\nrow:")
	// Pointers to what is fetched are kept in memory: there are no more registers.
	g.stride("plane", "R13")
	g.p("LEAQ (R13)(R13*2), R8")
	for _, next := range []string{"next", "more"} {
		g.arg(next, "R9")
		g.p("PREFETCHT0 (R9)\nPREFETCHT0 (R9)(R13*1)\nPREFETCHT0 (R9)(R13*2)\nPREFETCHT0 (R9)(R8*1)")
		g.p("ADDQ $%d, R9\nMOVQ R9, %s+%d(FP)", pixel, next, g.offset(next))
	}
	g.p("MOVQ (CX), R8")
	const blocks = 4
	at := []string{"(DI)", "(DI)(SI*1)", "(DI)(SI*2)", "(DI)(AX*1)"}
	n := v.vectors()
	for b := range blocks {
		for j := range n {
			g.p("VMOVUPS %d%s, %s", j*v.bytes(), at[b], v.r(b*n+j))
		}
	}
	g.p("TESTQ R8, R8\nJZ none\nPCALIGN $32\nstep:")
	// Shifts that do not change the flags, which are those of BLSR.
	g.p("TZCNTQ R8, R9\nBLSRQ R8, R8\nSHLXQ R14, R9, R13\nSHLXQ R11, R9, R9")
	x := v.r(blocks * n)
	g.p("VBROADCASTSS (DX)(R9*1), %s", x)
	for j := range blocks * n {
		g.p("VFMADD231PS %d(BX)(R13*1), %s, %s", j*v.bytes(), x, v.r(j))
	}
	g.p("JNZ step\nnone:")
	for b := range blocks {
		for j := range n {
			g.p("VMOVUPS %s, %d%s", v.r(b*n+j), j*v.bytes(), at[b])
		}
	}
	g.p("ADDQ $8, CX\nADDQ R15, DI\nADDQ R10, DX\nDECQ R12\nJNZ row")
	g.ret()
}

// gatherRow: pixel after pixel, of which each half sets a byte of the word.
func gatherRow(g *file, v isa) {
	g.arg("words", "CX")
	g.arg("d", "DI")
	g.arg("a", "AX")
	g.arg("shift", "BX")
	g.stride("step", "SI")
	g.arg("block", "R8")
	g.arg("n", "DX")
	g.zero(v, 0)
	n := v.vectors()
	for h := range n {
		g.p("VMOVUPS %d(BX), %s", h*v.bytes(), v.r(1+h))
	}
	g.p("LEAQ (CX)(R8*2), CX\nPCALIGN $32\npixel:")
	for h := range n {
		x, set := v.r(1+n+h), v.r(1+2*n+h)
		g.p("VADDPS %d(AX), %s, %s\nVMOVUPS %s, %d(DI)", h*v.bytes(), v.r(1+h), x, x, h*v.bytes())
		g.p("VCMPPS $4, %s, %s, %s\nVMOVMSKPS %s, R9\nMOVB R9, %d(CX)", x, v.r(0), set, set, h)
	}
	g.p("ADDQ $%d, AX\nADDQ SI, DI\nADDQ $8, CX\nDECQ DX\nJNZ pixel", pixel)
	g.ret()
}

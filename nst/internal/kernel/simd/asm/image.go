package main

// imageForward is gemm with inputs found through a list of taps.
func imageForward(g *file, v isa) {
	g.byPixels(v, "y", "x", "yStride", 4, func() { g.arg("bias", "DX") }, func() {
		g.arg("taps", "R11")
		g.arg("n", "CX")
	}, func() { g.p("ADDQ $%d, DX", pixel) }, imageTile)
}

// imageTile: DX bias, R11 taps, CX their number.
func imageTile(g *file, v isa, mr, nb int, end func()) {
	nv := nb * v.vectors()
	acc := func(t, j int) string { return v.r(t*nv + j) }
	filter := func(j int) string { return v.r(mr*nv + j) }
	input := func(t int) string { return v.r(mr*nv + nv + t%2) }
	for j := range nv {
		g.p("VMOVUPS %d(DX), %s", j*v.bytes(), acc(0, j))
	}
	for t := 1; t < mr; t++ {
		for j := range nv {
			g.p("VMOVAPS %s, %s", acc(0, j), acc(t, j))
		}
	}
	step := g.label("tap")
	g.p("PCALIGN $32\n%s:\nMOVQ (R11), R8\nLEAQ (AX)(R8*4), R8", step)
	for j := range nv {
		g.p("VMOVUPS %d(BX), %s", j*v.bytes(), filter(j))
	}
	for t := range mr {
		g.p("VBROADCASTSS %d(R8), %s", t*4, input(t))
		for j := range nv {
			g.p("VFMADD231PS %s, %s, %s", filter(j), input(t), acc(t, j))
		}
	}
	g.p("ADDQ $8, R11\nADDQ $%d, BX\nDECQ CX\nJNZ %s", 2*pixel, step)
	for b := range nb {
		for t := range mr {
			for j := range v.vectors() {
				a := acc(t, b*v.vectors()+j)
				g.p("VMOVUPS %s, %d(DI)", a, t*pixel+j*v.bytes())
			}
		}
		if b+1 < nb {
			g.p("ADDQ SI, DI")
		}
	}
	end()
}

// backFetched is how many lines from next on a call of imageBack fetches, or a few less.
const backFetched = 112

// imageBack: three planes of 6 rows by 16 pixels. For one channel of the input and
// one column of the filters, the rows of the input lie in registers and are used
// by all rows of the filters: going to the next loads one row. AVX-512 keeps the
// whole tile, AVX2 does quarters of 3 rows by 8 pixels.
func imageBack(g *file, v isa) {
	const planes, tileRows = 3, 6
	rows := tileRows
	if !v.wide {
		rows = 3
	}
	acc := func(p, i int) string { return v.r(p*rows + i) }
	input := func(i int) string { return v.r(planes*rows + i%rows) }
	weight := func(p int) string { return v.r(planes*rows + rows + p) }
	g.arg("out", "DI")
	g.arg("x", "AX")
	g.stride("oplane", "R8")
	g.stride("orow", "R9")
	g.stride("row", "DX")
	g.p("LEAQ (DX)(DX*2), R13\nLEAQ (DX)(DX*4), R14") // three and five rows
	g.arg("size", "R15")
	g.p("CMPQ R15, $7\nJEQ size7\nCMPQ R15, $5\nJEQ size5")
	move := func(store bool) {
		g.p("MOVQ DI, R10")
		for p := range planes {
			g.p("MOVQ R10, SI")
			for i := range rows {
				if store {
					g.p("VMOVUPS %s, (SI)", acc(p, i))
				} else {
					g.p("VMOVUPS (SI), %s", acc(p, i))
				}
				if i+1 < rows {
					g.p("ADDQ R9, SI")
				}
			}
			if p+1 < planes {
				g.p("ADDQ R8, R10")
			}
		}
	}
	at := []string{"(SI)", "(SI)(DX*1)", "(SI)(DX*2)", "(SI)(R13*1)", "(SI)(DX*4)", "(SI)(R14*1)"}
	for _, size := range []int{3, 5, 7} {
		if size > 3 {
			g.p("size%d:", size)
		}
		part := func() {
			move(false)
			g.arg("u", "BX")
			if v.wide {
				g.arg("next", "R15")
			}
			// R10: the lowest row and last column that the first taps read.
			switch size {
			case 3:
				g.p("LEAQ 8(AX)(DX*2), R10")
			case 5:
				g.p("LEAQ 16(AX)(DX*4), R10")
			case 7:
				g.p("LEAQ 24(AX)(DX*4), R10\nLEAQ (R10)(DX*2), R10")
			}
			g.p("MOVQ $%d, CX", lanes)
			channel, column := g.label("channel"), g.label("column")
			g.p("%s:\nMOVQ R10, R12\nMOVQ $%d, R11\nPCALIGN $32\n%s:\nMOVQ R12, SI", channel, size, column)
			if v.wide {
				lines := backFetched / lanes / size
				for i := range lines {
					g.p("PREFETCHT1 %d(R15)", i*pixel)
				}
				g.p("ADDQ $%d, R15", lines*pixel)
			}
			for i := range rows {
				g.p("VMOVUPS %s, %s", at[i], input(i))
			}
			for k := range size {
				if k > 0 { // row i of the tile reads what row i-1 read
					g.p("SUBQ DX, SI\nVMOVUPS (SI), %s", input(size*rows-k))
				}
				for p := range planes {
					g.p("VBROADCASTSS %d(BX), %s", k*16+p*4, weight(p))
				}
				for i := range rows {
					for p := range planes {
						g.p("VFMADD231PS %s, %s, %s", weight(p), input(size*rows-k+i), acc(p, i))
					}
				}
			}
			g.p("ADDQ $%d, BX\nSUBQ $4, R12\nDECQ R11\nJNZ %s", size*16, column)
			g.p("MOVQ plane+%d(FP), R11\nLEAQ (R10)(R11*4), R10\nDECQ CX\nJNZ %s", g.offset("plane"), channel)
			move(true)
		}
		if v.wide {
			part()
		} else {
			g.p("MOVQ $%d, R15", tileRows/rows)
			half := g.label("half")
			g.p("%s:", half)
			part()
			g.p("ADDQ $%d, AX\nADDQ $%d, DI", v.bytes(), v.bytes())
			part()
			g.p("SUBQ $%d, AX\nSUBQ $%d, DI", v.bytes(), v.bytes())
			g.p("ADDQ R13, AX\nLEAQ (R9)(R9*2), R11\nADDQ R11, DI\nDECQ R15\nJNZ %s", half)
		}
		g.ret()
	}
}

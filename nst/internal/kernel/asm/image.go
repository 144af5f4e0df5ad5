package main

import "fmt"

// image: the convolution of the planar image, both ways.
func image(g *file) {
	for _, v := range both {
		imageForward(g, v)
	}
	for _, v := range both {
		imageBack(g, v)
	}
}

// imageForward is gemm with inputs found through a list of taps.
func imageForward(g *file, v isa) {
	most, blocks := 14, 2
	if !v.wide {
		most, blocks = 6, 1
	}
	params := "y *float32, x *float32, u *float32, bias *float32, taps *int, n int, yStride int, mr int"
	if v.wide {
		params += ", nb int"
	}
	params += ", low float32"
	g.routine("imageTile"+v.name, fmt.Sprintf("is imageTilePortable with n taps, mr up to %d and nb up to %d; low is 0 for the ReLU, else -Inf.", most, blocks), params, 0)
	g.arg("y", "DI")
	g.arg("x", "AX")
	g.arg("u", "BX")
	g.arg("bias", "DX")
	g.arg("taps", "R11")
	g.arg("n", "CX")
	if v.wide {
		g.stride("yStride", "SI")
	}
	g.arg("mr", "R9")
	name := func(blocks int) func(int) string {
		return func(mr int) string { return fmt.Sprintf("tile%dx%d%s", mr, blocks, v.reg) }
	}
	if v.wide {
		g.arg("nb", "R10")
		g.p("CMPQ R10, $1\nJEQ narrow")
	}
	g.choose("R9", most, name(blocks))
	if v.wide {
		g.p("narrow:")
		g.choose("R9", most, name(1))
	}
	for nb := blocks; nb > 0; nb-- {
		for mr := most; mr > 0; mr-- {
			g.p("%s:", name(nb)(mr))
			imageTile(g, v, mr, nb)
		}
	}
}

// imageTile: DI y, AX x, BX u, DX bias, R11 taps, CX their number, SI bytes from
// block to block of y.
func imageTile(g *file, v isa, mr, nb int) {
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
	low := filter(0)
	g.spread("low", low)
	for b := range nb {
		for t := range mr {
			for j := range v.vectors() {
				a := acc(t, b*v.vectors()+j)
				g.p("VMAXPS %s, %s, %s\nVMOVUPS %s, %d(DI)", a, low, a, a, t*pixel+j*v.bytes())
			}
		}
		if b+1 < nb {
			g.p("ADDQ SI, DI")
		}
	}
	g.ret()
}

// imageBack: three planes of 4 rows by 32 pixels. AVX-512 keeps all of them in 24
// registers, AVX2 one row in 12.
func imageBack(g *file, v isa) {
	g.routine("imageBack"+v.name, "is imageBackPortable with n taps.",
		"out *float32, x *float32, u *float32, taps *int, n int, oplane int, orow int, row int", 0)
	g.arg("out", "DI")
	g.arg("x", "AX")
	g.arg("taps", "R11")
	g.stride("oplane", "R8")
	g.stride("orow", "R9")
	g.stride("row", "DX")
	const planes, rows, cols = 3, 4, 32
	nv := cols / v.lanes
	perPass := 1
	if v.wide {
		perPass = rows
		g.p("LEAQ (DX)(DX*2), R13") // three rows
	}
	acc := func(p, i, j int) string { return v.r((p*perPass+i)*nv + j) }
	weight := func(p int) string { return v.r(planes*perPass*nv + p) }
	input := func(j int) string {
		spare := 1
		if v.wide {
			spare = 2
		}
		return v.r(planes*perPass*nv + planes + j%spare)
	}
	pass := g.label("pass")
	if perPass < rows {
		g.p("MOVQ $%d, R12\n%s:", rows/perPass, pass)
	}
	move := func(store bool) {
		g.p("MOVQ DI, R10")
		for p := range planes {
			g.p("MOVQ R10, SI")
			for i := range perPass {
				for j := range nv {
					if store {
						g.p("VMOVUPS %s, %d(SI)", acc(p, i, j), j*v.bytes())
					} else {
						g.p("VMOVUPS %d(SI), %s", j*v.bytes(), acc(p, i, j))
					}
				}
				if i+1 < perPass {
					g.p("ADDQ R9, SI")
				}
			}
			if p+1 < planes {
				g.p("ADDQ R8, R10")
			}
		}
	}
	move(false)
	g.arg("u", "BX")
	g.arg("n", "CX")
	g.p("MOVQ R11, R10")
	step := g.label("tap")
	g.p("PCALIGN $32\n%s:\nMOVQ (R10), SI\nLEAQ (AX)(SI*4), SI", step)
	for p := range planes {
		g.p("VBROADCASTSS %d(BX), %s", p*4, weight(p))
	}
	for i := range perPass {
		at := []string{"(SI)", "(SI)(DX*1)", "(SI)(DX*2)", "(SI)(R13*1)"}[i]
		for j := range nv {
			g.p("VMOVUPS %d%s, %s", j*v.bytes(), at, input(j))
			for p := range planes {
				g.p("VFMADD231PS %s, %s, %s", weight(p), input(j), acc(p, i, j))
			}
		}
	}
	g.p("ADDQ $8, R10\nADDQ $16, BX\nDECQ CX\nJNZ %s", step)
	move(true)
	if perPass < rows {
		g.p("ADDQ R9, DI\nADDQ DX, AX\nDECQ R12\nJNZ %s", pass)
	}
	g.ret()
}

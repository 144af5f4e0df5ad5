package main

import "fmt"

// gemm: mr pixels by one or two blocks of outputs are kept in registers; each
// input is broadcast against the filters of those blocks. AVX-512 takes up to 14
// pixels by two blocks, AVX2 6 by one.
func gemm(g *file) {
	for _, v := range both {
		most, blocks := 14, 2
		if !v.wide {
			most, blocks = 6, 1
		}
		params := "m *float32, v *float32, u *float32, next *float32, mStride int, vStride int, kb int, mr int"
		if v.wide {
			params += ", nb int"
		}
		g.routine("gemm"+v.name, fmt.Sprintf("is gemmPortable with mr up to %d and nb up to %d.", most, blocks), params, 0)
		g.arg("m", "DI")
		g.arg("v", "AX")
		g.arg("u", "BX")
		g.arg("next", "R11")
		if v.wide {
			g.stride("mStride", "SI")
		}
		g.stride("vStride", "DX")
		g.p("SUBQ $%d, DX", pixel)
		g.arg("kb", "CX")
		g.arg("mr", "R9")
		if v.wide {
			g.arg("nb", "R10")
			g.p("CMPQ R10, $1\nJEQ narrow")
		}
		name := func(blocks int) func(int) string {
			return func(mr int) string { return fmt.Sprintf("tile%dx%d%s", mr, blocks, v.reg) }
		}
		g.choose("R9", most, name(blocks))
		if v.wide {
			g.p("narrow:")
			g.choose("R9", most, name(1))
		}
		for nb := blocks; nb > 0; nb-- {
			for mr := most; mr > 0; mr-- {
				g.p("%s:", name(nb)(mr))
				gemmTile(g, v, mr, nb)
			}
		}
	}
}

// gemmTile: DI m, AX v, BX u, SI bytes from block to block of m, DX bytes from the
// end of one block of v to the next, CX blocks of inputs.
func gemmTile(g *file, v isa, mr, nb int) {
	const unroll = 2
	nv := nb * v.vectors()
	acc := func(t, j int) string { return v.r(t*nv + j) }
	filter := func(j int) string { return v.r(mr*nv + j) }
	input := func(t int) string { return v.r(mr*nv + nv + t%2) }
	for i := range mr * nv {
		g.zero(v, i)
	}
	block, step := g.label("block"), g.label("step")
	g.p("%s:\nMOVQ $%d, R8\nLEAQ 64(AX)(DX*1), R13\nPCALIGN $32\n%s:", block, lanes/unroll, step)
	g.p("PREFETCHT0 (R13)\nPREFETCHT0 64(R13)\nADDQ $128, R13")
	g.p("PREFETCHT1 (R11)\nADDQ $64, R11")
	for k := range unroll {
		for j := range nv {
			g.p("VMOVUPS %d(BX), %s", k*2*pixel+j*v.bytes(), filter(j))
		}
		for j := range nv * v.bytes() / 64 {
			g.p("PREFETCHT0 %d(BX)", 1024+k*2*pixel+j*64)
		}
		for t := range mr {
			g.p("VBROADCASTSS %d(AX), %s", t*pixel+k*4, input(t))
			for j := range nv {
				g.p("VFMADD231PS %s, %s, %s", filter(j), input(t), acc(t, j))
			}
		}
	}
	g.p("ADDQ $%d, AX\nADDQ $%d, BX\nDECQ R8\nJNZ %s", 4*unroll, 2*pixel*unroll, step)
	g.p("ADDQ DX, AX\nDECQ CX\nJNZ %s", block)
	for b := range nb {
		for t := range mr {
			for j := range v.vectors() {
				g.p("VMOVUPS %s, %d(DI)", acc(t, b*v.vectors()+j), t*pixel+j*v.bytes())
			}
		}
		if b+1 < nb {
			g.p("ADDQ SI, DI")
		}
	}
	g.ret()
}

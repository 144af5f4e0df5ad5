package main

import "fmt"

// gemm: mr pixels by one or two blocks of outputs are kept in registers; each
// input is broadcast against the filters of those blocks. Tile after tile fetches on from next.
func gemm(g *file, v isa) {
	g.stride("vStride", "DX")
	g.p("SUBQ $%d, DX", pixel)
	g.arg("next", "R11")
	g.byPixels(v, "m", "v", "mStride", pixel, nil, func() { g.arg("kb", "CX") }, nil, gemmTile)
}

// byPixels calls tile for mr pixels by nb blocks of outputs: AVX-512 once, for up to 14
// pixels by two blocks, AVX2 for up to six by one at a time. A tile finds its outputs,
// whose blocks are SI bytes apart, at DI, its inputs at AX, which are step bytes apart,
// and the filters u at BX. It ends with end; with AVX2 it keeps DX, SI, DI, R9, R10, R12, R14
// and R15. start is called before every tile, group before the
// pixels of a tile, and next after a block of them.
func (g *file) byPixels(v isa, out, in, stride string, step int, group, start, next func(), tile func(g *file, v isa, mr, nb int, end func())) {
	name := func(nb int) func(int) string {
		return func(mr int) string { return fmt.Sprintf("tile%dx%d%s", mr, nb, v.reg) }
	}
	call := func(f func()) {
		if f != nil {
			f()
		}
	}
	if v.wide {
		const most, blocks = 14, 2
		g.arg(out, "DI")
		g.arg(in, "AX")
		g.arg("u", "BX")
		g.stride(stride, "SI")
		g.arg("mr", "R9")
		g.arg("nb", "R10")
		call(group)
		start()
		g.p("CMPQ R10, $1\nJEQ narrow")
		g.choose("R9", most, name(blocks))
		g.p("narrow:")
		g.choose("R9", most, name(1))
		for nb := blocks; nb > 0; nb-- {
			for mr := most; mr > 0; mr-- {
				g.p("%s:", name(nb)(mr))
				tile(g, v, mr, nb, g.ret)
			}
		}
		return
	}
	const most = 6
	g.arg(out, "R12")
	g.arg(in, "R15")
	g.arg("mr", "R14") // that are left
	// Halve seven to eleven pixels: fewer than four take as long as four.
	g.p("group:\nMOVQ R14, R9\nCMPQ R14, $%d\nJLE taken\nMOVQ $%d, R9\nCMPQ R14, $%d\nJGE taken", most, most, 2*most)
	g.p("LEAQ 1(R14), R9\nSHRQ $1, R9\ntaken:\nMOVQ R12, DI")
	g.arg("u", "SI")
	g.arg("nb", "R10")
	call(group)
	g.p("block:\nMOVQ R15, AX\nMOVQ SI, BX")
	start()
	g.choose("R9", most, name(1))
	for mr := most; mr > 0; mr-- {
		g.p("%s:", name(1)(mr))
		tile(g, v, mr, 1, func() { g.p("JMP done") })
	}
	g.p("done:")
	g.stride(stride, "CX")
	g.p("ADDQ CX, DI\nADDQ $%d, SI", pixel)
	call(next)
	g.p("DECQ R10\nJNZ block\nIMUL3Q $%d, R9, CX\nADDQ CX, R12\nIMUL3Q $%d, R9, CX\nADDQ CX, R15", pixel, step)
	g.p("SUBQ R9, R14\nJG group")
	g.ret()
}

// gemmTile: DX bytes from the end of one block of v to the next, CX blocks of inputs, R11
// what is fetched.
func gemmTile(g *file, v isa, mr, nb int, end func()) {
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
	end()
}

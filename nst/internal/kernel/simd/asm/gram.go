package main

import "fmt"

// gram: 8 channels, each broadcast, by up to three blocks with AVX-512; AVX2 takes
// 4 channels by one block at a time.
func gram(g *file, v isa) {
	const channels, most = 8, 3
	g.arg("tile", "DI")
	g.arg("a", "AX")
	g.arg("b", "BX")
	g.arg("next", "R12")
	g.stride("row", "DX")
	g.arg("rows", "CX")
	g.arg("width", "R8")
	g.stride("fetch", "R9")
	g.p("MOVQ R8, R11\nSHLQ $6, R11\nSUBQ R11, DX") // from the end of a row to the next
	if v.wide {
		g.stride("plane", "SI")
		g.arg("nb", "R10")
		name := func(nb int) string { return fmt.Sprintf("blocks%d", nb) }
		g.choose("R10", most, name)
		for nb := most; nb > 0; nb-- {
			g.p("%s:", name(nb))
			b := []string{"(BX)", "(BX)(SI*1)", "(BX)(SI*2)"}
			gramSum(g, v, channels, nb, func(j int) string { return b[j] })
			for i := range channels * nb {
				g.p("VMOVUPS %s, %d(DI)", v.r(i), i*v.bytes())
			}
			g.ret()
		}
		return
	}
	g.arg("nb", "R11") // blocks that are left
	g.p("MOVQ R11, SI\nSHLQ $6, SI\nMOVQ BX, R15\nblock:\nMOVQ $%d, R13", channels/4)
	g.arg("a", "R14")
	g.p("pass:\nMOVQ R14, AX\nMOVQ R15, BX")
	g.arg("rows", "CX")
	gramSum(g, v, 4, 2, func(j int) string { return fmt.Sprintf("%d(BX)", j*v.bytes()) })
	for t := range 4 {
		g.p("VMOVUPS %s, (DI)\nVMOVUPS %s, %d(DI)\nADDQ SI, DI", v.r(2*t), v.r(2*t+1), v.bytes())
	}
	g.p("ADDQ $16, R14\nDECQ R13\nJNZ pass")
	g.stride("plane", "R13")
	g.p("ADDQ R13, R15\nMOVQ SI, R13\nSHLQ $%d, R13\nSUBQ R13, DI\nADDQ $%d, DI", 3, pixel) // eight rows back
	g.arg("next", "R12")
	g.p("DECQ R11\nJNZ block")
	g.ret()
}

// gramSum: AX and BX the first pixels, DX bytes from the end of a row to the next,
// CX rows, R8 pixels of a row, R12 what is to be fetched and R9 how much a pixel.
func gramSum(g *file, v isa, channels, nv int, at func(j int) string) {
	for i := range channels * nv {
		g.zero(v, i)
	}
	line, step := g.label("line"), g.label("pixel")
	g.p("%s:\nMOVQ R8, R10\nPCALIGN $32\n%s:\nPREFETCHT1 (R12)\nADDQ R9, R12", line, step)
	for j := range nv {
		g.p("VMOVUPS %s, %s", at(j), v.r(channels*nv+j))
	}
	for t := range channels {
		in := v.r(channels*nv + nv + t%2)
		g.p("VBROADCASTSS %d(AX), %s", t*4, in)
		for j := range nv {
			g.p("VFMADD231PS %s, %s, %s", v.r(channels*nv+j), in, v.r(t*nv+j))
		}
	}
	g.p("ADDQ $%d, AX\nADDQ $%d, BX\nDECQ R10\nJNZ %s", pixel, pixel, step)
	g.p("ADDQ DX, AX\nADDQ DX, BX\nDECQ CX\nJNZ %s", line)
}

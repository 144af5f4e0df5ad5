package main

import "fmt"

// gram: 8 channels, each broadcast, by up to three blocks with AVX-512; AVX2 takes
// 4 channels by one block at a time.
func gram(g *file) {
	const channels, most = 8, 3
	v := avx512
	params := "tile *float32, a *float32, b *float32, next *float32, plane int, row int, rows int, width int, fetch int"
	g.routine("gramTile"+v.name, "is gramTilePortable with nb up to 3.", params+", nb int", 0)
	gramArgs(g)
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

	// AVX2 is called for one block; the rows of its tile are tileRow apart.
	v = avx2
	g.routine("gramTile"+v.name, "is gramTilePortable with nb = 1 and tileRow floats between the rows of the tile.",
		"tile *float32, a *float32, b *float32, next *float32, tileRow int, row int, rows int, width int, fetch int", 0)
	gramArgs(g)
	g.stride("tileRow", "SI")
	g.p("MOVQ $%d, R13\nMOVQ AX, R14\nMOVQ BX, R15\npass:", channels/4)
	gramSum(g, v, 4, 2, func(j int) string { return fmt.Sprintf("%d(BX)", j*v.bytes()) })
	for t := range 4 {
		g.p("VMOVUPS %s, (DI)\nVMOVUPS %s, %d(DI)\nADDQ SI, DI", v.r(2*t), v.r(2*t+1), v.bytes())
	}
	g.p("ADDQ $16, R14\nMOVQ R14, AX\nMOVQ R15, BX")
	g.arg("rows", "CX")
	g.p("DECQ R13\nJNZ pass")
	g.ret()
}

func gramArgs(g *file) {
	g.arg("tile", "DI")
	g.arg("a", "AX")
	g.arg("b", "BX")
	g.arg("next", "R12")
	g.stride("row", "DX")
	g.arg("rows", "CX")
	g.arg("width", "R8")
	g.stride("fetch", "R9")
	g.p("MOVQ R8, R11\nSHLQ $6, R11\nSUBQ R11, DX") // from the end of a row to the next
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

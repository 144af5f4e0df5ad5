package main

import "math"

func (g *file) number(f float32, reg string) {
	names := map[float32]string{2: "two", 4: "four", 5: "five", 8: "eight"}
	g.constant(names[f], math.Float32bits(f), reg)
}

const tileIn, tileOut = 6, 4

// inputPoints transforms the columns of a tile into scratch, then its rows. For AMX every
// value is stored as two numbers of bfloat16.
func inputPoints(g *file, v isa) {
	masked, split := g.is("Masked"), v == tiles
	g.arg("v", "DI")
	g.arg("src", "AX")
	if masked {
		g.arg("mask", "R15")
		g.arg("maskRow", "R14")
		g.p("SHLQ $1, R14")
	}
	g.stride("stride", "SI")
	g.stride("row", "DX")
	g.arg("n", "CX")
	four, five, two := v.r(15), v.r(14), v.r(13)
	g.number(4, four)
	g.number(5, five)
	g.number(2, two)
	tile := g.label("tile")
	g.p("%s:", tile)
	for h := range v.vectors() {
		off := h * v.bytes()
		g.p("LEAQ (AX)(DX*1), R8\nLEAQ (AX)(DX*2), R9\nLEAQ (R8)(DX*2), R10\nLEAQ (AX)(DX*4), R11\nLEAQ (R8)(DX*4), R12")
		rows := []string{"AX", "R8", "R9", "R10", "R11", "R12"}
		var bits []string
		if masked {
			g.p("LEAQ (R15)(R14*1), R13")
			bits = []string{"(R15)", "(R13)", "(R15)(R14*2)", "(R13)(R14*2)", "(R15)(R14*4)", "(R13)(R14*4)"}
			if !v.wide {
				g.laneBits(8*h, v.r(12))
			}
		}
		for j := range tileIn {
			for i, at := range rows {
				d := j*pixel + off
				switch {
				case masked && v.wide:
					g.p("KMOVW %d%s, K1\nVMOVUPS.Z %d(%s), K1, %s", 2*j, bits[i], d, at, v.r(i))
				case masked:
					g.p("VPBROADCASTW %d%s, %s\nVPAND %s, %s, %s\nVPCMPEQD %s, %s, %s\nVANDPS %d(%s), %s, %s",
						2*j, bits[i], v.r(i), v.r(12), v.r(i), v.r(i), v.r(12), v.r(i), v.r(i), d, at, v.r(i), v.r(i))
				default:
					g.p("VMOVUPS %d(%s), %s", d, at, v.r(i))
				}
			}
			inputLine(g, v, four, five, two, func(i int, reg string) {
				g.p("VMOVUPS %s, %d(BX)", reg, (i*tileIn+j)*v.bytes())
			})
		}
		if off == 0 {
			g.p("MOVQ DI, R13")
		} else {
			g.p("LEAQ %d(DI), R13", off)
		}
		if split {
			g.arg("low", "R12")
			g.p("SHLQ $2, R12")
		}
		for i := range tileIn {
			for j := range tileIn {
				g.p("VMOVUPS %d(BX), %s", (i*tileIn+j)*v.bytes(), v.r(j))
			}
			inputLine(g, v, four, five, two, func(_ int, reg string) {
				if split {
					g.split(reg, "(R13)", "(R13)(R12*1)")
				} else {
					g.p("VMOVUPS %s, (R13)", reg)
				}
				g.p("ADDQ SI, R13")
			})
		}
	}
	g.p("ADDQ $%d, AX\nADDQ $%d, DI", tileOut*pixel, pixel)
	if masked {
		g.p("ADDQ $%d, R15", tileOut*2)
	}
	g.p("DECQ CX\nJNZ %s", tile)
	g.ret()
}

// inputLine is B^T times registers 0 to 5; it stores 0 … 5 in order and uses
// registers up to 11.
func inputLine(g *file, v isa, four, five, two string, store func(i int, reg string)) {
	r := v.r
	g.p("VMOVAPS %s, %s\nVFNMADD231PS %s, %s, %s\nVFMADD231PS %s, %s, %s", r(4), r(6), five, r(2), r(6), four, r(0), r(6))
	store(0, r(6))                                                               // e - 5c + 4a
	g.p("VMOVAPS %s, %s\nVFNMADD231PS %s, %s, %s", r(4), r(7), four, r(2), r(7)) // e - 4c
	g.p("VMOVAPS %s, %s\nVFNMADD231PS %s, %s, %s", r(3), r(8), four, r(1), r(8)) // d - 4b
	g.p("VADDPS %s, %s, %s\nVSUBPS %s, %s, %s", r(8), r(7), r(9), r(8), r(7), r(7))
	store(1, r(9))
	store(2, r(7))
	g.p("VSUBPS %s, %s, %s\nVSUBPS %s, %s, %s", r(2), r(4), r(10), r(1), r(3), r(11)) // e - c, d - b
	g.p("VMOVAPS %s, %s\nVFMADD231PS %s, %s, %s\nVFNMADD231PS %s, %s, %s", r(10), r(0), two, r(11), r(0), two, r(11), r(10))
	store(3, r(0))
	store(4, r(10))
	g.p("VFNMADD231PS %s, %s, %s\nVFMADD231PS %s, %s, %s", five, r(3), r(5), four, r(1), r(5))
	store(5, r(5)) // f - 5d + 4b
}

// outputPoints transforms the columns of the 36 values into scratch, then the
// rows, and adds the bias. Recorded, it writes which values are above 0, a bit a value.
// Streamed, it writes past the caches: a large map will have left them before it is read.
func outputPoints(g *file, v isa) {
	store := g.store()
	recorded := g.is("Recorded")
	if recorded {
		g.arg("bits", "R14")
	}
	g.arg("dst", "DI")
	g.arg("m", "AX")
	g.arg("bias", "R15")
	g.stride("row", "SI")
	g.stride("stride", "DX")
	g.arg("n", "CX")
	two, four, eight := v.r(15), v.r(14), v.r(13)
	g.number(2, two)
	g.number(4, four)
	g.number(8, eight)
	low, bias, zero := v.r(12), v.r(11), v.r(10)
	g.spread("low", low)
	if recorded {
		g.zero(v, 10)
	}
	g.p("LEAQ (DX)(DX*2), R9\nLEAQ (DX)(DX*4), R10\nLEAQ (R9)(R9*1), R11\nLEAQ (SI)(SI*2), R12")
	tile := g.label("tile")
	g.p("%s:", tile)
	for h := range v.vectors() {
		off := h * v.bytes()
		// Point i*6+j: columns j, then along i, six strides apart.
		for j := range tileIn {
			if j == 0 {
				g.p("LEAQ %d(AX), R8", off)
			} else {
				g.p("ADDQ DX, R8")
			}
			outputLine(g, v, two, four, eight, func(i int) {
				switch i {
				case 0:
					g.p("VMOVUPS (R8), %s", v.r(0))
				case 1:
					g.p("LEAQ (R8)(R11*1), R13\nVMOVUPS (R13), %s", v.r(1))
				default:
					g.p("ADDQ R11, R13\nVMOVUPS (R13), %s", v.r(i))
				}
			}, func(i int, reg string) {
				g.p("VMOVUPS %s, %d(BX)", reg, (i*tileIn+j)*v.bytes())
			})
		}
		g.p("VMOVUPS %d(R15), %s", off, bias)
		if recorded {
			g.p("MOVQ R14, R8")
		}
		for i := range tileOut {
			at := []string{"(DI)", "(DI)(SI*1)", "(DI)(SI*2)", "(DI)(R12*1)"}[i]
			outputLine(g, v, two, four, eight, func(j int) {
				g.p("VMOVUPS %d(BX), %s", (i*tileIn+j)*v.bytes(), v.r(j))
			}, func(j int, reg string) {
				g.p("VADDPS %s, %s, %s\nVMAXPS %s, %s, %s\n%s %s, %d%s", bias, reg, reg, reg, low, reg, store, reg, j*pixel+off, at)
				switch {
				case recorded && v.wide:
					g.p("VCMPPS $17, %s, %s, K1\nKMOVW K1, %d(R8)", reg, zero, 2*j)
				case recorded:
					g.p("VCMPPS $17, %s, %s, %s\nVMOVMSKPS %s, R13\nMOVB R13, %d(R8)", reg, zero, reg, reg, 2*j+h)
				}
			})
			if recorded {
				g.p("ADDQ bitsRow+%d(FP), R8\nADDQ bitsRow+%d(FP), R8", g.offset("bitsRow"), g.offset("bitsRow"))
			}
		}
	}
	g.p("ADDQ $%d, AX\nADDQ $%d, DI", pixel, tileOut*pixel)
	if recorded {
		g.p("ADDQ $%d, R14", 2*tileOut)
	}
	g.p("DECQ CX\nJNZ %s", tile)
	g.ret()
}

// outputLine is A^T times registers 0 to 5, which it loads in order.
func outputLine(g *file, v isa, two, four, eight string, load func(i int), store func(i int, reg string)) {
	r := v.r
	for i := range tileIn {
		load(i)
	}
	g.p("VADDPS %s, %s, %s\nVSUBPS %s, %s, %s", r(2), r(1), r(6), r(2), r(1), r(7)) // a, b
	g.p("VADDPS %s, %s, %s\nVSUBPS %s, %s, %s", r(4), r(3), r(8), r(4), r(3), r(9)) // c, d
	g.p("VADDPS %s, %s, %s\nVADDPS %s, %s, %s", r(6), r(0), r(0), r(8), r(0), r(0))
	store(0, r(0)) // m0 + a + c
	g.p("VADDPS %s, %s, %s\nVFMADD231PS %s, %s, %s", r(7), r(5), r(5), eight, r(9), r(5))
	g.p("VFMADD231PS %s, %s, %s\nVFMADD231PS %s, %s, %s", two, r(9), r(7), four, r(8), r(6))
	store(1, r(7)) // b + 2d
	store(2, r(6)) // a + 4c
	store(3, r(5)) // b + m5 + 8d
}

// store is the instruction that writes a vector.
func (g *file) store() string {
	if g.is("Stream") {
		return "VMOVNTPS"
	}
	return "VMOVUPS"
}

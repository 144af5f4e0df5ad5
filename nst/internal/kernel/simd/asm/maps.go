package main

// toPlanes transposes squares of 16 (AVX2: 8) pixels by as many channels.
func toPlanes(g *file, v isa) {
	masked := g.is("Masked")
	g.arg("dst", "DI")
	g.arg("src", "AX")
	if masked {
		g.arg("mask", "BX")
	}
	g.stride("stride", "SI")
	g.arg("n", "CX")
	square := g.label("square")
	g.p("%s:", square)
	k := v.lanes
	for px := 0; px < lanes; px += k {
		g.p("LEAQ %d(DI), R8", px*4)
		for ch := 0; ch < lanes; ch += k {
			if masked && !v.wide {
				g.laneBits(ch, v.r(2*k-1))
			}
			for i := range k {
				d := (px+i)*pixel + ch*4
				switch {
				case masked && v.wide:
					g.p("KMOVW %d(BX), K1\nVMOVUPS.Z %d(AX), K1, %s", 2*(px+i), d, v.r(i))
				case masked:
					g.p("VPBROADCASTW %d(BX), %s\nVPAND %s, %s, %s\nVPCMPEQD %s, %s, %s\nVANDPS %d(AX), %s, %s",
						2*(px+i), v.r(i), v.r(2*k-1), v.r(i), v.r(i), v.r(2*k-1), v.r(i), v.r(i), d, v.r(i), v.r(i))
				default:
					g.p("VMOVUPS %d(AX), %s", d, v.r(i))
				}
			}
			for _, i := range transpose(g, v) {
				g.p("VMOVUPS %s, (R8)\nADDQ SI, R8", v.r(i))
			}
		}
	}
	g.p("ADDQ $%d, AX\nADDQ $%d, DI", lanes*pixel, lanes*4)
	if masked {
		g.p("ADDQ $%d, BX", lanes*2)
	}
	g.p("DECQ CX\nJNZ %s", square)
	g.ret()
}

// finishRow adds the bias and applies the ReLU; see outputPoints.
func finishRow(g *file, v isa) {
	store, recorded := g.store(), g.is("Recorded")
	g.arg("y", "DI")
	g.arg("a", "SI")
	g.arg("bias", "AX")
	if recorded {
		g.arg("bits", "BX")
		g.zero(v, 2)
	}
	g.arg("n", "CX")
	x, low, zero := v.r(0), v.r(1), v.r(2)
	g.spread("low", low)
	for h := range v.vectors() {
		g.p("VMOVUPS %d(AX), %s", h*v.bytes(), v.r(3+h))
	}
	loop := g.label("pixel")
	g.p("%s:", loop)
	for h := range v.vectors() {
		o := h * v.bytes()
		g.p("VADDPS %d(SI), %s, %s\nVMAXPS %s, %s, %s\n%s %s, %d(DI)", o, v.r(3+h), x, x, low, x, store, x, o)
		switch {
		case recorded && v.wide:
			g.p("VCMPPS $17, %s, %s, K1\nKMOVW K1, (BX)", x, zero)
		case recorded:
			g.p("VCMPPS $17, %s, %s, %s\nVMOVMSKPS %s, R8\nMOVB R8, %d(BX)", x, zero, x, x, h)
		}
	}
	if recorded {
		g.p("ADDQ $2, BX")
	}
	g.p("ADDQ $%d, DI\nADDQ $%d, SI\nDECQ CX\nJNZ %s", pixel, pixel, loop)
	g.ret()
}

// transpose turns the square in registers 0 … lanes-1, using twice as many, and
// gives the registers of its columns.
func transpose(g *file, v isa) []int {
	k := v.lanes
	r := v.r
	for i := 0; i < k; i += 2 { // pairs of rows, interleaved
		g.p("VUNPCKLPS %s, %s, %s\nVUNPCKHPS %s, %s, %s", r(i+1), r(i), r(k+i), r(i+1), r(i), r(k+i+1))
	}
	for i := 0; i < k; i += 4 { // fours: register i+e has column e of each quarter
		g.p("VUNPCKLPD %s, %s, %s\nVUNPCKHPD %s, %s, %s", r(k+i+2), r(k+i), r(i), r(k+i+2), r(k+i), r(i+1))
		g.p("VUNPCKLPD %s, %s, %s\nVUNPCKHPD %s, %s, %s", r(k+i+3), r(k+i+1), r(i+2), r(k+i+3), r(k+i+1), r(i+3))
	}
	out := make([]int, k)
	for e := range 4 {
		if !v.wide {
			g.p("VPERM2F128 $0x20, %s, %s, %s\nVPERM2F128 $0x31, %s, %s, %s", r(4+e), r(e), r(8+e), r(4+e), r(e), r(12+e))
			out[e], out[4+e] = 8+e, 12+e
			continue
		}
		a, b, c, d := 16+e, 20+e, 24+e, 28+e
		g.p("VSHUFF32X4 $0x88, %s, %s, %s\nVSHUFF32X4 $0xdd, %s, %s, %s", r(4+e), r(e), r(a), r(4+e), r(e), r(b))
		g.p("VSHUFF32X4 $0x88, %s, %s, %s\nVSHUFF32X4 $0xdd, %s, %s, %s", r(12+e), r(8+e), r(c), r(12+e), r(8+e), r(d))
		g.p("VSHUFF32X4 $0x88, %s, %s, %s\nVSHUFF32X4 $0xdd, %s, %s, %s", r(c), r(a), r(e), r(c), r(a), r(8+e))
		g.p("VSHUFF32X4 $0x88, %s, %s, %s\nVSHUFF32X4 $0xdd, %s, %s, %s", r(d), r(b), r(4+e), r(d), r(b), r(12+e))
		out[e], out[4+e], out[8+e], out[12+e] = e, 4+e, 8+e, 12+e
	}
	return out
}

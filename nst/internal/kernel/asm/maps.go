package main

// maps: what goes through maps value by value. n counts blocks of 16 values, or
// pixels of 16 channels.
func maps(g *file) {
	g.laneBits()
	for _, v := range both {
		toPlanes(g, v)
	}
	for _, v := range both {
		finishRow(g, v, false)
		finishRow(g, v, true)
	}
	for _, v := range both {
		simple(g, v)
		sums(g, v, true)
		sums(g, v, false)
		pools(g, v)
	}
	for _, v := range both {
		poolGradients(g, v, false)
		poolGradients(g, v, true)
	}
	g.routine("storeFence", "waits until what was written past the caches has arrived.", "", 0)
	g.p("SFENCE\nRET")
}

// toPlanes transposes squares of 16 (AVX2: 8) pixels by as many channels.
func toPlanes(g *file, v isa) {
	for _, masked := range []bool{false, true} {
		name, doc, params := "toPlanes", "is toPlanesPortable without a mask, for n times 16 pixels.", "dst *float32, src *float32"
		if masked {
			name, doc, params = "toPlanesMasked", "is toPlanesPortable for n times 16 pixels.", params+", mask *uint16"
		}
		g.routine(name+v.name, doc, params+", stride int, n int", 0)
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
					g.p("VMOVUPS ·laneBits<>+%d(SB), %s", ch*4, v.r(2*k-1))
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
}

// finishRow adds the bias, applies the ReLU and writes down what it lets through;
// stream is as in outputPoints.
func finishRow(g *file, v isa, stream bool) {
	name, store, how := "finishRow", "VMOVUPS", ""
	if stream {
		name, store, how = "streamRow", "VMOVNTPS", ", past the caches"
	}
	g.routine(name+v.name, "is finishRowPortable with bits"+how+".", "y *float32, a *float32, bias *float32, bits *uint16, n int, low float32", 0)
	g.arg("y", "DI")
	g.arg("a", "SI")
	g.arg("bias", "AX")
	g.arg("bits", "BX")
	g.arg("n", "CX")
	x, low, zero := v.r(0), v.r(1), v.r(2)
	g.spread("low", low)
	g.zero(v, 2)
	for h := range v.vectors() {
		g.p("VMOVUPS %d(AX), %s", h*v.bytes(), v.r(3+h))
	}
	loop := g.label("pixel")
	g.p("%s:", loop)
	for h := range v.vectors() {
		o := h * v.bytes()
		g.p("VADDPS %d(SI), %s, %s\nVMAXPS %s, %s, %s\n%s %s, %d(DI)", o, v.r(3+h), x, x, low, x, store, x, o)
		if v.wide {
			g.p("VCMPPS $17, %s, %s, K1\nKMOVW K1, (BX)", x, zero)
		} else {
			g.p("VCMPPS $17, %s, %s, %s\nVMOVMSKPS %s, R8\nMOVB R8, %d(BX)", x, zero, x, x, h)
		}
	}
	g.p("ADDQ $%d, DI\nADDQ $%d, SI\nADDQ $2, BX\nDECQ CX\nJNZ %s", pixel, pixel, loop)
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

// simple: the loops d[i] = f(a[i], b[i]).
func simple(g *file, v isa) {
	loop := func(name, doc, params string, operands int, before func(), body func(off int)) {
		g.routine(name+v.name, doc, params, 0)
		g.arg("d", "DI")
		g.arg("a", "AX")
		if operands == 2 {
			g.arg("b", "BX")
		}
		g.arg("n", "CX")
		before()
		step := g.label("step")
		g.p("PCALIGN $32\n%s:", step)
		for h := range v.vectors() {
			body(h * v.bytes())
		}
		g.p("ADDQ $64, DI\nADDQ $64, AX")
		if operands == 2 {
			g.p("ADDQ $64, BX")
		}
		g.p("DECQ CX\nJNZ %s", step)
		g.ret()
	}
	two := "d *float32, a *float32, b *float32, n int"
	x, y, zero := v.r(0), v.r(1), v.r(2)
	loop("add", "computes d = a + b for n times 16 values.", two, 2, func() {}, func(o int) {
		g.p("VMOVUPS %d(AX), %s\nVADDPS %d(BX), %s, %s\nVMOVUPS %s, %d(DI)", o, x, o, x, x, x, o)
	})
	loop("difference", "computes d = f * (a - b) for n times 16 values.", two+", f float32", 2, func() { g.spread("f", y) }, func(o int) {
		g.p("VMOVUPS %d(AX), %s\nVSUBPS %d(BX), %s, %s\nVMULPS %s, %s, %s\nVMOVUPS %s, %d(DI)", o, x, o, x, x, x, y, x, x, o)
	})
	loop("addScaled", "computes d = a + f * b, rounding the product, for n times 16 values.", two+", f float32", 2, func() { g.spread("f", y) }, func(o int) {
		g.p("VMULPS %d(BX), %s, %s\nVADDPS %d(AX), %s, %s\nVMOVUPS %s, %d(DI)", o, y, x, o, x, x, x, o)
	})
	loop("relu", "computes d = max(a, 0), NaN for NaN, for n times 16 values.", "d *float32, a *float32, n int", 1, func() { g.zero(v, 2) }, func(o int) {
		g.p("VMAXPS %d(AX), %s, %s\nVMOVUPS %s, %d(DI)", o, zero, x, x, o)
	})
	loop("keep", "computes d = a where b > 0, else 0, for n times 16 values.", two, 2, func() { g.zero(v, 2) }, func(o int) {
		if v.wide {
			g.p("VCMPPS $17, %d(BX), %s, K1\nVMOVUPS.Z %d(AX), K1, %s", o, zero, o, x)
		} else {
			g.p("VCMPPS $17, %d(BX), %s, %s\nVANDPS %d(AX), %s, %s", o, zero, x, o, x, x)
		}
		g.p("VMOVUPS %s, %d(DI)", x, o)
	})
}

// sums keeps 16 sums in float64: of the squares of differences, or of products.
func sums(g *file, v isa, squares bool) {
	name, doc := "products", "adds the float64 products of a and b to the 16 sums of acc, for n times 16 values."
	if squares {
		name, doc = "squares", "adds the float64 squares of a - b to the 16 sums of acc, for n times 16 values."
	}
	g.routine(name+v.name, doc, "acc *float64, a *float32, b *float32, n int", 0)
	g.arg("acc", "DI")
	g.arg("a", "AX")
	g.arg("b", "BX")
	g.arg("n", "CX")
	per := v.lanes / 2 // float64 in a vector
	sums := lanes / per
	for i := range sums {
		g.p("VMOVUPD %d(DI), %s", i*v.bytes(), v.r(i))
	}
	step := g.label("step")
	g.p("%s:", step)
	half := "Y"
	if !v.wide {
		half = "X"
	}
	for i := range sums {
		o := i * per * 4
		if squares {
			g.p("VMOVUPS %d(AX), %s8\nVSUBPS %d(BX), %s8, %s8\nVCVTPS2PD %s8, %s\nVFMADD231PD %s, %s, %s",
				o, half, o, half, half, half, v.r(9), v.r(9), v.r(9), v.r(i))
		} else {
			g.p("VCVTPS2PD %d(AX), %s\nVCVTPS2PD %d(BX), %s\nVFMADD231PD %s, %s, %s", o, v.r(8), o, v.r(9), v.r(8), v.r(9), v.r(i))
		}
	}
	g.p("ADDQ $64, AX\nADDQ $64, BX\nDECQ CX\nJNZ %s", step)
	for i := range sums {
		g.p("VMOVUPD %s, %d(DI)", v.r(i), i*v.bytes())
	}
	g.ret()
}

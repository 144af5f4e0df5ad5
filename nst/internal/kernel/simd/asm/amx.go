package main

import (
	"fmt"
	"strings"
)

// Go's assembler has no mnemonics for AMX and for bfloat16: these give the bytes.
// Numbers of general registers are the processor's.
const (
	regAX, regBX, regDI, regR8, regR9 = 0, 3, 7, 8, 9
)

func (g *file) bytes(code ...int) {
	all := make([]string, len(code))
	for i, c := range code {
		all[i] = fmt.Sprintf("BYTE $0x%02x", c&0xff)
	}
	g.p("%s", strings.Join(all, "; "))
}

// tileConfig gives all eight tile registers 16 rows of 64 bytes. It uses AX.
func (g *file) tileConfig() {
	const widths, rows = 0x0040004000400040, 0x1010101010101010
	g.declare("tileConfig", 8, 1, 0, widths, widths, 0, 0, rows, 0)
	g.p("LEAQ ·tileConfig<>(SB), AX")
	g.bytes(0xc4, 0xe2, 0x78, 0x49, 0x00)
}

// tileRelease gives the tile registers back: the system need not save them any more.
func (g *file) tileRelease() { g.bytes(0xc4, 0xe2, 0x78, 0x49, 0xc0) }

func (g *file) tileZero(t int) { g.bytes(0xc4, 0xe2, 0x7b, 0x49, 0xc0|t<<3) }

// tileLoad loads tile t from base+disp; its rows are as far apart as the
// register index says.
func (g *file) tileLoad(t, base, index, disp int) { g.tileMove(0x7b, t, base, index, disp) }

func (g *file) tileStore(t, base, index, disp int) { g.tileMove(0x7a, t, base, index, disp) }

func (g *file) tileMove(kind, t, base, index, disp int) {
	g.bytes(0xc4, 0x82|(1-index>>3)<<6|(1-base>>3)<<5, kind, 0x4b,
		0x84|t<<3, index&7<<3|base&7, disp, disp>>8, disp>>16, disp>>24)
}

// tileProduct is TDPBF16PS: d += a b, of 16x32 by 32x16 numbers of bfloat16.
func (g *file) tileProduct(d, a, b int) { g.bytes(0xc4, 0xe2, ^b&15<<3|2, 0x5c, 0xc0|d<<3|a) }

// toBfloat is VCVTNEPS2BF16 from a Z register to a Y register, 0 to 31.
func (g *file) toBfloat(from, to int) {
	g.bytes(0x62, (1-to>>3&1)<<7|(1-from>>4&1)<<6|(1-from>>3&1)<<5|(1-to>>4&1)<<4|2, 0x7e, 0x48, 0x72, 0xc0|to&7<<3|from&7)
}

// split stores register reg, rounded to bfloat16, at high, and what is left, rounded, at
// low. It uses registers 16 to 18.
func (g *file) split(reg, high, low string) {
	var n int
	fmt.Sscanf(reg, "Z%d", &n)
	g.toBfloat(n, 16)
	g.p("VMOVDQU64 Y16, %s\nVPMOVZXWD Y16, Z17\nVPSLLD $16, Z17, Z17\nVSUBPS Z17, %s, Z18", high, reg)
	g.toBfloat(18, 16)
	g.p("VMOVDQU64 Y16, %s", low)
}

const tileBytes = 1024 // of a tile register: 16 rows of 64 bytes

// tripleProduct multiplies rows of inputs, sixteen a tile register, with pairs of
// blocks of filters; four accumulators at a time, 32 rows by 32 outputs.
func tripleProduct(g *file, _ isa) {
	g.tileConfig()
	g.arg("u", "R10") // of the pair
	g.arg("m", "R11")
	g.arg("pairs", "R13")
	g.stride("vStride", "DX")
	g.stride("mStride", "SI")
	g.p("MOVQ $64, R8")
	pair := g.label("pair")
	g.p("%s:", pair)
	g.arg("rows", "R12")
	g.arg("v", "R15")
	g.p("MOVQ R11, DI")
	g.byTwos(func() {
		g.stride("low", "R9")
		g.p("ADDQ AX, R9")
	}, func(n int) {
		g.triple(n)
		g.p("ADDQ $%d, BX\nADDQ DX, AX\nADDQ DX, R9", 4*tileBytes)
	})
	g.arg("kb", "CX")
	g.p("SHLQ $12, CX\nADDQ CX, R10\nLEAQ (R11)(SI*2), R11\nDECQ R13\nJNZ %s", pair)
	g.tileRelease()
	g.p("RET")
}

// byTwos goes through R12 groups of sixteen rows, two at a time and the last one alone,
// by two blocks of outputs. R15 is where the inputs are, R10 the filters, DI and SI bytes
// on the outputs. start sets more than AX and BX, the inputs and filters of the group;
// step adds the products of one of the kb blocks of inputs and moves on.
func (g *file) byTwos(start func(), step func(n int)) {
	two, one, done := g.label("two"), g.label("one"), g.label("done")
	g.p("CMPQ R12, $2\nJLT %s", one)
	for n := 2; n > 0; n-- {
		if n == 2 {
			g.p("%s:", two)
		} else {
			g.p("TESTQ R12, R12\nJZ %s\n%s:", done, one)
		}
		g.p("MOVQ R15, AX\nMOVQ R10, BX")
		start()
		g.arg("kb", "CX")
		for t := range 2 * n {
			g.tileZero(t)
		}
		block := g.label("block")
		g.p("%s:", block)
		step(n)
		g.p("DECQ CX\nJNZ %s\nLEAQ (DI)(SI*1), AX", block)
		for t := range n {
			g.tileStore(2*t, regDI, regR8, t*tileBytes)
			g.tileStore(2*t+1, regAX, regR8, t*tileBytes)
		}
		if n == 2 {
			g.p("ADDQ $%d, DI\nADDQ $%d, R15\nSUBQ $2, R12\nCMPQ R12, $2\nJGE %s", 2*tileBytes, 2*tileBytes, two)
		}
	}
	g.p("%s:", done)
}

// triple adds high*high, then low*high, then high*low, of n*16 rows at AX, their low
// parts at R9, and the four tiles of filters at BX.
func (g *file) triple(n int) {
	const a, b = 4, 6
	times := func(inputs, filters int, load bool) {
		for t := range n {
			g.tileLoad(a+t, inputs, regR8, t*tileBytes)
			for j := range 2 {
				if t == 0 && load {
					g.tileLoad(b+j, regBX, regR8, filters+j*tileBytes)
				}
				g.tileProduct(2*t+j, a+t, b+j)
			}
		}
	}
	times(regAX, 0, true)
	times(regR9, 0, false)
	times(regAX, 2*tileBytes, true)
}

// rowProduct is a 3x3 convolution of groups of sixteen pixels of a row, to two blocks
// of outputs; four accumulators at a time, 32 pixels by 32 outputs.
func rowProduct(g *file, _ isa) {
	g.tileConfig()
	g.arg("y", "DI")
	g.arg("x", "R15")
	g.arg("u", "R10")
	g.stride("yStride", "SI")
	g.stride("xStride", "DX")
	g.stride("row", "R11")
	g.arg("groups", "R12")
	g.p("MOVQ $64, R8")
	g.byTwos(func() {}, func(n int) {
		g.p("MOVQ AX, R9")
		for ky := range 3 {
			for kx := range 3 {
				for t := range n {
					g.tileLoad(4+t, regR9, regR8, kx*64+t*tileBytes)
					for j := range 2 {
						if t == 0 {
							g.tileLoad(6+j, regBX, regR8, ((ky*3+kx)*2+j)*tileBytes)
						}
						g.tileProduct(2*t+j, 4+t, 6+j)
					}
				}
			}
			g.p("ADDQ R11, R9")
		}
		g.p("ADDQ $%d, BX\nADDQ DX, AX", 18*tileBytes)
	})
	g.tileRelease()
	g.p("RET")
}

// bfloatRow rounds pixels of a block of sixteen channels to half a row of a tile.
func bfloatRow(g *file, _ isa) {
	masked := g.is("Masked")
	g.arg("d", "DI")
	g.arg("a", "AX")
	if masked {
		g.arg("mask", "BX")
	}
	g.arg("n", "CX")
	loop := g.label("pixel")
	g.p("%s:", loop)
	if masked {
		g.p("KMOVW (BX), K1\nVMOVUPS.Z (AX), K1, Z0\nADDQ $2, BX")
	} else {
		g.p("VMOVUPS (AX), Z0")
	}
	g.toBfloat(0, 1)
	g.p("VMOVDQU64 Y1, (DI)\nADDQ $%d, AX\nADDQ $64, DI\nDECQ CX\nJNZ %s", pixel, loop)
	g.ret()
}

// splitRow rounds pixels of a block of sixteen channels, and what that leaves.
func splitRow(g *file, _ isa) {
	g.arg("d", "DI")
	g.arg("a", "AX")
	g.stride("low", "SI")
	g.arg("n", "CX")
	loop := g.label("pixel")
	g.p("%s:\nVMOVUPS (AX), Z0", loop)
	g.split("Z0", "(DI)", "(DI)(SI*1)")
	g.p("ADDQ $%d, AX\nADDQ $64, DI\nDECQ CX\nJNZ %s", pixel, loop)
	g.ret()
}

// pairRow interleaves two neighbouring pixels, rounded, and what that leaves.
func pairRow(g *file, _ isa) {
	g.arg("d", "DI")
	g.arg("a", "AX")
	g.stride("low", "SI")
	g.arg("n", "CX")
	loop := g.label("pair")
	g.p("%s:\nVMOVUPS (AX), Z0\nVMOVUPS %d(AX), Z1", loop, pixel)
	pair := func(to string) { // rounds Z0 and Z1 to the lower and upper halves of Z4, and leaves them in Z6 and Z5
		g.toBfloat(0, 2)
		g.toBfloat(1, 3)
		g.p("VPMOVZXWD Y2, Z4\nVPMOVZXWD Y3, Z5\nVPSLLD $16, Z5, Z5\nVPSLLD $16, Z4, Z6\nVPORD Z5, Z4, Z4\nVMOVUPS Z4, %s", to)
	}
	pair("(DI)")
	g.p("VSUBPS Z6, Z0, Z0\nVSUBPS Z5, Z1, Z1")
	pair("(DI)(SI*1)")
	g.p("ADDQ $%d, AX\nADDQ $64, DI\nDECQ CX\nJNZ %s", 2*pixel, loop)
	g.ret()
}

// crossProduct multiplies two blocks of channels by two, over pairs of positions.
func crossProduct(g *file, _ isa) {
	g.tileConfig()
	g.arg("tile", "DI")
	g.arg("a", "AX") // rows are channels
	g.arg("b", "BX") // rows are pairs of positions
	g.stride("plane", "SI")
	g.stride("block", "DX")
	g.stride("low", "R11")
	g.arg("n", "CX")
	g.p("MOVQ $64, R8\nMOVQ SI, R9\nSHLQ $4, R9\nADDQ AX, R9\nLEAQ (BX)(DX*1), R10")
	for t := range 4 {
		g.tileZero(t)
	}
	const regSI, regR10 = 6, 10
	loop := g.label("step")
	g.p("%s:", loop)
	times := func(load bool) {
		for i, at := range []int{regAX, regR9} {
			g.tileLoad(4+i, at, regSI, 0)
			for j, from := range []int{regBX, regR10} {
				if i == 0 && load {
					g.tileLoad(6+j, from, regR8, 0)
				}
				g.tileProduct(2*i+j, 4+i, 6+j)
			}
		}
	}
	times(true)
	g.p("ADDQ R11, AX\nADDQ R11, R9")
	times(false)
	g.p("SUBQ R11, AX\nSUBQ R11, R9\nADDQ R11, BX\nADDQ R11, R10")
	times(true)
	g.p("SUBQ R11, BX\nSUBQ R11, R10")
	g.p("ADDQ $64, AX\nADDQ $64, R9\nADDQ $%d, BX\nADDQ $%d, R10\nDECQ CX\nJNZ %s", tileBytes, tileBytes, loop)
	for t := range 4 {
		g.tileStore(t, regDI, regR8, t*tileBytes)
	}
	g.tileRelease()
	g.p("RET")
}

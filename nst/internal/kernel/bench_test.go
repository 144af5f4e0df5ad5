package kernel

import (
	"fmt"
	"runtime"
	"testing"
)

// Benchmarks run on all processors; NST_ISA chooses the instructions. GFLOP/s
// counts the multiplications and additions of the plain formula, whatever the
// algorithm does.

func rate(b *testing.B, flop float64) {
	b.ReportMetric(flop*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

func fill(a []float32) []float32 {
	for i := range a {
		a[i] = float32(i%17)/17 - 0.4
	}
	return a
}

var everyone = Workers(runtime.GOMAXPROCS(0))

func BenchmarkImageConv(b *testing.B) {
	for _, c := range []struct{ size, out, h int }{{7, 96, 256}, {7, 96, 64}, {5, 64, 256}, {3, 64, 512}} {
		s := Shape{c.out, c.h, c.h}
		conv := NewImageConv(3, c.out, c.size, fill(Alloc(c.out*3*c.size*c.size)), nil, PadReflect)
		x, y, dy := fill(Alloc(3*c.h*c.h)), Alloc(s.Len()), fill(Alloc(s.Len()))
		bits := make([]uint16, s.Bits())
		flop := 2 * float64(c.out*3*c.size*c.size*c.h*c.h)
		name := fmt.Sprintf("%dx%d/%d/%d", c.size, c.size, c.out, c.h)
		b.Run(name+"/forward", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				conv.Forward(everyone, y, x, c.h, c.h, true, bits)
			}
			rate(b, flop)
		})
		b.Run(name+"/backward", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				conv.Backward(everyone, x, dy, bits, c.h, c.h)
			}
			rate(b, flop)
		})
	}
}

func BenchmarkGram(b *testing.B) {
	for p := Float32; p <= BF16x3; p++ {
		if p.Err() == nil {
			benchmarkGram(b, p)
		}
	}
}

func benchmarkGram(b *testing.B, precision Precision) {
	for _, s := range []Shape{{96, 256, 256}, {96, 64, 64}, {64, 512, 512}, {128, 256, 256}, {256, 128, 128}, {512, 64, 64}, {512, 32, 32}} {
		x, dx, g := fill(Alloc(s.Len())), Alloc(s.Len()), fill(Alloc(s.C*s.C))
		flop := 2 * float64(s.C*s.C*s.H*s.W)
		b.Run(fmt.Sprintf("%v/%dx%d/forward", precision, s.C, s.H), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Gram(everyone, precision, g, x, s)
			}
			rate(b, flop)
		})
		b.Run(fmt.Sprintf("%v/%dx%d/backward", precision, s.C, s.H), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				GramBackward(everyone, precision, dx, g, x, s)
			}
			rate(b, flop)
		})
	}
}

func BenchmarkConv(b *testing.B) {
	for p := Float32; p <= BF16; p++ {
		if p.Err() == nil {
			benchmarkConv(b, p)
		}
	}
}

func benchmarkConv(b *testing.B, precision Precision) {
	for _, c := range []struct{ in, out, h int }{{64, 64, 512}, {64, 128, 256}, {128, 128, 256}, {256, 256, 128}, {512, 512, 64}, {512, 512, 32}} {
		sx, sy := Shape{c.in, c.h, c.h}, Shape{c.out, c.h, c.h}
		conv := NewConv(c.in, c.out, fill(Alloc(c.in*c.out*9)), nil, PadZero, precision)
		x, y, bits := fill(Alloc(sx.Len())), fill(Alloc(sy.Len())), make([]uint16, sy.Bits())
		flop := 2 * 9 * float64(c.in*c.out*c.h*c.h)
		name := fmt.Sprintf("%v/%dto%d/%d", precision, c.in, c.out, c.h)
		b.Run(name+"/forward", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				conv.Forward(everyone, y, x, c.h, c.h, true, bits)
			}
			rate(b, flop)
		})
		b.Run(name+"/backward", func(b *testing.B) {
			b.ReportAllocs()
			conv.Backward(everyone, x, y, bits, c.h, c.h) // prepares the filters
			for b.Loop() {
				conv.Backward(everyone, x, y, bits, c.h, c.h)
			}
			rate(b, flop)
		})
	}
}

// BenchmarkPrepare transforms the filters of VGG-19 to conv5_1, one way.
func BenchmarkPrepare(b *testing.B) {
	vgg := [][2]int{{64, 64}, {64, 128}, {128, 128}, {128, 256}, {256, 256}, {256, 256}, {256, 256},
		{256, 512}, {512, 512}, {512, 512}, {512, 512}, {512, 512}}
	weight := fill(Alloc(512 * 512 * 9))
	for b.Loop() {
		for _, c := range vgg {
			NewConv(c[0], c[1], weight, nil, PadZero, Float32).Prepare()
		}
	}
}

func BenchmarkMaps(b *testing.B) {
	s := Shape{64, 512, 512}
	o := Shape{64, 256, 256}
	x, dx, y, dy := fill(Alloc(s.Len())), Alloc(s.Len()), Alloc(o.Len()), fill(Alloc(o.Len()))
	plain := Alloc(s.Plain())
	run := func(name string, values int, f func()) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(4 * values))
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
	for k := PoolMax; k <= PoolL2; k++ {
		run("Pool/"+k.String(), s.Len()+o.Len(), func() { Pool(everyone, k, 1, y, x, s) })
		run("PoolBackward/"+k.String(), 2*s.Len()+o.Len(), func() { PoolBackward(everyone, k, 1, dx, dy, x, s) })
	}
	run("ReLU", 2*s.Len(), func() { ReLU(everyone, dx, x, s) })
	run("ReLUBackward", 3*s.Len(), func() { ReLUBackward(everyone, dx, x, x, s) })
	run("Add", 3*s.Len(), func() { Add(everyone, dx, x, x) })
	run("MapDistance", 2*s.Len(), func() { MapDistance(everyone, dx, x, s) })
	run("MapDistanceBackward", 3*s.Len(), func() { MapDistanceBackward(everyone, dx, dx, x, 1, s) })
	run("Mean", s.Len(), func() { Mean(everyone, y, x, s) })
	run("MeanBackward", s.Len(), func() { MeanBackward(everyone, dx, y, s) })
	run("Pack", 2*s.Len(), func() { Pack(everyone, dx, plain, s) })
	run("Unpack", 2*s.Len(), func() { Unpack(everyone, plain, x, s) })
}

func BenchmarkImage(b *testing.B) {
	const h = 512
	x, dx, y := fill(Alloc(3*h*h)), Alloc(3*h*h), fill(Alloc(3*h*h/4))
	run := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(3 * h * h * 4)
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
	run("Downsample", func() { Downsample(everyone, y, x, 3, h, h, PadReplicate) })
	run("DownsampleBackward", func() { DownsampleBackward(everyone, dx, y, 3, h, h, PadReplicate) })
	for k := VariationSquared; k <= VariationNinePoint; k++ {
		run("Variation/"+k.String(), func() { Variation(everyone, k, 1, 1, x, 3, h, h) })
		run("VariationBackward/"+k.String(), func() { VariationBackward(everyone, k, 1, 1, 1, dx, x, 3, h, h) })
	}
	run("Distance", func() { Distance(everyone, x, dx) })
}

// BenchmarkConvCold takes one convolution after another, so that their filters come
// from memory, as in a network.
func BenchmarkConvCold(b *testing.B) {
	for _, c := range []struct{ in, out, h int }{{256, 256, 64}, {512, 512, 64}, {512, 512, 32}, {512, 512, 16}} {
		s := Shape{c.in, c.h, c.h}
		weight := fill(Alloc(c.in * c.out * 9))
		var convs [12]*Conv
		for i := range convs {
			convs[i] = NewConv(c.in, c.out, weight, nil, PadZero, Float32)
		}
		x, y, bits := fill(Alloc(s.Len())), fill(Alloc(s.Len())), make([]uint16, s.Bits())
		i := 0
		b.Run(fmt.Sprintf("%dto%d/%d", c.in, c.out, c.h), func(b *testing.B) {
			for b.Loop() {
				convs[i%len(convs)].Forward(everyone, y, x, c.h, c.h, true, bits)
				i++
			}
			rate(b, 2*9*float64(c.in*c.out*c.h*c.h))
		})
	}
}

func BenchmarkMultiply(b *testing.B) {
	for _, n := range []int{64, 128, 256, 512} {
		x, y, c := fill(Alloc(n*n)), fill(Alloc(n*n)), Alloc(n*n)
		flop := 2 * float64(n*n*n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Multiply(everyone, c, x, y, n, n, n)
			}
			rate(b, flop)
		})
		b.Run(fmt.Sprint(n, "/symmetric"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				MultiplySymmetric(everyone, c, x, y, n)
			}
			rate(b, flop)
		})
	}
}

package kernel

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
)

// TestConcurrent runs kernels that share filters and scratch from many goroutines
// while the garbage collector runs all the time, and compares with the bits of one alone.
func TestConcurrent(t *testing.T) {
	for p := Float32; p <= BF16; p++ {
		t.Run(p.String(), func(t *testing.T) { testConcurrent(t, p) })
	}
}

func testConcurrent(t *testing.T, precision Precision) {
	const h, w, c = 13, 22, 48
	s := Shape{c, h, w}
	conv := NewConv(c, c, random(1, c*c*9), random(2, c), PadReflect, precision)
	image := NewImageConv(3, c, 7, random(3, 3*c*49), random(4, c), PadReplicate)
	picture := random(5, 3*h*w)
	// A pass through a small network, and back.
	pass := func(workers Workers, seed uint64) []float32 {
		x, y, g := garbage(s.Len()), garbage(s.Len()), garbage(s.Len())
		p := make([]float32, len(picture))
		for i, v := range picture {
			p[i] = v * float32(seed)
		}
		first, bits := make([]uint16, s.Bits()), make([]uint16, s.Bits())
		image.Forward(workers, x, p, h, w, true, first)
		conv.Forward(workers, y, x, h, w, true, bits)
		gram := make([]float32, c*c)
		Gram(workers, precision, gram, y, s)
		GramBackward(workers, precision, g, gram, y, s)
		o := Shape{c, h / 2, w / 2}
		pooled := garbage(o.Len())
		Pool(workers, PoolMax, 1, pooled, y, s)
		d := garbage(s.Len())
		PoolBackward(workers, PoolMax, 1, d, pooled, y, s)
		clearHalo(d, s)
		clearHalo(g, s)
		Add(workers, g, g, d)
		conv.Backward(workers, d, g, bits, h, w)
		image.Backward(workers, p, d, first, h, w)
		return p
	}
	const seeds = 4
	var want [seeds][]float32
	for i := range want {
		want[i] = pass(1, uint64(i+1))
	}
	stop := make(chan struct{})
	var storm, wg sync.WaitGroup
	storm.Add(1)
	go func() {
		defer storm.Done()
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	rounds := 40
	if testing.Short() {
		rounds = 8
	}
	for g := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for r := range rounds {
				k := (g + r) % seeds
				for i, v := range pass(Workers(1+r%3), uint64(k+1)) {
					if math.Float32bits(v) != math.Float32bits(want[k][i]) {
						t.Errorf("goroutine %d, round %d: value %d is %v, alone %v", g, r, i, v, want[k][i])
						return
					}
				}
			}
		}()
	}
	wg.Wait()
	close(stop)
	storm.Wait()
}

// TestAccuracy holds the convolutions of VGG-19, on small maps, to 5e-6 of the
// direct convolution in float64: activations are not negative, filters are He's.
func TestAccuracy(t *testing.T) {
	const h, w = 6, 7
	for _, ch := range [][2]int{{64, 64}, {64, 128}, {128, 128}, {128, 256}, {256, 256}, {256, 512}, {512, 512}} {
		in, out := ch[0], ch[1]
		if testing.Short() && in*out > 1<<14 {
			continue
		}
		t.Run(fmt.Sprint(ch), func(t *testing.T) {
			sx, sy := Shape{in, h, w}, Shape{out, h, w}
			weight, x, g := random(1, in*out*9), random(2, sx.Plain()), random(3, sy.Plain())
			scale := float32(math.Sqrt(2 / float64(9*in)))
			for i := range weight {
				weight[i] *= scale
			}
			for i := range x {
				x[i] = max(x[i], 0)
			}
			forward := naiveConv(x, weight, nil, in, out, h, w, 3, PadZero, false)
			backward := naiveConvBackward(g, nil, weight, in, out, h, w, 3, PadZero)
			for p := Float32; p <= BF16; p++ {
				if p.Err() != nil {
					t.Logf("%v: %v", p, p.Err())
					continue
				}
				c := NewConv(in, out, weight, nil, PadZero, p)
				y, dx := garbage(sy.Len()), garbage(sx.Len())
				c.Forward(2, y, blocked(x, sx), h, w, false, nil)
				near(t, p.String()+" forward", plain(t, y, sy), forward, convTolerance[p])
				c.Backward(2, dx, blocked(g, sy), nil, h, w)
				near(t, p.String()+" backward", plain(t, dx, sx), backward, convTolerance[p])
			}
		})
	}
}

// TestSteady: once warm, a pass through the heavy kernels allocates little but the
// closures of its tasks.
func TestSteady(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes the pool of jobs, a sync.Pool, forget at random")
	}
	const n = 40
	s := Shape{64, n, n}
	conv := NewConv(64, 64, random(1, 64*64*9), nil, PadZero, Float32)
	image := NewImageConv(3, 64, 7, random(2, 64*3*49), nil, PadReflect)
	picture := random(4, 3*n*n)
	x, y, p := blocked(random(3, s.Plain()), s), garbage(s.Len()), slices.Clone(picture)
	g, bits := make([]float32, 64*64), make([]uint16, s.Bits())
	pass := func() {
		image.Forward(2, x, p, n, n, true, bits)
		conv.Forward(2, y, x, n, n, true, bits)
		Gram(2, Float32, g, y, s)
		GramBackward(2, Float32, y, g, x, s)
		conv.Backward(2, x, y, bits, n, n)
		image.Backward(2, p, x, bits, n, n)
		copy(p, picture)
	}
	// A collection may take the scratch away: none while this counts.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var before, after runtime.MemStats
	for range 3 {
		pass()
	}
	const passes = 20
	runtime.ReadMemStats(&before)
	for range passes {
		pass()
	}
	runtime.ReadMemStats(&after)
	// The maps alone are 0.9 MB.
	if b := (after.TotalAlloc - before.TotalAlloc) / passes; b > 64<<10 {
		t.Errorf("%d bytes are allocated by every pass", b)
	}
}

package kernel

import (
	"math"
	"runtime/debug"
	"testing"
)

// Limits add up, slabs are taken from them, and a use without a limit suspends them.
func TestLimit(t *testing.T) {
	now := func() int64 { return debug.SetMemoryLimit(-1) }
	before := now()
	a := Limit(1 << 40)
	one := now()
	b := Limit(1 << 41)
	both := now()
	_, release, err := TakeSlab(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	beside := now()
	release()
	free := Limit(0)
	unlimited := now()
	free()
	b()
	b()
	if again := now(); one >= 1<<40 || both <= one+1<<40 || beside != both-4<<20 || unlimited != before || again != one {
		t.Errorf("limits of %d, %d with a second, %d beside a slab, %d without, then %d", one, both, beside, unlimited, again)
	}
	a()
	if now() != before {
		t.Errorf("a limit of %d is left, it was %d", now(), before)
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 30)) // as GOMEMLIMIT does
	defer Limit(math.MaxInt64 / 2)()
	if now() != 1<<30 {
		t.Errorf("the user's limit of %d became %d", 1<<30, now())
	}
}

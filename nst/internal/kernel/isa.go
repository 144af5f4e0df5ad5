package kernel

import (
	"fmt"
	"os"
	"strings"
)

//go:generate go run ./asm .

// instructions is a set of vector instructions that kernels are written in.
type instructions uint8

const (
	portable instructions = iota
	avx2
	avx512
)

var isaNames = [...]string{portable: "portable", avx2: "avx2", avx512: "avx512"}

func (i instructions) String() string { return isaNames[i] }

// isaVariable is the environment variable that asks for an instruction set.
const isaVariable = "NST_ISA"

// active is the set in use: fixed at start, changed only by tests.
var active, isaErr = choose(os.Getenv(isaVariable), available())

// ISA is the instruction set in use, "avx512", "avx2" or "portable": the best
// that the processor, the operating system and the build have, or the one that
// the environment variable NST_ISA names. AVX-512 and AVX2 give the same bits;
// portable code does not fuse multiplications and additions, or does so
// elsewhere, and is only close.
func ISA() string { return active.String() }

// Err says why the instruction set that NST_ISA asks for is not in use, or is
// nil. The best available one is used then.
func Err() error { return isaErr }

// choose gives the set called name, or the last of those available if the name
// is empty or none of them.
func choose(name string, have []instructions) (instructions, error) {
	best := have[len(have)-1]
	if name == "" {
		return best, nil
	}
	var names []string
	for _, i := range have {
		if name == i.String() {
			return i, nil
		}
		names = append(names, i.String())
	}
	why := "is unknown"
	for _, known := range isaNames {
		if name == known {
			why = "is not available in this build on this machine"
		}
	}
	return best, fmt.Errorf("kernel: %s=%q %s; %s would do; %s is used", isaVariable, name, why, strings.Join(names, ", "), best)
}

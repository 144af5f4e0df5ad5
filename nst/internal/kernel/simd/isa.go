package simd

import (
	"fmt"
	"os"
	"strings"
)

//go:generate go run ./asm .

// Instructions is a set of vector instructions that routines are written in.
type Instructions uint8

const (
	portable Instructions = iota
	avx2
	avx512
)

var isaNames = [...]string{portable: "portable", avx2: "avx2", avx512: "avx512"}

func (i Instructions) String() string { return isaNames[i] }

// isaVariable is the environment variable that asks for an instruction set.
const isaVariable = "NST_ISA"

// active is the set in use: fixed at start, changed only by With.
var active, isaErr = choose(os.Getenv(isaVariable), Available())

// With runs f under an instruction set that is available. It is for tests: routines that
// other goroutines call meanwhile change with it.
func With(i Instructions, f func()) {
	old := active
	active = i
	defer func() { active = old }()
	f()
}

// ISA returns the instruction set in use: the best that the processor, the operating
// system and the build have, or the one that the environment variable NST_ISA names.
func ISA() Instructions { return active }

// Err returns why the instruction set that NST_ISA names is not in use, or nil. The best
// available one is in use then.
func Err() error { return isaErr }

// AMX returns why the tile registers are not in use, or nil.
func AMX() error {
	if active != avx512 {
		return fmt.Errorf("AMX needs avx512, and %v is in use", active)
	}
	return amx()
}

// choose returns the set called name, or the last of those available if the name
// is empty or none of them.
func choose(name string, have []Instructions) (Instructions, error) {
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
	return best, fmt.Errorf("nst: %s=%q %s; accepted are %s; %s is used", isaVariable, name, why, strings.Join(names, ", "), best)
}

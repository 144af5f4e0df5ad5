//go:build !purego

package simd

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/cpu"
	"golang.org/x/sys/unix"
)

// amx returns nil where the processor's tile registers may be used. Linux gives a process
// their state on request only.
var amx = sync.OnceValue(func() error {
	const (
		requestPermission = 0x1023 // ARCH_REQ_XCOMP_PERM
		tileData          = 18     // the state component
	)
	if x := &cpu.X86; !x.HasAMXTile || !x.HasAMXBF16 || !x.HasAVX512BF16 {
		return errors.New("this processor has no AMX for bfloat16")
	}
	if _, _, e := unix.Syscall(unix.SYS_ARCH_PRCTL, requestPermission, tileData, 0); e != 0 {
		return fmt.Errorf("the operating system refuses AMX's tile registers: %w", e)
	}
	return nil
})

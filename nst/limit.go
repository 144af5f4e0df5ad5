package nst

import "github.com/gonst/workbench/nst/internal/kernel"

// LimitMemory keeps the memory of this process below a number of bytes until done is
// called: it lets Go's collector run early enough for what feature maps leave, which are
// outside Go's heap (debug.SetMemoryLimit). Garbage is bounded, not what is in use: choose
// Transfer.Memory and Transfer.Tile so that the run itself fits.
//
// Call it for each run of a process. The limits of runs that go on at the same time add up,
// and with 0 bytes, for a run of any size, there is no limit until it is done. A lower
// limit of GOMEMLIMIT stays in force.
func LimitMemory(bytes int64) (done func()) { return kernel.Limit(bytes) }

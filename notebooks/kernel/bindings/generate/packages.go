//go:build linux || darwin

package main

// own is this module's path.
const own = "github.com/gonst/workbench"

// list is what a cell can import beside the interpreter's own table of the
// standard library.
var list = []string{
	own + "/nst",
	own + "/measure",
	own + "/weights",
	own + "/notebooks/nb",
	own + "/experiments/plan",
	own + "/experiments/config",
	own + "/experiments/search",
	own + "/experiments/sweep",
	own + "/experiments/explain",
	own + "/experiments/engine",
	own + "/experiments/result",
	own + "/experiments/report",

	// The newer half of the standard library: the interpreter's table is of Go 1.18.
	"bytes", "context", "errors", "fmt", "io", "log/slog", "math/rand/v2", "os", "path/filepath",
	"strings", "sync", "sync/atomic", "time", "unicode/utf8",

	"github.com/BurntSushi/toml",
	"gonum.org/v1/plot",
	"gonum.org/v1/plot/palette",
	"gonum.org/v1/plot/plotter",
	"gonum.org/v1/plot/vg",
	"gonum.org/v1/plot/vg/draw",
	"gonum.org/v1/plot/vg/vgimg",
	"gorgonia.org/gorgonia",
	"gorgonia.org/tensor",
}

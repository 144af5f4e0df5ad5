package cost

import (
	"context"
	"fmt"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/internal/prefix"
)

// Ways returns, as lines for people, what each way to evaluate the losses of a run takes:
// the whole picture and tiles of which size, and which of them run.memory chooses. It makes
// no steps.
func Ways(ctx context.Context, c *config.Config, threads int) (string, error) {
	ways, err := engine.Ways(ctx, c, threads)
	if err != nil {
		return "", err
	}
	var s strings.Builder
	fmt.Fprintf(&s, "memory and work of each way, at %d pixels:\n", c.Images.Size)
	bound, bounded := c.Run.Memory.Bound()
	chosen := false
	for i, w := range ways {
		if w.Refused != nil {
			fmt.Fprintf(&s, "  in tiles: %s\n", prefix.Text(w.Refused))
			continue
		}
		name := "the whole picture"
		switch {
		case w.Tile > 0:
			name = fmt.Sprintf("tiles of %d pixels", w.Tile)
		case i > 0:
			name += `, memory = "low"`
		}
		remark := ""
		if bounded && w.Bytes > bound {
			remark = fmt.Sprintf("more than run.memory = %q", string(c.Run.Memory))
		} else if bounded && i > 0 && !chosen { // the first way does not save memory
			remark, chosen = "chosen", true
		}
		line := fmt.Sprintf("  %-33s %7d MB   work x %.2f   %s", name, w.Bytes>>20, w.Work, remark)
		fmt.Fprintln(&s, strings.TrimRight(line, " "))
	}
	if bounded && !chosen {
		fmt.Fprintf(&s, "no way keeps run.memory = %q: raise it, or choose a smaller images.size\n", string(c.Run.Memory))
	}
	return s.String(), nil
}

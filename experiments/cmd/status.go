package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/launch/slurm"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/status"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func newStatus() *cobra.Command {
	var once bool
	var tags []string
	var every time.Duration
	cmd := &cobra.Command{
		Use:   "status DIR…",
		Short: "Show the progress of sweeps, live",
		Long: `Shows the runs in experiments' directories: their progress, loss, speed and remaining
time. On a terminal it refreshes the table until all runs have ended; Ctrl-C quits.
It reads only the directories, so any process on any machine may make the runs.
The remaining time assumes that the active runs continue at the same time.`,
		Example: `  nst status results/quickstart
  nst status results/*/ --once
  nst status results/quickstart --tag best`,
		Args: minimumArgs(1, "a directory of an experiment, such as results/quickstart"),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			if every < 100*time.Millisecond {
				return usage(fmt.Errorf("--every %v: must be at least 100ms", every))
			}
			w := &watching{dirs: dirs, tags: tags, known: make([]*result.Experiment, len(dirs)), out: cmd.OutOrStdout()}
			w.live = !once && isTerminal(w.out)
			if err := w.look(); err != nil {
				return err
			}
			if w.live && !w.over {
				if err := w.watch(cmd.Context(), every); err != nil {
					return err
				}
			}
			_, err := io.WriteString(w.out, w.table(0, 0, ""))
			return err
		},
	}
	tagFlag(cmd, &tags)
	cmd.Flags().BoolVar(&once, "once", false, "print the table once, as without a terminal")
	cmd.Flags().DurationVar(&every, "every", time.Second, "time between two refreshes")
	return cmd
}

// watching is a table that is refreshed.
type watching struct {
	dirs   []string
	tags   []string // only runs with these
	known  []*result.Experiment
	boards []*status.Board
	over   bool // no run can change any more
	asked  []time.Time
	queue  []map[string]string // what Slurm says, by run
	out    io.Writer
	live   bool
}

// look reads the directories.
func (w *watching) look() error {
	w.over, w.boards = true, nil
	for i, dir := range w.dirs {
		b, e, err := status.Read(dir, w.known[i], time.Now())
		if err != nil {
			return err
		}
		w.known[i] = e
		w.queued(i, b)
		b = b.Only(w.tags)
		w.boards = append(w.boards, b)
		w.over = w.over && b.Over()
	}
	return nil
}

// queued adds what Slurm says about the runs that it has.
func (w *watching) queued(i int, b *status.Board) {
	const every = 5 * time.Second
	if w.asked == nil {
		w.asked, w.queue = make([]time.Time, len(w.dirs)), make([]map[string]string, len(w.dirs))
	}
	if time.Since(w.asked[i]) > every {
		w.asked[i], w.queue[i] = time.Now(), slurm.Queue(w.dirs[i])
	}
	for k := range b.Runs {
		if r := &b.Runs[k]; !r.Status.Over() && r.Note == "" {
			r.Note = w.queue[i][r.Name]
		}
	}
}

// Escape sequences of xterm, which all terminals support.
const (
	otherScreen = "\x1b[?1049h" // the alternate screen: a resize leaves no remains
	ownScreen   = "\x1b[?1049l"
	home        = "\x1b[H"
	clearLine   = "\x1b[K" // to its end
	clearBelow  = "\x1b[J"
)

// watch shows the table until all runs have ended or ctx is done.
func (w *watching) watch(ctx context.Context, every time.Duration) error {
	if _, err := io.WriteString(w.out, otherScreen); err != nil {
		return err
	}
	defer io.WriteString(w.out, ownScreen)
	for !w.over {
		width, height := 0, 0
		if f, ok := w.out.(*os.File); ok {
			width, height, _ = term.GetSize(int(f.Fd()))
		}
		if _, err := io.WriteString(w.out, home+w.table(width, max(0, height-1), clearLine)+clearBelow); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every):
		}
		if err := w.look(); err != nil {
			return err
		}
	}
	return nil
}

// table returns the table's text; end follows each line.
func (w *watching) table(width, height int, end string) string {
	var b strings.Builder
	for _, line := range status.Table(w.boards, width, height) {
		b.WriteString(printable(line) + end + "\n")
	}
	return b.String()
}

// printable replaces control characters: names and errors come from files.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, s)
}

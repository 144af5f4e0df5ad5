// Package command launches each run by a command line of the user: ssh, srun, kubectl, or
// nst itself in a process of its own.
package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/internal/prefix"
)

// defaultJobs is the number of commands at a time if none is given.
const defaultJobs = 4

// Launcher runs a command for each task. What a command writes goes to a log,
// <dir>/.launch/<run>.log. A cancelled command is interrupted.
type Launcher struct {
	*launch.Queue
	words []string
	jobs  int
}

// New makes a launcher from the words of a command line, in which {dir} and {run} stand for
// the experiment's directory, absolute, and the name of the run. No shell reads the words.
// jobs is the number of commands at a time; 0: 4. The error says that the program is missing.
func New(words []string, jobs int) (*Launcher, error) {
	if len(words) == 0 {
		return nil, errors.New("launch.command is empty")
	}
	if _, err := exec.LookPath(words[0]); err != nil && !strings.Contains(words[0], "{") {
		return nil, prefix.Errorf("", "launch.command: %w", err)
	}
	if jobs == 0 {
		jobs = defaultJobs
	}
	l := &Launcher{words: words, jobs: jobs}
	l.Queue = launch.NewQueue(jobs, l.make)
	return l, nil
}

// Jobs is the number of commands at a time.
func (l *Launcher) Jobs() int { return l.jobs }

// make runs the command of a task.
func (l *Launcher) make(ctx context.Context, t launch.Task, _ int, _ func(int, float64)) error {
	dir, err := filepath.Abs(t.Dir)
	if err != nil {
		return err
	}
	words := make([]string, len(l.words))
	for i, w := range l.words {
		words[i] = strings.NewReplacer("{dir}", dir, "{run}", t.Run).Replace(w)
	}
	path := Log(dir, t.Run)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	log, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stdout, cmd.Stderr = log, log
	if runtime.GOOS != "windows" { // it has no interrupts and kills; a run continues from its last checkpoint
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	}
	return failure(cmd.Run(), log)
}

// Log is the file to which the command of a run writes.
func Log(dir, run string) string { return filepath.Join(dir, result.LaunchDir, run+".log") }

// lost are exit statuses that say nothing about the run: a connection of ssh was lost, or
// the worker asks to be tried again (EX_TEMPFAIL).
var lost = map[int]bool{255: true, 75: true}

// failure is the error of an ended command. A command that a signal has ended, or that lost
// its connection, may be tried again.
func failure(err error, log *os.File) error {
	if err == nil {
		return nil
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && (exit.ExitCode() < 0 || exit.ExitCode() > 128 || lost[exit.ExitCode()]) {
		return fmt.Errorf("%w: %v", launch.ErrLost, err)
	}
	if said := lastLine(log); said != "" {
		return prefix.Errorf("", "%s (%w)", said, err)
	}
	return err
}

// lastLine is the last line of a log that is not empty.
func lastLine(f *os.File) string {
	const most = 4096
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	b, err := io.ReadAll(io.NewSectionReader(f, max(0, info.Size()-most), most))
	if err != nil {
		return ""
	}
	b = bytes.TrimSpace(b)
	return string(bytes.TrimSpace(b[bytes.LastIndexByte(b, '\n')+1:]))
}

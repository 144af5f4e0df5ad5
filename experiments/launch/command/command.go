// Package command launches each run by a command line of the user: ssh, srun, kubectl, or
// nst itself in a process of its own.
package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/gonst/workbench/experiments/launch"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/internal/prefix"
)

// defaultJobs is the number of commands at a time if none is given.
const defaultJobs = 4

// Launcher runs a command for each task. What a command writes goes to a log,
// <dir>/.launch/<run>.log.
type Launcher struct {
	words []string
	jobs  int

	mutex  sync.Mutex
	queue  []*job
	all    []*job
	active int
}

var _ launch.Launcher = (*Launcher)(nil)

type job struct {
	task    launch.Task
	state   launch.State
	process *os.Process // of a running job
	stopped bool        // Cancel has been called
	err     error
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
	return &Launcher{words: words, jobs: jobs}, nil
}

// Jobs is the number of commands at a time.
func (l *Launcher) Jobs() int { return l.jobs }

// Submit queues the tasks and starts them when places are free.
func (l *Launcher) Submit(tasks []launch.Task) ([]launch.Job, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var jobs []launch.Job
	for _, t := range tasks {
		jobs = append(jobs, launch.Job(strconv.Itoa(len(l.all))))
		j := &job{task: t}
		l.all, l.queue = append(l.all, j), append(l.queue, j)
	}
	l.start()
	return jobs, nil
}

// start fills the free places. The mutex is held.
func (l *Launcher) start() {
	for l.active < l.jobs && len(l.queue) > 0 {
		j := l.queue[0]
		l.queue = l.queue[1:]
		cmd, log, err := l.command(j.task)
		if err == nil {
			if err = cmd.Start(); err != nil {
				log.Close()
			}
		}
		if err != nil {
			j.state, j.err = launch.Ended, err
			continue
		}
		l.active++
		j.state, j.process = launch.Running, cmd.Process
		go func() {
			err := cmd.Wait()
			said := lastLine(log)
			log.Close()
			l.mutex.Lock()
			defer l.mutex.Unlock()
			j.state, j.err = launch.Ended, failure(err, said)
			l.active--
			l.start()
		}()
	}
}

// command prepares the command of a task and opens its log.
func (l *Launcher) command(t launch.Task) (*exec.Cmd, *os.File, error) {
	dir, err := filepath.Abs(t.Dir)
	if err != nil {
		return nil, nil, err
	}
	words := make([]string, len(l.words))
	for i, w := range l.words {
		words[i] = strings.NewReplacer("{dir}", dir, "{run}", t.Run).Replace(w)
	}
	path := Log(dir, t.Run)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, nil, err
	}
	log, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Stdout, cmd.Stderr = log, log
	return cmd, log, nil
}

// Log is the file to which the command of a run writes.
func Log(dir, run string) string { return filepath.Join(dir, result.LaunchDir, run+".log") }

// lost are exit statuses that say nothing about the run: a connection of ssh was lost, or
// the worker asks to be tried again (EX_TEMPFAIL).
var lost = map[int]bool{255: true, 75: true}

// failure is the error of an ended command. A command that a signal has ended, or that lost
// its connection, may be tried again.
func failure(err error, said string) error {
	if err == nil {
		return nil
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && (exit.ExitCode() < 0 || exit.ExitCode() > 128 || lost[exit.ExitCode()]) {
		return fmt.Errorf("%w: %v", launch.ErrLost, err)
	}
	if said != "" {
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

// Poll returns the statuses of the jobs.
func (l *Launcher) Poll(jobs []launch.Job) ([]launch.Status, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	all := make([]launch.Status, len(jobs))
	for i, id := range jobs {
		j, err := l.find(id)
		if err != nil {
			return nil, err
		}
		all[i] = launch.Status{State: j.state, Err: j.err}
	}
	return all, nil
}

// Cancel removes a waiting job from the queue, and interrupts the command of a running one.
func (l *Launcher) Cancel(id launch.Job) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	j, err := l.find(id)
	if err != nil {
		return err
	}
	for i, waiting := range l.queue {
		if waiting == j {
			l.queue = append(l.queue[:i:i], l.queue[i+1:]...)
			j.state, j.err = launch.Ended, launch.ErrLost
			return nil
		}
	}
	if j.state != launch.Running || j.stopped {
		return nil
	}
	j.stopped = true
	if runtime.GOOS == "windows" { // it has no interrupts; a run continues from its last checkpoint
		return j.process.Kill()
	}
	if err := j.process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

func (l *Launcher) find(id launch.Job) (*job, error) {
	n, err := strconv.Atoi(string(id))
	if err != nil || n < 0 || n >= len(l.all) {
		return nil, fmt.Errorf("unknown job %q", string(id))
	}
	return l.all[n], nil
}

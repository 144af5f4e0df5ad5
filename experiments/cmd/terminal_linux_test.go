package cmd

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A terminal is a pseudoterminal: what a person types is written to keys, and said is what
// the screen has received.
type terminal struct {
	keys *os.File
	tty  *os.File // for the program
	said output
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudoterminals here:", err)
	}
	number, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	terminal := &terminal{keys: keys, tty: tty}
	go io.Copy(&terminal.said, keys) // until all copies of tty are closed
	t.Cleanup(func() { tty.Close(); keys.Close() })
	return terminal
}

// start starts a command at the terminal.
func (t *terminal) start(cmd *exec.Cmd) error {
	cmd.Stdin, cmd.Stdout, cmd.Stderr = t.tty, t.tty, t.tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	cmd.Env = append(cmd.Env, "TERM=xterm")
	return cmd.Start()
}

const question = "Cancel them? They save their work. [y/N] "

// On a terminal, a person is asked whether the jobs go on; elsewhere they do.
func TestLeaveJobs(t *testing.T) {
	for answer, leave := range map[string]bool{"y\n": false, "Yes\n": false, "n\n": true, "\n": true, "\x04": true} {
		screen := newTerminal(t)
		root := newRoot()
		root.SetIn(screen.tty)
		root.SetOut(screen.tty)
		if _, err := io.WriteString(screen.keys, answer); err != nil {
			t.Fatal(err)
		}
		if got := leaveJobs(root); got != leave {
			t.Errorf("%q: they go on: %v, want %v", answer, got, leave)
		}
		eventually(t, "the question", func() bool { return strings.Contains(screen.said.String(), question) })
	}
	root := newRoot()
	root.SetIn(strings.NewReader("y\n"))
	if !leaveJobs(root) {
		t.Error("cancelled without a terminal")
	}
}

// Ctrl-C on a terminal: the question stays on the screen until it is answered.
func TestSlurmAsks(t *testing.T) {
	onSlurm(t)
	for answer, c := range map[string]struct {
		status int
		says   string
	}{
		"y": {exitInterrupted, "the others are saved; the same command continues"},
		"n": {exitDone, "jobs? with Slurm, "},
	} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			m := newSlurmSweep(t, lively)
			screen := newTerminal(t)
			cmd, _ := command(t, m.dir, "sweep", "exp.toml")
			if err := screen.start(cmd); err != nil {
				t.Fatal(err)
			}
			_, pid := m.worker()
			fmt.Fprint(screen.keys, "\x03")
			eventually(t, "the question", func() bool { return strings.Contains(screen.said.String(), question) })
			time.Sleep(500 * time.Millisecond)
			if said := screen.said.String(); !strings.HasSuffix(said, question) {
				t.Errorf("the question does not stay: %q", said[strings.Index(said, question):])
			}
			fmt.Fprint(screen.keys, answer+"\n")
			cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != c.status {
				t.Errorf("exit status %d, want %d", got, c.status)
			}
			contains(t, screen.said.String(), c.says)
			left := strings.Contains(mustRun(t, exitDone, m.dir, "status", "results/exp", "--once"), "Slurm: ")
			if left != (answer == "n") {
				t.Errorf("jobs are left: %v", left)
			}
			exec.Command("kill", "-CONT", pid).Run() // it has ended if it was cancelled
			if saved, _ := filepath.Glob(filepath.Join(m.experiment(), ".attempts", "*", "*", "checkpoint")); len(saved) == 0 {
				t.Error("nothing is saved")
			}
			m.finish()
		})
	}
}

//go:build unix

package cmd

import (
	"os"
	"os/exec"
	"syscall"
)

// What the tests do to processes.

func interrupt(p *os.Process) error { return p.Signal(syscall.SIGINT) }
func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }
func pause(p *os.Process) error     { return p.Signal(syscall.SIGSTOP) }

// apart lets a command be interrupted without the tests.
func apart(*exec.Cmd) {}

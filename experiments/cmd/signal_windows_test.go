package cmd

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// What the tests do to processes. Ctrl-Break reaches one group of them, where
// Ctrl-C reaches all that share the console; to the program they are the same.

func interrupt(p *os.Process) error {
	if err := windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(p.Pid)); err != nil {
		return fmt.Errorf("%w without a console: %w", errors.ErrUnsupported, err)
	}
	return nil
}
func terminate(*os.Process) error { return errors.ErrUnsupported }
func pause(*os.Process) error     { return errors.ErrUnsupported }

// apart lets a command be interrupted without the tests.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

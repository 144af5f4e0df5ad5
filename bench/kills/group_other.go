//go:build !unix

package main

import "os/exec"

func group(*exec.Cmd) {}

// killGroup kills a command; the processes that it has started go on.
func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() } // it may have ended

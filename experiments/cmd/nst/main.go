// Command nst runs experiments in neural style transfer: it reads a TOML file, makes its
// runs, and writes pictures, curves and a page with all of them into a directory.
// `nst help` lists its commands.
package main

import "github.com/gonst/workbench/experiments/cmd"

func main() { cmd.Main() }

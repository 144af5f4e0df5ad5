// Command write writes the reference of the configuration keys to a file.
package main

import (
	"fmt"
	"os"

	"github.com/gonst/workbench/experiments/reference"
	"github.com/gonst/workbench/internal/atomicfile"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: write FILE.md")
		os.Exit(2)
	}
	if err := atomicfile.WriteFile(os.Args[1], []byte(reference.Markdown())); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

//go:build !unix

package graph

import "github.com/gonst/workbench/nst/internal/kernel"

// takeSlab gives n zeroed values and the function that gives them back.
func takeSlab(n int) ([]float32, func(), error) { return kernel.Alloc(n), func() {}, nil }

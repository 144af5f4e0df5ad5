package nst

import "github.com/gonst/workbench/weights"

// OpenWeights opens a file of trained VGG weights for Options: safetensors, the
// HDF5 that Keras ships, or PyTorch's .pth, under Caffe's, Keras' or PyTorch's
// names. Filters are read when a layer is first used, and nothing in the file is
// ever executed.
//
// The weights that Keras ships, and those converted from Caffe, want the
// preprocessing that the networks have by default, [Caffe]; torchvision's want
// [Torchvision].
func OpenWeights(path string) (Weights, error) { return weights.OpenConvolutions(path) }

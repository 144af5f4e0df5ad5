// Package nst is neural style transfer as composable parts: a feature extractor
// that gives the maps of a frozen network by layer name, losses that compare
// them, optimisers and schedules that move the pixels, and the loop that runs
// them.
package nst

// Package measure computes numbers that compare the picture of a style transfer with
// its content and style images. The numbers depend only on the pictures and not on what
// was minimised, so that runs with different losses, weights, networks and optimisers
// can be compared.
//
//	values, err := measure.All(ctx, picture, measure.References{Content: photo, Style: measure.Style(painting)})
//
// returns all of them: in feature space by a fixed Yardstick, and of the pixels by
// Colour, Structure and Noise, which can also be called separately. A notebook
// shows the list as a table.
//
// Everything is measured on the picture as a viewer sees it: cut to [0,1] and
// rounded to 8 bits. So a saved PNG gives the same numbers as the image in memory.
//
// Sums are computed in float64 in a fixed order: the same picture gives the same bits
// for any number of threads. docs/measures.md explains how to read the numbers.
package measure

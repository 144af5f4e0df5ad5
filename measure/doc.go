// Package measure says in numbers how the picture that a style transfer made
// compares with its content and style images. The numbers are of the picture
// alone: they do not know what was minimised, so that runs with other losses,
// weights, networks and optimisers can be compared.
//
//	values, err := measure.All(picture, measure.References{Content: photo, Style: measure.Style(painting)})
//
// gives all of them: in feature space by a fixed Yardstick, and of the pixels by
// Colour, Structure and Noise, each of which can be had by itself. A notebook
// shows the list as a table.
//
// Everything is measured on the picture as a viewer sees it: cut to [0,1] and
// rounded to 8 bits. So a saved PNG gives the same numbers as the image in memory,
// and what can be measured here can be measured again by anybody.
//
// Sums are made in float64, in one order: the same picture gives the same bits,
// for any number of threads. docs/measures.md says what the numbers tell and what
// they do not.
package measure

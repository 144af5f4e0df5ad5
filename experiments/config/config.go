// Package config defines the configuration of a run: its keys and their defaults, how a
// tree is decoded into a Config, how a Config is written, and how its identity is
// computed.
package config

import "github.com/gonst/workbench/nst"

// Config holds all settings of one run: the tables of a file with every default filled
// in. Fields that belong to another kind than the chosen one are zero.
//
// Paths of images and weights are absolute.
type Config struct {
	Name        string // of the experiment: the directory of its results
	Title       string
	Description string
	Seed        uint64 // seeds all randomness of the run

	Images    Images
	Colour    Colour
	Network   Network
	Regions   []Region
	Losses    []Loss // in the order of the file; the losses are summed in this order
	Start     Start
	Optimizer Optimizer
	Schedule  Schedule
	Run       Run
	Stages    Stages
	Log       Log
	Yardstick Yardstick
}

// Images are the pictures of a run and their sizes.
type Images struct {
	Content    string            // path; may be empty if no loss and no start uses it: then the result is a square
	Style      []WeightedImage   // the weights sum to one unless the file sets them
	Size       int               // pixels of Side of the content image, and so of the result
	Side       nst.Side          // "long", "short", "rows", "columns"
	Truncate   bool              // round the other side down, not to the nearest
	StyleSize  int               // pixels of Side of the style images; 0 is Size
	StyleScale float64           // factor on the size of the style images
	StyleTurn  float64           // degrees, anticlockwise
	Aspect     float64           // width/height of a result without a content image
	Stretch    bool              // force the style images to the result's width and height
	Filter     nst.Interpolation // how images are resized
	MaxPixels  int               // larger files are rejected before they are decoded
}

// WeightedImage is a picture and its weight.
type WeightedImage struct {
	Path   string
	Weight float64
}

// Network is the feature extractor.
type Network struct {
	Name      string
	Seed      uint64 // of random filters; 0 if weights are loaded
	Weights   string // path of a weight file; empty means random filters
	Pooling   nst.Pooling
	PoolScale float64
	Padding   nst.Padding
	Precision nst.Precision
	Input     Input
	Width     float64 // multiplies the channels of random filters
	Levels    int     // pyramid: halvings of the image, plus one
	Filters   int     // pyramid: filters per level
	Kernel    int     // pyramid: size of a filter
}

// Input describes the input of a VGG's first layer: channel c is
// (image[Order[c]]*Range - Mean[c]) / Std[c].
type Input struct {
	Name  string // "caffe", "torchvision": sets the defaults of the other fields
	Order string // "rgb", "bgr"
	Range float64
	Mean  [3]float64 // in that order and range
	Std   [3]float64
}

// LayerWeight is a layer and its weight in a loss.
type LayerWeight struct {
	Layer  string
	Weight float64
}

// Start is the first image of the optimisation.
type Start struct {
	From  string // "content", "style", "noise", "file", "blend"
	Path  string // file
	Seed  uint64 // noise
	Scale float64
	Mean  []float64 // one grey value, or red, green and blue
	A, B  string    // blend: two other starts
	Ratio float64   // blend: the share of B
}

// Run holds the length of the run and its units.
type Run struct {
	Steps      int
	Project    bool    // clip the pixels to their range after each step
	Average    float64 // decay of the average of iterates; 0: none
	PixelRange float64 // the value of white for the optimiser: 1 or 255
	Memory     Memory
}

// Log selects what a run records while it works. It changes no pixel.
type Log struct {
	Every             int    // steps between rows of metrics.csv
	Yardstick         int    // steps between rows of yardstick.csv; 0 writes none
	Measures          bool   // measure the picture at the end, for measures.json
	Frames            int    // steps between saved images; 0 saves none
	Print             string // "none", "png", "tiff": a second picture of the result with 16 bits a channel
	CheckpointSeconds float64
	TensorBoard       bool // write event files beside the runs; done by the sweep
}

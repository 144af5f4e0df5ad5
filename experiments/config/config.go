// Package config defines the configuration of a run: its keys with their defaults, how
// a tree becomes a Config, how a Config is written, and the identity that follows from
// it.
package config

import "github.com/gonst/workbench/nst"

// Config is everything that one run is made from: a file's tables with every
// default filled in. Fields of another kind than the chosen one are zero.
//
// Paths of images and weights are absolute.
type Config struct {
	Name        string // of the experiment: its directory of results
	Title       string
	Description string
	Seed        uint64 // all randomness of the run follows from it

	Images    Images
	Network   Network
	Losses    []Loss // in the order of the file, which is the order of their sum
	Start     Start
	Optimizer Optimizer
	Schedule  Schedule
	Run       Run
	Log       Log
	Yardstick Yardstick
}

// Images are the pictures and the size that they are worked on at.
type Images struct {
	Content   string            // path; may be empty when no loss and no start needs it: the result is then a square
	Style     []WeightedImage   // their weights sum to one unless the file gives weights
	Size      int               // pixels of Side of the content image, and so of the result
	Side      nst.Side          // "long", "short", "rows", "columns"
	Truncate  bool              // round the other side down, not to the nearest
	StyleSize int               // pixels of Side of the style images; 0 is Size
	Stretch   bool              // force the style images to the result's width and height
	Filter    nst.Interpolation // how images are resized
	MaxPixels int               // larger files are refused before they are decoded
}

// WeightedImage is a picture and its share.
type WeightedImage struct {
	Path   string
	Weight float64
}

// Network is the feature extractor.
type Network struct {
	Name      string
	Seed      uint64 // of random filters; 0 where weights are loaded
	Weights   string // path of a weight file; empty is random filters
	Pooling   nst.Pooling
	PoolScale float64
	Padding   nst.Padding
	Precision nst.Precision
	Input     Input
	Width     float64 // multiplies the channels of random filters
	Levels    int     // pyramid: halvings of the image, plus one
	Filters   int     // pyramid: filters a level
	Kernel    int     // pyramid: size of a filter
}

// Input is what a VGG's first layer reads of an image: channel c is
// (image[Order[c]]*Range - Mean[c]) / Std[c].
type Input struct {
	Name  string // "caffe", "torchvision": what the others are by default
	Order string // "rgb", "bgr"
	Range float64
	Mean  [3]float64 // in that order and range
	Std   [3]float64
}

// LayerWeight is a layer and its share in a loss.
type LayerWeight struct {
	Layer  string
	Weight float64
}

// Start is the image that the optimiser begins with.
type Start struct {
	From  string // "content", "style", "noise", "file", "blend"
	Path  string // file
	Seed  uint64 // noise
	Scale float64
	Mean  []float64 // one grey value, or red, green and blue
	A, B  string    // blend: two other starts
	Ratio float64   // blend: the share of B
}

// Run is how long and in which units the run goes.
type Run struct {
	Steps      int
	Project    bool       // cut the pixels to their range after each step
	PixelRange float64    // the number that white is for the optimiser: 1 or 255
	Memory     nst.Memory // "default", or "low": compute large maps twice rather than keep them
}

// Log is what a run leaves behind while it works. It changes no pixel.
type Log struct {
	Every             int  // steps between rows of metrics.csv
	Yardstick         int  // steps between rows of yardstick.csv; 0 keeps none
	Measures          bool // measure the picture at the end, for measures.json
	Frames            int  // steps between saved images; 0 saves none
	CheckpointSeconds float64
	TensorBoard       bool // event files beside the runs, by whoever sweeps
}

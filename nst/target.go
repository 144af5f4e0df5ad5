package nst

import "fmt"

// Target is an image that a loss compares with.
type Target struct {
	Image  *Image
	Mask   *Mask   // the part of the image that counts; nil: all of it
	Weight float64 // its share in a blend
}

// TargetsOf lists a loss's targets: a single one, if it is not nil, with weight 1, and
// the others.
func TargetsOf(single *Image, others []Target) []Target {
	if single == nil {
		return others
	}
	return append([]Target{{Image: single, Weight: 1}}, others...)
}

// shares are the targets' weights, scaled to sum to one.
func shares(targets []Target) ([]float64, error) {
	sum := 0.0
	for _, t := range targets {
		if !(t.Weight >= 0) {
			return nil, fmt.Errorf("a target image with weight %v: 0 or more is required", t.Weight)
		}
		sum += t.Weight
	}
	if len(targets) == 0 || sum == 0 {
		return nil, fmt.Errorf("no image to compare with: set Target, or Targets with weights above 0")
	}
	weights := make([]float64, len(targets))
	for i, t := range targets {
		weights[i] = t.Weight / sum
	}
	return weights, nil
}

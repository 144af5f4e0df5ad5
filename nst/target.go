package nst

import "math"

// Target is an image that a loss compares with, and its weight.
type Target struct {
	Image  *Image
	Mask   *Mask   // weights of the image's positions; nil: all count equally
	Weight float64 // weight in the mean over all targets, 0 or more; only ratios matter
}

// TargetsOf returns single as a target with weight 1, followed by others. If single is
// nil, it returns others.
func TargetsOf(single *Image, others []Target) []Target {
	if single == nil {
		return others
	}
	return append([]Target{{Image: single, Weight: 1}}, others...)
}

// shares returns the targets' weights, scaled so that they sum to one.
func shares(targets []Target) ([]float64, error) {
	sum := 0.0
	for _, t := range targets {
		if !(t.Weight >= 0) || math.IsInf(t.Weight, 0) {
			return nil, errorf("a target image with weight %v: must be 0 or more", t.Weight)
		}
		sum += t.Weight
	}
	if len(targets) == 0 || sum == 0 {
		return nil, errorf("no image to compare with: set Target, or Targets with weights above 0")
	}
	weights := make([]float64, len(targets))
	for i, t := range targets {
		weights[i] = t.Weight / sum
	}
	return weights, nil
}

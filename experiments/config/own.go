package config

import (
	"fmt"
	"math"
	"regexp"
	"slices"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/nst"
)

// OwnLoss is a kind of loss of a program that imports the workbench. After AddLoss,
// configurations use it like the built-in kinds: with weights, layers, axes, checkpoints,
// and a curve of its own.
type OwnLoss struct {
	Kind string // the value of loss.NAME.kind: lower-case letters, digits and -
	// Version is part of a run's identity. Change it when the code changes, so that
	// results of the earlier code are not taken for results of the new one.
	Version string
	// Compares is the image that the layers are compared with: "content", "style", or an
	// empty text for a loss without layers.
	Compares string
	// Masks says that Build gives the loss Pictures.Mask and the masks of Pictures.Style. Without
	// it, a mask or a region for the loss is an error.
	Masks  bool
	Weight float64  // the default of loss.NAME.weight; 0 means 1
	Keys   []OwnKey // of its table, besides weight, layers and the other keys of all losses
	// Build makes the loss for the images of a run. values has a value for each of Keys.
	Build func(values map[string]float64, p *Pictures, layers nst.LayerWeights) nst.Loss
}

// OwnKey is a key of an own loss: a number from Min to Max.
type OwnKey struct {
	Name     string
	Default  float64
	Min, Max float64 // if both are 0, any number
	Whole    bool    // a whole number
	Says     string  // one sentence about it, for `nst keys`
}

var ownName = regexp.MustCompile(`^[a-z][a-z0-9]*([-_][a-z0-9]+)*$`)

// AddLoss adds a kind of loss. Call it before the command or the first configuration is
// read, for example in main. It panics if the description is wrong, as a program with such
// a description never works.
func AddLoss(l OwnLoss) {
	if err := l.check(); err != nil {
		panic(fmt.Sprintf("config.AddLoss: %v", err))
	}
	lossKinds = append(lossKinds, kind[LossOptions]{l.Kind, func() LossOptions {
		o := &own{OwnLoss: l, values: make([]float64, len(l.Keys)), wholes: make([]int, len(l.Keys))}
		for i, k := range l.Keys {
			o.values[i], o.wholes[i] = k.Default, int(k.Default)
		}
		return o
	}})
}

func (l OwnLoss) check() error {
	switch {
	case !ownName.MatchString(l.Kind):
		return fmt.Errorf("the kind %q is not made of lower-case letters, digits and -", l.Kind)
	case defaultLossKind(l.Kind) != "":
		return fmt.Errorf("there is a kind %q already", l.Kind)
	case l.Version == "":
		return fmt.Errorf("%s has no version", l.Kind)
	case !slices.Contains([]string{"", "content", "style"}, l.Compares):
		return fmt.Errorf("%s compares with %q; accepted are content, style and an empty text", l.Kind, l.Compares)
	case !(l.Weight >= 0) || math.IsInf(l.Weight, 0):
		return fmt.Errorf("%s has the weight %g", l.Kind, l.Weight)
	case l.Build == nil:
		return fmt.Errorf("%s has no Build", l.Kind)
	}
	taken := append([]string{"kind", "version"}, lossChoice.shared...)
	for _, k := range l.Keys {
		switch {
		case !ownName.MatchString(k.Name) || slices.Contains(taken, k.Name):
			return fmt.Errorf("%s has a key %q, which is taken or is not made of lower-case letters, digits and _", l.Kind, k.Name)
		case !k.bounds().Has(k.Default):
			return fmt.Errorf("the default %g of %s is not a number from %g to %g", k.Default, k.Name, k.Min, k.Max)
		case k.Whole && (k.Default != math.Trunc(k.Default) || math.Abs(k.Default) > field.MaxWhole):
			return fmt.Errorf("the default %g of %s is not a whole number", k.Default, k.Name)
		}
		taken = append(taken, k.Name)
	}
	return nil
}

func (k OwnKey) bounds() field.Bounds {
	if k.Min == 0 && k.Max == 0 {
		return field.From(math.Inf(-1), math.Inf(1))
	}
	return field.From(k.Min, k.Max)
}

// own are the options of an OwnLoss.
type own struct {
	OwnLoss
	version string
	values  []float64 // by key
	wholes  []int     // by key; used if the key is Whole
}

func (o *own) fields(_ *Config, visit func(field.Field)) {
	version := field.Choice("version", &o.version, o.Version, o.Version).
		Says("The version of the loss in this program. Another one is another run.")
	version.Always = true
	visit(version)
	for i, k := range o.Keys {
		f := field.Number(k.Name, &o.values[i], k.Default, k.bounds())
		if k.Whole {
			f = field.Whole(k.Name, &o.wholes[i], int(k.Default), k.bounds())
		}
		visit(f.Says(k.Says))
	}
}

func (o *own) takesMasks() bool { return o.Masks }

func (o *own) Compares() string { return o.OwnLoss.Compares }

func (o *own) Build(p *Pictures, layers nst.LayerWeights) nst.Loss {
	values := map[string]float64{}
	for i, k := range o.Keys {
		if values[k.Name] = o.values[i]; k.Whole {
			values[k.Name] = float64(o.wholes[i])
		}
	}
	return o.OwnLoss.Build(values, p, layers)
}

func (o *own) Unit(Dimensions) float64 { return math.NaN() }
func (o *own) Gatys() LossOptions      { return nil }

func (o *own) DefaultWeight(string) float64 {
	if o.Weight == 0 {
		return 1
	}
	return o.Weight
}

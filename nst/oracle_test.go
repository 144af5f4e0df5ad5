package nst

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// Features, losses, gradients and trajectories against PyTorch in float64; see
// testdata/oracle/README.md. Ours are float32, so that a layer's result is off
// by about 1e-7 of its norm, after twenty of them by about 1e-6; correlation, which
// divides by the deviations of maps that may hardly vary, comes to 5e-5 in its
// gradient. One part in 10^4 leaves room for that and for nothing else: a wrong
// factor, edge or missing term is off by far more.
const oracleTolerance = 1e-4

func readGolden[T any](t *testing.T, name string) []T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "oracle", name))
	if err != nil {
		t.Fatal(err)
	}
	var cases []T
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return cases
}

// opened are the networks so far: cases share them, as runs do.
var opened = map[goldenNetwork]*Network{}

func mustOpen(t *testing.T, g goldenNetwork) *Network {
	t.Helper()
	if n := opened[g]; n != nil {
		return n
	}
	n, err := g.open()
	if err != nil {
		t.Fatal(err)
	}
	opened[g] = n
	return n
}

// apart is the norm of the difference over the norm of what is wanted.
func apart(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	difference, norm := 0.0, 0.0
	for i := range want {
		d := float64(got[i]) - float64(want[i])
		difference += d * d
		norm += float64(want[i]) * float64(want[i])
	}
	return math.Sqrt(difference / norm)
}

func TestOracleFeatures(t *testing.T) {
	type golden struct {
		Network goldenNetwork
		Image   goldenImage
		Maps    []struct {
			Layer       string
			Shape       [3]int
			Norm        float64
			Projections []float64
			Samples     goldenFloats
		}
	}
	worst := 0.0
	for _, g := range append(readGolden[golden](t, "features.json"), readGolden[golden](t, "oriented_features.json")...) {
		name := fmt.Sprintf("%+v at %dx%d", g.Network, g.Image.Width, g.Image.Height)
		var layers []string
		for _, m := range g.Maps {
			layers = append(layers, m.Layer)
		}
		e, err := mustOpen(t, g.Network).Extractor(layers...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		features, err := e.Extract(t.Context(), g.Image.image())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, m := range g.Maps {
			f := features[0][m.Layer]
			if found := [3]int{f.Channels, f.Height, f.Width}; found != m.Shape {
				t.Errorf("%s: %s has shape %v, want %v", name, m.Layer, found, m.Shape)
				continue
			}
			n := len(f.Data)
			square, samples := 0.0, make([]float32, len(m.Samples))
			for _, v := range f.Data {
				square += float64(v) * float64(v)
			}
			for k := range samples {
				samples[k] = f.Data[k*n/len(samples)]
			}
			errs := []float64{math.Abs(math.Sqrt(square)-m.Norm) / m.Norm, apart(samples, m.Samples)}
			for k, want := range m.Projections {
				// Each projection is a sum of all elements: one wrong element shows.
				sum := 0.0
				for i, p := range symmetric32(fmt.Sprintf("projection%d", k), n, 1) {
					sum += float64(p) * float64(f.Data[i])
				}
				errs = append(errs, math.Abs(sum-want)/m.Norm)
			}
			for _, e := range errs {
				worst = max(worst, e)
				if !(e < oracleTolerance) {
					t.Errorf("%s: %s: relative errors of norm, samples, projections: %.1e", name, m.Layer, errs)
					break
				}
			}
		}
	}
	t.Logf("largest relative error %.1e", worst)
}

// goldenTerm is one term of an objective.
type goldenTerm struct {
	Kind       string
	Weight     float64
	Maximize   bool
	Reduce     Reduction
	Normalize  Normalization
	Variation  VariationKind
	Epsilon    float64
	Iterations int
	With       []string
	Directions int
	Seed       uint64
	Size       int
	Gradient   GradientNorm
	Shift      float64
	Chain      bool
	Targets    []struct {
		Image  goldenImage
		Weight float64
	}
	Layers []struct {
		Layer  string
		Weight float64
	}
}

func (g goldenTerm) term(name string) (Term, error) {
	var targets []Target
	for _, t := range g.Targets {
		targets = append(targets, Target{Image: t.Image.image(), Weight: t.Weight})
	}
	var layers LayerWeights
	for _, l := range g.Layers {
		layers = append(layers, LayerWeight{Layer: l.Layer, Weight: l.Weight})
	}
	term := Term{Name: name, Weight: g.Weight, Maximize: g.Maximize, Normalize: g.Gradient}
	switch g.Kind {
	case "content":
		term.Loss = Content{Target: targets[0].Image, Layers: layers, Reduce: g.Reduce}
	case "gram":
		term.Loss = Gram{Targets: targets, Layers: layers, Normalize: g.Normalize, Reduce: g.Reduce, Shift: g.Shift, Chain: g.Chain}
	case "covariance":
		term.Loss = Covariance{Targets: targets, Layers: layers, Reduce: g.Reduce}
	case "cross-scale":
		term.Loss = CrossScale{Targets: targets, Layers: layers, With: g.With, Reduce: g.Reduce}
	case "shifted":
		term.Loss = ShiftedGram{Targets: targets, Layers: layers, Reduce: g.Reduce}
	case "means":
		term.Loss = Covariance{Targets: targets, Layers: layers, Reduce: g.Reduce, Means: true}
	case "correlation":
		term.Loss = Correlation{Targets: targets, Layers: layers, Reduce: g.Reduce}
	case "mean-variance":
		term.Loss = MeanVariance{Targets: targets, Layers: layers, Reduce: g.Reduce}
	case "wasserstein":
		term.Loss = Wasserstein{Targets: targets, Layers: layers, Reduce: g.Reduce, Epsilon: g.Epsilon, Iterations: g.Iterations}
	case "sliced":
		term.Loss = Sliced{Targets: targets, Layers: layers, Reduce: g.Reduce, Directions: g.Directions, Seed: g.Seed}
	case "histogram":
		term.Loss = Histogram{Targets: targets, Layers: layers, Reduce: g.Reduce}
	case "nearest-patches":
		term.Loss = NearestPatches{Targets: targets, Layers: layers, Reduce: g.Reduce, Size: g.Size}
	case "nearest-features":
		term.Loss = NearestFeatures{Targets: targets, Layers: layers}
	case "variation":
		term.Loss = Variation{Kind: g.Variation, Reduce: g.Reduce}
	default:
		return term, fmt.Errorf("term %s is of unknown kind %q", name, g.Kind)
	}
	return term, nil
}

func oracleObjective(t *testing.T, terms []goldenTerm) Objective {
	t.Helper()
	var o Objective
	for i, g := range terms {
		term, err := g.term(fmt.Sprintf("%s %d", g.Kind, i))
		if err != nil {
			t.Fatal(err)
		}
		o = append(o, term)
	}
	return o
}

// standstill is an optimiser that moves nothing and hands the objective to a test.
type standstill func(f Func, x []float32) error

var _ Optimizer = standstill(nil)

func (p standstill) Init(int) {}

func (p standstill) Step(f Func, x []float32, _ float64) (Evaluation, error) {
	if err := p(f, x); err != nil {
		return Evaluation{}, err
	}
	return f(x, make([]float32, len(x)))
}

// gradientWith runs one step of a transfer that stays where it is, and lets a
// test evaluate the objective before.
func gradientWith(net *Network, o Objective, at *Image, test func(f Func, x []float32) error) (Record, []float32, error) {
	var gradient []float32
	t := Transfer{Network: net, Objective: o, Start: FromImage(at), Width: at.Width, Height: at.Height,
		Schedule: Constant{Value: 1}, Steps: 1, Threads: 2,
		Optimizer: standstill(func(f Func, x []float32) error {
			if test != nil {
				if err := test(f, x); err != nil {
					return err
				}
			}
			gradient = make([]float32, len(x))
			_, err := f(x, gradient)
			return err
		})}
	result, err := t.Run(context.Background())
	if err != nil {
		return Record{}, nil, err
	}
	return result.Trace[0], gradient, nil
}

type goldenLoss struct {
	Name     string
	Network  goldenNetwork
	Image    goldenImage
	Terms    []goldenTerm
	Parts    [][]float64
	Total    float64
	Gradient goldenFloats
}

func TestOracleLosses(t *testing.T) {
	worst, worstGradient := 0.0, 0.0
	for _, g := range append(readGolden[goldenLoss](t, "losses.json"), readGolden[goldenLoss](t, "oriented_losses.json")...) {
		t.Run(g.Name, func(t *testing.T) {
			record, gradient, err := gradientWith(mustOpen(t, g.Network), oracleObjective(t, g.Terms), g.Image.image(), nil)
			if err != nil {
				t.Fatal(err)
			}
			check := func(what string, got, want float64) {
				t.Helper()
				e := math.Abs(got-want) / math.Abs(want)
				worst = max(worst, e)
				if !(e < oracleTolerance) {
					t.Errorf("%s is %.9g, want %.9g: relative error %.1e", what, got, want, e)
				}
			}
			check("total", record.Total, g.Total)
			for i, parts := range g.Parts {
				if len(record.Terms[i].Layers) != len(parts) {
					t.Fatalf("%s has %d parts, want %d", record.Terms[i].Name, len(record.Terms[i].Layers), len(parts))
				}
				for k, want := range parts {
					l := record.Terms[i].Layers[k]
					check(record.Terms[i].Name+" "+l.Layer, l.Value, want)
				}
			}
			e := apart(gradient, g.Gradient)
			worstGradient = max(worstGradient, e)
			if !(e < oracleTolerance) {
				t.Errorf("gradient: relative error %.1e", e)
			}
		})
	}
	t.Logf("largest relative error of a value %.1e, of a gradient %.1e", worst, worstGradient)
}

// Everything that can be chosen must be among the goldens, so that a choice
// added later without one fails here.
func TestOracleCoversEveryChoice(t *testing.T) {
	found := map[string]bool{}
	for _, g := range readGolden[goldenLoss](t, "losses.json") {
		if g.Network.Pooling != "" {
			found[fmt.Sprint(g.Network.Pooling, " ", g.Network.Padding)] = true
		}
		for _, term := range g.Terms {
			found[fmt.Sprint(term.Kind, term.Variation, term.Normalize, " ", term.Reduce)] = true
		}
	}
	var want []string
	for _, pooling := range poolings {
		for _, padding := range paddings {
			want = append(want, fmt.Sprint(pooling.name, " ", padding.name))
		}
	}
	for _, r := range []Reduction{Sum, Half, Mean, Root, Relative} {
		want = append(want, fmt.Sprint("content ", r))
	}
	for _, r := range []Reduction{Sum, Mean, Relative} {
		for _, n := range []Normalization{Raw, ByPositions, ByEverything} {
			want = append(want, fmt.Sprint("gram", n, " ", r))
		}
		for _, kind := range []string{"covariance ", "correlation ", "mean-variance ", "wasserstein ", "sliced ", "histogram ", "nearest-patches "} {
			want = append(want, fmt.Sprint(kind, r))
		}
	}
	for _, r := range []Reduction{Gatys, Keras} {
		want = append(want, fmt.Sprint("gram", Raw, " ", r))
	}
	for _, k := range []VariationKind{Squared, Absolute} {
		want = append(want, fmt.Sprint("variation", k, " ", Sum), fmt.Sprint("variation", k, " ", Mean))
	}
	want = append(want, "nearest-features ")
	want = append(want, fmt.Sprint("variation", Power, " ", Sum), fmt.Sprint("variation", NinePoint, " ", Mean))
	for _, w := range want {
		if !found[w] {
			t.Errorf("no golden for %s", w)
		}
	}
}

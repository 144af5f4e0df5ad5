package nst

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
)

// unread are weights that must not be read.
type unread struct{ t *testing.T }

func (u unread) Convolution(layer string) (weight, bias []float32, err error) {
	u.t.Errorf("the weights of %s are read", layer)
	return make([]float32, 64*3*9), make([]float32, 64), nil
}

// builtin are the losses of this package, valid at the layer. TestBuiltinLosses checks
// that none is missing.
func builtin(m *Image, layer string) []Loss {
	l := Layers(layer)
	return []Loss{
		Content{Target: m, Layers: l}, Gram{Target: m, Layers: l}, Covariance{Target: m, Layers: l}, Correlation{Target: m, Layers: l},
		MeanVariance{Target: m, Layers: l}, Wasserstein{Target: m, Layers: l}, CrossScale{Target: m, Layers: l}, ShiftedGram{Target: m, Layers: l},
		Sliced{Target: m, Layers: l}, Histogram{Target: m, Layers: l}, Palette{Target: m},
		NearestPatches{Target: m, Layers: l}, NearestFeatures{Target: m, Layers: l}, Activation{Layers: l},
		Variation{}, Statistic{
			Targets: []Target{{Image: m, Weight: 1}}, Layers: l,
			Sums: func(c *Context, f *Feature) []*gorgonia.Node { return []*gorgonia.Node{f.Mean()} },
			Compare: func(c *Context, a, b []*gorgonia.Node) (*gorgonia.Node, error) {
				return c.SquaredDistance(a[0], b[0], 1), nil
			},
		},
	}
}

// wrong returns values that are wrong for a field of this type.
func wrong(of any, m *Image) []any {
	switch of.(type) {
	case Reduction:
		return []any{Reduction("most")}
	case Normalization:
		return []any{Normalization("most")}
	case Nearness:
		return []any{Nearness("near")}
	case VariationKind:
		return []any{VariationKind("most")}
	case int:
		return []any{-1}
	case []string:
		return []any{[]string{"relu9_9"}}
	case float64:
		return []any{-1., math.NaN(), math.Inf(1)}
	case *Image:
		return []any{(*Image)(nil), &Image{}}
	case *Mask:
		return []any{&Mask{}, NewMask(2, 2)}
	case LayerWeights:
		return []any{LayerWeights(nil), Layers("relu9_9"), LayerWeights{{"relu1_1", math.NaN()}}}
	case []Target:
		return []any{[]Target{{Image: m}}, []Target{{Image: m, Weight: -1}}, []Target{{Image: m, Weight: math.Inf(1)}}, []Target{{Weight: 1}},
			[]Target{{Image: m, Weight: 1, Mask: &Mask{}}}}
	}
	return nil
}

// TestLossFaultsAreFoundEarly sets each field of each built-in loss to wrong values. The
// run reports them before it reads a weight or computes anything.
func TestLossFaultsAreFoundEarly(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // a calibration returns this error
	m := wave(20, 20, 7)
	for name, o := range map[string]Options{"vgg19": {Weights: unread{t}}, "pyramid": {}} {
		layer := map[string]string{"vgg19": "relu1_1", "pyramid": "scale1"}[name]
		report := func(what string, l Loss) {
			tr := Transfer{Network: open(t, name, o), Start: FromImage(m), Objective: Objective{{Name: "it", Weight: 1, Loss: l}}}
			_, err := tr.Run(ctx)
			if err == nil || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), `term "it"`) {
				t.Errorf("%s, %s: %v", name, what, err)
			}
			checkPrefix(t, err)
		}
		for _, l := range builtin(m, layer) {
			for i := range reflect.TypeOf(l).NumField() {
				f := reflect.TypeOf(l).Field(i)
				values := wrong(reflect.Zero(f.Type).Interface(), m)
				if f.Type.Kind() == reflect.Func {
					values = []any{reflect.Zero(f.Type).Interface()}
				}
				if k := f.Type.Kind(); len(values) == 0 && k != reflect.Bool && k != reflect.Uint64 { // of which no value is wrong
					t.Errorf("%T.%s: give wrong values for its type", l, f.Name)
				}
				for _, v := range values {
					if f.Name == "Shift" && v == any(-1.) {
						continue // titu1994's
					}
					bad := reflect.New(reflect.TypeOf(l)).Elem()
					bad.Set(reflect.ValueOf(l))
					if target := bad.FieldByName("Target"); f.Name == "Targets" && target.IsValid() {
						target.SetZero()
					}
					bad.Field(i).Set(reflect.ValueOf(v))
					report(f.Name+" of "+reflect.TypeOf(l).Name(), bad.Interface().(Loss))
				}
			}
		}
		report("a normalised Gram matrix", Gram{Target: m, Layers: Layers(layer), Normalize: ByPositions})
		report("a mean of cropped differences", Variation{Kind: Cropped, Reduce: Mean})
		report("a region without a loss", Regions{{Weight: 1}})
		report("a region of weight -1", Regions{{Loss: Activation{Layers: Layers(layer)}, Weight: -1}})
		report("a fault of Build", LossFunc{Targets: []*Image{m}, Func: func(*Context) (*gorgonia.Node, error) { return nil, errors.New("no") }})
	}
}

// TestBuiltinLosses compares the list of builtin with the declarations of the package.
func TestBuiltinLosses(t *testing.T) {
	listed := map[string]bool{"LossFunc": true, "Regions": true, "Guided": true} // these are tried by themselves
	for _, l := range builtin(wave(4, 4, 7), "relu1_1") {
		listed[reflect.TypeOf(l).Name()] = true
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != "Needs" {
				continue
			}
			if loss, ok := f.Recv.List[0].Type.(*ast.Ident); ok && !listed[loss.Name] {
				t.Errorf("%s is not in the list of built-in losses", loss.Name)
			}
		}
	}
}

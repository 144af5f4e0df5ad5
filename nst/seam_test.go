package nst

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"math"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TestBuiltInLossesHaveNoPrivileges: they are built on what any program can use, and on
// the package's lists of choices, which know nothing of losses.
func TestBuiltInLossesHaveNoPrivileges(t *testing.T) {
	set := token.NewFileSet()
	var files []*ast.File
	own := map[string]bool{} // declared in these files
	for _, name := range []string{"content.go", "style.go", "correlate.go", "statistic.go", "target.go", "reduction.go", "variation.go", "moments.go", "wasserstein.go", "transport.go", "transport_masked.go", "nearest.go", "nearest_search.go", "palette.go", "choices.go", "errors.go"} {
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				own[n.Name.Name] = true
			case *ast.AssignStmt:
				for _, e := range n.Lhs {
					if i, ok := e.(*ast.Ident); ok {
						own[i.Name] = true
					}
				}
			case *ast.Field:
				for _, name := range n.Names {
					own[name.Name] = true
				}
			}
			return true
		})
	}
	for _, file := range files {
		for _, i := range file.Imports {
			if strings.Contains(i.Path.Value, "nst/internal") {
				t.Errorf("%s: imports %s", set.Position(i.Pos()), i.Path.Value)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			name := ""
			switch n := n.(type) {
			case *ast.SelectorExpr:
				name = n.Sel.Name
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.Ident); ok {
					name = f.Name
				}
			}
			if name != "" && !ast.IsExported(name) && !own[name] && types.Universe.Lookup(name) == nil {
				t.Errorf("%s: uses %s, which other packages cannot", set.Position(n.Pos()), name)
			}
			return true
		})
	}
}

// forgetful reads a layer that it does not name.
var forgetful = LossFunc{Layers: []string{"scale1"}, Func: func(c *Context) (*gorgonia.Node, error) {
	return gorgonia.Sum(c.Feature("scale2").Mean())
}}

// TestNeedsAreEnforced: beside a loss that names the layer as alone.
func TestNeedsAreEnforced(t *testing.T) {
	photo, paint := wave(20, 20, 7), wave(20, 20, 5)
	other := Term{Name: "content", Weight: 1, Loss: Content{Target: photo, Layers: Layers("scale2")}}
	thief := LossFunc{Layers: []string{"scale2"}, Func: func(c *Context) (*gorgonia.Node, error) {
		return gorgonia.Sum(c.Target(photo, "scale2").Mean())
	}}
	for name, c := range map[string]struct {
		loss Loss
		want string
	}{
		"layer":  {forgetful, `term "own": layer "scale2" is read, which the loss's Needs do not name: its Layers are scale1`},
		"target": {thief, `term "own": an image is read that is not among the Targets`},
	} {
		for _, beside := range []bool{true, false} {
			tr := Transfer{Start: FromImage(paint), Objective: Objective{{Name: "own", Weight: 1, Loss: c.loss}}}
			if beside {
				tr.Objective = append(tr.Objective, other)
			}
			if _, err := tr.Run(context.Background()); err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), "nst: ") != 1 {
				t.Errorf("%s, beside another %v: error %v, want one that says %q", name, beside, err, c.want)
			}
		}
	}
}

// valueAt is a loss's value at an image.
func valueAt(t *testing.T, net *Network, l Loss, at *Image) float64 {
	t.Helper()
	record, _, err := gradientWith(net, Objective{{Name: "loss", Weight: 1, Loss: l}}, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	return record.Total
}

// TestMasks: a mask of equal weights changes nothing, and one of a part hides the rest.
func TestMasks(t *testing.T) {
	net := open(t, "vgg19", Options{Width: 1. / 16})
	at, photo := wave(32, 32, 7), wave(32, 32, 5)
	ones, left := NewMask(5, 3), NewMask(32, 32)
	for i := range ones.Weights {
		ones.Weights[i] = 0.5
	}
	for i := range left.Weights {
		if i%32 < 16 {
			left.Weights[i] = 1
		}
	}
	// changed is the photo with another right half, beyond what the layer's filters see
	// from the left.
	changed := photo.Clone()
	for i := range changed.Pix {
		if i%32 >= 18 {
			changed.Pix[i] = 1 - changed.Pix[i]
		}
	}
	layers := Layers("relu1_1")
	for name, loss := range map[string]func(target *Image, m *Mask) Loss{
		"content": func(target *Image, m *Mask) Loss {
			return Content{Target: target, Mask: m, Layers: layers, Reduce: Mean}
		},
		"gram": func(target *Image, m *Mask) Loss {
			return Gram{Targets: []Target{{target, m, 1}}, Mask: m, Layers: layers}
		},
		"covariance": func(target *Image, m *Mask) Loss {
			return Covariance{Targets: []Target{{target, m, 1}}, Mask: m, Layers: layers}
		},
		"correlation": func(target *Image, m *Mask) Loss {
			return Correlation{Targets: []Target{{target, m, 1}}, Mask: m, Layers: layers}
		},
		"mean-variance": func(target *Image, m *Mask) Loss {
			return MeanVariance{Targets: []Target{{target, m, 1}}, Mask: m, Layers: layers}
		},
		"wasserstein": func(target *Image, m *Mask) Loss {
			return Wasserstein{Targets: []Target{{target, m, 1}}, Mask: m, Layers: layers, Epsilon: 0.05}
		},
		"cross-scale": func(target *Image, m *Mask) Loss {
			return CrossScale{Targets: []Target{{target, m, 1}}, Mask: m, Layers: layers, With: []string{"relu1_2"}}
		},
		"shifted": func(target *Image, m *Mask) Loss {
			return ShiftedGram{Targets: []Target{{target, m, 1}}, Mask: m, Layers: layers}
		},
		"sliced": func(target *Image, m *Mask) Loss {
			return Sliced{Targets: []Target{{target, m, 1}}, Mask: m, Layers: layers}
		},
		"histogram": func(target *Image, m *Mask) Loss {
			return Histogram{Targets: []Target{{target, m, 1}}, Mask: m, Layers: layers}
		},
		"palette": func(target *Image, m *Mask) Loss {
			return Palette{Targets: []Target{{target, m, 1}}, Mask: m}
		},
	} {
		whole, same := valueAt(t, net, loss(photo, nil), at), valueAt(t, net, loss(photo, ones), at)
		if math.Abs(whole-same) > 1e-4*whole {
			t.Errorf("%s: %v with a mask that is 0.5 everywhere, %v without", name, same, whole)
		}
		part, other := valueAt(t, net, loss(photo, left), at), valueAt(t, net, loss(changed, left), at)
		if part != other || math.Abs(part-whole) < 1e-3*whole {
			t.Errorf("%s: %v of the left half, %v where the right half differs, %v of the whole", name, part, other, whole)
		}
		if was, is := whole, valueAt(t, net, loss(changed, nil), at); was == is {
			t.Errorf("%s: the right half does not count without a mask", name)
		}
	}
}

func TestBadMasksAndOperations(t *testing.T) {
	photo := wave(20, 20, 7)
	content := func(m *Mask) Loss { return Content{Target: photo, Mask: m, Layers: Layers("scale1")} }
	own := func(o Operation) Loss {
		return LossFunc{Func: func(c *Context) (*gorgonia.Node, error) { return c.Op(o, c.Image()), nil }}
	}
	boom := func(Parallel, []float32, [][]float32) { panic("boom") }
	for want, l := range map[string]Loss{
		"zeros: nothing would count":              content(NewMask(2, 2)),
		"with weight -1 at column 1, row 0":       content(&Mask{Width: 2, Height: 1, Weights: []float32{1, -1}}),
		"with 1 weights: 4 are required":          content(&Mask{Width: 2, Height: 2, Weights: []float32{1}}),
		`operation "": Name and Run are required`: own(Operation{}),
		`operation "own": shape [0]`:              own(Operation{Name: "own", Shape: []int{0}, Run: boom}),
		`operation own: boom`:                     own(Operation{Name: "own", Run: boom, Gradient: func(Parallel, int, []float32, []float32, [][]float32) {}}),
		`two inputs are named "a"`: LossFunc{Func: func(c *Context) (*gorgonia.Node, error) {
			one := tensor.New(tensor.WithShape(1), tensor.WithBacking([]float32{1}))
			return gorgonia.Add(c.Input("a", one), c.Input("a", one))
		}},
		"a node of shape (3, 20, 20) compared with one of shape (96)": LossFunc{Layers: []string{"scale1"}, Func: func(c *Context) (*gorgonia.Node, error) {
			return c.SquaredDistance(c.Image(), c.Feature("scale1").Mean(), 1), nil
		}},
	} {
		tr := Transfer{Start: FromImage(photo), Objective: Objective{{Name: "term", Weight: 1, Loss: l}}}
		if _, err := tr.Run(context.Background()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

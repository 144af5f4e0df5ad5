package plan

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/tree"
)

// checkRoundTrip checks that writing and reading a Config gives the same Config.
func checkRoundTrip(t *testing.T, c *config.Config) {
	t.Helper()
	for _, dir := range []string{"", "/dir/results/a/b"} {
		text := string(c.TOML(dir))
		p := &tree.Problems{}
		root := tree.Parse(text, "fuzz.toml", dir, p)
		if root == nil {
			t.Fatalf("%v\n%s", p.Err(), text)
		}
		again := config.Decode(root, p)
		if p.Err() != nil {
			t.Fatalf("%v\n%s", p.Err(), text)
		}
		if !reflect.DeepEqual(c, again) {
			t.Fatalf("written to %q and read:\n%+v\nwant\n%+v\n%s", dir, again, c, text)
		}
	}
}

// anyConfig draws a valid Config over all kinds and fields.
func anyConfig(r *rand.Rand) string {
	var b strings.Builder
	number := func() string { return tree.FormatFloat(r.ExpFloat64() * 10) }
	share := func() string { return tree.FormatFloat(0.001 + 0.99*r.Float64()) }
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	maybe := func(format string, args ...any) {
		if r.IntN(2) == 0 {
			fmt.Fprintf(&b, format+"\n", args...)
		}
	}
	maybe("seed = %d", r.Int64())
	maybe("title = %s", tree.WriteString("a \"title\"\twith \\ and é\u0001\n"))
	fmt.Fprintf(&b, "[images]\ncontent = 'c.png'\nstyle = %s\n",
		pick("'../s.png'", "['/abs/a.png', 'b.png', 'd/e.png']", "{'x y.png' = 2, '/z.png' = 0.1}"))
	maybe("size = %d", 6+r.IntN(1000))
	maybe("side = '%s'", pick("long", "short", "rows", "columns"))
	maybe("stretch = %t", r.IntN(2) == 0)
	maybe("truncate = %t", r.IntN(2) == 0)
	b.WriteString("[network]\n")
	if pyramid := r.IntN(2) == 0; pyramid {
		maybe("levels = %d", 1+r.IntN(12))
		maybe("kernel = %s", pick("3", "5", "7"))
	} else {
		fmt.Fprintf(&b, "name = '%s'\n", pick("vgg16", "vgg19"))
		maybe("pooling = '%s'", pick("max", "average", "l2"))
		maybe("pool_scale = %s", share())
		maybe("width = %s", share())
		maybe("preprocess = '%s'", pick("caffe", "torchvision"))
		maybe("order = '%s'", pick("rgb", "bgr"))
		maybe("range = %s", share())
		maybe("mean = [%s, -1, 2]", number())
		maybe("std = [1, %s, 2]", share())
	}
	layers := func() {
		maybe("layers = %s", pick("'a'", "['b', 'a']", "{b = 1, a = 0.3, 'c d' = 0}"))
	}
	for i := range 1 + r.IntN(4) {
		kind := pick(config.LossKinds()...)
		fmt.Fprintf(&b, "[loss.l%d]\nkind = '%s'\n", (i*7)%5, kind)
		maybe("weight = %s", number())
		maybe("maximize = true")
		switch kind {
		case "activation":
			layers()
			maybe("map = 3")
		case "variation":
			maybe("difference = '%s'", pick("squared", "absolute", "power", "cropped"))
			maybe("range = 255")
		case "gram":
			layers()
			if r.IntN(2) == 0 {
				fmt.Fprintf(&b, "reduce = '%s'\n", pick("gatys", "keras"))
			} else {
				maybe("normalize = '%s'", pick("raw", "m", "nm"))
			}
			maybe("regions = 'sums'\nguidance = %s", number())
		case "palette":
			maybe("of = '%s'", pick("style", "content"))
			maybe("bins = %s", pick("2", "4", "16"))
		default:
			layers()
			if kind != "nearest-features" {
				maybe("reduce = '%s'", pick("sum", "mean", "relative"))
			}
		}
	}
	fmt.Fprintf(&b, "[start]\n%s\n", pick("", "from = 'style'", "from = 'noise'\nseed = 3\nmean = [0, 0.5, 1]",
		"from = 'noise'\nscale = 0.001\nmean = 0.2", "from = 'file'\npath = 'x.png'", "from = 'blend'\nb = 'style'\nratio = "+share()))
	fmt.Fprintf(&b, "[optimizer]\n%s\n", pick("history = 7\nblind = true", "line_search = 'strong-wolfe'\nmax_evaluations = 9",
		"kind = 'adam'\nepsilon_hat = true\nbeta1 = "+share(), "kind = 'sgd'\nmomentum = 0.9\nnesterov = true", "kind = 'rmsprop'\ncentered = true"))
	fmt.Fprintf(&b, "[schedule]\n%s\n", pick("rate = "+share(), "rate = 100\nkind = 'exponential'\nstaircase = true\nwarmup = 3",
		"rate = 1\nkind = 'step'\nfactor = "+share(), "kind = 'piecewise'\nboundaries = [3, 9]\nrates = [1, 0.5, 1e-3]",
		"kind = 'piecewise'\nrates = [1]", "rate = 2\nkind = 'cosine'\nwarmup = 5\nfinal = 0.1"))
	b.WriteString("[run]\n")
	maybe("steps = %d", 1+r.IntN(1000))
	maybe("pixel_range = 255")
	maybe("project = true")
	maybe("memory = 'low'")
	maybe("average = 0.99")
	maybe("[stages]\nfrom = 2\nfactor = 3\n%s\ncarry = %s\nfilter = '%s'", pick("", "steps = [3, 1]", "rates = [0.5]\ndetail = true\nstyle = 'fixed'"),
		pick("true", "false"), pick("catmullrom", "bicubic", "bilinear"))
	b.WriteString("[log]\n")
	maybe("every = %d", 1+r.IntN(9))
	return b.String()
}

func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		text := anyConfig(r)
		p := &tree.Problems{}
		root := tree.Parse(text, "any.toml", "/dir/results", p)
		var c *config.Config
		if root != nil {
			c = config.Decode(root, p)
		}
		if p.Err() != nil {
			t.Fatalf("%v\n%s", p.Err(), text)
		}
		c.Name = "any"
		checkRoundTrip(t, c)
	}
}

// Merging an empty table or the table itself changes nothing. The values that are
// merged last are in the result.
func TestMergeLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	treeX := func() *tree.Table {
		p := &tree.Problems{}
		root := tree.Parse(anyConfig(r), "any.toml", "/dir", p)
		if root == nil {
			t.Fatal(p.Err())
		}
		return root.Table()
	}
	show := func(t *tree.Table) string { return labelAll(&tree.Node{Value: t}) }
	for range 300 {
		a, b := treeX(), treeX()
		before, beforeB := show(a), show(b)
		ab := config.Merge(a, b, nil)
		for _, law := range []struct {
			name      string
			got, want *tree.Table
		}{
			{"nothing over a", config.Merge(a, tree.NewTable(), nil), a},
			{"a over itself", config.Merge(a, a, nil), a},
			{"b over a, b again", config.Merge(ab, b, nil), ab},
		} {
			if show(law.got) != show(law.want) {
				t.Fatalf("%s:\n%s\nwant\n%s", law.name, show(law.got), show(law.want))
			}
		}
		for _, section := range b.Keys {
			over := b.Get(section).Table()
			if over == nil {
				continue
			}
			for _, key := range over.Keys {
				want := over.Get(key)
				if want.Table() == nil && labelAll(ab.Get(section).Table().Get(key)) != labelAll(want) {
					t.Fatalf("%s.%s is not the later one", section, key)
				}
			}
		}
		if show(a) != before || show(b) != beforeB {
			t.Fatal("merge changed its arguments")
		}
	}
}

// labelAll writes a whole value, for comparisons.
func labelAll(n *tree.Node) string {
	switch v := n.Value.(type) {
	case *tree.Table:
		s := "{"
		for _, k := range v.Keys {
			s += k + "=" + labelAll(v.Nodes[k]) + " "
		}
		return s + "}"
	case []*tree.Node:
		s := "["
		for _, e := range v {
			s += labelAll(e) + " "
		}
		return s + "]"
	}
	return fmt.Sprintf("%v", n.Value)
}

//go:build linux || darwin

package kernel_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gonst/workbench/notebooks/kernel/internal/jupyter"
)

// at splits code at the cursor, which is written as |, and counts in characters.
func at(code string) (whole string, cursor int) {
	before, after, _ := strings.Cut(code, "|")
	return before + after, len([]rune(before))
}

func inspect(t *testing.T, k *jupyter.Kernel, code string) (data map[string]any, found bool) {
	t.Helper()
	whole, cursor := at(code)
	reply, err := k.Shell("inspect_request", map[string]any{"code": whole, "cursor_pos": cursor, "detail_level": 0})
	if err != nil {
		t.Fatal(err)
	}
	found, _ = reply["found"].(bool)
	data, _ = reply["data"].(map[string]any)
	return data, found
}

// Shift+Tab shows what the packages' own comments say.
func TestInspect(t *testing.T) {
	k := start(t)
	run(t, k, imports)
	run(t, k, "tr := nst.Transfer{Steps: 3}\nfunc mine(a, b int) string { return \"\" }\ntype Pair struct { Left, Right nst.Image }")
	for code, want := range map[string][]string{
		"nst.Trans|fer":                     {"type Transfer struct", "Objective Objective"},
		"n|st.Transfer":                     {`package nst // import "github.com/gonst/workbench/nst"`, "neural style transfer"},
		"größe := 1; tr.Ru|n":               {"func (t *Transfer) Run(ctx context.Context, observers ...Observer) (*Result, error)", "Run returns the result so far together"},
		"tr.Start|":                         {"(nst.Transfer) Start Start", "the first image"},
		"nst.Transfer{St|art: nil}":         {"(nst.Transfer) Start Start"},
		"nst.Transfer{\n\t|":                {"nst.Transfer", "type Transfer struct"},
		"nst.Layers(\"a\", |":               {"func Layers(names ...string) LayerWeights", "weight"},
		"nb.Li|ve()":                        {"func Live() *Panel"},
		"fmt.Print|ln":                      {"func Println(a ...any) (n int, err error)", "formats using the default formats"},
		"plan.|Load":                        nil,            // no such name
		"explain.U|nits":                    {"type Units"}, // a package that is not imported yet
		"tr|":                               {"var tr nst.Transfer", "Objective Objective"},
		"mi|ne(1, 2)":                       {"func mine(int, int) string"},
		"var p Pair; p.Le|ft":               {"Left nst.Image", "Pix"},
		"x := nst.NewImage(1, 1)\nx.Wid|th": {"(*nst.Image) Width"},
		"f := func(c *nst.Context) error { c.Feat|ure":                          {"func (c *Context) Feature("},
		"nst.Objective{{Na|me: \"content\"":                                     {"(nst.Term) Name string"},
		"for _, m := range []*nst.Image{nil} {\n\tm.Val|idate()\n}":             {"func (m *Image) Validate() error"},
		"if x := nst.NewImage(1, 1); x != nil {\n\tx.Val|idate()\n}":            {"func (m *Image) Validate() error"},
		"nst.Transfer{Objective: nst.Objective{{Loss: nst.Content{Lay|ers: nil": {"(nst.Content) Layers LayerWeights"},
		"func (p Pair) area() int { return p.Left.Hei|ght }":                    {"Height"},
		"// nst.Trans|fer": nil,
		`"nst.Trans|fer"`:  nil,
		"|":                nil,
	} {
		data, found := inspect(t, k, code)
		if found != (want != nil) {
			t.Errorf("%s: found %t: %v", code, found, data["text/plain"])
		}
		plain, _ := data["text/plain"].(string)
		for _, w := range want {
			if !strings.Contains(plain, w) {
				t.Errorf("%s: no %q in\n%s", code, w, plain)
			}
		}
		if markdown, _ := data["text/markdown"].(string); found && !strings.HasPrefix(markdown, "```go\n") {
			t.Errorf("%s: as Markdown %q", code, markdown)
		}
	}
	// To look does not change anything.
	if o := run(t, k, "tr.Steps"); text(o) != "3" {
		t.Errorf("Steps = %s", text(o))
	}
	if o := fail(t, k, "x"); !strings.Contains(o.Error, "x is not declared") {
		t.Errorf("a name of the looked at code stayed: %s", o.Error)
	}
}

func TestCompletion(t *testing.T) {
	k := start(t)
	run(t, k, imports)
	run(t, k, "tr := nst.Transfer{}")
	fields := "Network Objective Start Width Height Optimizer Schedule Steps"
	for code, want := range map[string]string{
		"nst.Op|":                        "Open",
		"/* größer */ nst.Cont|":         "Content",
		"nb.Con|":                        "Context",
		"nst.FromImage(nst.NewImage).W|": "",
		"tr.Obj|":                        "Objective",
		"tr.Ru|":                         "Run",
		"nst.Layers(\"a\").Na|":          "Names",
		"x := nst.NewImage(1, 1)\nx.Sa|": "Save SaveWith",
		"nst.Transfer{|":                 fields,
		"nst.Transfer{Steps: 3, |}":      fields,
		"t := &nst.Transfer{\n\tWi|":     "Width",
		"f(nst.Transfer{\n\tStart: nst.Noise{},\n\tHe|":                              "Height",
		"nst.Objective{{Na|":                                                         "Name",
		"nst.Transfer{Objective: nst.Objective{{Name: \"c\", Loss: nst.Content{Lay|": "Layers",
		"[]*nst.Image{{Wi|":                                                          "Width",
		"map[string]nst.Image{\"a\": {Wi|":                                           "Width",
		"type T struct { Alpha, Beta int }\nt := T{Al|":                              "Alpha",
		"type T struct { Alpha, Beta int }\nt := T{}\nt.Be|":                         "Beta",
		"nst.LossFunc{Func: func(c *nst.Context) (*gorgonia.Node, error) {\n\treturn c.Feature(\"a\").|": "Mean",
		"if true { t|":    "tr",
		"\"nst.Op|":       "",
		"// nst.Op|":      "",
		"for nst.Tran| {": "Transfer",
	} {
		whole, cursor := at(code)
		reply, err := k.Shell("complete_request", map[string]any{"code": whole, "cursor_pos": cursor})
		if err != nil {
			t.Fatal(err)
		}
		var matches []string
		for _, m := range reply["matches"].([]any) {
			matches = append(matches, m.(string))
		}
		for _, w := range strings.Fields(want) {
			if !slices.Contains(matches, w) {
				t.Errorf("%s: no %s in %q", code, w, matches)
			}
		}
		if want == "" && len(matches) > 0 {
			t.Errorf("%s: %q", code, matches)
		}
		start := int(reply["cursor_start"].(float64))
		if word := string([]rune(whole)[start:cursor]); want != "" && !strings.HasPrefix(strings.Fields(want)[0], word) {
			t.Errorf("%s: completes %q", code, word)
		}
	}
}

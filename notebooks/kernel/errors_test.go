//go:build linux || darwin

package kernel_test

import (
	"strings"
	"testing"
)

// An error names the line and shows it, and says what to write instead.
func TestErrors(t *testing.T) {
	k := start(t)
	run(t, k, imports)
	run(t, k, "func deep(s string) {\n\tpanic(s)\n}")
	cells := map[string]string{
		"x := 1\ny := x +":                                           "line 2: the cell ends too early: operand is missing\n\ty := x +",
		"for i := 0; i < 3; i++ {":                                   "line 1: the cell ends too early: '}' is missing",
		"\n\nfor i := range 3 { }":                                   "line 3: a cell cannot range over a number; write for i := 0; i < 3; i++ { … }\n\tfor i := range 3 { }",
		"n := 3\nfor range n { }":                                    "line 2: a cell cannot range over a number; write for i := 0; i < n; i++ { … }",
		"fmt.Println(1)\nm := max(1, 2)":                             "line 2: max does not exist in cells, which have no generic functions; write math.Max",
		"import \"slices\"":                                          "line 1: import \"slices\": cells cannot call its generic functions; write package sort",
		"s := []int{3}\n\nslices.Sort(s)":                            "line 3: slices does not exist in cells",
		"sort.Ints(nil)":                                             `line 1: sort is not declared; to use the package, write import "sort"`,
		"func id[T any](x T) T { return x }":                         "line 1: a cell cannot declare type parameters",
		"type L[T any] struct { a []T }":                             "line 1: a cell cannot declare type parameters",
		"\ntype N interface { int | float64 }":                       "line 2: a cell cannot declare type parameters",
		"type N interface {\n\t~int | ~float64\n}":                   "line 2: a cell cannot declare type parameters",
		"w := 5\nw = \"a\"":                                          "line 2: \"a\" is not of type int\n\tw = \"a\"",
		"\nvar v int = nst.NewImage(3, 3)":                           "line 2: a value of type *nst.Image is not of type int",
		"struct{ A int }{1, 2}":                                      "line 1: too many values for struct{A int}: its number of fields is 1",
		"var e error\ne.Error()":                                     "line 2: invalid memory address or nil pointer dereference",
		"\nfmt.Printn(1)":                                            "line 2: package fmt has no Printn; did you mean Print, Printf or Println?",
		"if true {\n\t_ = nst.Opne\n}":                               "line 2: package nst has no Opne; did you mean Open?",
		"impots := 1\nimport2":                                       "line 2: import2 is not declared",
		"_ = nst.Transfer{\n\tStep: 3}":                              "line 1: nst.Transfer has no field Step; did you mean Steps?",
		"_ = nst.Transfer{\n\tSteps: \"many\",\n}":                   "line 2: \"many\" is not of type int\n\tSteps: \"many\",",
		"\nvar z int = \"s\"":                                        "line 2: \"s\" is not of type int",
		"x := nst.NewImage(1, 1)\nx.Heigt":                           "line 2: nst.Image has no field or method Heigt; did you mean Height?",
		"1, 2":                                                       "line 1: a cell shows one value",
		"q := []int{1, 2}\n\nq[5]":                                   "line 3: slice index out of range\n\tq[5]",
		"q := []int{1, 2}\nfmt.Print(q[7])\nq":                       "line 2: slice index out of range",
		"var p *nst.Image\np.Width":                                  "line 2: invalid memory address or nil pointer dereference",
		"var m map[string]int\nm[\"a\"] = 1":                         "line 2: assignment to entry in nil map",
		"func g(a int) int {\n\treturn 1 / (a - a)\n}\n\ng(3)":       "line 2, called in line 5: integer divide by zero\n\treturn 1 / (a - a)",
		"fmt.Print(1)\nif true {\n\tdeep(\"boom\")\n}\nfmt.Print(2)": "line 3, in line 2 of cell 2: boom\n\tdeep(\"boom\")",
		"_, err := (&nst.Transfer{}).Run(nb.Context())\nif err != nil {\n\tpanic(err)\n}": "line 3: nst: objective without terms",
	}
	for code, want := range cells { // in any order
		if o := fail(t, k, code); !strings.HasPrefix(o.Error, want) {
			t.Errorf("%s\nsays %s\nwant %s", code, o.Error, want)
		}
	}
}

// What a cell compiled before its compilation failed does not run with the next cell.
func TestFailedCompilationLeavesNothing(t *testing.T) {
	k := start(t)
	run(t, k, imports)
	for _, code := range []string{
		"n := 3\nfor range n { }",
		"fmt.Print(1)\nimport2",
		"if true {\n\tv := 1\n\tfmt.Print(v)\n\timport2\n}",
		"func() {\n\tv := 1\n\tfmt.Print(v)\n\timport2\n}()",
	} {
		fail(t, k, code)
		if o := run(t, k, "var later []int\nlater = []int{4}\nlater[0]"); o.Status != "ok" || o.Stdout != "" || o.Result["text/plain"] != "4" {
			t.Errorf("after\n%s\na good cell gives %+v", code, o)
		}
	}
}

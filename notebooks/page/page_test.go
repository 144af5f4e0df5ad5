package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMathML(t *testing.T) {
	for tex, want := range map[string]string{
		`N \times N`:     `<mi>N</mi><mo>×</mo><mi>N</mi>`,
		`\tfrac12 x`:     `<mstyle displaystyle="false"><mfrac><mn>1</mn><mn>2</mn></mfrac></mstyle><mi>x</mi>`,
		`F_{ip}^2 - P`:   `<msubsup><mi>F</mi><mrow><mi>i</mi><mi>p</mi></mrow><mn>2</mn></msubsup><mo>−</mo><mi>P</mi>`,
		`a < b`:          `<mi>a</mi><mo>&lt;</mo><mi>b</mi>`,
		`L_\text{a & b}`: `<msub><mi>L</mi><mtext>a &amp; b</mtext></msub>`,
		`\cos x`:         `<mi>cos</mi><mi>x</mi>`,
		`\sum_i x`:       `<msub><mo>∑</mo><mi>i</mi></msub><mi>x</mi>`,
		`\Big(x`:         `<mo stretchy="true" minsize="1.8em" maxsize="1.8em">(</mo><mi>x</mi>`,
	} {
		if got, err := mathML(tex, false); err != nil || got != "<math>"+want+"</math>" {
			t.Errorf("%s: %s %v, want %s", tex, got, err, want)
		}
	}
	if got, _ := mathML(`\sum_i^n`, true); got != `<math display="block"><munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover></math>` {
		t.Error(got)
	}
	for _, tex := range []string{`\unknown`, `{x`, `x}`, `x_`, `\frac1`, `\text x`, `\`} {
		if got, err := mathML(tex, false); err == nil {
			t.Errorf("%s: %s, want an error", tex, got)
		}
	}
}

func TestFormulas(t *testing.T) {
	for text, want := range map[string]string{
		"costs \\$5, `a $b$ c` and $x$": "costs \\$5, `a $b$ c` and <math><mi>x</mi></math>",
		"```\n$x$\n```":                 "```\n$x$\n```",
		"größer $$x$$":                  `größer <math display="block"><mi>x</mi></math>`,
	} {
		if got, err := formulas(text); err != nil || got != want {
			t.Errorf("%q: %q %v, want %q", text, got, err, want)
		}
	}
	if _, err := formulas("a $x"); err == nil {
		t.Error("a formula without an end: no error")
	}
}

// All formulas of our notebooks can be converted.
func TestNotebooks(t *testing.T) {
	paths, err := filepath.Glob("../*.ipynb")
	if err != nil || len(paths) == 0 {
		t.Fatal("no notebooks", err)
	}
	count := 0
	for _, path := range paths {
		in, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out, err := convert(in)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if !json.Valid(out) {
			t.Errorf("%s: not JSON", path)
		}
		count += strings.Count(string(out), `/math`)
	}
	if count < 30 {
		t.Errorf("%d formulas", count)
	}
}

func FuzzMathML(f *testing.F) {
	f.Add(`\frac{1}{4 N_l^2} \sum_{ij} (G - A)^2`)
	f.Fuzz(func(t *testing.T, tex string) { mathML(tex, true) })
}

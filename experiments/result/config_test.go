package result_test

import (
	"slices"
	"testing"

	"github.com/gonst/workbench/experiments/result"
)

func TestParseConfig(t *testing.T) {
	got, err := result.ParseConfig([]byte(`name = "a"
seed = 1
[images]
style = {"b dir/x.png" = 2.0, "y.png" = 1.0}
[loss.style]
weight = 10.0
layers = {conv2_1 = 0.5, conv1_1 = 0.5}
[loss."a.b"]
layers = {conv2_1 = 1.0, conv1_1 = 1.0}
[schedule]
rates = [0.1, 0.01]
[run]
project = false
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []result.Setting{
		{"name", "a"}, {"seed", int64(1)},
		{"images.style", "b dir/x.png = 2, y.png = 1"},
		{"loss.style.weight", 10.0}, {"loss.style.layers", "conv2_1, conv1_1"},
		{"loss.a.b.layers", "conv2_1 = 1, conv1_1 = 1"},
		{"schedule.rates", "0.1, 0.01"}, {"run.project", false},
	}
	if !slices.Equal(got, want) {
		t.Errorf("read\n%v, want\n%v", got, want)
	}
	if _, err := result.ParseConfig([]byte("a = ")); err == nil {
		t.Error("half a line is a configuration")
	}
}

func TestVaried(t *testing.T) {
	a := []result.Setting{{"name", "a"}, {"seed", int64(1)}, {"rate", 1.0}, {"kind", "adam"}, {"beta", 0.9}}
	b := []result.Setting{{"name", "b"}, {"seed", int64(1)}, {"rate", 2.0}, {"kind", "sgd"}}
	if got, want := result.Varied([][]result.Setting{a, nil, b}), []string{"rate", "kind", "beta"}; !slices.Equal(got, want) {
		t.Errorf("%q varies, want %q", got, want)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte("[loss.style]\nlayers = {a = 1.0}\n"))
	f.Add([]byte("a = [{b = 1}, 2]\n[[c]]\nd = 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := result.ParseConfig(data)
		if err != nil && all != nil {
			t.Fatal("an error and a configuration")
		}
		for _, s := range all {
			_ = s.Text()
		}
	})
}

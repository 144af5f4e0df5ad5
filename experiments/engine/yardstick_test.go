package engine

import (
	"reflect"
	"testing"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/nst"
)

// The yardstick shares the run's network only if every option is equal. A network with
// an option that the test does not know is not shared either.
func TestSharesNetwork(t *testing.T) {
	y := config.Yardstick{Network: "vgg19", Weights: "w.safetensors", Preprocess: "caffe"}
	caffe := nst.Caffe()
	n := config.Network{Name: "vgg19", Weights: "w.safetensors", Pooling: nst.Max, PoolScale: 1, Padding: nst.Zero, Precision: nst.Float32, Width: 1, Seed: 7,
		Input: config.Input{Name: "caffe", Order: "bgr", Range: caffe.Range, Mean: caffe.Mean, Std: caffe.Std}}
	if !sharesNetwork(y, n) {
		t.Fatal("the same network is not shared")
	}
	for i := range reflect.TypeFor[config.Network]().NumField() {
		name := reflect.TypeFor[config.Network]().Field(i).Name
		other := n
		switch v := reflect.ValueOf(&other).Elem().Field(i); {
		case name == "Seed":
			continue // of random filters, which are not used here
		case name == "Input":
			other.Input.Mean[1]++
		case v.Kind() == reflect.String:
			v.SetString("other")
		case v.CanInt():
			v.SetInt(v.Int() + 1)
		case v.CanUint():
			v.SetUint(v.Uint() + 1)
		case v.CanFloat():
			v.SetFloat(v.Float() + 1)
		case v.Kind() == reflect.Bool:
			v.SetBool(!v.Bool())
		default:
			t.Fatalf("how does %s differ?", name)
		}
		if sharesNetwork(y, other) {
			t.Errorf("a network with another %s is shared", name)
		}
	}
}

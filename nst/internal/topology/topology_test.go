package topology

import (
	"fmt"
	"testing"
)

func TestVGG19IsThePaper(t *testing.T) {
	n := VGG19(1)
	// Simonyan and Zisserman, table 1, configuration E: 16 convolutions of 64 to
	// 512 channels in five blocks, each followed by a pooling.
	want := map[string]int{"conv1_2": 64, "conv2_2": 128, "conv3_4": 256, "conv4_4": 512, "conv5_4": 512}
	for name, channels := range want {
		if l, ok := n.Find(name); !ok || l.Channels != channels {
			t.Errorf("%s has %d channels, want %d", name, l.Channels, channels)
		}
	}
	if _, ok := n.Find("conv1_3"); ok {
		t.Error("conv1_3 exists")
	}
	parameters := 0
	for _, l := range n.Layers {
		if l.Kind == Convolution {
			parameters += l.Channels * (n.InChannels(l)*l.Size*l.Size + 1)
		}
	}
	// Keras' vgg19 notop: Total params 20,024,384.
	if parameters != 20024384 {
		t.Errorf("%d parameters, want 20024384", parameters)
	}
}

func TestNames(t *testing.T) {
	n := VGG16(1)
	relu, _ := n.Find("relu4_3")
	keras, ok := n.Find("block4_conv3")
	if !ok || keras.Name != relu.Name || keras.Kind != ReLU {
		t.Errorf("block4_conv3 is %+v, want what comes after the ReLU", keras)
	}
	if pool, ok := n.Find("block5_pool"); !ok || pool.Name != "pool5" {
		t.Errorf("block5_pool is %+v", pool)
	}
	seen := map[string]bool{}
	for _, name := range n.Names() {
		if seen[name] {
			t.Errorf("%s twice", name)
		}
		seen[name] = true
	}
}

func TestPathTakesNoMoreThanNeeded(t *testing.T) {
	var names []string
	for _, l := range Pyramid(5, 8, 7).Path("scale3") {
		names = append(names, l.Name)
	}
	if got := fmt.Sprint(names); got != "[image down2 down3 scale3_conv scale3]" {
		t.Errorf("path to scale3 is %s", got)
	}
	path := VGG19(1).Path("relu1_2", "block2_conv1")
	if last := path[len(path)-1]; last.Name != "relu2_1" || len(path) != 7 {
		t.Errorf("path has %d layers and ends with %s", len(path), last.Name)
	}
}

func TestOutput(t *testing.T) {
	cases := []struct {
		net           *Network
		layer         string
		height, width int
		wantH, wantW  int
		reduction     int
	}{
		{VGG19(1), "relu1_1", 99, 64, 99, 64, 1},
		{VGG19(1), "relu3_1", 99, 64, 24, 16, 4}, // 99 -> 49 -> 24: odd rows are dropped
		{VGG19(1), "pool5", 31, 31, 0, 0, 32},
		{Pyramid(5, 8, 7), "scale3", 99, 64, 25, 16, 4}, // 99 -> 50 -> 25: and kept
		{Pyramid(5, 8, 7), "scale1", 99, 64, 99, 64, 1},
	}
	for _, c := range cases {
		l, _ := c.net.Find(c.layer)
		h, w := c.net.Output(l, c.height, c.width)
		if h != c.wantH || w != c.wantW || c.net.Reduction(l) != c.reduction {
			t.Errorf("%s %s of %dx%d is %dx%d, reduction %d; want %dx%d, %d", c.net.Name, c.layer,
				c.height, c.width, h, w, c.net.Reduction(l), c.wantH, c.wantW, c.reduction)
		}
	}
}

func TestOnImage(t *testing.T) {
	for name, want := range map[string]bool{"conv1_1": true, "conv1_2": false, "conv2_1": false} {
		n := VGG19(1)
		if l, _ := n.Find(name); n.OnImage(l) != want {
			t.Errorf("%s reads the image: %v", name, !want)
		}
	}
	n := Pyramid(3, 8, 5)
	if l, _ := n.Find("scale3_conv"); !n.OnImage(l) || n.InChannels(l) != 3 {
		t.Error("scale3_conv does not read a smaller image of three colours")
	}
}

package cmd

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestBenchJSON(t *testing.T) {
	for _, network := range []string{"pyramid", "vgg19"} {
		if network == "vgg19" && (testing.Short() || raceDetector) {
			continue // twenty million filter weights
		}
		out := mustRun(t, exitDone, t.TempDir(), "bench", "--size", "32", "--network", network, "--threads", "1", "--iterations", "2", "--json")
		var m map[string]any
		if err := json.Unmarshal([]byte(out), &m); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		want := []string{"alloc_bytes_per_iteration", "gflops", "isa", "network", "peak_bytes", "precision", "seconds_per_iteration", "size", "threads"}
		if keys := slices.Sorted(maps.Keys(m)); !slices.Equal(keys, want) {
			t.Errorf("keys %v, want %v", keys, want)
		}
		for _, key := range []string{"seconds_per_iteration", "gflops", "peak_bytes"} {
			if v, ok := m[key].(float64); !ok || !(v > 0) {
				t.Errorf("%s is %v", key, m[key])
			}
		}
		if s, _ := m["seconds_per_iteration"].(float64); s > 60 {
			t.Errorf("%v seconds for an image of 32 x 32", s)
		}
		if m["precision"] != "float32" || m["threads"] != 1.0 || m["size"] != 32.0 || m["network"] != network {
			t.Errorf("not what was asked for: %s", out)
		}
	}
}

func TestBenchText(t *testing.T) {
	out := mustRun(t, exitDone, t.TempDir(), "bench", "--size", "32", "--network", "pyramid", "--iterations", "2")
	for _, want := range []string{"iteration", "GFLOP/s", "peak memory", "allocation", "float32"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestBenchUsage(t *testing.T) {
	for _, c := range [][]string{
		{"float32", "--precision", "double"},
		{"size", "--size", "0"}, {"threads", "--threads", "0"}, {"iterations", "--iterations", "-3"},
		{"pyramid", "--network", "resnet"},
	} {
		out := mustRun(t, exitUsage, t.TempDir(), append([]string{"bench"}, c[1:]...)...)
		if !strings.Contains(out, c[0]) {
			t.Errorf("%v: no %q in %s", c[1:], c[0], out)
		}
	}
}

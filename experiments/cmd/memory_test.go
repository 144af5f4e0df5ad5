//go:build linux && !race

package cmd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/plan"
)

// TestPlannedMemory wants the memory that nst plan names within a tenth of what a
// process takes that makes the run and nothing else, and the estimate that is made without
// computing anything above it, but not far.
func TestPlannedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("runs VGG-19")
	}
	for name, network := range map[string]string{
		"pyramid": "",
		"vgg19":   "[network]\nname = \"vgg19\"\nweights = \"random\"\nwidth = 0.5\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := bench(t, `name = "a"
[images]
content = "content.png"
style = "style.png"
size = 256
[loss.content]
[loss.style]
weight = 100
[optimizer]
history = 2
[run]
steps = 4
`+network)
			code, out := execute(t, dir, "plan", "exp.toml", "--threads", "2")
			m := regexp.MustCompile(`(\d+) MB`).FindStringSubmatch(out)
			if code != exitDone || m == nil {
				t.Fatalf("status %d\n%s", code, out)
			}
			p, err := plan.Read(filepath.Join(dir, "exp.toml"))
			if err != nil {
				t.Fatal(err)
			}
			bytes, err := engine.Need(t.Context(), p.Runs[0].Config, 2)
			if err != nil {
				t.Fatal(err)
			}
			need := float64(bytes) / (1 << 20)
			planned, _ := strconv.ParseFloat(m[1], 64)
			// How much garbage lies about when it is looked for depends on what else the
			// machine does, while the page is drawn above all: one of a few runs will do.
			var all []float64
			for range 4 {
				cmd, text := command(t, dir, "sweep", "exp.toml", "--threads", "2", "--results", t.TempDir())
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				peak := watchPeak(cmd.Process.Pid)
				if err := cmd.Wait(); err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				taken := <-peak
				if planned > 0.9*taken && planned < 1.1*taken && need > taken && need < 1.25*taken+50 {
					return
				}
				all = append(all, taken)
			}
			t.Errorf("planned %.0f MB, estimated %.0f MB, taken %.0f MB", planned, need, all)
		})
	}
}

// A process that makes a run under a bound of memory, and nothing else, stays below it from
// the pictures to the page.
func TestBoundIsKept(t *testing.T) {
	if testing.Short() {
		t.Skip("two runs of 800 pixels")
	}
	for name, optimizer := range map[string]string{"adam": "kind = 'adam'\n", "lbfgs": "history = 2\n"} {
		dir := bench(t, "name = 'a'\n[images]\ncontent = 'content.png'\nstyle = 'style.png'\nsize = 800\n[network]\nname = 'vgg19'\nwidth = 0.1\nweights = 'random'\n"+
			"[loss.style]\nkind = 'covariance'\nlayers = ['relu1_1', 'relu2_1']\n[optimizer]\n"+optimizer+"[run]\nsteps = 3\nmemory = 'BOUND'\n[log]\nprint = 'tiff'\n")
		file := filepath.Join(dir, "exp.toml")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		with := func(bound int64) *plan.Plan {
			if err := os.WriteFile(file, bytes.ReplaceAll(text, []byte("BOUND"), fmt.Appendf(nil, "%d MB", bound)), 0o666); err != nil {
				t.Fatal(err)
			}
			p, err := plan.Read(file)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		ways, err := engine.Ways(t.Context(), with(1000).Runs[0].Config, 2)
		if err != nil {
			t.Fatal(err)
		}
		tiles := ways[slices.IndexFunc(ways, func(w engine.Way) bool { return w.Tile == 256 })]
		bound := tiles.Bytes>>20 + 1
		with(bound)
		cmd, out := command(t, dir, "sweep", "exp.toml", "--threads", "2")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		peak := watchPeak(cmd.Process.Pid)
		if err := cmd.Wait(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		taken := <-peak
		t.Logf("%s: %.0f MB under a bound of %d MB; the whole picture takes %d", name, taken, bound, ways[1].Bytes>>20)
		if taken > float64(bound) || float64(bound) >= float64(ways[1].Bytes>>20) {
			t.Errorf("%s: %.0f MB under a bound of %d MB; the whole picture takes %d", name, taken, bound, ways[1].Bytes>>20)
		}
	}
}

// watchPeak gives the peak of a process's memory, in MB, when it is over. The kernel's own
// account of an ended process will not do: it begins with the parent's peak.
func watchPeak(pid int) <-chan float64 {
	peak := make(chan float64, 1)
	go func() {
		last := 0.0
		for {
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
			if err != nil || m == nil { // over, waited for or not
				peak <- last
				return
			}
			kb, _ := strconv.ParseFloat(string(m[1]), 64)
			last = max(last, kb/1024)
			time.Sleep(2 * time.Millisecond)
		}
	}()
	return peak
}

// Command memory compares the memory that is estimated before a run with the peak of a
// process that makes the run and nothing else.
//
//	go run ./bench/memory                    (in the root of the repository)
//	go run ./bench/memory -sizes 512,1024 -only vgg19
//
// It takes about ten minutes on two cores. Filters are random: the memory does not depend
// on them.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/plan"
)

var networks = []struct{ name, keys string }{
	{"pyramid", ""},
	{"pyramid-large", "[network]\nname = \"pyramid\"\nfilters = 192\n"},
	{"oriented", "preset:oriented"},
	{"oriented-fine", "preset:oriented-fine"},
	{"vgg19", "[network]\nname = \"vgg19\"\nweights = \"random\"\n"},
	{"vgg16-half", "[network]\nname = \"vgg16\"\nweights = \"random\"\nwidth = 0.5\n"},
}

var ways = []struct{ name, keys string }{
	{"adam", "optimizer.kind=\"adam\""},
	{"lbfgs", "optimizer.kind=\"lbfgs\" optimizer.history=4"},
	{"lbfgs-low", "optimizer.kind=\"lbfgs\" optimizer.history=4 run.memory=\"low\""},
}

func main() {
	log.SetFlags(0)
	sizes := flag.String("sizes", "256,600", "sizes in pixels, with commas")
	only := flag.String("only", "", "cases whose names contain `TEXT`")
	steps := flag.Int("steps", 6, "steps of a run")
	nst := flag.String("nst", "", "`FILE` of the command; default: build it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	dir, err := os.MkdirTemp("", "memory-*")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	program := *nst
	if program == "" {
		program = filepath.Join(dir, "nst")
	}
	if out, err := exec.Command("go", "build", "-o", program, "./experiments/cmd/nst").CombinedOutput(); *nst == "" && err != nil {
		log.Fatalf("%v\n%s", err, out)
	}
	pictures, err := filepath.Abs("configs/pictures")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("| case | estimate | peak | without measures | peak / estimate |\n|---|---|---|---|---|")
	for _, n := range networks {
		for _, size := range strings.Split(*sizes, ",") {
			for _, w := range ways {
				name := n.name + " " + size + " " + w.name
				if !strings.Contains(name, *only) {
					continue
				}
				if err := try(ctx, name, n.keys, size, w.keys, program, dir, pictures, *steps); err != nil {
					log.Fatalf("%s: %v", name, err)
				}
			}
		}
	}
}

func try(ctx context.Context, name, network, size, way, program, dir, pictures string, steps int) error {
	text := fmt.Sprintf("[images]\ncontent = %q\nstyle = %q\nsize = %s\n[run]\nsteps = %d\n", pictures+"/town.png", pictures+"/waves.png", size, steps)
	if after, ok := strings.CutPrefix(network, "preset:"); ok {
		text = "base = \"preset:" + after + "\"\n" + text
	} else {
		text += network + "[loss.content]\n[loss.style]\n"
	}
	file := filepath.Join(dir, "case.toml")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		return err
	}
	settings := strings.Fields(way)
	p, err := plan.Read(file, settings...)
	if err != nil {
		return err
	}
	run := p.Runs[0]
	need, err := engine.Need(ctx, run.Config, 2)
	if err != nil {
		return err
	}
	peak := map[bool]float64{}
	for _, measures := range []bool{true, false} {
		args := []string{"sweep", file, "--threads", "2", "--results", filepath.Join(dir, strconv.FormatBool(measures)+strings.ReplaceAll(name, " ", "-"))}
		for _, s := range append(settings, fmt.Sprintf("log.measures=%v", measures)) {
			args = append(args, "--set", s)
		}
		cmd := exec.CommandContext(ctx, program, args...)
		var out strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			return err
		}
		watched := watch(cmd.Process.Pid)
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("%w\n%s", err, &out)
		}
		peak[measures] = <-watched
	}
	fmt.Printf("| %s | %d | %.0f | %.0f | %.2f |\n", name, need>>20, peak[true], peak[false], peak[true]/float64(need)*(1<<20))
	return nil
}

// watch returns the peak of the resident memory of a process, in MB, when it has ended.
func watch(pid int) <-chan float64 {
	peak := make(chan float64, 1)
	go func() {
		last := 0.0
		for {
			data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			_, rest, found := strings.Cut(string(data), "VmHWM:")
			fields := strings.Fields(rest)
			if err != nil || !found || len(fields) == 0 {
				peak <- last
				return
			}
			kb, _ := strconv.ParseFloat(fields[0], 64)
			last = max(last, kb/1024)
			time.Sleep(2 * time.Millisecond)
		}
	}()
	return peak
}

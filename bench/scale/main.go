// Command scale measures how checking, planning, reporting and watching grow with the
// number of runs. It makes experiments of 100, 1,000 and 10,000 runs, of which it makes
// one and copies it for the others, and runs the command nst on them.
//
//	go run ./bench/scale            (in the root of the repository)
//	go run ./bench/scale 100 300
//	go run ./bench/scale -keep DIR 10000   (keeps the experiments in DIR, and measures what is there)
//
// It prints wall time, processor time and the peak of memory of each command, and the
// size of the page.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/store"
	"github.com/gonst/workbench/experiments/sweep"
)

func main() {
	log.SetFlags(0)
	keep := flag.String("keep", "", "`directory` for the experiments, which stay there")
	flag.Parse()
	counts := []int{100, 1000, 10000}
	if flag.NArg() > 0 {
		counts = nil
		for _, a := range flag.Args() {
			n, err := strconv.Atoi(a)
			if err != nil || n < 1 {
				log.Fatalf("%s: want a number of runs", a)
			}
			counts = append(counts, n)
		}
	}
	if err := measure(*keep, counts); err != nil {
		log.Fatal(err)
	}
}

func measure(keep string, counts []int) error {
	dir := keep
	if keep == "" {
		var err error
		if dir, err = os.MkdirTemp("", "scale-*"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	program := filepath.Join(dir, "nst")
	if out, err := exec.Command("go", "build", "-o", program, "./experiments/cmd/nst").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %v\n%s", err, out)
	}
	fmt.Printf("%8s  %-8s %9s %9s %9s\n", "runs", "command", "wall s", "cpu s", "MB")
	for _, n := range counts {
		config, results, err := build(dir, n)
		if err != nil {
			return err
		}
		for _, args := range [][]string{
			{"check", config},
			{"plan", config, "--no-trial", "--results", filepath.Dir(results)},
			{"report", results},
			{"status", results, "--once"},
		} {
			cmd := exec.Command(program, args...)
			began := time.Now()
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("nst %s: %v\n%s", strings.Join(args, " "), err, out)
			}
			s := cmd.ProcessState
			fmt.Printf("%8d  %-8s %9.2f %9.2f %9.0f\n", n, args[0], time.Since(began).Seconds(), (s.UserTime() + s.SystemTime()).Seconds(), peak(s))
		}
		info, err := os.Stat(filepath.Join(results, result.IndexFile))
		if err != nil {
			return err
		}
		fmt.Printf("%8d  %-8s %9.1f MB\n", n, "page", float64(info.Size())/1e6)
		if keep == "" {
			if err := os.RemoveAll(results); err != nil {
				return err
			}
		}
	}
	return nil
}

const configuration = `name = "scale-%d"
[images]
content = %q
style = %q
size = 96
[network]
levels = 3
filters = 16
[loss.content]
layers = ["scale3"]
[loss.style]
layers = ["scale1", "scale2", "scale3"]
[loss.smooth]
kind = "variation"
[start]
from = "noise"
[optimizer]
kind = "adam"
[schedule]
rate = 0.02
[run]
steps = 200
[log]
every = 2
yardstick = 50
[sweep.axes]
seed = %s
"loss.style.weight" = %s
`

// build makes an experiment of n runs and returns its configuration and its directory.
func build(dir string, n int) (config, results string, err error) {
	rows := 1
	for rows*rows < n || n%rows != 0 {
		rows++
	}
	list := func(n int, first, factor float64) string {
		var values []string
		for i := range n {
			values = append(values, strconv.FormatFloat(first+factor*float64(i), 'g', -1, 64))
		}
		return "[" + strings.Join(values, ", ") + "]"
	}
	pictures, err := filepath.Abs("configs/pictures")
	if err != nil {
		return "", "", err
	}
	config = filepath.Join(dir, fmt.Sprintf("scale-%d.toml", n))
	text := fmt.Sprintf(configuration, n, filepath.ToSlash(filepath.Join(pictures, "town.png")), filepath.ToSlash(filepath.Join(pictures, "waves.png")),
		list(rows, 1, 1), list(n/rows, 0.5, 0.25))
	if err := os.WriteFile(config, []byte(text), 0o666); err != nil {
		return "", "", err
	}
	p, err := plan.Read(config)
	if err != nil {
		return "", "", err
	}
	if there, err := filepath.Glob(filepath.Join(dir, "results", p.Name, "*", result.RunFile)); err == nil && len(there) == n {
		return config, filepath.Join(dir, "results", p.Name), nil // kept
	}
	first := *p
	first.Runs = p.Runs[:1]
	s, err := sweep.Run(context.Background(), &first, sweep.Options{Results: filepath.Join(dir, "one")})
	if err != nil {
		return "", "", err
	}
	made := result.RunDir(s.Dir, s.Runs[0].Name)
	at, runs, _, err := store.Open(filepath.Join(dir, "results"), p)
	if err != nil {
		return "", "", err
	}
	for i, r := range runs {
		if err := copyRun(made, at.Published(r.Name), r, i); err != nil {
			return "", "", err
		}
	}
	return config, at.Dir, os.RemoveAll(filepath.Join(dir, "one"))
}

// copyRun makes the run out of another one, with a total of its own.
func copyRun(from, to string, run plan.Run, i int) error {
	if err := os.MkdirAll(to, 0o777); err != nil {
		return err
	}
	for _, name := range []string{result.MetricsFile, result.TimesFile, result.YardstickFile, result.MeasuresFile, result.ImageFile} {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, name), data, 0o666); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(to, result.ConfigFile), run.Config.TOML(to), 0o666); err != nil {
		return err
	}
	r, err := result.ReadRun(from)
	if err != nil {
		return err
	}
	r.Name, r.ID, r.Sums, r.Total = run.Name, run.Identity, nil, result.Float(1+float64(i%97)/100)
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, result.RunFile), data, 0o666)
}

// Command kills ends sweeps with SIGKILL at random moments and checks that nothing is lost.
//
//	go run ./bench/kills                     (in the root of the repository)
//	go run ./bench/kills -kills 1000
//
// It makes a sweep of small runs without a kill. Then it starts the same sweep again and
// again, and kills it, until so many kills have happened; a sweep that comes to its end
// before is compared and removed, and the next one begins. Every second sweep makes each run
// in a process of its own, and a kill ends these processes, too. After each kill, every
// published run must have the bytes of the sweep without a kill, and those that were
// published before must be untouched. It exits with 1 at the first that is not.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/result"
)

func main() {
	log.SetFlags(0)
	kills := flag.Int("kills", 50, "number of kills")
	runs := flag.Int("runs", 40, "number of runs of the sweep")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "seed of the moments")
	flag.Parse()
	if *kills < 1 || *runs < 1 || flag.NArg() > 0 {
		log.Fatal("want -kills and -runs of 1 or more, and no arguments")
	}
	if err := kill(*kills, *runs, *seed); err != nil {
		log.Fatalf("seed %d: %v", *seed, err)
	}
}

// A killer starts sweeps and kills them.
type killer struct {
	dir     string
	program string
	random  *rand.Rand
	want    map[string][]byte    // of the sweep without a kill
	before  map[string]time.Time // files of published runs, with their times, at the last kill
}

func kill(kills, runs int, seed uint64) error {
	dir, err := os.MkdirTemp("", "kills-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	k := &killer{dir: dir, program: filepath.Join(dir, "nst"), random: rand.New(rand.NewPCG(seed, 0))}
	if out, err := exec.Command("go", "build", "-o", k.program, "./experiments/cmd/nst").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %v\n%s", err, out)
	}
	if err := k.configure(runs); err != nil {
		return err
	}
	began := time.Now()
	if out, err := k.sweep("whole").CombinedOutput(); err != nil {
		return fmt.Errorf("the sweep without a kill: %v\n%s", err, out)
	}
	whole := time.Since(began)
	if k.want, err = products(k.experiment("whole")); err != nil {
		return err
	}
	if n := published(k.want); n != runs {
		return fmt.Errorf("%d of %d runs are published without a kill", n, runs)
	}
	fmt.Printf("%d runs take %.1f s without a kill; seed %d\n", runs, whole.Seconds(), seed)

	killed, ended, made, resumed := 0, 0, 0, 0
	for killed < kills || ended == 0 {
		isolated := ended%2 == 1
		moment := time.Duration(k.random.Int64N(int64(whole)/12 + 1))
		if killed >= kills { // the last sweep comes to its end
			moment = time.Hour
		}
		over, err := k.one(isolated, moment)
		if err != nil {
			return fmt.Errorf("after %d kills: %w", killed, err)
		}
		if !over {
			if killed++; killed%50 == 0 {
				fmt.Printf("%d kills, %.0f s\n", killed, time.Since(began).Seconds())
			}
			if killed < kills {
				continue
			}
			if _, err := k.one(isolated, time.Hour); err != nil {
				return fmt.Errorf("after the last kill: %w", err)
			}
		}
		n, err := k.finish(runs)
		if err != nil {
			return fmt.Errorf("after %d kills, a sweep that came to its end: %w", killed, err)
		}
		ended, made, resumed = ended+1, made+runs, resumed+n
	}
	fmt.Printf("%d kills in %d sweeps: %d runs published, %d of them continued from a checkpoint; none lost, none changed, all bytes the same (%.0f s)\n",
		killed, ended, made, resumed, time.Since(began).Seconds())
	return nil
}

// one starts the sweep and kills it at a moment. over says that it ended before.
func (k *killer) one(isolated bool, moment time.Duration) (over bool, err error) {
	args := []string{"--jobs", fmt.Sprint(1 + k.random.IntN(2))}
	if isolated {
		args = append(args, "--isolate")
	}
	cmd := k.sweep("killed", args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	group(cmd)
	if err := cmd.Start(); err != nil {
		return false, err
	}
	end := make(chan error, 1)
	go func() { end <- cmd.Wait() }()
	select {
	case err := <-end:
		if err != nil {
			return false, fmt.Errorf("%w\n%s", err, said.String())
		}
		over = true
	case <-time.After(moment):
		killGroup(cmd)
		<-end
	}
	return over, k.check()
}

// check compares the published runs with the sweep without a kill, and with what was there at
// the last kill.
func (k *killer) check() error {
	got, err := products(k.experiment("killed"))
	if err != nil {
		return err
	}
	now := map[string]time.Time{}
	for name, data := range got {
		want, ok := k.want[name]
		switch {
		case !ok:
			return fmt.Errorf("%s is published and not in the sweep without a kill", name)
		case !bytes.Equal(data, want):
			return fmt.Errorf("%s has other bytes than without a kill", name)
		}
		info, err := os.Stat(filepath.Join(k.experiment("killed"), name))
		if err != nil {
			return err
		}
		now[name] = info.ModTime()
	}
	for name, at := range k.before {
		if again, ok := now[name]; !ok {
			return fmt.Errorf("%s was published and is lost", name)
		} else if !again.Equal(at) {
			return fmt.Errorf("%s was published and has been written again", name)
		}
	}
	for name := range k.want { // a published run has all its files
		run, _, _ := strings.Cut(filepath.ToSlash(name), "/")
		_, there := got[filepath.Join(run, result.ConfigFile)]
		if _, ok := got[name]; there && !ok {
			return fmt.Errorf("%s is missing in a published run", name)
		}
	}
	k.before = now
	return nil
}

// finish checks a sweep that came to its end and removes it. It returns the number of runs
// that were continued from a checkpoint.
func (k *killer) finish(runs int) (resumed int, err error) {
	at := k.experiment("killed")
	got, err := products(at)
	if err != nil {
		return 0, err
	}
	if len(got) != len(k.want) {
		return 0, fmt.Errorf("it has %d files, not %d", len(got), len(k.want))
	}
	if left, err := os.ReadDir(filepath.Join(at, result.AttemptsDir)); err == nil && len(left) > 0 {
		return 0, fmt.Errorf("it leaves %d attempts, such as %s", len(left), left[0].Name())
	}
	if _, err := os.Stat(filepath.Join(at, result.IndexFile)); err != nil {
		return 0, err
	}
	logs, err := filepath.Glob(filepath.Join(at, "*", result.LogFile))
	if err != nil || len(logs) != runs {
		return 0, fmt.Errorf("it has %d logs, not %d (%v)", len(logs), runs, err)
	}
	for _, path := range logs {
		text, err := os.ReadFile(path)
		if err != nil {
			return 0, err
		}
		if bytes.Contains(text, []byte("continues from step")) {
			resumed++
		}
	}
	k.before = nil
	return resumed, os.RemoveAll(at)
}

func (k *killer) experiment(results string) string { return filepath.Join(k.dir, results, "kills") }

func (k *killer) sweep(results string, args ...string) *exec.Cmd {
	cmd := exec.Command(k.program, append([]string{"sweep", "kills.toml", "--results", results}, args...)...)
	cmd.Dir = k.dir
	return cmd
}

// products reads the files of the published runs that may not depend on how often a run was
// interrupted.
func products(experiment string) (map[string][]byte, error) {
	all := map[string][]byte{}
	records, err := filepath.Glob(filepath.Join(experiment, "*", result.RunFile))
	if err != nil {
		return nil, err
	}
	for _, record := range records {
		run := filepath.Dir(record)
		err := filepath.WalkDir(run, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			switch d.Name() {
			case result.RunFile, result.TimesFile, result.LogFile: // they have times
				return nil
			}
			name, err := filepath.Rel(experiment, path)
			if err == nil {
				all[name], err = os.ReadFile(path)
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return all, nil
}

// published counts the runs of products.
func published(files map[string][]byte) int {
	n := 0
	for name := range files {
		if filepath.Base(name) == result.ConfigFile {
			n++
		}
	}
	return n
}

const configuration = `name = "kills"
[images]
content = %q
style = %q
size = 24
[network]
levels = 3
filters = 16
[loss.content]
layers = ["scale2"]
[loss.style]
layers = ["scale1", "scale2", "scale3"]
[start]
from = "noise"
[optimizer]
kind = "adam"
[schedule]
rate = 0.02
[run]
steps = 60
[log]
every = 3
frames = 20
checkpoint_seconds = 0.02
[sweep.axes]
"loss.style.weight" = [%s]
`

// configure writes the configuration.
func (k *killer) configure(runs int) error {
	pictures, err := filepath.Abs("configs/pictures")
	if err != nil {
		return err
	}
	weights := make([]string, runs)
	for i := range weights {
		weights[i] = fmt.Sprint(10 * (i + 1))
	}
	text := fmt.Sprintf(configuration, filepath.ToSlash(filepath.Join(pictures, "town.png")), filepath.ToSlash(filepath.Join(pictures, "waves.png")), strings.Join(weights, ", "))
	return os.WriteFile(filepath.Join(k.dir, "kills.toml"), []byte(text), 0o666)
}

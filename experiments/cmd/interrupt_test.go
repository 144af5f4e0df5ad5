package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// files reads all that must not depend on how often a run was interrupted.
func files(t *testing.T, experiment string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(experiment, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch name := d.Name(); {
		case name == "metrics.csv", name == "yardstick.csv", name == "measures.json", name == "checkpoint", name == "config.toml", filepath.Ext(name) == ".png":
			if strings.Contains(path, "plots") || strings.Contains(path, ".attempts") {
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			short, _ := filepath.Rel(experiment, path)
			all[short] = string(data)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// same compares the files of two experiments.
func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name := range want {
		if _, ok := got[name]; !ok {
			t.Errorf("%s is missing", name)
		} else if got[name] != want[name] {
			t.Errorf("%s differs: %d bytes, uninterrupted %d bytes", name, len(got[name]), len(want[name]))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is too much", name)
		}
	}
}

// trace is what tells whether a file has been touched.
type trace struct {
	size int64
	time time.Time
	data string
}

// published reads the published runs' files; each must be whole.
func published(t *testing.T, experiment string) map[string]trace {
	t.Helper()
	all := map[string]trace{}
	records, _ := filepath.Glob(filepath.Join(experiment, "*", "run.json"))
	for _, record := range records {
		run := filepath.Dir(record)
		for _, name := range []string{"config.toml", "run.json", "metrics.csv", "times.csv", "yardstick.csv", "measures.json", "image.png", "checkpoint", "log.txt"} {
			info, err := os.Stat(filepath.Join(run, name))
			if err != nil {
				t.Errorf("a published run is not whole: %v", err)
				continue
			}
			data, _ := os.ReadFile(filepath.Join(run, name))
			all[filepath.Join(run, name)] = trace{info.Size(), info.ModTime(), string(data)}
		}
	}
	return all
}

// untouched checks that all that was published before is what it was.
func untouched(t *testing.T, before, now map[string]trace) {
	t.Helper()
	for name, was := range before {
		if now[name] != was {
			t.Errorf("%s has changed after it was published", name)
		}
	}
}

// underWay waits until so many runs below results have something in that file.
func underWay(t *testing.T, results string, runs int, file string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		logs, _ := filepath.Glob(filepath.Join(results, "exp", ".attempts", "*", "*", file))
		begun := 0
		for _, log := range logs {
			if info, err := os.Stat(log); err == nil && info.Size() > 0 {
				begun++
			}
		}
		if begun >= runs {
			return
		}
	}
	t.Fatalf("no %d runs under way in %s", runs, results)
}

// bench/kills does this with many runs and many kills.
func TestKilledAtRandomMoments(t *testing.T) {
	const kills = 5
	dir := bench(t, slowTwo)
	began := time.Now()
	mustRun(t, exitDone, dir, "sweep", "exp.toml", "--results", "whole", "--jobs", "1")
	window := time.Since(began) // in which the kill comes
	want := files(t, filepath.Join(dir, "whole", "exp"))

	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	experiment := filepath.Join(dir, "killed", "exp")
	before := map[string]trace{}
	done := 0
	for n := 0; n-done < kills; n++ {
		cmd, out := command(t, dir, "sweep", "exp.toml", "--results", "killed", "--jobs", fmt.Sprint(1+n%2))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case <-time.After(time.Duration(random.Int64N(int64(window)))):
			cmd.Process.Kill()
			<-ended
		case err := <-ended:
			if err != nil {
				t.Fatalf("after %d kills: %v\n%s", n-done, err, out)
			}
			// Done before it could be killed: compare, and begin again with the rest of the kills.
			same(t, files(t, experiment), want)
			done++
			window = max(window*4/5, 30*time.Millisecond)
			if err := os.RemoveAll(experiment); err != nil {
				t.Fatal(err)
			}
			before = map[string]trace{}
			continue
		}
		now := published(t, experiment)
		untouched(t, before, now)
		before = now
	}
	mustRun(t, exitDone, dir, "sweep", "exp.toml", "--results", "killed")
	untouched(t, before, published(t, experiment))
	same(t, files(t, experiment), want)
	if left, _ := filepath.Glob(filepath.Join(experiment, ".attempts", "*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	t.Logf("%d kills, %d times through before", kills, done)
}

func TestInterrupted(t *testing.T) {
	dir := bench(t, slowTwo)
	mustRun(t, exitDone, dir, "sweep", "exp.toml", "--results", "whole")
	for name, send := range map[string]func(*os.Process) error{"interrupt": interrupt, "terminate": terminate} {
		t.Run(name, func(t *testing.T) {
			results := "by-" + name
			// No checkpoint but the one at the interrupt.
			cmd, out := command(t, dir, "sweep", "exp.toml", "--results", results, "--set", "log.checkpoint_seconds=1000", "--jobs", "2")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			underWay(t, filepath.Join(dir, results), 1, "metrics.csv")
			time.Sleep(20 * time.Millisecond)
			began := time.Now()
			if err := send(cmd.Process); errors.Is(err, errors.ErrUnsupported) {
				cmd.Process.Kill()
				cmd.Wait()
				t.Skip(err)
			} else if err != nil {
				t.Fatal(err)
			}
			cmd.Wait()
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %v to stop", took)
			}
			if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
				t.Fatalf("exit status %d\n%s", code, out)
			}
			if !strings.Contains(out.String(), "the same command continues") {
				t.Errorf("it does not say how to go on:\n%s", out)
			}
			points, _ := filepath.Glob(filepath.Join(dir, results, "exp", ".attempts", "*", "*", "checkpoint"))
			if len(points) == 0 {
				t.Errorf("nothing was saved:\n%s", out)
			}
			if _, err := os.Stat(filepath.Join(dir, results, "exp", "index.html")); err != nil {
				t.Errorf("an interrupted sweep leaves no page: %v", err)
			}
			said := mustRun(t, exitDone, dir, "sweep", "exp.toml", "--results", results)
			if !strings.Contains(said, "continues at step") {
				t.Errorf("it did not continue:\n%s", said)
			}
			same(t, files(t, filepath.Join(dir, results, "exp")), files(t, filepath.Join(dir, "whole", "exp")))
		})
	}
}

// Two sweeps on one directory share the work; a third says that all is done.
func TestTwoAtOnce(t *testing.T) {
	dir := bench(t, slowTwo)
	mustRun(t, exitDone, dir, "sweep", "exp.toml", "--results", "whole")
	one, said1 := command(t, dir, "sweep", "exp.toml", "--results", "shared", "--jobs", "1")
	two, said2 := command(t, dir, "sweep", "exp.toml", "--results", "shared", "--jobs", "1")
	if err := one.Start(); err != nil {
		t.Fatal(err)
	}
	if err := two.Start(); err != nil {
		t.Fatal(err)
	}
	err1, err2 := one.Wait(), two.Wait()
	if err1 != nil || err2 != nil {
		t.Fatalf("%v, %v\n%s\n%s", err1, err2, said1, said2)
	}
	experiment := filepath.Join(dir, "shared", "exp")
	same(t, files(t, experiment), files(t, filepath.Join(dir, "whole", "exp")))
	both := said1.String() + said2.String()
	if n := strings.Count(both, " started,"); n != 2 {
		t.Errorf("%d runs were started, want 2 shared between the sweeps\n%s\n%s", n, said1, said2)
	}
	before := published(t, experiment)
	if said := mustRun(t, exitDone, dir, "sweep", "exp.toml", "--results", "shared"); !strings.Contains(said, "all 2 runs are done") {
		t.Error(said)
	}
	untouched(t, before, published(t, experiment))
}

// The run of a sweep that is killed is taken over by one that waits for it.
func TestTakenOver(t *testing.T) {
	dir := bench(t, slowTwo)
	mustRun(t, exitDone, dir, "sweep", "exp.toml", "--results", "whole")
	first, _ := command(t, dir, "sweep", "exp.toml", "--results", "shared", "--jobs", "2")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	underWay(t, filepath.Join(dir, "shared"), 2, "checkpoint")
	if pause(first.Process) != nil { // or it would be ready too soon
		first.Process.Kill()
		first.Wait()
		t.Skip("no process can be paused here")
	}
	second, said := command(t, dir, "sweep", "exp.toml", "--results", "shared", "--jobs", "2")
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if strings.Contains(said.String(), "by another process") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it does not see that others are at work:\n%s", said)
		}
	}
	first.Process.Kill()
	first.Wait()
	if err := second.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if !strings.Contains(said.String(), "by another process") || !strings.Contains(said.String(), "continues at step") {
		t.Errorf("it did not wait and take over:\n%s", said)
	}
	same(t, files(t, filepath.Join(dir, "shared", "exp")), files(t, filepath.Join(dir, "whole", "exp")))
}

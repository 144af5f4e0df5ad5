package cmd

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// quick is slowTwo with few steps.
func quick(t *testing.T, more ...string) string {
	t.Helper()
	text := strings.Replace(slowTwo, "steps = 400", "steps = 6", 1)
	for i := 0; i < len(more); i += 2 {
		if !strings.Contains(text, more[i]) {
			t.Fatalf("the configuration has no %q", more[i])
		}
		text = strings.Replace(text, more[i], more[i+1], 1)
	}
	return text
}

// times lists every file under dir with its time, size and inode's change time.
func times(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		all[path] = info.ModTime().String() + info.Mode().String()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func alike(t *testing.T, now, before map[string]string) {
	t.Helper()
	for name := range now {
		if now[name] != before[name] {
			t.Errorf("%s was touched", name)
		}
	}
	for name := range before {
		if _, ok := now[name]; !ok {
			t.Errorf("%s is gone", name)
		}
	}
}

func contains(t *testing.T, said string, wants ...string) {
	t.Helper()
	if runtime.GOOS == "windows" { // slashes, and the words for a path that is none
		said = strings.NewReplacer(`\`, "/", syscall.Errno(3).Error(), "not a directory").Replace(said)
	}
	for _, want := range wants {
		if !regexp.MustCompile(want).MatchString(said) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
}

func TestAskedAgain(t *testing.T) {
	dir := bench(t, quick(t))
	said := mustRun(t, exitDone, dir, "sweep", "exp.toml")
	contains(t, said, `exp: 2 runs, 0 done`, `\[0/2\] style\.weight=10-\w+ started, 6 steps`,
		`\[2/2\] style\.weight=\d+-\w+ done in [\d.]+ s, loss [\d.]+`, `all 2 runs are done`, `Report: results/exp/index\.html`)
	before := times(t, dir)
	time.Sleep(20 * time.Millisecond)
	for _, args := range [][]string{
		{"sweep", "exp.toml"},
		{"sweep", "exp.toml", "--jobs", "2", "--threads", "2"},
		{"plan", "exp.toml"},
		{"check", "exp.toml"},
	} {
		said := mustRun(t, exitDone, dir, args...)
		if args[0] == "sweep" && filepath.ToSlash(said) != "exp: all 2 runs are done; nothing to do\nReport: results/exp/index.html\n" {
			t.Errorf("it says\n%s", said)
		}
		if args[0] == "plan" {
			contains(t, said, `style\.weight=10-\w+ +6 +[\d.]+ s +\d+ MB +done`)
		}
		alike(t, times(t, dir), before)
	}
	// The resolved configuration makes the same run again by itself.
	runs, _ := filepath.Glob(filepath.Join(dir, "results", "exp", "style.weight=10-*"))
	mustRun(t, exitDone, dir, "sweep", filepath.Join(runs[0], "config.toml"), "--results", "again")
	again, _ := filepath.Glob(filepath.Join(dir, "again", "*", "*", "image.png"))
	if len(again) != 1 {
		t.Fatalf("made again: %v", again)
	}
	one, _ := os.ReadFile(filepath.Join(runs[0], "image.png"))
	two, _ := os.ReadFile(again[0])
	if !bytes.Equal(one, two) || len(one) == 0 {
		t.Error("config.toml makes another picture")
	}
}

// A single run, without a [sweep] table.
func TestOneRun(t *testing.T) {
	dir := bench(t, quick(t, "[sweep.axes]\n\"loss.style.weight\" = [10, 100]\n", ""))
	t.Chdir(dir)
	var out bytes.Buffer // in this process, for the race detector's sake
	if status := run(t.Context(), []string{"sweep", "exp.toml"}, nil, &out, &out); status != exitDone {
		t.Errorf("exit status %d", status)
	}
	contains(t, out.String(), `exp: 1 run, 0 done`, `the run is done`)
	contains(t, mustRun(t, exitDone, dir, "sweep", "exp.toml"), `nothing to do`)
}

func TestDiverged(t *testing.T) {
	dir := bench(t, quick(t, `kind = "adam"`, `kind = "sgd"`, `"loss.style.weight" = [10, 100]`, `"schedule.rate" = [1e35, 0.001]`))
	said := mustRun(t, exitFailed, dir, "sweep", "exp.toml")
	contains(t, said, `schedule\.rate=1e\+?35-\w+ failed in .*diverged`, `1 of 2 runs are done, 1 failed`, `--retry`, `Report: `)
	runs, _ := filepath.Glob(filepath.Join(dir, "results", "exp", "schedule.rate=1e*35*"))
	if len(runs) != 1 {
		t.Fatalf("failed runs: %v", runs)
	}
	data, err := os.ReadFile(filepath.Join(runs[0], "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(data), `"status": "failed"`, `"failure"`, `"step": \d`)
	if _, err := os.Stat(filepath.Join(runs[0], "image.png")); err != nil {
		t.Error("the last good picture is not kept")
	}
	before := times(t, dir)
	contains(t, mustRun(t, exitFailed, dir, "sweep", "exp.toml"), `1 failed`)
	alike(t, times(t, dir), before)
	// --retry runs it again, and the old one is not lost.
	said = mustRun(t, exitFailed, dir, "sweep", "exp.toml", "--retry")
	contains(t, said, `schedule\.rate=1e\+?35-\w+ failed in`, `its earlier results are in .*\.aside`)
	again, err := os.ReadFile(filepath.Join(dir, "results", "exp", ".aside", filepath.Base(runs[0]), "1", "run.json"))
	if err != nil || !bytes.Equal(again, data) {
		t.Errorf("put aside: %v", err)
	}
	for _, name := range []string{"metrics.csv", "image.png"} {
		one, _ := os.ReadFile(filepath.Join(runs[0], name))
		two, _ := os.ReadFile(filepath.Join(dir, "results", "exp", ".aside", filepath.Base(runs[0]), "1", name))
		if !bytes.Equal(one, two) {
			t.Errorf("%s of a failed run is not the same again", name)
		}
	}
}

// A trial of a large picture takes minutes: what a bound of memory leads to is said without one.
func TestPlanListsWaysWithoutATrial(t *testing.T) {
	dir := bench(t, quick(t))
	said := mustRun(t, exitDone, dir, "plan", "exp.toml", "--no-trial", "--set", `run.memory="2 GB"`)
	contains(t, said, "memory and work of each way", "the whole picture")
}

// A changed configuration keeps what there is and adds what is new.
func TestChangedPlan(t *testing.T) {
	dir := bench(t, quick(t))
	mustRun(t, exitDone, dir, "sweep", "exp.toml")
	before := times(t, dir)
	text := quick(t, `"loss.style.weight" = [10, 100]`, "\"loss.style.weight\" = [100, 1000]\n\"loss.content.weight\" = [0.4, 2]")
	if err := os.WriteFile(filepath.Join(dir, "exp.toml"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	contains(t, mustRun(t, exitDone, dir, "plan", "exp.toml", "--no-trial"), `style\.weight=100.*done`, `new`)
	said := mustRun(t, exitDone, dir, "sweep", "exp.toml")
	contains(t, said, `4 runs, 1 done`, `held another plan, now in .*\.plans`, `1 of its 2 runs are asked for again, 3 are new`,
		`1 are not in the plan any more but stay where they are \(style\.weight=10-`, `--results`)
	now := times(t, dir)
	for name := range before {
		if run := filepath.Base(filepath.Dir(name)); strings.HasPrefix(run, "style.weight") && now[name] != before[name] {
			t.Errorf("%s was touched", name)
		}
	}
	contains(t, mustRun(t, exitDone, dir, "sweep", "exp.toml"), `nothing to do`)
}

func TestChangedByHand(t *testing.T) {
	dir := bench(t, quick(t))
	mustRun(t, exitDone, dir, "sweep", "exp.toml")
	runs, _ := filepath.Glob(filepath.Join(dir, "results", "exp", "style*"))
	for _, c := range []struct {
		change func(run string) error
		want   string
		status int
	}{
		{func(run string) error {
			f, err := os.OpenFile(filepath.Join(run, "metrics.csv"), os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				f.WriteString("9,9,9\n")
				err = f.Close()
			}
			return err
		}, `changed by hand: metrics\.csv has changed`, exitDone},
		{func(run string) error { return os.Remove(filepath.Join(run, "config.toml")) }, `config\.toml is missing`, exitDone},
		{func(run string) error { return os.WriteFile(filepath.Join(run, "run.json"), []byte("{"), 0o666) }, `run\.json.*delete`, exitFailed},
		{func(run string) error {
			return os.WriteFile(filepath.Join(run, "run.json"), []byte(`{"format": 99}`), 0o666)
		}, `format 99`, exitFailed},
	} {
		if err := c.change(runs[0]); err != nil {
			t.Fatal(err)
		}
		contains(t, mustRun(t, c.status, dir, "sweep", "exp.toml"), c.want, filepath.Base(runs[0]))
	}
	// What it advises helps.
	os.RemoveAll(runs[0])
	contains(t, mustRun(t, exitDone, dir, "sweep", "exp.toml"), `2 runs, 1 done`, `all 2 runs are done`)
}

// Directories that cannot be used: said so, with nothing lost or written.
func TestUnusableDirectories(t *testing.T) {
	for _, c := range []struct {
		name, want string
		prepare    func(dir string) error
	}{
		{"a file", `results/exp.*not a directory`, func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "results"), []byte("mine"), 0o666)
		}},
		{"a file within", `not a directory`, func(dir string) error {
			os.MkdirAll(filepath.Join(dir, "results", "exp"), 0o777)
			return os.WriteFile(filepath.Join(dir, "results", "exp", ".attempts"), []byte("mine"), 0o666)
		}},
		{"newer", `format 99`, func(dir string) error {
			os.MkdirAll(filepath.Join(dir, "results", "exp"), 0o777)
			return os.WriteFile(filepath.Join(dir, "results", "exp", "plan.toml"), []byte("format = 99\n"), 0o666)
		}},
		{"a directory for a file", `plan\.toml`, func(dir string) error {
			return os.MkdirAll(filepath.Join(dir, "results", "exp", "plan.toml"), 0o777)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := bench(t, quick(t))
			if err := c.prepare(dir); err != nil {
				t.Fatal(err)
			}
			said := mustRun(t, exitUsage, dir, "sweep", "exp.toml")
			contains(t, said, c.want, `--results`)
			if strings.Contains(said, "started") {
				t.Errorf("runs were started:\n%s", said)
			}
		})
	}
}

// A plan.toml that is damaged is made anew; the runs are found again.
func TestDamagedPlan(t *testing.T) {
	dir := bench(t, quick(t))
	mustRun(t, exitDone, dir, "sweep", "exp.toml")
	plan := filepath.Join(dir, "results", "exp", "plan.toml")
	was, _ := os.ReadFile(plan)
	os.WriteFile(plan, []byte("format = 1\nexperi"), 0o666)
	contains(t, mustRun(t, exitDone, dir, "sweep", "exp.toml"), `plan\.toml.*written anew`, `all 2 runs are done`)
	if now, _ := os.ReadFile(plan); !bytes.Equal(now, was) {
		t.Error("plan.toml is not what it was")
	}

	// A run of another version is not to be deleted.
	runs, _ := filepath.Glob(filepath.Join(dir, "results", "exp", "*", "run.json"))
	record, _ := os.ReadFile(runs[0])
	os.WriteFile(runs[0], bytes.Replace(record, []byte(`"format": 1`), []byte(`"format": 99`), 1), 0o666)
	said := mustRun(t, exitFailed, dir, "sweep", "exp.toml")
	contains(t, said, `format 99, .*use another results directory, or the version that wrote this one`)
	if strings.Contains(said, "delete") {
		t.Errorf("it advises to delete what another version wrote:\n%s", said)
	}
}

// A disk that is full: the runs fail with the reason, the next sweep with room
// makes them.
func TestFullDisk(t *testing.T) {
	dir := bench(t, quick(t))
	disk := filepath.Join(dir, "disk")
	if err := os.Mkdir(disk, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := mount(disk, "size=64k"); err != nil {
		t.Skipf("no small disk to be had: %v", err)
	}
	defer unmount(disk)
	said := mustRun(t, exitFailed, dir, "sweep", "exp.toml", "--results", "disk")
	contains(t, said, `style\.weight=\d+-\w+ failed.*no space left on device`, `2 failed`, `the same command tries them again`)
	if _, err := os.Stat(filepath.Join(disk, "exp", "index.html")); err != nil && strings.Contains(said, "Report: ") {
		t.Errorf("it names a page that could not be written:\n%s", said)
	}
	if err := mount(disk, "remount,size=8m"); err != nil {
		t.Skip(err)
	}
	mustRun(t, exitDone, dir, "sweep", "exp.toml", "--results", "disk")
	mustRun(t, exitDone, dir, "sweep", "exp.toml", "--results", "whole")
	same(t, files(t, filepath.Join(disk, "exp")), files(t, filepath.Join(dir, "whole", "exp")))
}

// The second Ctrl-C ends the program at once, whatever it does.
func TestInterruptedTwice(t *testing.T) {
	dir := bench(t, slowTwo)
	cmd, _ := command(t, dir, "sweep", "exp.toml")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	underWay(t, filepath.Join(dir, "results"), 1, "metrics.csv")
	if err := interrupt(cmd.Process); err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		t.Skip(err)
	}
	time.Sleep(time.Millisecond)
	interrupt(cmd.Process)
	began := time.Now()
	cmd.Wait()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	mustRun(t, exitDone, dir, "sweep", "exp.toml")
}

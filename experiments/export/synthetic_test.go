package export_test

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/export"
	"github.com/gonst/workbench/experiments/result"
)

// begun is when the runs of the tests began.
var begun = time.Date(2026, 5, 4, 3, 2, 1, 500_000_000, time.UTC)

const configuration = `name = "x"
seed = 1
[images]
content = "a \"b\", c.png"
[loss.style]
weight = %WEIGHT%
layers = {conv1_1 = 0.5, conv2_1 = 0.5}
[optimizer]
kind = "adam"
nesterov = false
`

// experiment writes a directory with a done run that has everything, a failed one
// whose numbers ran away, one at work and one that has not begun.
func experiment(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "exp")
	plan := &result.Plan{Experiment: "exp", Title: "Try <&>", Axes: []result.Axis{{Key: "loss.style.weight", Label: "style.weight", Values: []string{"1", "2", "3", "4"}}}}
	for i, name := range []string{"w=1-aaaa", "w=2-bbbb", "w=3-cccc", "w=4-dddd"} {
		plan.Runs = append(plan.Runs, result.PlannedRun{Name: name, ID: name[4:] + name[4:], Values: map[string]string{"loss.style.weight": string(rune('1' + i))}})
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	must(t, result.WritePlan(dir, plan))
	for i, r := range plan.Runs[:3] {
		at := filepath.Join(dir, r.Name)
		run := &result.Run{
			Name: r.Name, ID: r.ID, Status: result.Done, Steps: 3, Planned: 3, Evaluations: 4, Seconds: 1.5, Total: 0.125,
			Terms: []result.Term{{Name: "style", Weight: result.Float(i + 1), Value: 0.125}}, Width: 4, Height: 3,
			Provenance: result.Provenance{Program: "devel", Numerical: "1"}, Started: begun, Finished: begun.Add(2 * time.Second),
		}
		metrics := "step,evaluations,rate,total,style,style.conv1_1\n0,1,0.1,2,2,1.5\n1,2,0.1,0.13,0.13,0.1\n2,4,0.05,0.125,0.125,0.1\n"
		switch i {
		case 1:
			run.Status, run.Total, run.Steps = result.Failed, result.Float(math.NaN()), 1
			run.Failure = &result.Failure{Error: "not finite, \"really\"\nat step 1", Step: 1, Term: "style"}
			metrics = "step,evaluations,rate,total,style,style.conv1_1\n0,1,0.1,2,2,1.5\n1,2,0.1,+Inf,NaN,-Inf\n"
		case 2:
			at = filepath.Join(result.Attempts(dir, r.Name), "one")
			run.Status, run.Finished = result.Running, time.Time{}
			metrics = "step,evaluations,rate,total,style,style.conv1_1,content\n0,1,0.1,2,2,1.5,7\n1,2"
		}
		must(t, os.MkdirAll(filepath.Join(at, "frames"), 0o777))
		config := []byte(configuration)
		config = append(config[:0:0], []byte(replace(configuration, "%WEIGHT%", string(rune('1'+i))+".0"))...)
		for name, data := range map[string][]byte{
			"config.toml": config, "metrics.csv": []byte(metrics), "times.csv": []byte("step,seconds\n0,0.25\n1,0.75\n2,1.5\n"),
			"image.png": picture(t, 4, 3, byte(i)), "frames/000000.png": picture(t, 4, 3, 100), "frames/000002.png": picture(t, 4, 3, 200),
		} {
			must(t, os.WriteFile(filepath.Join(at, name), data, 0o666))
		}
		if i == 0 {
			must(t, os.WriteFile(filepath.Join(at, result.YardstickFile), []byte("step,content.relu4_2,style.relu1_1\n0,0,3\n2,0.5,0.25\n"), 0o666))
			must(t, result.WriteMeasures(at, &result.Measures{Step: 3, Measures: []result.Measure{
				{Name: "gram_cosine", Layer: "relu1_1", Value: 0.75, Unit: "cosine", Group: result.GroupStyle, Better: result.Higher, HeldOut: true},
				{Name: "ssim", Value: result.Float(math.NaN()), Unit: "1", Group: result.GroupStructure, Better: result.Higher},
			}}))
		}
		must(t, result.WriteRun(at, run))
	}
	return dir
}

func open(t testing.TB, dirs ...string) []export.Run {
	t.Helper()
	runs, warnings, err := export.Open(dirs...)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warnings {
		t.Errorf("warning: %s", w)
	}
	return runs
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// python runs a program of testdata with Debian's Python, which has the packages
// that it wants; elsewhere the test is left out, but not in CI.
func python(t *testing.T, packages string, args ...string) []byte {
	t.Helper()
	const interpreter = "/usr/bin/python3"
	if err := exec.Command(interpreter, "-c", "import "+packages).Run(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("no %s for %s: %v", packages, interpreter, err)
		}
		t.Skipf("no %s for %s", packages, interpreter)
	}
	cmd := exec.Command(interpreter, args...)
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := err.(*exec.ExitError); ok {
			t.Fatalf("%v: %v\n%s", args, err, exit.Stderr)
		}
		t.Fatal(err)
	}
	return out
}

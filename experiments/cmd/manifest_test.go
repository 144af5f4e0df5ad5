package cmd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The pods of a manifest make the bytes of a sweep on this machine; a second manifest has
// only what is missing.
func TestManifest(t *testing.T) {
	dir := bench(t, quick(t))
	mustRun(t, exitDone, dir, "sweep", "exp.toml", "--results", "here")
	all := []string{"plan", "exp.toml", "--manifest", "k8s", "--image", "registry/nst:1", "--claim", "lab", "--mount", dir}
	text := mustRun(t, exitDone, dir, all...)
	contains(t, text, "completionMode: Indexed", "completions: 2", "parallelism: 2", `image: "registry/nst:1"`, `claimName: "lab"`)
	pod := podArgs(t, text)
	for index := range 2 {
		var args []string
		for _, a := range pod {
			args = append(args, strings.ReplaceAll(a, "$(JOB_COMPLETION_INDEX)", strconv.Itoa(index)))
		}
		contains(t, mustRun(t, exitDone, t.TempDir(), args...), "done")
		if index == 0 {
			contains(t, mustRun(t, exitDone, dir, all...), "completions: 1")
		}
		contains(t, mustRun(t, exitDone, t.TempDir(), args...), "done") // a pod that is started twice
	}
	same(t, files(t, filepath.Join(dir, "results", "exp")), files(t, filepath.Join(dir, "here", "exp")))
	contains(t, mustRun(t, exitDone, dir, all...), "there is nothing to start")
}

// podArgs returns the arguments of the container.
func podArgs(t *testing.T, manifest string) (args []string) {
	t.Helper()
	for line := range strings.Lines(manifest) {
		if list, ok := strings.CutPrefix(strings.TrimSpace(line), "args: "); ok {
			if err := json.Unmarshal([]byte(list), &args); err != nil {
				t.Fatal(err)
			}
			return args
		}
	}
	t.Fatalf("no args in\n%s", manifest)
	return nil
}

func TestManifestWrong(t *testing.T) {
	dir := bench(t, quick(t))
	full := map[string]string{"--manifest": "k8s", "--image": "i", "--claim": "c", "--mount": dir}
	for name, c := range map[string]struct{ flag, value, says string }{
		"no such engine":  {"--manifest", "nomad", `--manifest nomad: found no such engine; expected one of: k8s .*kind = "command"`},
		"no image":        {"--image", "", "requires --image"},
		"no claim":        {"--claim", "", "requires --claim"},
		"no mount":        {"--mount", "", "requires --mount"},
		"results outside": {"--mount", filepath.Join(dir, "elsewhere"), "--results: .* is not below --mount"},
		"other picture":   {"--mount", filepath.Join(dir, "results"), "content: .*content.png is not below --mount"},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"plan", "exp.toml"}
			for flag, value := range full {
				if flag == c.flag {
					value = c.value
				}
				args = append(args, flag, value)
			}
			contains(t, mustRun(t, exitUsage, dir, args...), c.says)
			if _, err := os.Stat(filepath.Join(dir, "results")); err == nil {
				t.Error("it left results")
			}
		})
	}
}

func TestWorkWrong(t *testing.T) {
	dir := bench(t, quick(t))
	list := filepath.Join(dir, "runs.list")
	if err := os.WriteFile(list, []byte("a\nb\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"one argument":    {[]string{"results/exp"}, "DIR RUN, or DIR --list FILE --index N"},
		"both":            {[]string{"results/exp", "a", "--list", list}, "DIR RUN, or DIR --list FILE --index N"},
		"no such list":    {[]string{"results/exp", "--list", "none"}, "every machine must see"},
		"no such line":    {[]string{"results/exp", "--list", list, "--index", "2"}, "has lines 0 to 1"},
		"no such results": {[]string{"results/exp", "--list", list, "--index", "1"}, "results/exp"},
	} {
		t.Run(name, func(t *testing.T) {
			contains(t, mustRun(t, exitUsage, dir, append([]string{"work"}, c.args...)...), c.says)
		})
	}
}

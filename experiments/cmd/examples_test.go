package cmd

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/export/mlflowtest"
	"github.com/spf13/cobra"
)

// Every example that the help shows works.
func TestExamples(t *testing.T) {
	dir := bench(t, "")
	t.Chdir(dir)
	for _, name := range []string{"quickstart", "gatys-figure3-pyramid", "search"} {
		text := strings.Replace(quick(t), `name = "exp"`, `name = "`+name+`"`, 1)
		text = strings.NewReplacer(`"content.png"`, `"../content.png"`, `"style.png"`, `"../style.png"`).Replace(text)
		if name == "search" {
			text = strings.Replace(text, "[sweep.axes]", "[sweep]\nmethod = \"sobol\"\nbudget = 2\nmaximize = \"told\"\n[sweep.axes]", 1)
		}
		os.Mkdir("configs", 0o777)
		if err := os.WriteFile(filepath.Join("configs", name+".toml"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	mustRun(t, exitDone, dir, "sweep", "configs/quickstart.toml")
	copyFile(t, runs(t, filepath.Join("results", "quickstart"))[0]+"/image.png", "picture.png")
	for _, name := range []string{"photo.jpg", "painting.jpg", "first.jpg", "second.jpg"} {
		copyFile(t, "picture.png", name)
	}
	server := mlflowtest.New()
	defer server.Close()
	tried := 0
	var try func(cmd *cobra.Command)
	try = func(cmd *cobra.Command) {
		for line := range strings.Lines(cmd.Example) {
			// What follows several spaces says what it does.
			line = regexp.MustCompile(`\S {2,}.*`).ReplaceAllStringFunc(strings.TrimSpace(line), func(s string) string { return s[:1] })
			words := strings.Fields(line)
			if len(words) < 2 || words[0] != "nst" {
				t.Errorf("the example %q of %q is no command", line, cmd.CommandPath())
				continue
			}
			var args []string
			for _, w := range words[1:] {
				w = strings.Replace(w, "http://localhost:5000", server.URL, 1)
				w = strings.Replace(w, "results/quickstart/RUN", runs(t, filepath.Join("results", "quickstart"))[0], 1)
				if bare := strings.Trim(w, "'"); bare != w { // a shell leaves it alone
					args = append(args, bare)
					continue
				}
				found, _ := filepath.Glob(strings.TrimSuffix(w, "/"))
				if strings.HasSuffix(w, "/") { // as a shell does: directories only
					found = slices.DeleteFunc(found, func(path string) bool {
						info, err := os.Stat(path)
						return err != nil || !info.IsDir()
					})
				}
				if len(found) > 0 {
					args = append(args, found...)
				} else {
					args = append(args, w)
				}
			}
			if args[0] == "paint" { // small, short, and without weights, which nobody has here
				args = append(args, "--set", "images.size=32", "--set", "run.steps=1")
				if slices.Contains(args, "--preset") && !slices.Contains(args, "texture") { // which has none
					args = append(args, "--set", "network.weights=random")
				}
			}
			if cmd.Name() == "serve" || cmd.Name() == "vote" && !slices.Contains(args, "--ranking") {
				serves(t, dir, args...)
				tried++
				continue
			}
			if status, said := execute(t, dir, args...); status != exitDone {
				t.Errorf("%s: exit status %d\n%s", line, status, said)
			}
			tried++
		}
		for _, sub := range cmd.Commands() {
			if sub.Name() == "sweep" {
				try(sub) // first: the report's examples want results
			}
		}
		for _, sub := range cmd.Commands() {
			if sub.Name() != "sweep" {
				try(sub)
			}
		}
	}
	try(newRoot())
	if f := server.Faults(); len(f) > 0 {
		t.Errorf("MLflow refused %q", f)
	}
	if tried < 15 {
		t.Errorf("only %d examples", tried)
	}
}

// serves starts a command that serves, on a port of its own, looks at what it
// says, and ends it as Ctrl-C does.
func serves(t *testing.T, dir string, args ...string) {
	t.Helper()
	for i, a := range args {
		args[i] = strings.NewReplacer(":8788", ":0", ":8789", ":0").Replace(a)
	}
	cmd, out := command(t, dir, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`serving (http://\S+)`)
	for range 500 {
		if address.MatchString(out.String()) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if found := address.FindStringSubmatch(out.String()); found == nil {
		t.Errorf("%q says %q", args, out.String())
	} else if answer, err := http.Get(found[1]); err != nil {
		t.Errorf("%q: %v", args, err)
	} else {
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Errorf("%q: status %s", args, answer.Status)
		}
	}
	if err := interrupt(cmd.Process); err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Fatal(err)
		}
		return
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%q: %v\n%s", args, err, out)
	}
}

// Wrong usage is told in a line or two, with the way out, and nothing is run.
func TestUsage(t *testing.T) {
	dir := bench(t, quick(t))
	t.Chdir(dir)
	for _, c := range []struct{ args, want string }{
		{"sweep", `nst sweep requires a configuration, found nothing; .nst sweep --help. shows examples`},
		{"sweep a.toml b.toml", `requires a configuration, found a\.toml b\.toml`},
		{"sweep nowhere.toml", `nowhere\.toml`},
		{"sweep exp.toml --job 2", `unknown flag: --job; .nst sweep --help. lists`},
		{"sweep exp.toml --jobs many", `many`},
		{"sweep exp.toml --jobs -1", `must be 1 or more`},
		{"sweep exp.toml --set run.step=5", `expected steps`},
		{"sweap exp.toml", `sweep`},
		{"check", `requires a configuration`},
		{"check exp.toml nowhere.toml", `(?s)exp\.toml: exp, 2 runs.*nowhere\.toml`},
		{"plan", `requires a configuration`},
		{"report", `requires a directory`},
		{"report nowhere", `nowhere`},
		{"compare", `requires directories`},
		{"compare nowhere", `nowhere`},
		{"compare . --out page.txt", `must end in \.html`},
		{"serve a b", `requires one directory, found 2`},
		{"serve nowhere", `nowhere`},
		{"serve . --addr nonsense", `nonsense`},
		{"layers vgg91", `vgg19`},
		{"layers vgg19 vgg16", `.`},
	} {
		var out bytes.Buffer
		if status := run(context.Background(), strings.Fields(c.args), nil, &out, &out); status != exitUsage {
			t.Errorf("nst %s: exit status %d", c.args, status)
		}
		contains(t, out.String(), c.want)
		if lines := strings.Count(out.String(), "\n"); lines > 6 || strings.Contains(out.String(), "Usage:") {
			t.Errorf("nst %s: it says too much:\n%s", c.args, &out)
		}
	}
	if _, err := os.Stat("results"); err == nil {
		t.Error("something was written")
	}
}

func TestHelpVersionCompletion(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"", `nst sweep configs/quickstart\.toml`},
		{"help", `Available Commands`},
		{"sweep --help", `--set KEY=VALUE`},
		{"version", `nst .*, go1\.\d+.*, \w+/\w+`},
		{"completion bash", `complete`},
		{"__complete layers vgg", `vgg16`},
		{"__complete swe", `sweep`},
		{"layers", `scale5`},
		{"layers vgg19", `relu4_2 +block4_conv2 +relu +512 +1/8`},
	} {
		var out bytes.Buffer
		if status := run(t.Context(), strings.Fields(c.args), nil, &out, &out); status != exitDone {
			t.Errorf("nst %s: exit status %d", c.args, status)
		}
		contains(t, out.String(), c.want)
	}
}

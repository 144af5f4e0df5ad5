package cmd

import (
	"strings"
	"testing"
)

// Completion offers keys and their values, columns and runs.
func TestCompletionOfFlags(t *testing.T) {
	dir := bench(t, quick(t))
	mustRun(t, exitDone, dir, "sweep", "exp.toml", "--set", "run.steps=2")
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"sweep", "exp.toml", "--set", "run."}, []string{"run.steps=", "run.memory="}},
		{[]string{"plan", "exp.toml", "--set", "loss.style.w"}, []string{"loss.style.weight="}},
		{[]string{"check", "exp.toml", "--set", "run.memory="}, []string{"run.memory=default", "run.memory=low"}},
		{[]string{"check", "exp.toml", "--set", "run.project="}, []string{"run.project=true", "run.project=false"}},
		{[]string{"paint", "content.png", "style.png", "--set", "optimizer.kind="}, []string{"optimizer.kind=adam"}},
		{[]string{"compare", "results/exp", "--sort", ""}, []string{"total", "style"}},
		{[]string{"compare", "results/exp", "--sort=-"}, []string{"-total"}},
		{[]string{"explain", "exp.toml", "--run", ""}, []string{"style.weight=10-"}},
		{[]string{"explain", "nowhere.toml", "--run", ""}, nil},
	} {
		said := mustRun(t, exitDone, dir, append([]string{"__complete"}, c.args...)...)
		for _, want := range c.want {
			if strings.Count("\n"+said, "\n"+want+"\n") > 1 {
				t.Errorf("%q offers %s more than once:\n%s", c.args, want, said)
			}
			if !strings.Contains("\n"+said, "\n"+want) {
				t.Errorf("%q offers no %s:\n%s", c.args, want, said)
			}
		}
	}
}

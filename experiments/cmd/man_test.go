package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every command has a manual page, whose text is that of the help.
func TestManual(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, exitDone, dir, "man", "man1")
	mustRun(t, exitDone, dir, "man", "man1")
	pages := 0
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		pages++
		data, err := os.ReadFile(filepath.Join(dir, "man1", strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1"))
		if err != nil {
			t.Error(err)
		}
		// Without the markup, and in one line.
		page := strings.NewReplacer("\\-", "-", "\\&", "", "\\\\", "\\", "\n", " ").Replace(string(data))
		page = strings.Join(strings.Fields(page), " ")
		for _, paragraph := range strings.Split(cmd.Long, "\n\n") {
			if text := strings.Join(strings.Fields(paragraph), " "); !strings.Contains(page, text) {
				t.Errorf("the page of %s lacks\n%s\nin\n%.2000s", cmd.CommandPath(), text, page)
			}
		}
		for _, sub := range cmd.Commands() {
			look(sub)
		}
	}
	look(newRoot())
	all, _ := filepath.Glob(filepath.Join(dir, "man1", "*.1"))
	if completion := 5; len(all) != pages+completion {
		t.Errorf("%d pages of %d commands and %d of completion", len(all), pages, completion)
	}
}

package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/internal/atomicfile"
	"github.com/spf13/cobra"
)

func newInit() *cobra.Command {
	var out, preset string
	cmd := &cobra.Command{
		Use:   "init CONTENT STYLE…",
		Short: "Write a commented configuration for pictures",
		Long: `Writes a configuration that paints CONTENT in the style of the STYLE files, with
comments on what to change first: size, steps, the weights of the losses, and a sweep.
The preset texture uses only styles, and inversion and dream only a content. It inherits from a preset. An existing file is not overwritten.`,
		Example: `  nst init photo.jpg painting.jpg
  nst init photo.jpg painting.jpg -o first-try.toml --preset pyramid`,
		Args: minimumArgs(1, "a content picture and at least one style picture"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"png", "jpg", "jpeg"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			p := painting{preset: preset}
			if err := p.take(args); err != nil {
				return usage(err)
			}
			if err := p.check(); err != nil {
				return usage(err)
			}
			if out == "" {
				out = strings.TrimPrefix(p.name(), "paint-") + ".toml"
			}
			if !strings.EqualFold(filepath.Ext(out), ".toml") {
				return usage(fmt.Errorf("-o %s: a configuration is a TOML file; give a name that ends in .toml", out))
			}
			if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
				return mistake.Errorf("%s exists already: remove it, or name another file with -o", out)
			}
			text, err := p.configuration(out)
			if err != nil {
				return err
			}
			if err := atomicfile.WriteFile(out, []byte(text)); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s\n  nst check %[1]s    find mistakes\n  nst sweep %[1]s    make the picture\n", out)
			return nil
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "write this `FILE.toml` (default: named after the pictures)")
	cmd.Flags().StringVar(&preset, "preset", "oriented-fine", "inherit from this preset")
	_ = cmd.RegisterFlagCompletionFunc("preset", completePresets)
	return cmd
}

// configuration is the text of a configuration in a file.
func (p *painting) configuration(file string) (string, error) {
	base, err := plan.FindPreset(p.preset)
	if err != nil {
		return "", usage(err)
	}
	dir := filepath.Dir(file)
	var styles []string
	for _, s := range p.styles {
		styles = append(styles, quotedPath(s, dir))
	}
	style := strings.Join(styles, ", ")
	if len(styles) > 1 {
		style = "[" + style + "]"
	}
	c := base.Config
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# %s", p.title())
	line("#")
	line("#     nst sweep %s", filepath.Base(file))
	line("#")
	line("# What is not written here comes from the preset: `nst presets %s` prints it, `nst keys` describes all keys.", p.preset)
	line("")
	line("base  = %s", quoted("preset:"+p.preset))
	line("title = %s", quoted(p.title()))
	line("")
	line("[images] # paths are relative to this file")
	if p.content != "" {
		line("content = %s", quotedPath(p.content, dir))
	}
	if style != "" {
		line("style   = %s", style)
	}
	line("size    = %-5d # pixels of the side that counts; half of it takes a quarter of the time", c.Images.Size)
	line("")
	line("[run]")
	line("steps = %-5d # more steps bring more of the style", c.Run.Steps)
	for _, l := range c.Losses {
		if l.Share > 0 {
			continue
		}
		line("")
		line("[loss.%s]", l.Name)
		line("weight = %-8s # %s", config.WriteFloat(l.Weight), weightHint(l))
	}
	line("")
	line("# A sweep makes a run for each combination of values, and a page that compares them.")
	line("# [sweep.axes]")
	for _, l := range c.Losses {
		if l.Options.Compares() == "style" && l.Share == 0 {
			line(`# "loss.%s.weight" = {light = %s, strong = %s}`, l.Name, config.WriteFloat(l.Weight/4), config.WriteFloat(l.Weight*4))
			break
		}
	}
	return b.String(), nil
}

// weightHint says what a larger weight of a loss does.
func weightHint(l config.Loss) string {
	switch to := l.Options.Compares(); {
	case l.Maximize:
		return "larger: more of what the layer sees"
	case to == "content":
		return "larger: the scene stays nearer to the photograph"
	case to == "style":
		return "larger: more of the painting's " + l.Kind
	}
	return "larger: smoother"
}

// quoted writes a text as a configuration does.
func quoted(text string) string {
	return strings.TrimPrefix(plan.TextSetting("", text), "=")
}

// quotedPath writes a path relative to a directory, if there is such a path.
func quotedPath(path, dir string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return quoted(filepath.ToSlash(path))
	}
	if from, err := filepath.Abs(dir); err == nil {
		if relative, err := filepath.Rel(from, absolute); err == nil {
			return quoted(filepath.ToSlash(relative))
		}
	}
	return quoted(filepath.ToSlash(absolute))
}

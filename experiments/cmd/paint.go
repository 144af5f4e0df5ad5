package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/sweep"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/internal/atomicfile"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/spf13/cobra"
)

// painting is one picture to paint.
type painting struct {
	content  string
	styles   []string
	out      string // where to copy the picture; empty: nowhere
	depth    int    // bits a channel of the copy; 0: what the format has
	size     int    // pixels; 0: the preset's
	stages   int    // pixels of the first stage; 0: the preset's stages
	memory   string // bound; empty: the preset's
	preset   string
	settings []string
}

func newPaint() *cobra.Command {
	var p painting
	var o sweep.Options
	cmd := &cobra.Command{
		Use:   "paint CONTENT STYLE…",
		Short: "Paint one picture in the style of others",
		Long: `Paints CONTENT, a PNG, JPEG, WebP or TIFF file, in the style of one or more STYLE files.
Several styles count in equal parts. The preset texture uses only styles, and inversion and dream
only a content: name no other pictures with these.

Without --preset, the picture is painted by oriented filters, which need no file of
weights (the preset oriented-fine; oriented is faster and has fewer strokes). "nst presets"
lists the other presets; "nst weights fetch" downloads the weights that they require.

The run is kept in the results directory like every other run, under the names of
CONTENT and STYLE: the same command finds it done, and an interrupted one resumes.`,
		Example: `  nst paint photo.jpg painting.jpg -o out.png
  nst paint photo.jpg painting.jpg --size 1024
  nst paint photo.jpg painting.jpg -o print.tif
  nst paint photo.jpg painting.jpg --preset gatys-notebook
  nst paint painting.jpg --preset texture
  nst paint photo.jpg first.jpg second.jpg --set loss.style.weight=300 --set run.steps=200`,
		Args: minimumArgs(1, "a content picture and at least one style picture"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"png", "jpg", "jpeg", "webp", "tif", "tiff"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := p.take(args); err != nil {
				return usage(err)
			}
			return p.paint(cmd, o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&p.out, "output", "o", "", "copy the picture to `FILE`.png or .tif; a TIFF has 16 bits a channel")
	f.IntVar(&p.depth, "depth", 0, "bits a channel of the copy, 8 or 16 (default: 8 for .png, 16 for .tif)")
	f.IntVar(&p.size, "size", 0, "pixels of the longer side, or of the side that the preset names (default: the preset's)")
	f.IntVar(&p.stages, "stages", 0, "begin at this many pixels and enlarge the picture in stages, each by the square root of two")
	f.StringVar(&p.memory, "memory", "", "bound the memory, as in \"2 GB\": a picture that needs more is painted in tiles, without seams")
	f.StringVar(&p.preset, "preset", "oriented-fine", "start from this preset")
	f.StringArrayVar(&p.settings, "set", nil, "override `KEY=VALUE` of the configuration; may be repeated")
	f.StringVar(&o.Results, "results", "results", "directory of all results")
	f.IntVar(&o.Threads, "threads", 0, "threads (default: all cores)")
	f.BoolVar(&o.Force, "force", false, "start even if the memory does not suffice")
	f.BoolVar(&o.Retry, "retry", false, "paint again a picture whose run failed")
	_ = cmd.RegisterFlagCompletionFunc("preset", completePresets)
	return cmd
}

// take divides pictures into content and styles, as the preset uses them.
func (p *painting) take(pictures []string) error {
	base, err := plan.FindPreset(p.preset)
	if err != nil {
		return err
	}
	switch content, style := base.Reads(); {
	case !content:
		p.styles = pictures
	case !style && len(pictures) > 1:
		return fmt.Errorf("the preset %s requires one picture, its content; found %d", p.preset, len(pictures))
	case style && len(pictures) < 2:
		return fmt.Errorf("the preset %s requires a content picture and at least one style picture; found %d", p.preset, len(pictures))
	default:
		p.content, p.styles = pictures[0], pictures[1:]
	}
	return nil
}

// pictures lists the content, if there is one, and the styles.
func (p *painting) pictures() []string {
	if p.content == "" {
		return p.styles
	}
	return append([]string{p.content}, p.styles...)
}

// paint runs the picture as a sweep of one run and copies it to its place.
func (p *painting) paint(cmd *cobra.Command, o sweep.Options) error {
	if err := p.check(); err != nil {
		return usage(err)
	}
	if o.Threads < 0 {
		return usage(fmt.Errorf("--threads is %d; it must be 0 or more", o.Threads))
	}
	planned, err := plan.Read("preset:"+p.preset, p.overrides()...)
	if err != nil {
		return usage(err)
	}
	if err := carryOut(cmd, planned, o, launching{}); err != nil {
		return err
	}
	runs, _, err := sweep.Look(o.Results, planned)
	if err != nil {
		return err
	}
	picture := filepath.Join(o.Results, planned.Name, runs[0].Name, p.file())
	if p.out != "" {
		data, err := os.ReadFile(picture)
		if err == nil {
			err = atomicfile.WriteFile(p.out, data)
		}
		if err != nil {
			return &statusError{exitFailed, prefix.Errorf("", "the picture is in %s, but could not be copied: %w", picture, err)}
		}
		picture = p.out
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Picture: %s\n", picture)
	return nil
}

// check finds what is wrong with the files before anything is painted.
func (p *painting) check() error {
	for _, file := range p.pictures() {
		what := "style"
		if file == p.content {
			what = "content"
		}
		if info, err := os.Stat(file); err != nil {
			return prefix.Errorf("", "the %s picture %s cannot be read: %w%s", what, file, errors.Unwrap(err), tree.WhyMissing(file))
		} else if info.IsDir() {
			return fmt.Errorf("the %s picture %s is a directory; name a PNG, JPEG, WebP or TIFF file", what, file)
		}
	}
	switch {
	case p.depth != 0 && p.depth != 8 && p.depth != 16:
		return fmt.Errorf("--depth is %d; a channel has 8 or 16 bits", p.depth)
	case p.depth != 0 && p.out == "":
		return errors.New("--depth is about the copy: name it with -o")
	case p.size < 0:
		return fmt.Errorf("--size is %d; it must be a number of pixels", p.size)
	case p.stages < 0:
		return fmt.Errorf("--stages is %d; it must be the pixels at which to begin", p.stages)
	case p.out == "":
		return nil
	case !p.isTIFF() && !strings.EqualFold(filepath.Ext(p.out), ".png"):
		return fmt.Errorf("-o %s: the name ends in %q; the picture can be written as .png, .tif or .tiff", p.out, filepath.Ext(p.out))
	case p.isTIFF() && p.depth == 8:
		return fmt.Errorf("-o %s with --depth 8: a TIFF has 16 bits a channel; leave --depth out, or name a .png", p.out)
	}
	dir := filepath.Dir(p.out)
	if info, err := os.Stat(dir); err != nil {
		return prefix.Errorf("", "-o %s: %w", p.out, err)
	} else if !info.IsDir() {
		return fmt.Errorf("-o %s: %s is not a directory", p.out, dir)
	}
	out, err := os.Stat(p.out)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return prefix.Errorf("", "-o %s: %w", p.out, err)
	}
	if out.IsDir() {
		return fmt.Errorf("-o %s: this is a directory; name a file in it", p.out)
	}
	for _, in := range p.pictures() {
		if info, err := os.Stat(in); err == nil && os.SameFile(info, out) {
			return fmt.Errorf("-o %s would overwrite the input %s; name another file", p.out, in)
		}
	}
	return nil
}

// overrides are the settings of the preset that make it paint this picture. The
// user's come last and win.
func (p *painting) overrides() []string {
	settings := []string{
		plan.TextSetting("name", p.name()),
		plan.TextSetting("title", p.title()),
	}
	if p.content != "" {
		settings = append(settings, plan.TextSetting("images.content", p.content))
	}
	if len(p.styles) > 0 {
		settings = append(settings, plan.TextSetting("images.style", p.styles...))
	}
	if p.size > 0 {
		settings = append(settings, fmt.Sprintf("images.size=%d", p.size))
	}
	if p.stages > 0 {
		settings = append(settings, fmt.Sprintf("stages.from=%d", p.stages))
	}
	if p.memory != "" {
		settings = append(settings, plan.TextSetting("run.memory", p.memory))
	}
	switch p.file() {
	case result.PrintPNGFile:
		settings = append(settings, "log.print=png")
	case result.PrintTIFFFile:
		settings = append(settings, "log.print=tiff")
	}
	return append(settings, p.settings...)
}

func (p *painting) isTIFF() bool {
	ext := strings.ToLower(filepath.Ext(p.out))
	return ext == ".tif" || ext == ".tiff"
}

// file is the one of the run's pictures that is copied.
func (p *painting) file() string {
	switch {
	case p.isTIFF():
		return result.PrintTIFFFile
	case p.depth == 16:
		return result.PrintPNGFile
	}
	return result.ImageFile
}

// title is the heading of the page.
func (p *painting) title() string {
	var styles []string
	for _, s := range p.styles {
		styles = append(styles, filepath.Base(s))
	}
	switch all := strings.Join(styles, " and "); {
	case p.content == "":
		return "A texture of " + all
	case all == "":
		return filepath.Base(p.content) + " by the preset " + p.preset
	default:
		return filepath.Base(p.content) + " in the style of " + all
	}
}

// name is the experiment's: the same for the same pictures, so that the paintings of
// one pair are together.
func (p *painting) name() string {
	const longest = 80
	name := "paint"
	for _, file := range p.pictures() {
		base := filepath.Base(file)
		name += "-" + config.UniqueName(strings.TrimSuffix(base, filepath.Ext(base)))
	}
	if len(name) > longest {
		name = config.UniqueName(name[:longest] + "…" + name[longest:])
		name = name[:longest-7] + name[len(name)-7:]
	}
	// A finished run keeps what it was painted with: one without the picture for print does
	// not get it later, so it is another experiment.
	return name + map[string]string{result.PrintPNGFile: "-16bit", result.PrintTIFFFile: "-tiff"}[p.file()]
}

// Package remeasure measures the finished pictures of experiments once more, with one
// yardstick, so that measures of different experiments compare. It reads image.png of
// each published run and the content and style images, and makes no run.
package remeasure

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/digest"
	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst"
)

// Options controls Run. Nothing here but Yardstick influences the measures.
type Options struct {
	// Yardstick has KEY=VALUE of the table [yardstick], such as "network=pyramid" and
	// "size=256". What it omits is chosen as for the runs of one plan: the VGG that all
	// runs use with trained weights or a pyramid, and the smallest size.
	Yardstick []string
	Threads   int            // 0: all processors
	Watch     func(Progress) // called before each picture and at the end; may be nil
}

// Progress is the state of Run.
type Progress struct {
	Dir, Run    string // whose picture is measured now; empty at the end
	Done, All   int    // pictures
	MadeEarlier int    // pictures of Done that an earlier, interrupted call measured
}

// A Summary is the result of Run.
type Summary struct {
	Yardstick string   // the name of the directory of the measures
	Measured  int      // pictures measured by this call
	Earlier   int      // pictures measured by an earlier call
	Skipped   []string // runs without a finished picture
}

// one is a picture to measure.
type one struct {
	dir    string
	run    result.RunState
	config *config.Config
}

// Run measures the pictures of all finished runs of the experiments in dirs and makes
// these measures the ones in use. The runs' own measures and those of earlier calls are
// kept. Until all pictures are measured, the earlier measures stay in use; a second call
// continues an interrupted one. A missing or changed content or style image is an error,
// and then nothing is measured.
func Run(ctx context.Context, dirs []string, o Options) (*Summary, error) {
	s := &Summary{}
	all, err := s.list(dirs)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, mistake.Errorf("no finished picture in %s", strings.Join(dirs, ", "))
	}
	if err := configure(all, o.Yardstick); err != nil {
		return nil, err
	}
	var rulers rulers
	if s.Yardstick, err = engine.YardstickName(all[0].config.Yardstick, &rulers.sums); err != nil {
		return nil, err
	}
	watch := o.Watch
	if watch == nil {
		watch = func(Progress) {}
	}
	for i, p := range all {
		watch(Progress{p.dir, p.run.Name, i, len(all), s.Earlier})
		if err := ctx.Err(); err != nil {
			return s, err
		}
		if was, err := result.ReadRemeasured(p.dir, s.Yardstick, p.run.ID); err == nil && was.Step == p.run.Run.Steps {
			s.Earlier++
			continue
		}
		if err := p.measure(ctx, &rulers, s.Yardstick, o.Threads); err != nil {
			return s, prefix.Errorf("", "%s, run %s: %w", p.dir, p.run.Name, err)
		}
		s.Measured++
	}
	for _, dir := range dirs {
		if err := result.UseMeasures(dir, s.Yardstick); err != nil {
			return s, err
		}
	}
	watch(Progress{Done: len(all), All: len(all), MadeEarlier: s.Earlier})
	return s, nil
}

// list returns the pictures of the experiments.
func (s *Summary) list(dirs []string) ([]one, error) {
	var all []one
	for _, dir := range dirs {
		e, err := result.Open(dir)
		if err != nil {
			return nil, err
		}
		for _, r := range e.Runs {
			if r.Published && r.Run != nil && r.Image != "" {
				all = append(all, one{dir: dir, run: r})
			} else {
				s.Skipped = append(s.Skipped, filepath.Join(dir, r.Name))
			}
		}
	}
	return all, nil
}

// configure reads the runs' configurations with the yardstick that all of them get.
func configure(all []one, yardstick []string) error {
	files := make([]string, len(all))
	for i, p := range all {
		files[i] = filepath.Join(p.dir, p.run.Dir, result.ConfigFile)
	}
	configs, sums, err := plan.WithYardstick(files, yardstick...)
	if err != nil {
		return err
	}
	for i := range all {
		all[i].config = configs[i]
		if err := unchanged(all[i], sums); err != nil {
			return err
		}
	}
	return nil
}

// unchanged returns an error if the content or style images are not those that the run
// was made from.
func unchanged(p one, sums map[string]string) error {
	for _, f := range p.config.Sources() {
		if f.Role != "content" && f.Role != "style" {
			continue
		}
		if !slices.ContainsFunc(p.run.Run.Provenance.Files, func(was result.File) bool {
			return was.Role == f.Role && was.SHA256 == sums[*f.Path]
		}) {
			return mistake.Errorf("%s: the %s image of the run %s has changed since the run was made; put the original there, whose SHA-256 is in its %s",
				*f.Path, f.Role, filepath.Join(p.dir, p.run.Name), result.RunFile)
		}
	}
	return nil
}

func (p one) measure(ctx context.Context, r *rulers, yardstick string, threads int) error {
	ruler, err := r.of(ctx, p.config, threads)
	if err != nil {
		return err
	}
	picture, err := nst.LoadWith(filepath.Join(p.dir, p.run.Image), nst.LoadOptions{MaxPixels: p.config.Images.MaxPixels})
	if err != nil {
		return err
	}
	m, err := engine.Remeasure(ctx, p.config, ruler, picture, p.run.Run.Steps, p.run.Own())
	if err != nil {
		return err
	}
	return result.WriteRemeasured(p.dir, yardstick, p.run.ID, m)
}

// rulers holds the ruler of the last run. Most runs of an experiment have the same
// images.
type rulers struct {
	images config.Images
	last   *engine.Ruler
	sums   digest.Cache
}

func (r *rulers) of(ctx context.Context, c *config.Config, threads int) (*engine.Ruler, error) {
	m := c.Images
	if r.last != nil && m.Content == r.images.Content && slices.Equal(m.Style, r.images.Style) && m.MaxPixels == r.images.MaxPixels {
		return r.last, nil
	}
	ruler, err := engine.NewRuler(ctx, c, nil, threads, c.Run.Memory.Maps(), &r.sums)
	if err != nil {
		return nil, err
	}
	r.images, r.last = m, ruler
	return ruler, nil
}

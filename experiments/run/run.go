// Package run makes a single run: it turns a planned run into a published directory.
package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/digest"
	"github.com/gonst/workbench/experiments/internal/disk"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/store"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst"
)

// A Maker makes single runs: it turns a resolved configuration into a published
// directory. It does not know the sweep that a run belongs to.
type Maker struct {
	Program  string
	Networks *engine.Networks // shared with other runs; may be nil
	digests  *digest.Cache    // of files, shared with other runs; may be nil
}

// NewMaker returns a Maker for these runs, which share networks and the digests of files.
func NewMaker(program string, runs []*config.Config) Maker {
	return Maker{Program: program, Networks: engine.NewNetworks(runs), digests: &digest.Cache{}}
}

// Make makes the run and publishes it, unless it is published already. An error
// states why the run is not published: store.ErrElsewhere; the context's error, when
// it was cancelled and everything is saved; or an error of this machine.
func (m Maker) Make(ctx context.Context, s store.Store, run plan.Run, threads int, report func(step int, loss float64)) error {
	if s.IsPublished(run.Name) {
		s.Tidy(run.Name)
		return nil
	}
	c, err := store.Take(s.Attempts(run.Name))
	if err != nil {
		return err
	}
	defer func() {
		s.Tidy(run.Name) // before the claim is released
		c.Release()
		if runtime.GOOS == "windows" { // where a held lock cannot be removed
			s.Tidy(run.Name)
		}
	}()
	if s.IsPublished(run.Name) {
		return nil
	}
	err = m.Attempt(ctx, s, run, c, threads, false, report)
	if errors.Is(err, errAfresh) {
		err = m.Attempt(ctx, s, run, c, threads, true, report)
	}
	return err
}

// ErrPaused means that a run has reached the step to which it was to go (Store.Limit). It
// is saved and measured; another attempt continues it.
var ErrPaused = errors.New("paused")

// errAfresh means that a run cannot continue from a checkpoint and must begin again.
var errAfresh = errors.New("the checkpoint cannot be used")

// Attempt makes one attempt at the run and publishes what is final.
func (m Maker) Attempt(ctx context.Context, s store.Store, run plan.Run, c *store.Claim, threads int, afresh bool, report func(int, float64)) error {
	a, err := s.Begin(run.Name, run.Identity, afresh)
	if err != nil {
		return s.Adopted(nil, run.Name, err)
	}
	if c.Proof {
		s.Prune(run.Name, a)
	}
	bound, _ := run.Config.Run.Memory.Bound()
	defer nst.LimitMemory(bound)()
	w := &working{Attempt: a, run: run, threads: threads, report: report, until: s.Until(run.Name)}
	err = w.work(ctx, m)
	final := err == nil || errors.Is(err, nst.ErrNotFinite)
	if errors.Is(err, errAfresh) {
		w.note("%v: beginning anew", err)
		return errors.Join(errAfresh, os.RemoveAll(a.Dir))
	}
	if recordErr := w.conclude(err); final && recordErr != nil {
		final, err = false, recordErr
	}
	if !final {
		if _, gone := os.Stat(a.Dir); os.IsNotExist(gone) && !s.IsPublished(run.Name) {
			return store.ErrElsewhere // another process took our attempt for dead and has continued it
		}
		return s.Adopted(a, run.Name, err)
	}
	_, err = s.Publish(a, run.Name)
	return err
}

// working is one attempt in progress.
type working struct {
	*store.Attempt
	run      plan.Run
	threads  int
	report   func(step int, loss float64)
	until    int // the step at which it pauses; 0: none
	record   result.Run
	recorder *recorder
	scales   *engine.Scales
	ruler    *engine.Ruler
}

// work runs the transfer in the attempt's directory. The error is nil if it
// finished, and nst.ErrNotFinite if it diverged.
func (w *working) work(ctx context.Context, m Maker) error {
	began := time.Now()
	w.record = result.Run{
		Name: w.run.Name, ID: w.run.Identity, Attempt: filepath.Base(w.Dir), Status: result.Running,
		Planned: w.run.Config.Steps(), Stages: stagesOf(w.run.Config), Started: began.UTC(), Total: result.Float(math.NaN()),
		Warnings: w.run.Warnings,
	}
	for _, warning := range w.run.Warnings {
		w.note("warning: %s", warning)
	}
	for _, line := range []string{fmt.Sprintf("attempt by %s, nst %s, %s, threads: %d", result.Self(), m.Program, nst.ISA(), w.threads), w.Attempt.Note} {
		w.note("%s", line)
	}
	var err error
	if w.record.Provenance, err = provenance(w.run.Config, m.Program, m.digests); err != nil {
		return err
	}
	for _, warning := range mixture(w.Old, w.record.Provenance) {
		w.record.Warnings = append(slices.Clip(w.record.Warnings), warning)
		w.note("warning: %s", warning)
	}
	if err := unchanged(w.run, m.digests); err != nil {
		return err
	}
	if w.run.Config, err = engine.Settle(ctx, w.run.Config, w.threads, m.Networks); err != nil {
		return err
	}
	if err := w.writeConfig(); err != nil {
		return err
	}
	if err := result.WriteRun(w.Dir, &w.record); err != nil {
		return err
	}
	transfer, pictures, err := engine.Assemble(ctx, w.run.Config, w.threads, m.Networks)
	if err != nil {
		return err
	}
	if transfer.Tile > 0 {
		w.note("in tiles of %d pixels, to keep run.memory = %q", transfer.Tile, string(w.run.Config.Run.Memory))
	}
	w.scales = engine.ScalesOf(transfer, pictures)
	transfer.Every = 1 // the recorder chooses what to log, and must see every step to save it
	if log := w.run.Config.Log; log.Yardstick > 0 || log.Measures {
		if w.ruler, err = engine.NewRuler(ctx, w.run.Config, transfer.Network, w.threads, transfer.Memory, m.digests); err != nil {
			return err
		}
		_, bounded := w.run.Config.Run.Memory.Bound()
		if (log.Yardstick == 0 || bounded) && w.ruler.Ruler != nil { // it is used again later
			w.ruler.Release()
		}
	}
	if w.recorder, err = newRecorder(w.Attempt, w.run.Identity, w.run.Config, w.ruler, w.report); err != nil {
		return err
	}
	defer w.recorder.close()
	w.recorder.until = w.until
	recipe, err := recipeOf(w.run, m.digests)
	if err != nil {
		return err
	}
	if w.recorder.picture.Text, err = recipe.Texts(); err != nil {
		return err
	}
	return w.transfer(ctx, transfer)
}

// transfer runs or continues the transfer and stores its result in the attempt.
func (w *working) transfer(ctx context.Context, t *nst.Transfer) error {
	var from *nst.Checkpoint
	if w.From != nil && w.until > 0 && w.From.Step+1 >= w.until { // killed while it paused there: its measures may be missing
		return prefix.Errorf("", "%w: it is beyond the step %d, where the run pauses", errAfresh, w.until)
	}
	if w.From != nil {
		state, err := w.From.State()
		if err != nil {
			return err
		}
		if from, err = nst.ReadCheckpoint(bytes.NewReader(state), int64(len(state))); err != nil {
			return prefix.Errorf("", "%w: %w", errAfresh, err)
		}
	}
	var res *nst.Result
	var err error
	began := 0
	if from == nil {
		w.report(0, math.NaN())
		res, err = t.Run(ctx, w.recorder)
	} else {
		began = from.Step // from is not kept while the transfer runs: it may have gigabytes
		w.report(began, math.NaN())
		res, err = t.Resume(ctx, from, w.recorder)
	}
	if w.From != nil && (errors.Is(err, nst.ErrCheckpoint) ||
		// The image in the checkpoint was never evaluated and is not finite, so the last
		// good image cannot be recovered from it.
		errors.Is(err, nst.ErrNotFinite) && res != nil && res.Steps == began) {
		return prefix.Errorf("", "%w: %w", errAfresh, err)
	}
	if res == nil {
		return err
	}
	if err == nil && res.Reason == nst.Stopped {
		err = ErrPaused
	}
	if failed := w.keep(ctx, res, err); failed != nil {
		return prefix.Errorf("", "cannot save: %w%s", failed, colon(err)) // not err itself: nothing is final
	}
	return err
}

// conclude writes how the attempt ended into its run.json. On a full disk this may
// fail, too; then only the sweep's summary has the reason.
func (w *working) conclude(failure error) error {
	rec := &w.record
	rec.Finished = time.Now().UTC()
	var bad *nst.NotFiniteError
	switch {
	case failure == nil:
		rec.Status = result.Done
	case errors.Is(failure, ErrPaused):
		rec.Status, rec.Stop = result.Interrupted, store.PausedStop
	case errors.Is(failure, context.Canceled):
		rec.Status = result.Interrupted
	default:
		rec.Status = result.Failed
		rec.Failure = &result.Failure{Error: prefix.Text(failure)}
		if errors.As(failure, &bad) {
			rec.Failure.Step, rec.Failure.Term, rec.Failure.Layer = bad.Step, bad.Term, bad.Layer
		}
	}
	w.note("%s after %d steps%s", rec.Status, rec.Steps, colon(failure))
	var err error
	if rec.Sums, err = store.Sums(w.Dir); err != nil {
		return err
	}
	return result.WriteRun(w.Dir, rec)
}

func colon(err error) string {
	if err == nil {
		return ""
	}
	return ": " + prefix.Text(err)
}

// writeConfig writes the resolved configuration, with paths relative to the place
// where the run will be published.
func (w *working) writeConfig() error {
	place, err := filepath.Abs(filepath.Join(w.Dir, "..", "..", "..", w.run.Name))
	if err != nil {
		return err
	}
	return disk.Replace(w.Path(result.ConfigFile), func(f io.Writer) error {
		c := w.run.Config.Clone()
		c.Name = w.run.Name // it runs again by itself, as an experiment of that name
		_, err := f.Write(c.TOML(place))
		return err
	})
}

// note adds a line to log.txt. It is only informative, so errors are ignored.
func (w *working) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if text == "" {
		return
	}
	f, err := os.OpenFile(w.Path(result.LogFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return
	}
	defer f.Close()
	fmt.Fprintf(f, "%s %s\n", time.Now().UTC().Format(time.RFC3339), text)
}

package experiments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/nst"
)

// A maker makes single runs: a resolved configuration in, a published directory
// out. It knows nothing of the sweep that a run belongs to.
type maker struct {
	program  string
	networks *networks // shared with other runs
}

// make makes the run and publishes it, or finds that it is published. An error
// says why it is not: errElsewhere, the context's error when it was cancelled
// and all is saved, or what was amiss here and now.
func (m maker) make(ctx context.Context, t Task, threads int, report func(step int, loss float64)) error {
	s, run := store{t.Dir}, t.Run
	if s.isPublished(run.Name) {
		s.tidy(run.Name)
		return nil
	}
	c, err := takeClaim(s.attempts(run.Name))
	if err != nil {
		return err
	}
	defer func() {
		s.tidy(run.Name) // before the claim is released
		c.release()
		if runtime.GOOS == "windows" { // which removes no lock that is held
			s.tidy(run.Name)
		}
	}()
	if s.isPublished(run.Name) {
		return nil
	}
	err = m.attempt(ctx, s, run, c, threads, false, report)
	if errors.Is(err, errAfresh) {
		err = m.attempt(ctx, s, run, c, threads, true, report)
	}
	return err
}

// errAfresh says that a checkpoint led nowhere and the run is to begin anew.
var errAfresh = errors.New("experiments: the checkpoint is of no use")

// attempt makes one attempt at the run and publishes what is final.
func (m maker) attempt(ctx context.Context, s store, run PlannedRun, c *claim, threads int, afresh bool, report func(int, float64)) error {
	a, err := s.begin(run.Name, run.Identity, afresh)
	if err != nil {
		return s.adopted(nil, run.Name, err)
	}
	if c.proof {
		s.prune(run.Name, a)
	}
	w := &working{attempt: a, run: run, ctx: ctx, threads: threads, report: report}
	err = w.work(m)
	final := err == nil || errors.Is(err, nst.ErrNotFinite)
	if errors.Is(err, errAfresh) {
		w.note("%v: beginning anew", err)
		return errors.Join(errAfresh, os.RemoveAll(a.dir))
	}
	if recordErr := w.conclude(err); final && recordErr != nil {
		final, err = false, recordErr
	}
	if !final {
		if _, gone := os.Stat(a.dir); os.IsNotExist(gone) && !s.isPublished(run.Name) {
			return errElsewhere // somebody who holds our attempt for dead has continued from it
		}
		return s.adopted(a, run.Name, err)
	}
	_, err = s.publish(a, run.Name)
	return err
}

// working is one attempt while it is being made.
type working struct {
	*attempt
	run      PlannedRun
	ctx      context.Context
	threads  int
	report   func(step int, loss float64)
	record   result.Run
	recorder *recorder
	scales   *scales
	ruler    *ruler
}

// work runs the transfer in the attempt's directory. The error is nil when it
// came to its end; nst.ErrNotFinite when the numbers ran away.
func (w *working) work(m maker) error {
	began := time.Now()
	h := hashes{}
	if weights := w.run.Config.Network.Weights; weights != "" {
		sum, err := m.networks.sum(weights)
		if err != nil {
			return err
		}
		h[weights] = sum
	}
	w.record = result.Run{
		Name: w.run.Name, ID: w.run.Identity, Attempt: filepath.Base(w.dir), Status: result.Running,
		Planned: w.run.Config.Run.Steps, Started: began.UTC(), Total: result.Float(math.NaN()),
		Warnings: w.run.Warnings,
	}
	for _, warning := range w.run.Warnings {
		w.note("warning: %s", warning)
	}
	for _, line := range []string{fmt.Sprintf("attempt by %s, nst %s, %s, threads: %d", whoami(), m.program, nst.ISA(), w.threads), w.attempt.note} {
		w.note("%s", line)
	}
	var err error
	if w.record.Provenance, err = provenance(w.run.Config, m.program, h); err != nil {
		return err
	}
	if err := w.run.unchanged(h); err != nil {
		return err
	}
	if err := w.run.Config.settleWith(w.ctx, w.threads, m.networks); err != nil {
		return err
	}
	if err := w.writeConfig(); err != nil {
		return err
	}
	if err := result.WriteRun(w.dir, &w.record); err != nil {
		return err
	}
	transfer, pictures, err := w.run.Config.assemble(w.threads, m.networks)
	if err != nil {
		return err
	}
	w.scales = scalesOf(transfer, pictures)
	transfer.Every = 1 // the recorder chooses what to log, and must see every step to save it
	if log := w.run.Config.Log; log.Yardstick > 0 || log.Measures {
		if w.ruler, err = w.run.Config.newRuler(transfer.Network, w.threads, transfer.Memory); err != nil {
			return err
		}
	}
	if w.recorder, err = newRecorder(w.attempt, w.run.Identity, w.run.Config.Log, w.ruler, w.report); err != nil {
		return err
	}
	defer w.recorder.close()
	recipe, err := w.run.recipe(h)
	if err != nil {
		return err
	}
	if w.recorder.picture.Text, err = recipe.Texts(); err != nil {
		return err
	}
	return w.transfer(transfer)
}

// transfer runs or continues the transfer and leaves the attempt with what came of it.
func (w *working) transfer(t *nst.Transfer) error {
	var from *nst.Checkpoint
	if w.from != nil {
		from = new(nst.Checkpoint)
		if err := from.UnmarshalBinary(w.from.state); err != nil {
			return fmt.Errorf("%w: %w", errAfresh, err)
		}
	}
	var res *nst.Result
	var err error
	if from == nil {
		w.report(0, math.NaN())
		res, err = t.Run(w.ctx, w.recorder)
	} else {
		w.report(from.Step, math.NaN())
		res, err = t.Resume(w.ctx, from, w.recorder)
	}
	if from != nil && (errors.Is(err, nst.ErrCheckpoint) ||
		// The checkpoint holds an image that nobody had looked at yet, and it is no good:
		// the last good one, which is to be kept, is not to be had from it.
		errors.Is(err, nst.ErrNotFinite) && res != nil && res.Steps == from.Step) {
		return fmt.Errorf("%w: %w", errAfresh, err)
	}
	if res == nil {
		return err
	}
	if failed := w.keep(res, err); failed != nil {
		return fmt.Errorf("experiments: saving failed: %w%s", failed, colon(err)) // not err itself: nothing is final
	}
	return err
}

// keep saves what the transfer came to.
func (w *working) keep(res *nst.Result, failure error) error {
	r := w.recorder
	w.record.Steps, w.record.Evaluations = res.Steps, res.Evaluations
	w.record.Seconds = r.earlier + res.Seconds
	w.record.Width, w.record.Height = res.Image.Width, res.Image.Height
	w.record.Stop = string(res.Reason)
	if res.Why != "" {
		w.record.Stop += ": " + res.Why
	}
	if last := res.Final(); len(res.Trace) > 0 {
		w.record.Total, w.record.Terms = result.Float(last.Total), nil
		for _, t := range last.Terms {
			w.record.Terms = append(w.record.Terms, result.Term{Name: t.Name, Weight: result.Float(t.Weight), Value: result.Float(t.Value)})
		}
	}
	switch {
	case failure == nil: // the rows that the checkpoint counts in, then the last one
		if err := r.save(res.Checkpoint()); err != nil {
			return err
		}
		if err := r.finish(res.Image); err != nil {
			return err
		}
	case errors.Is(failure, nst.ErrNotFinite):
		// The last checkpoint before it depends on the clock, and leads here again.
		if err := os.Remove(w.path(result.CheckpointFile)); err != nil && !os.IsNotExist(err) {
			return err
		}
		if err := r.settle(math.MaxInt, true); err != nil {
			return err
		}
	default:
		if err := r.save(res.Checkpoint()); err != nil {
			return err
		}
	}
	if w.run.Config.Log.Measures && (failure == nil || errors.Is(failure, nst.ErrNotFinite)) {
		if err := w.measure(res); err != nil {
			return err
		}
	}
	return res.Image.SaveWith(w.path(result.ImageFile), r.picture)
}

// measure writes measures.json.
func (w *working) measure(res *nst.Result) error {
	m, err := w.run.Config.measures(w.ctx, w.scales, w.ruler, res.Image, res.Steps)
	if err != nil {
		return err
	}
	data, err := m.Marshal()
	if err != nil {
		return err
	}
	return replaceFile(w.path(result.MeasuresFile), func(f io.Writer) error { _, err := f.Write(data); return err })
}

// conclude writes how the attempt ended into its run.json. On a full disk that
// may fail too; then the sweep's summary is all that tells.
func (w *working) conclude(failure error) error {
	rec := &w.record
	rec.Finished = time.Now().UTC()
	var bad *nst.NotFiniteError
	switch {
	case failure == nil:
		rec.Status = result.Done
	case errors.Is(failure, context.Canceled):
		rec.Status = result.Interrupted
	default:
		rec.Status = result.Failed
		rec.Failure = &result.Failure{Error: failure.Error()}
		if errors.As(failure, &bad) {
			rec.Failure.Step, rec.Failure.Term, rec.Failure.Layer = bad.Step, bad.Term, bad.Layer
		}
	}
	w.note("%s after %d steps%s", rec.Status, rec.Steps, colon(failure))
	var err error
	if rec.Sums, err = sums(w.dir); err != nil {
		return err
	}
	return result.WriteRun(w.dir, rec)
}

func colon(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

// writeConfig writes the resolved configuration, as it is right for the place
// where the run is published.
func (w *working) writeConfig() error {
	place, err := filepath.Abs(filepath.Join(w.dir, "..", "..", "..", w.run.Name))
	if err != nil {
		return err
	}
	return replaceFile(w.path(result.ConfigFile), func(f io.Writer) error {
		_, err := f.Write(w.run.Config.TOML(place))
		return err
	})
}

// note adds a line to log.txt, which is for people: a failure harms nobody.
func (w *working) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if text == "" {
		return
	}
	f, err := os.OpenFile(w.path(result.LogFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return
	}
	defer f.Close()
	fmt.Fprintf(f, "%s %s\n", time.Now().UTC().Format(time.RFC3339), text)
}

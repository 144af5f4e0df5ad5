package run

import (
	"context"
	"errors"
	"io"
	"math"
	"os"

	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/disk"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/nst"
)

// keep saves the result of the transfer.
func (w *working) keep(ctx context.Context, res *nst.Result, failure error) error {
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
	case failure == nil: // the rows that the checkpoint includes, then the last one
		if err := r.save(res.Checkpoint()); err != nil {
			return err
		}
		if err := r.finish(res.Image); err != nil {
			return err
		}
	case errors.Is(failure, nst.ErrNotFinite):
		// The last checkpoint before it depends on the clock, and leads to the same failure.
		if err := os.Remove(w.Path(result.CheckpointFile)); err != nil && !os.IsNotExist(err) {
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
	if w.run.Config.Log.Measures && (failure == nil || errors.Is(failure, nst.ErrNotFinite) || errors.Is(failure, ErrPaused)) {
		if err := w.measure(ctx, res); err != nil {
			return err
		}
	}
	if err := w.print(res.Image); err != nil {
		return err
	}
	return res.Image.SaveWith(w.Path(result.ImageFile), r.picture)
}

// print saves the picture with 16 bits a channel if the configuration says so.
func (w *working) print(picture *nst.Image) error {
	switch w.run.Config.Log.Print {
	case "png":
		return picture.SaveWith(w.Path(result.PrintPNGFile), nst.SaveOptions{Depth: 16, Text: w.recorder.picture.Text})
	case "tiff":
		return picture.SaveWith(w.Path(result.PrintTIFFFile), nst.SaveOptions{Depth: 16})
	}
	return nil
}

// measure writes measures.json.
func (w *working) measure(ctx context.Context, res *nst.Result) error {
	m, err := engine.Measure(ctx, w.run.Config, w.scales, w.ruler, res.Image, res.Steps)
	if err != nil {
		return err
	}
	data, err := m.Marshal()
	if err != nil {
		return err
	}
	return disk.Replace(w.Path(result.MeasuresFile), func(f io.Writer) error { _, err := f.Write(data); return err })
}

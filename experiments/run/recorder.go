package run

import (
	"io"
	"math"
	"os"
	"time"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/disk"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/store"
	"github.com/gonst/workbench/nst"
)

// A recorder is the observer that writes an attempt's files during the run.
//
// It writes a row when the next one is known, or at the end. A checkpoint therefore
// includes exactly the rows of the steps before it, at any step, and metrics.csv and
// checkpoint have the same bytes after any number of interruptions.
type recorder struct {
	a        *store.Attempt
	identity string
	log      config.Log
	staged   bool
	report   func(step int, loss float64)
	picture  nst.SaveOptions // the texts of pictures

	metrics *result.Table
	columns []string // of metrics
	times   *result.Table
	curve   *yardstickFile
	earlier float64 // seconds of earlier attempts
	pending *nst.Record
	next    int           // the next step to observe
	until   int           // the number of steps after which the run pauses; 0: none
	saved   time.Time     // when the last checkpoint was made
	took    time.Duration // and the time that it took
}

// newRecorder opens the attempt's tables where it continues.
func newRecorder(a *store.Attempt, identity string, c *config.Config, stick *engine.Ruler, report func(int, float64)) (*recorder, error) {
	log := c.Log
	r := &recorder{a: a, identity: identity, log: log, staged: c.Staged(), report: report, saved: time.Now()}
	if a.From != nil {
		r.next = a.From.Step + 1
	}
	// Begin has cut off incomplete rows.
	if times, err := result.ReadMetrics(a.Dir, result.TimesFile); err == nil {
		if seconds := times.Column(result.ColumnSeconds); len(seconds) > 0 {
			r.earlier = seconds[len(seconds)-1]
		}
	}
	var err error
	if r.metrics, err = openTable(a, result.MetricsFile); err != nil {
		return nil, err
	}
	if r.times, err = openTable(a, result.TimesFile); err != nil {
		r.close()
		return nil, err
	}
	_, bounded := c.Run.Memory.Bound()
	if r.curve, err = openYardstick(a, stick, log.Yardstick, bounded); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func openTable(a *store.Attempt, name string) (*result.Table, error) {
	return result.OpenTable(a.Path(name), func(w io.Writer) io.Writer { return disk.Faulty(name, w) })
}

func (r *recorder) close() {
	r.metrics.Close()
	r.times.Close()
	r.curve.close()
}

// Observe records a step, and saves a picture or a checkpoint when one is due.
func (r *recorder) Observe(s *nst.Step) error {
	if err := r.settle(s.Step, false); err != nil {
		return err
	}
	if err := r.curve.look(s.Step, s.Image, false); err != nil {
		return err
	}
	r.pending, r.next = &s.Record, s.Step+1
	r.report(min(s.Step+1, s.Steps), s.Total)
	if r.log.Frames > 0 && s.Step%r.log.Frames == 0 {
		// The attempt's directory itself is not made again: another process has removed it.
		if err := os.Mkdir(r.a.Path(result.FramesDir), 0o777); err != nil && !os.IsExist(err) {
			return err
		}
		if err := s.Image().SaveWith(r.a.Path(result.FramesDir, store.FrameName(s.Step)), r.picture); err != nil {
			return err
		}
	}
	if s.Step+1 == r.until && r.until < s.Steps {
		return nst.ErrStop
	}
	// Checkpoints of any size take at most a tenth of the time.
	interval := time.Duration(r.log.CheckpointSeconds * float64(time.Second))
	if interval > 0 {
		interval = max(interval, 10*r.took)
	}
	if time.Since(r.saved) < interval {
		return nil
	}
	point, err := s.Checkpoint()
	if err != nil {
		return err
	}
	if point.Step <= s.Step { // the record after the last step
		return nil
	}
	if err := s.Image().SaveWith(r.a.Path(result.ImageFile), r.picture); err != nil {
		return err
	}
	return r.save(point, nil)
}

// settle writes the pending row if its step is before that one and it is due. last
// means that it is the run's last row, which is always written.
func (r *recorder) settle(before int, last bool) error {
	p := r.pending
	if p == nil || p.Step >= before {
		return nil
	}
	r.pending = nil
	if err := r.curve.settle(); err != nil {
		return err
	}
	if !last && p.Step%max(1, r.log.Every) != 0 {
		return nil
	}
	if err := r.times.Append(result.TimesColumns(), []float64{float64(p.Step), r.earlier + p.Seconds}); err != nil {
		return err
	}
	if r.columns == nil {
		r.columns = columnsOf(p, r.staged)
	}
	return r.metrics.Append(r.columns, rowOf(p, r.staged))
}

// finish writes the last rows; the picture is that of the last record.
func (r *recorder) finish(picture *nst.Image) error {
	if r.pending != nil {
		if err := r.curve.look(r.pending.Step, func() *nst.Image { return picture }, true); err != nil {
			return err
		}
	}
	return r.settle(math.MaxInt, true)
}

// save makes a checkpoint: it syncs the tables first, then writes the file that
// includes them.
func (r *recorder) save(point *nst.Checkpoint, err error) error {
	if err != nil {
		return err
	}
	if point.Step == 0 || point.Step > r.next {
		return nil // nothing is lost, or a step was interrupted before it was observed and an older checkpoint is better
	}
	began := time.Now()
	if err := r.settle(point.Step, false); err != nil {
		return err
	}
	if _, _, err := r.times.Mark(); err != nil {
		return err
	}
	save := &store.Savepoint{Identity: r.identity, Step: point.Step - 1}
	if save.Metrics, save.MetricsSum, err = r.metrics.Mark(); err != nil {
		return err
	}
	if err := r.curve.mark(save); err != nil {
		return err
	}
	if err := store.WriteSavepoint(r.a.Path(result.CheckpointFile), save, point); err != nil {
		return err
	}
	r.saved, r.took = time.Now(), time.Since(began)
	return disk.SyncDir(r.a.Dir)
}

// columnsOf returns the columns of metrics.csv.
func columnsOf(p *nst.Record, staged bool) []string {
	var terms []result.TermLayers
	for _, t := range p.Terms {
		term := result.TermLayers{Name: t.Name}
		for _, l := range layersOf(t) {
			term.Layers = append(term.Layers, l.Layer)
		}
		terms = append(terms, term)
	}
	return result.MetricsColumns(staged, terms)
}

// rowOf returns the record as a row of metrics.csv.
func rowOf(p *nst.Record, staged bool) []float64 {
	row := []float64{float64(p.Step), float64(p.Evaluations), p.Rate, p.Total}
	if staged {
		row = append(row, float64(p.Stage+1))
	}
	for _, t := range p.Terms {
		row = append(row, t.Value)
		for _, l := range layersOf(t) {
			row = append(row, l.Value)
		}
	}
	return row
}

// layersOf returns the term's parts that have their own columns: those with a name.
func layersOf(t nst.TermValue) []nst.LayerValue {
	if len(t.Layers) == 1 && t.Layers[0].Layer == "" {
		return nil
	}
	return t.Layers
}

// stagesOf describes the stages of a run for run.json.
func stagesOf(c *config.Config) []result.Stage {
	if !c.Staged() {
		return nil
	}
	var all []result.Stage
	for _, s := range c.StageList() {
		all = append(all, result.Stage{Size: s.Size, Steps: s.Steps})
	}
	return all
}

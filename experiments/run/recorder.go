package run

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"math"
	"os"
	"strconv"
	"time"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/disk"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/store"
	"github.com/gonst/workbench/nst"
)

// A recorder is the observer that writes an attempt's files while the run goes on.
//
// A row is written when the next one is known, or at the end: so that a
// checkpoint counts in exactly the rows of the steps before it, wherever it is
// made, and metrics.csv and checkpoint come out the same bytes however often
// the run was interrupted.
type recorder struct {
	a        *store.Attempt
	identity string
	log      config.Log
	report   func(step int, loss float64)
	picture  nst.SaveOptions // what pictures say of themselves

	metrics *os.File
	times   *os.File
	sum     hash.Hash // of what is in metrics.csv
	size    int64
	curve   *yardstickFile
	earlier float64 // seconds that earlier attempts took
	pending *nst.Record
	next    int           // the step that is to be observed next
	saved   time.Time     // when the last checkpoint was made
	took    time.Duration // and how long that took
}

// newRecorder opens the attempt's tables at the place where it continues.
func newRecorder(a *store.Attempt, identity string, log config.Log, stick *engine.Ruler, report func(int, float64)) (*recorder, error) {
	r := &recorder{a: a, identity: identity, log: log, report: report, sum: sha256.New(), saved: time.Now()}
	var err error
	if r.metrics, err = os.OpenFile(a.Path(result.MetricsFile), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666); err != nil {
		return nil, err
	}
	if r.times, err = os.OpenFile(a.Path(result.TimesFile), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666); err != nil {
		r.close()
		return nil, err
	}
	if a.From != nil {
		r.next = a.From.Step + 1
	}
	if r.size, err = io.Copy(r.sum, r.metrics); err != nil {
		r.close()
		return nil, err
	}
	times, err := io.ReadAll(r.times)
	if err != nil {
		r.close()
		return nil, err
	}
	r.earlier = lastSeconds(times)
	if r.curve, err = openYardstick(a, stick, log.Yardstick); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// lastSeconds is the time of the last row of times.csv.
func lastSeconds(table []byte) float64 {
	table = bytes.TrimRight(table, "\n")
	_, seconds, _ := bytes.Cut(table[bytes.LastIndexByte(table, '\n')+1:], []byte(","))
	s, _ := strconv.ParseFloat(string(seconds), 64)
	return s
}

func (r *recorder) close() {
	for _, f := range []*os.File{r.metrics, r.times} {
		if f != nil {
			f.Close()
		}
	}
	r.curve.close()
}

// Observe notes a step, and saves a picture or a checkpoint when it is time to.
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
		if err := os.MkdirAll(r.a.Path(result.FramesDir), 0o777); err != nil {
			return err
		}
		if err := s.Image().SaveWith(r.a.Path(result.FramesDir, store.FrameName(s.Step)), r.picture); err != nil {
			return err
		}
	}
	// At most a tenth of the time goes into checkpoints, however large they are.
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
	if point.Step <= s.Step { // the record after the last step: the end is at hand
		return nil
	}
	if err := s.Image().SaveWith(r.a.Path(result.ImageFile), r.picture); err != nil {
		return err
	}
	return r.save(point, nil)
}

// settle writes the pending row if its step is before that one and its turn has
// come; last says that it is the run's last, which is always written.
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
	var row, second []byte
	if r.size == 0 {
		row = append(heading(p), '\n')
		second = []byte("step,seconds\n")
	}
	row = append(appendRow(row, p), '\n')
	second = fmt.Appendf(second, "%d,%.6f\n", p.Step, r.earlier+p.Seconds)
	if _, err := disk.Faulty(result.TimesFile, r.times).Write(second); err != nil {
		return err
	}
	if _, err := disk.Faulty(result.MetricsFile, r.metrics).Write(row); err != nil {
		return err
	}
	r.sum.Write(row)
	r.size += int64(len(row))
	return nil
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

// save makes a checkpoint: first the tables are brought to the disk, then the
// file that counts them in.
func (r *recorder) save(point *nst.Checkpoint, err error) error {
	if err != nil {
		return err
	}
	if point.Step == 0 || point.Step > r.next {
		return nil // nothing is lost; or a step was cut short before anybody saw it, and an older checkpoint is better
	}
	began := time.Now()
	if err := r.settle(point.Step, false); err != nil {
		return err
	}
	if err := r.metrics.Sync(); err != nil {
		return err
	}
	if err := r.times.Sync(); err != nil {
		return err
	}
	save := &store.Savepoint{
		Identity: r.identity, Step: point.Step - 1,
		Metrics: r.size, MetricsSum: hex.EncodeToString(r.sum.Sum(nil)),
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

// heading is the first line of metrics.csv.
func heading(p *nst.Record) []byte {
	line := []byte("step,evaluations,rate,total")
	for _, t := range p.Terms {
		line = append(append(line, ','), t.Name...)
		for _, l := range layersOf(t) {
			line = append(append(append(append(line, ','), t.Name...), '.'), l.Layer...)
		}
	}
	return line
}

// appendRow adds the record's row: floats in the shortest form that reads back
// as the same number.
func appendRow(line []byte, p *nst.Record) []byte {
	number := func(v float64) { line = strconv.AppendFloat(append(line, ','), v, 'g', -1, 64) }
	line = strconv.AppendInt(line, int64(p.Step), 10)
	line = strconv.AppendInt(append(line, ','), int64(p.Evaluations), 10)
	number(p.Rate)
	number(p.Total)
	for _, t := range p.Terms {
		number(t.Value)
		for _, l := range layersOf(t) {
			number(l.Value)
		}
	}
	return line
}

// layersOf are the term's parts that have columns of their own: those with a name.
func layersOf(t nst.TermValue) []nst.LayerValue {
	if len(t.Layers) == 1 && t.Layers[0].Layer == "" {
		return nil
	}
	return t.Layers
}

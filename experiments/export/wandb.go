package export

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"math"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/result"
	"google.golang.org/protobuf/encoding/protowire"
)

// Fields of wandb_internal.Record, from wandb/proto/wandb_internal.proto.
const (
	wandbHistory = 2
	wandbSummary = 3
	wandbFiles   = 6
	wandbRun     = 17
	wandbExit    = 18
	wandbHeader  = 21
)

// WriteWandB writes runs that have begun as offline runs of Weights & Biases, below
// dir/wandb, and returns the directories of the runs that it has written or changed. The
// command `wandb sync` sends them. A run's ID is the beginning of its identity. An empty
// project is the name of each run's experiment.
//
// A run that is there already with the same content is not touched. If it has continued,
// its file is replaced, and `wandb sync` sends it again.
func WriteWandB(dir, project string, runs []Run) (written []string, err error) {
	for _, r := range runs {
		if r.Run == nil || r.Run.Started.IsZero() {
			continue
		}
		name := project
		if name == "" {
			name = r.Experiment.Plan.Experiment
		}
		if i := strings.IndexAny(name, `/\#?%:`); i >= 0 || len(name) > 128 {
			return written, mistake.Errorf("project %q: W&B accepts at most 128 bytes without / \\ # ? %% and a colon; --project gives another name", name)
		}
		w := &wandbRunFiles{Run: r, project: name, id: r.ID[:min(len(r.ID), 16)]}
		w.dir = filepath.Join(dir, "wandb", fmt.Sprintf("offline-run-%s-%s", r.Run.Started.UTC().Format("20060102_150405"), w.id))
		changed, failed := w.write()
		if changed {
			written = append(written, w.dir)
		}
		err = errors.Join(err, failed)
	}
	return written, err
}

// wandbRunFiles is a run being written as an offline run.
type wandbRunFiles struct {
	Run
	dir, project, id string
	log              wandbLog
	summary          []wandbItem
	changed          bool
}

// wandbItem is a value of the history, the summary or the configuration, as JSON.
type wandbItem struct{ key, json string }

func (w *wandbRunFiles) write() (changed bool, err error) {
	w.log.run = w.id
	var version, header message
	version.text(1, "0.20.0")
	version.text(2, "0.12.0")
	header.bytes(1, version)
	w.log.record(wandbHeader, header)
	w.log.record(wandbRun, w.about())
	for _, name := range []string{result.ConfigFile, result.RunFile, result.MeasuresFile, result.LogFile, result.ImageFile} {
		data, err := w.Experiment.ReadFile(filepath.Join(w.Dir, name), maxPicture)
		if err != nil {
			continue // not all runs have all files
		}
		if err := w.attach(name, data); err != nil {
			return w.changed, err
		}
	}
	if err := w.history(); err != nil {
		return w.changed, err
	}
	if w.Status.Ended() {
		var exit message
		exit.whole(1, map[result.Status]int64{result.Failed: 1}[w.Status])
		exit.whole(2, int64(w.Run.Run.Seconds))
		w.log.record(wandbExit, exit)
	}
	file := filepath.Join(w.dir, "run-"+w.id+".wandb")
	if err := w.put(file, w.log.file); err != nil {
		return w.changed, err
	}
	if w.changed { // what wandb sync leaves when it has sent a run
		if err := os.Remove(file + ".synced"); err != nil && !errors.Is(err, os.ErrNotExist) {
			return true, err
		}
	}
	return w.changed, nil
}

// put writes a file if it has other content.
func (w *wandbRunFiles) put(file string, data []byte) error {
	if is, err := os.ReadFile(file); err == nil && bytes.Equal(is, data) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	w.changed = true
	return result.WriteFile(file, data)
}

// attach writes a file of the run and its record.
func (w *wandbRunFiles) attach(name string, data []byte) error {
	var item, files message
	item.text(1, name)
	files.bytes(1, item)
	w.log.record(wandbFiles, files)
	return w.put(filepath.Join(w.dir, "files", filepath.FromSlash(name)), data)
}

// about is a RunRecord.
func (w *wandbRunFiles) about() message {
	var config []wandbItem
	for _, s := range w.Config {
		config = append(config, wandbItem{s.Key, jsonOf(s.Value)})
	}
	config = append(config, wandbItem{"nst_id", jsonOf(w.ID)})
	if w.Status == result.Stopped {
		config = append(config, wandbItem{"nst_stopped", jsonOf(w.Run.Run.Pruned)})
	}
	var m, start message
	m.text(1, w.id)
	m.text(3, w.project)
	m.bytes(4, items(1, config))
	m.text(6, w.Experiment.Plan.Experiment)
	m.text(8, w.Name)
	if note := cmp.Or(w.Note, w.Experiment.Plan.Title); note != "" {
		m.text(9, note)
	}
	for _, tag := range w.Tags {
		m.text(10, tag)
	}
	start.whole(1, w.Run.Run.Started.Unix())
	start.whole(2, int64(w.Run.Run.Started.Nanosecond()))
	m.bytes(17, start)
	return m
}

// history writes one record for each step, with the pictures of that step, and the last
// values and the measures as the summary.
func (w *wandbRunFiles) history() error {
	c := w.Curves()
	frames := w.frames()
	seconds := 0.0
	var last []wandbItem
	for i, row := range c.Rows {
		if !math.IsNaN(row.Seconds) {
			seconds = row.Seconds
		}
		var values []wandbItem
		for j, name := range c.Columns {
			if !c.Missing(i, j) {
				values = append(values, wandbItem{tag(name), jsonOf(row.Values[j])})
			}
		}
		// The step of a picture may be one that was not logged.
		for ; len(frames) > 0 && frames[0] <= row.Step; frames = frames[1:] {
			picture, err := w.picture(frames[0], filepath.Join(w.Dir, result.FrameFile(frames[0])))
			if err != nil {
				return err
			}
			if picture == nil {
				continue
			}
			if frames[0] < row.Step {
				w.row(frames[0], seconds, picture)
			} else {
				values = append(values, picture...)
			}
		}
		w.row(row.Step, seconds, values)
		last = values
	}
	for _, step := range frames {
		picture, err := w.picture(step, filepath.Join(w.Dir, result.FrameFile(step)))
		if err != nil {
			return err
		}
		if picture != nil {
			w.row(step, seconds, picture)
		}
	}
	if all := w.frames(); w.Image != "" && (len(all) == 0 || all[len(all)-1] < w.Run.Run.Steps) {
		picture, err := w.picture(w.Run.Run.Steps, w.Image)
		if err != nil {
			return err
		}
		if picture != nil {
			w.row(w.Run.Run.Steps, w.Run.Run.Seconds, picture)
		}
	}
	if w.Measures != nil {
		for _, m := range w.Measures.Measures {
			last = append(last, wandbItem{tag("measure." + m.Key()), jsonOf(float64(m.Value))})
		}
	}
	if len(last) > 0 {
		w.log.record(wandbSummary, items(1, last))
	}
	return nil
}

// row writes a HistoryRecord.
func (w *wandbRunFiles) row(step int, seconds float64, values []wandbItem) {
	at := w.Run.Run.Started.Add(time.Duration(seconds * float64(time.Second)))
	values = append(values,
		wandbItem{"_step", strconv.Itoa(step)},
		wandbItem{"_runtime", jsonOf(seconds)},
		wandbItem{"_timestamp", jsonOf(float64(at.UnixMicro()) / 1e6)})
	m := items(1, values)
	var number message
	number.whole(1, int64(step))
	m.bytes(2, number)
	w.log.record(wandbHistory, m)
}

// picture attaches the picture of a step and returns its value, or nothing if it cannot be
// read.
func (w *wandbRunFiles) picture(step int, file string) ([]wandbItem, error) {
	data, err := w.Experiment.ReadFile(file, maxPicture)
	if err != nil {
		return nil, nil
	}
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, nil
	}
	sum := fmt.Sprintf("%x", sha256.Sum256(data))
	name := path.Join("media", "images", fmt.Sprintf("image_%d_%s.png", step, sum[:20]))
	text, err := json.Marshal(map[string]any{
		"_type": "image-file", "format": "png", "width": config.Width, "height": config.Height,
		"path": name, "sha256": sum, "size": len(data),
	})
	if err != nil {
		return nil, err
	}
	return []wandbItem{{"image", string(text)}}, w.attach(name, data)
}

// items is a message with the items in a repeated field whose elements have key and
// value_json.
func items(field protowire.Number, values []wandbItem) message {
	var all message
	for _, v := range values {
		var m message
		m.text(1, v.key)
		m.text(16, v.json)
		all.bytes(field, m)
	}
	return all
}

// jsonOf is a value as wandb writes it: numbers that are not finite as Python does.
func jsonOf(v any) string {
	if f, ok := v.(float64); ok {
		switch {
		case math.IsNaN(f):
			return "NaN"
		case math.IsInf(f, 1):
			return "Infinity"
		case math.IsInf(f, -1):
			return "-Infinity"
		}
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(text)
}

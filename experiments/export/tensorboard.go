package export

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/result"
)

// A run is an event file of scalars, pictures and hyperparameters for TensorBoard. The
// numbers of the messages' fields are those of TensorFlow's
// event.proto, summary.proto and tensor.proto, and of TensorBoard's
// plugins/hparams: plugin_data.proto, api.proto.
//
// A file depends only on the run's directory. The file of an unfinished run is the
// beginning of its later file, so it can be updated by appending while TensorBoard
// reads it.

// Tags of the HParams plugin.
const (
	tagExperiment = "_hparams_/experiment"
	tagStart      = "_hparams_/session_start_info"
	tagEnd        = "_hparams_/session_end_info"
)

// tag returns a column's name in TensorBoard, which groups by the part before a slash.
func tag(column string) string { return strings.ReplaceAll(column, ".", "/") }

// events is a file of events being written.
type events struct {
	file    []byte
	started time.Time
}

// event appends one Event: a wall time, in seconds since 1970, and a step.
func (e *events) event(seconds float64, step int, field func(m *message)) {
	var m message
	wall := float64(e.started.UnixNano()) / 1e9
	if !math.IsNaN(seconds) {
		wall += seconds
	}
	m.double(1, wall)
	m.whole(2, int64(step))
	field(&m)
	e.file = appendRecord(e.file, m)
}

func (e *events) summary(seconds float64, step int, values ...message) {
	if len(values) == 0 {
		return
	}
	e.event(seconds, step, func(m *message) {
		var s message
		for _, v := range values {
			s.bytes(1, v)
		}
		m.bytes(5, s)
	})
}

// scalar is a Summary.Value with simple_value.
func scalar(tag string, v float64) message {
	var m message
	m.text(1, tag)
	m.float(2, float32(v))
	return m
}

// picture returns a Summary.Value with a PNG, or nil if the PNG cannot be read.
func picture(tag string, data []byte) message {
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	var i message
	i.whole(1, int64(config.Height))
	i.whole(2, int64(config.Width))
	i.whole(3, 3) // colours: RGB
	i.bytes(4, data)
	var m message
	m.text(1, tag)
	m.bytes(4, i)
	return m
}

// hparams returns a Summary.Value for the HParams plugin, which reads its data from the
// metadata of an empty tensor.
func hparams(tag string, field func(m *message)) message {
	var data message
	field(&data)
	var plugin, metadata message
	plugin.text(1, "hparams")
	plugin.bytes(2, data)
	metadata.bytes(1, plugin)
	var dim, shape, tensor message
	dim.whole(1, 1)
	shape.bytes(2, dim)
	tensor.whole(1, 1) // DT_FLOAT
	tensor.bytes(2, shape)
	tensor.bytes(5, make([]byte, 4)) // packed: 0
	var m message
	m.text(1, tag)
	m.bytes(9, metadata)
	m.bytes(8, tensor)
	return m
}

// runEvents is the event file of a run that has begun.
func runEvents(r Run) []byte {
	e := &events{started: r.Run.Started}
	e.event(0, 0, func(m *message) { m.text(3, "brain.Event:2") })
	e.summary(0, 0, hparams(tagStart, func(m *message) {
		var start message
		for _, s := range r.hyper() {
			var entry message
			entry.text(1, s.Key)
			entry.bytes(2, value(s.Value))
			start.bytes(1, entry)
		}
		start.double(5, float64(r.Run.Started.UnixNano())/1e9)
		m.bytes(3, start)
	}))

	over := r.Status.Ended()
	c := r.Curves()
	known := math.MaxInt // no rows will be added up to this step
	if !over {
		known = 0
		if len(c.Rows) > 0 {
			known = c.Rows[len(c.Rows)-1].Step
		}
	}
	frames := r.frames()
	seconds := 0.0
	show := func(before int) {
		for len(frames) > 0 && frames[0] < before {
			if data, err := r.Experiment.ReadFile(filepath.Join(r.Dir, result.FrameFile(frames[0])), maxPicture); err == nil {
				if p := picture("image", data); p != nil {
					e.summary(seconds, frames[0], p)
				}
			}
			frames = frames[1:]
		}
	}
	for i, row := range c.Rows {
		if row.Step >= known {
			break
		}
		show(row.Step)
		if !math.IsNaN(row.Seconds) {
			seconds = row.Seconds
		}
		var values []message
		for j, name := range c.Columns {
			if !c.Missing(i, j) {
				values = append(values, scalar(tag(name), row.Values[j]))
			}
		}
		e.summary(row.Seconds, row.Step, values...)
	}
	if !over {
		show(known)
		return e.file
	}
	show(math.MaxInt)
	seconds = r.Run.Seconds
	if last := r.frames(); len(last) > 0 && last[len(last)-1] == r.Run.Steps {
		// The last frame is the picture.
	} else if data, err := r.Experiment.ReadFile(r.Image, maxPicture); r.Image != "" && err == nil {
		if p := picture("image", data); p != nil {
			e.summary(seconds, r.Run.Steps, p)
		}
	}
	if r.Measures != nil {
		var values []message
		for _, m := range r.Measures.Measures {
			values = append(values, scalar(tag("measure."+m.Key()), float64(m.Value)))
		}
		e.summary(seconds, r.Run.Steps, values...)
	}
	e.summary(seconds, r.Run.Steps, hparams(tagEnd, func(m *message) {
		var end message
		status := map[result.Status]int64{result.Done: 1, result.Stopped: 1, result.Failed: 2}[r.Status]
		end.whole(1, status)
		end.double(2, float64(r.Run.Finished.UnixNano())/1e9)
		m.bytes(4, end)
	}))
	return e.file
}

const maxPicture = 256 << 20

// hyper is the configuration, and why a rule stopped the run early: TensorBoard has no
// such state, but a column for each hyperparameter.
func (r Run) hyper() []result.Setting {
	if r.Status != result.Stopped {
		return r.Config
	}
	return append(slices.Clone(r.Config), result.Setting{Key: "stopped", Value: r.Run.Pruned})
}

// frames lists the steps that have pictures.
func (r Run) frames() []int {
	entries, err := os.ReadDir(r.path(result.FramesDir))
	if err != nil {
		return nil
	}
	var steps []int
	for _, e := range entries {
		number, ok := strings.CutSuffix(e.Name(), ".png")
		if step, err := strconv.Atoi(number); ok && err == nil && step >= 0 {
			steps = append(steps, step)
		}
	}
	slices.Sort(steps)
	return steps
}

// experimentEvents states which hyperparameters differ between the runs that have
// begun, and which metrics are important, so that TensorBoard's table begins with these.
// It returns nil if nothing differs. The name of the experiment is its plan's.
func experimentEvents(runs []Run) []byte {
	var configs [][]result.Setting
	for _, r := range runs {
		configs = append(configs, r.hyper())
	}
	varied, first := result.Varied(configs), firstStart(runs)
	if len(varied) == 0 || first.IsZero() {
		return nil
	}
	plan := runs[0].Experiment.Plan
	e := &events{started: first}
	e.event(0, 0, func(m *message) { m.text(3, "brain.Event:2") })
	e.summary(0, 0, hparams(tagExperiment, func(m *message) {
		var x message
		x.text(6, plan.Experiment)
		x.text(1, plan.Title)
		x.double(3, float64(first.UnixNano())/1e9)
		for _, key := range varied {
			x.bytes(4, hparamInfo(key, configs))
		}
		for _, t := range mainMetrics(runs) {
			var name, info message
			name.text(2, t)
			info.bytes(1, name)
			x.bytes(5, info)
		}
		m.bytes(2, x)
	}))
	return e.file
}

// hparamInfo states the type and values of a hyperparameter.
func hparamInfo(key string, configs [][]result.Setting) message {
	const text, flag, number = 1, 2, 3
	kind := int64(0)
	seen := map[string]bool{}
	var values message
	for _, c := range configs {
		i := slices.IndexFunc(c, func(s result.Setting) bool { return s.Key == key })
		if i < 0 {
			continue
		}
		k := int64(text)
		switch c[i].Value.(type) {
		case bool:
			k = flag
		case int64, float64:
			k = number
		}
		if kind != 0 && kind != k {
			k = text
		}
		kind = k
		if !seen[c[i].Text()] {
			seen[c[i].Text()] = true
			values.bytes(1, value(c[i].Value))
		}
	}
	var m message
	m.text(1, key)
	m.whole(4, kind)
	m.bytes(5, values)
	return m
}

// mainMetrics are the total, the terms, and the measures that are of no single layer.
func mainMetrics(runs []Run) []string {
	tags := []string{result.ColumnTotal}
	add := func(t string) {
		if !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	for _, r := range runs {
		for _, t := range r.Metrics.Terms() {
			add(tag(t))
		}
	}
	for _, m := range mainMeasures(runs, true) {
		add(tag("measure." + m.Measure.Key()))
	}
	return tags
}

// eventFile is the name of a file of events: TensorBoard knows it by "tfevents"
// and reads a directory's in the order of their names.
func eventFile(started time.Time) string {
	return fmt.Sprintf("events.out.tfevents.%010d.nst", started.Unix())
}

const eventFiles = "events.out.tfevents.*.nst"

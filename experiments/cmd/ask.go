package cmd

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/search"
	"github.com/gonst/workbench/experiments/sweep"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// asked is a line of the input of nst ask.
type asked struct {
	Values map[string]any `json:"values"` // by axis; none: the search chooses them
	Origin string         `json:"origin"` // who chose the values
}

// answered is a line of its output.
type answered struct {
	Trial    int                     `json:"trial"`
	Run      string                  `json:"run"`
	Dir      string                  `json:"dir"`
	Picture  string                  `json:"picture,omitempty"`
	Values   map[string]string       `json:"values"`
	Origin   string                  `json:"origin"`
	Status   string                  `json:"status"` // "done", "stopped", "failed"
	Problem  string                  `json:"problem,omitempty"`
	Measures map[string]result.Float `json:"measures,omitempty"`
	Feasible bool                    `json:"feasible"` // it meets the bounds
}

func newAsk() *cobra.Command {
	var o sweep.Options
	var settings []string
	cmd := &cobra.Command{
		Use:   "ask DIR|CONFIG",
		Short: "Make one trial of a search, chosen here or outside",
		Long: `Makes trials of a search for a program that talks JSON lines. Each line of the input
is one trial, and each line of the output its outcome.

  {}                                           the search chooses the values
  {"values": {"loss.style.weight": 30}}        the program chooses them
  {"values": {…}, "origin": "optuna"}          and says who it is

The output has the number of the trial, its values, its run with the path of the picture,
and its measures. Without input, nst ask makes one trial that the search chooses. A point
that was tried before is not made again.

DIR is the directory of a search. A configuration also begins a new one.`,
		Example: `  nst ask configs/search.toml --results try
  nst ask try/search`,
		Args: exactArgs(1, "a directory of a search, or a configuration"),
		RunE: func(cmd *cobra.Command, args []string) error {
			planned, err := searchAt(args[0], settings, &o)
			if err != nil {
				return err
			}
			o.Program = version()
			out := json.NewEncoder(cmd.OutOrStdout())
			out.SetEscapeHTML(false)
			first := true
			err = eachLine(cmd.InOrStdin(), func(line []byte) error {
				first = false
				return ask(cmd, planned, line, o, out)
			})
			if first && err == nil {
				err = ask(cmd, planned, []byte("{}"), o, out)
			}
			if len(planned.Runs) > 0 {
				page := &pages{dir: filepath.Join(o.Results, planned.Name)}
				if err := page.finish(); err != nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "nst: warning: cannot write the page: %v\n", err)
				}
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Results, "results", "results", "directory of all results, for a configuration")
	f.IntVar(&o.Threads, "threads", 0, "threads (default: all cores)")
	f.StringArrayVar(&settings, "set", nil, "override `KEY=VALUE` of the configuration; may be repeated")
	f.BoolVar(&o.Force, "force", false, "start even if the memory does not suffice")
	return cmd
}

// searchAt reads the search of a directory or of a configuration.
func searchAt(path string, settings []string, o *sweep.Options) (*plan.Plan, error) {
	file := path
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		frozen, err := result.ReadPlan(path)
		if err != nil {
			return nil, err
		}
		if frozen.Source == "" {
			return nil, usage(fmt.Errorf("%s does not say which configuration it was made from: give the configuration", path))
		}
		file, o.Results = filepath.FromSlash(frozen.Source), filepath.Dir(filepath.Clean(path))
		if !filepath.IsAbs(file) {
			file = filepath.Join(path, file)
		}
	}
	planned, err := plan.Read(file, settings...)
	if err != nil {
		return nil, err
	}
	if planned.Search == nil {
		return nil, usage(fmt.Errorf("%s is no search: expected [sweep] with method = \"tpe\" or \"ask\", say", path))
	}
	return planned, nil
}

// eachLine calls a function with the lines of the input that are not empty. A terminal has
// none.
func eachLine(in io.Reader, each func(line []byte) error) error {
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return nil
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		if err := each(lines.Bytes()); err != nil {
			return prefix.Errorf("", "line %d of the input: %w", n, err)
		}
	}
	return lines.Err()
}

// ask makes one trial.
func ask(cmd *cobra.Command, planned *plan.Plan, line []byte, o sweep.Options, out *json.Encoder) error {
	var a asked
	if err := json.Unmarshal(line, &a); err != nil {
		return usage(prefix.Errorf("", `%q is no JSON object such as {} or {"values": {"KEY": 3}}: %w`, line, err))
	}
	var want sweep.Wanted
	if a.Values != nil {
		p, err := planned.Search.PointOf(a.Values)
		if err != nil {
			return usage(err)
		}
		want = sweep.Wanted{Point: p, Origin: "outside"}
		if a.Origin != "" {
			want.Origin = a.Origin
		}
	} else if planned.Settings.Method == "ask" {
		return usage(errors.New(`no values, and the method "ask" chooses none; expected {"values": {…}}`))
	}
	o.Ask = []sweep.Wanted{want}
	before := -1
	o.Watch = func(p sweep.Progress) {
		if before < 0 {
			before = len(p.Runs)
		}
	}
	sum, err := sweep.Run(cmd.Context(), planned, o)
	if err != nil {
		return err
	}
	warn(cmd, sum.Warnings)
	if cmd.Context().Err() != nil {
		return &statusError{code: exitInterrupted}
	}
	i := len(planned.Runs) - 1
	if want.Point != nil {
		i = slices.IndexFunc(planned.Runs, func(r plan.Run) bool {
			p, err := planned.Search.Point(r.Values)
			return err == nil && slices.Equal(p, want.Point)
		})
	} else if sum.Ended != "" {
		return usage(errors.New(sum.Ended))
	} else if len(planned.Runs) == before {
		return usage(fmt.Errorf("the budget of %s is spent; expected a larger one (--set sweep.budget=N)", planned.Settings.Budget))
	}
	return out.Encode(answer(planned, i, sum))
}

// answer describes a trial that was made.
func answer(planned *plan.Plan, i int, sum *sweep.Summary) answered {
	r := planned.Runs[i]
	a := answered{Trial: i + 1, Run: r.Name, Dir: filepath.Join(sum.Dir, r.Name), Origin: r.Origin, Status: sum.Runs[i].Phase.String(), Problem: sum.Runs[i].Note, Values: map[string]string{}}
	for k, axis := range planned.Axes {
		a.Values[axis.Key] = r.Values[k]
	}
	if picture := filepath.Join(a.Dir, result.ImageFile); a.Status == "done" || a.Status == "stopped" {
		a.Picture = picture
	}
	m, err := result.ReadMeasures(a.Dir)
	if err != nil {
		return a
	}
	a.Measures = map[string]result.Float{}
	for _, v := range m.Measures {
		a.Measures[v.Key()] = v.Value
	}
	bounds := search.Objective{Subject: planned.Settings.Objective.Subject}
	_, excess, err := bounds.OfMeasures(m)
	a.Feasible = err == nil && excess == 0
	return a
}

func newTell() *cobra.Command {
	return &cobra.Command{
		Use:   "tell DIR",
		Short: "Bring values of trials that another program has judged",
		Long: `Reads JSON lines with the values of trials of a search whose objective is "told": with
maximize = "told" or minimize = "told", another program judges the pictures that nst ask
makes. The last value of a trial counts.

  {"trial": 3, "value": 0.82}
  {"trial": 3, "value": 0.82, "from": "lpips"}`,
		Example: `  nst tell try/search`,
		Args:    exactArgs(1, "a directory of a search"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return eachLine(cmd.InOrStdin(), func(line []byte) error { return tell(cmd, args[0], line) })
		},
	}
}

func tell(cmd *cobra.Command, dir string, line []byte) error {
	e, err := result.Open(dir)
	if err != nil {
		return err
	}
	s, err := search.Recorded(e.Plan.Search)
	if err != nil {
		return err
	}
	var t struct {
		Trial *int     `json:"trial"`
		Value *float64 `json:"value"`
		From  string   `json:"from"`
	}
	err = json.Unmarshal(line, &t)
	switch {
	case !s.Objective.Told():
		return usage(fmt.Errorf("%s has the objective %q, which no program tells: expected maximize = \"told\" in [sweep]", dir, s.Objective))
	case err != nil || t.Trial == nil || t.Value == nil:
		return usage(fmt.Errorf(`%q: expected a JSON object such as {"trial": 3, "value": 0.82}`, line))
	case math.IsInf(*t.Value, 0) || math.IsNaN(*t.Value):
		return usage(fmt.Errorf("trial %d with the value %v: expected a number", *t.Trial, *t.Value))
	case *t.Trial < 1 || *t.Trial > len(e.Runs):
		return usage(fmt.Errorf("trial %d was never asked for: %s has %s (nst ask makes the next one)", *t.Trial, dir, count(len(e.Runs), "trial")))
	case e.Runs[*t.Trial-1].Status != result.Done:
		return usage(fmt.Errorf("trial %d is %s: expected one that is done", *t.Trial, e.Runs[*t.Trial-1].Status))
	}
	if err := search.Tell(dir, result.Told{Trial: *t.Trial, Value: result.Float(*t.Value), From: t.From, At: time.Now().UTC()}); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), `{"trial": %d, "value": %v}`+"\n", *t.Trial, *t.Value)
	return nil
}

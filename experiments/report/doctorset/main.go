// Command doctorset makes the runs on which the run doctor is tested: small runs with
// known faults, and runs without faults. It writes the files that the doctor reads into
// one zip file, with the findings that are right (labels.csv). The same program gives the
// same bytes.
//
//	go run ./experiments/report/doctorset            (in the root of the repository)
//	go run ./experiments/report/doctorset -keep DIR  also keeps the pictures, to be looked at
package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/sweep"
)

func main() {
	log.SetFlags(0)
	out := flag.String("out", "experiments/report/testdata/doctor.zip", "the file to write")
	keep := flag.String("keep", "", "directory for the runs with their pictures")
	only := flag.String("only", "", "make only the cases whose names contain this text, and write no file")
	flag.Parse()
	if err := write(*out, *keep, *only); err != nil {
		log.Fatal(err)
	}
}

func write(out, dir, only string) error {
	if dir == "" {
		temporary, err := os.MkdirTemp("", "doctor-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temporary)
		dir = temporary
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	all := slices.DeleteFunc(cases(), func(c testCase) bool { return !strings.Contains(c.name, only) })
	runs := make([]string, len(all)) // their directories
	errs := make([]error, len(all))
	var group sync.WaitGroup
	free := make(chan struct{}, runtime.NumCPU())
	for i, c := range all {
		group.Go(func() {
			free <- struct{}{}
			runs[i], errs[i] = c.make(dir)
			<-free
			log.Printf("%s %v", c.name, errs[i])
		})
	}
	group.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return errs[i] // logged with its name
	}
	if only != "" {
		return nil
	}
	data, err := pack(all, runs)
	if err != nil {
		return err
	}
	return result.WriteFile(out, data)
}

// make makes the run of the case and returns its directory.
func (c testCase) make(dir string) (string, error) {
	pictures, err := filepath.Abs("configs/pictures")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, c.name+".toml")
	text := fmt.Sprintf(base, filepath.ToSlash(filepath.Join(pictures, c.content)), filepath.ToSlash(filepath.Join(pictures, c.style)))
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		return "", err
	}
	p, err := plan.Read(file, c.settings...)
	if err != nil {
		return "", err
	}
	s, err := sweep.Run(context.Background(), p, sweep.Options{Results: filepath.Join(dir, c.name), Jobs: 1, Threads: 1})
	if err != nil {
		return "", err
	}
	return result.RunDir(s.Dir, s.Runs[0].Name), nil
}

// pack makes one experiment of the runs, with only what the doctor reads.
func pack(all []testCase, runs []string) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	put := func(name string, data []byte) error {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	}
	p := &result.Plan{Format: result.Format, Experiment: "doctor"}
	labels := "run,tuned,want,may\n"
	for i, c := range all {
		r, err := result.ReadRun(runs[i])
		if err != nil {
			return nil, err
		}
		p.Runs = append(p.Runs, result.PlannedRun{Name: c.name, ID: r.ID})
		labels += fmt.Sprintf("%s,%v,%s,%s\n", c.name, c.tuned, strings.Join(c.want, " "), strings.Join(c.may, " "))
		// What depends on the machine is left out.
		r.Name, r.Seconds, r.Started, r.Finished, r.Provenance, r.Sums = c.name, 0, time.Time{}, time.Time{}, result.Provenance{Network: "pyramid"}, nil
		r.Format = result.Format
		record, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		for _, f := range []struct {
			name string
			read func(dir string) ([]byte, error)
		}{
			{result.RunFile, func(string) ([]byte, error) { return record, nil }},
			{result.ConfigFile, config},
			{result.MetricsFile, metrics},
			{result.MeasuresFile, measures},
		} {
			data, err := f.read(runs[i])
			if err == nil {
				err = put(c.name+"/"+f.name, data)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	frozen, err := p.Marshal()
	if err != nil {
		return nil, err
	}
	if err := put(result.PlanFile, frozen); err != nil {
		return nil, err
	}
	if err := put("labels.csv", []byte(labels)); err != nil {
		return nil, err
	}
	err = z.Close()
	return out.Bytes(), err
}

var pictureDir = regexp.MustCompile(`"[^"\n]*/pictures/`)

// config returns a run's configuration without the directories of its pictures.
func config(dir string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(dir, result.ConfigFile))
	return pictureDir.ReplaceAll(data, []byte(`"pictures/`)), err
}

// metrics returns a run's metrics without the columns of layers, with five digits.
func metrics(dir string) ([]byte, error) {
	m, err := result.ReadMetrics(dir, result.MetricsFile)
	if err != nil {
		return nil, err
	}
	var rows [][]string
	var header []string
	for _, c := range m.Columns {
		if !strings.Contains(c, ".") {
			header = append(header, c)
		}
	}
	rows = append(rows, header)
	for row := range m.Len() {
		var texts []string
		for i := range m.Columns {
			v := m.Values[i][row]
			if strings.Contains(m.Columns[i], ".") {
				continue
			}
			digits := 5
			if m.Columns[i] == result.ColumnStep || m.Columns[i] == result.ColumnEvaluations {
				digits = 9
			}
			texts = append(texts, strconv.FormatFloat(v, 'g', digits, 64))
		}
		rows = append(rows, texts)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err = w.WriteAll(rows)
	return b.Bytes(), err
}

// measures returns a run's measures of whole pictures and its shares.
func measures(dir string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(dir, result.MeasuresFile))
	if err != nil {
		return nil, err
	}
	m, err := result.ParseMeasures(data)
	if err != nil {
		return nil, err
	}
	m.Measures = slices.DeleteFunc(m.Measures, func(v result.Measure) bool { return v.Layer != "" })
	return m.Marshal()
}

// Command pairs measures what presets make of many pairs of pictures: docs/oriented.md has
// its table. It needs trained weights of VGG-19 for the measures; the presets need none.
//
//	go run ./bench/pairs -weights vgg19-keras                  (in the root of the repository)
//	go run ./bench/pairs -weights vgg19-keras -pairs bench/pairs/twelve.txt -size 384 pyramid oriented-fine
//
// Without -pairs, it paints the drawn pictures of configs/pictures: two contents in three
// styles. A file of pairs has one pair a line, CONTENT STYLE, as paths from the file,
// without blanks, and comments after #: twelve.txt is one, and says how to get its pictures.
// A preset is a name or the path of a configuration. The runs are kept in -results: the
// same command continues them.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/sweep"
)

func main() {
	log.SetFlags(0)
	weights := flag.String("weights", "vgg19-keras", "VGG-19 for the measures: a `NAME` or a file")
	pairs := flag.String("pairs", "", "`FILE` with a pair of pictures a line; default: the drawn ones")
	size := flag.Int("size", 256, "longer side in `PIXELS`")
	results := flag.String("results", "results", "directory of the runs")
	flag.Parse()
	bases := flag.Args()
	if len(bases) == 0 {
		bases = []string{"pyramid", "oriented", "oriented-fine"}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := compare(ctx, *weights, *pairs, *results, *size, bases); err != nil {
		log.Fatal(err)
	}
}

func compare(ctx context.Context, weights, file, results string, size int, bases []string) error {
	contents, styles, err := read(file)
	if err != nil {
		return err
	}
	fmt.Printf("Medians over %d pairs at %d pixels:\n\n| | content | style | `relu5_1` | seconds |\n|---|---|---|---|---|\n", len(contents), size)
	for _, base := range bases {
		p, err := planned(base, weights, contents, styles, size)
		if err != nil {
			return err
		}
		s, err := sweep.Run(ctx, p, sweep.Options{Results: results})
		if err != nil {
			return err
		}
		e, err := result.Open(s.Dir)
		if err != nil {
			return err
		}
		row, err := medians(e)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Dir, err)
		}
		fmt.Printf("| `%s` | %.3f | %.3f | %.3f | %.1f |\n", base, row[0], row[1], row[2], row[3])
	}
	return nil
}

// read returns the pictures of the pairs.
func read(file string) (contents, styles []string, err error) {
	text := "town swirls\ntown dusk\ntown waves\nharbour swirls\nharbour dusk\nharbour waves\n"
	path := func(name string) string { return filepath.Join("configs", "pictures", name+".png") }
	if file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, nil, err
		}
		text = string(data)
		path = func(name string) string {
			if filepath.IsAbs(name) {
				return name
			}
			return filepath.Join(filepath.Dir(file), filepath.FromSlash(name))
		}
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line, _, _ = strings.Cut(line, "#")
		names := strings.Fields(line)
		if len(names) == 0 {
			continue
		}
		if len(names) != 2 {
			return nil, nil, fmt.Errorf("%s:%d: found %d words; expected two paths, CONTENT STYLE", file, n, len(names))
		}
		for i, name := range names {
			if names[i], err = filepath.Abs(path(name)); err != nil {
				return nil, nil, err
			}
		}
		contents, styles = append(contents, names[0]), append(styles, names[1])
	}
	if len(contents) == 0 {
		return nil, nil, fmt.Errorf("%s: found no pair; expected lines CONTENT STYLE", file)
	}
	return contents, styles, nil
}

// planned plans the runs of a preset: one for each pair.
func planned(base, weights string, contents, styles []string, size int) (*plan.Plan, error) {
	name := strings.TrimSuffix(filepath.Base(base), ".toml")
	if _, err := os.Stat(base); err != nil {
		base = "preset:" + base
	} else if base, err = filepath.Abs(base); err != nil {
		return nil, err
	}
	if _, err := os.Stat(weights); err == nil {
		if weights, err = filepath.Abs(weights); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "base = %q\nname = %q\n", filepath.ToSlash(base), fmt.Sprintf("pairs-%s-%d", name, size))
	fmt.Fprintf(&b, "[images]\ncontent = %q\nstyle = %q\nsize = %d\n", filepath.ToSlash(contents[0]), filepath.ToSlash(styles[0]), size)
	fmt.Fprintf(&b, "[yardstick]\nnetwork = \"vgg19\"\nweights = %q\nsize = %d\n[sweep]\nmethod = \"zip\"\n[sweep.axes]\n", filepath.ToSlash(weights), size)
	for i, key := range []string{"images.content", "images.style"} {
		fmt.Fprintf(&b, "%q = [\"%s\"]\n", key, filepath.ToSlash(strings.Join([][]string{contents, styles}[i], `", "`)))
	}
	dir, err := os.MkdirTemp("", "pairs-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "pairs.toml")
	if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
		return nil, err
	}
	return plan.Read(file)
}

// medians returns the medians of the content's cosine, the style's, that of relu5_1, and
// the seconds of a run.
func medians(e *result.Experiment) ([4]float64, error) {
	var columns [4][]float64
	for _, r := range e.Runs {
		if r.Status != result.Done || r.Measures == nil {
			return [4]float64{}, errors.New("not every run is done; the same command continues")
		}
		for i, key := range []string{"content_cosine", "gram_cosine", "gram_cosine.relu5_1"} {
			m := r.Measures.Find(key)
			if m == nil {
				return [4]float64{}, fmt.Errorf("%s has no measure %s", r.Name, key)
			}
			columns[i] = append(columns[i], float64(m.Value))
		}
		columns[3] = append(columns[3], r.Run.Seconds)
	}
	var row [4]float64
	for i, v := range columns {
		slices.Sort(v)
		row[i] = (v[(len(v)-1)/2] + v[len(v)/2]) / 2
	}
	return row, nil
}

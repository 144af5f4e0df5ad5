package store

import (
	"os"
	"path/filepath"

	"github.com/gonst/workbench/experiments/internal/digest"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/internal/prefix"
)

// summed lists the files in a run's directory that a person might change. The
// checkpoint contains its own sum.
var summed = []string{result.ConfigFile, result.MetricsFile, result.TimesFile, result.YardstickFile, result.MeasuresFile, result.ImageFile, result.PrintPNGFile, result.PrintTIFFFile}

// Sums returns the hashes of the files in a run's directory, for run.json.
func Sums(dir string) (map[string]string, error) {
	all := map[string]string{}
	for _, name := range summed {
		sum, err := digest.File(filepath.Join(dir, name))
		if os.IsNotExist(err) {
			continue // a run that failed at once has no rows
		}
		if err != nil {
			return nil, err
		}
		all[name] = sum
	}
	return all, nil
}

// ChangedByHand describes which files of a published run a person has edited,
// deleted or added. It is empty if there are none.
func (s Store) ChangedByHand(run string) []string {
	r, err := result.ReadRun(s.Published(run))
	if err != nil {
		return []string{prefix.Text(err)}
	}
	var odd []string
	for _, name := range summed {
		was, had := r.Sums[name]
		sum, err := digest.File(filepath.Join(s.Published(run), name))
		switch {
		case !had && err == nil:
			odd = append(odd, name+" is new since the run was published")
		case had && os.IsNotExist(err):
			odd = append(odd, name+" is missing")
		case had && err != nil:
			odd = append(odd, prefix.Text(err))
		case had && sum != was:
			odd = append(odd, name+" has changed")
		}
	}
	return odd
}

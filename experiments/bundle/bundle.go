// Package bundle packs a published run with its pictures into a zip file. The run can
// be made again from this file.
package bundle

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/internal/digest"
	"github.com/gonst/workbench/experiments/internal/disk"
	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/store"
	"github.com/gonst/workbench/internal/atomicfile"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/weights"
)

// Options selects the content of a bundle.
type Options struct {
	Weights bool // include the weight files, and not only their names and digests
}

// A Report describes a bundle for the user.
type Report struct {
	Path    string
	Bytes   int64
	Missing []string // weight files that the bundle names but does not contain
}

// Paths in a bundle, below a directory with the run's name.
const (
	bundlePictures = "pictures"
	bundleWeights  = "weights"
	bundleRun      = "run"
	bundleReadme   = "README.txt"
)

// Write packs a published run into a zip file: its directory, the input pictures, and
// its configuration with adjusted paths. `nst sweep config.toml` in the unpacked
// directory makes the run again.
//
// Write creates the file to as a whole or not at all, and never replaces an existing
// file. The same run with the same tags and note gives the same bytes.
func Write(run, to string, o Options) (*Report, error) {
	run, err := filepath.Abs(run)
	if err != nil {
		return nil, err
	}
	b := &bundle{run: run, top: filepath.Base(run), options: o}
	if err := b.open(); err != nil {
		return nil, err
	}
	if err := b.collect(); err != nil {
		return nil, err
	}
	return b.write(to)
}

// bundle is a bundle that is being packed.
type bundle struct {
	run     string
	top     string
	options Options
	record  *result.Run
	config  *config.Config
	hashes  digest.Cache
	files   []bundled
	missing []string
	about   strings.Builder // describes pictures and weights for people
}

// bundled is one file of a bundle, from a path or from bytes in memory.
type bundled struct {
	name string // below top
	path string
	data []byte
}

// open reads the run's record and finds its files.
func (b *bundle) open() error {
	if _, err := result.ReadPlan(b.run); err == nil {
		return mistake.Errorf("%s is the directory of an experiment: name the directory of one of its runs", b.run)
	}
	record, err := result.ReadRun(b.run)
	if errors.Is(err, fs.ErrNotExist) {
		return mistake.Errorf("%s is not the directory of a run: it has no %s", b.run, result.RunFile)
	}
	if err != nil {
		return err
	}
	if record.Status != result.Done && record.Status != result.Failed {
		return mistake.Errorf("the run %s has not ended: its status is %q", record.Name, record.Status)
	}
	b.record = record
	if odd := (store.Store{Dir: filepath.Dir(b.run)}).ChangedByHand(b.top); len(odd) > 0 {
		return mistake.Errorf("%s was changed by hand: %s; only a run as it was published can be bundled", b.run, strings.Join(odd, ", "))
	}
	c, err := b.planned(result.ConfigFile)
	if err != nil { // files were moved or replaced: the picture has their digests
		var pictureErr error
		if c, pictureErr = b.planned(result.ImageFile); pictureErr != nil {
			return mistake.Errorf("files that the run was made from are not found:\n%w\n%w", err, pictureErr)
		}
	}
	c.Name = strings.TrimSuffix(record.Name, "-"+record.ID[:min(plan.ShortHash, len(record.ID))]) // a sweep adds the suffix again
	b.config = c
	return nil
}

// planned returns the run's configuration as one of its files describes it, with
// exactly the files that the run was made from.
func (b *bundle) planned(file string) (*config.Config, error) {
	plan, err := plan.Read(filepath.Join(b.run, file))
	if err != nil {
		return nil, err
	}
	if len(plan.Runs) != 1 {
		return nil, fmt.Errorf("%s plans %d runs, not one", filepath.Join(b.run, file), len(plan.Runs))
	}
	c := plan.Runs[0].Config.Clone()
	for _, in := range c.Sources() {
		if in.Aside {
			continue
		}
		hash, err := b.hashes.Of(*in.Path)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(b.record.Provenance.Files, func(f result.File) bool { return f.Role == in.Role && f.SHA256 == hash }) {
			return nil, fmt.Errorf("%s is not the file that the run was made from: its sha256 is %.12s…, which %s does not have for %s", *in.Path, hash, result.RunFile, in.Role)
		}
	}
	return c, nil
}

// collect lists the files and adjusts the paths of the configuration.
func (b *bundle) collect() error {
	const root = "/bundle" // the configuration's directory, for relative paths
	c, names := b.config, map[string]string{}
	for _, f := range c.Sources() {
		from, dir := *f.Path, bundlePictures
		if f.Weights {
			dir = bundleWeights
		}
		name, seen := names[from]
		if !seen {
			name = config.FreeName(filepath.Base(from), names)
			names[from] = name
			hash, err := b.hashes.Of(from)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b.about, "  %-9s  %s  sha256 %s\n", f.Role, path.Join(dir, name), hash)
			if !f.Weights || b.options.Weights {
				b.files = append(b.files, bundled{name: path.Join(dir, name), path: from})
			} else {
				b.missing = append(b.missing, name)
			}
			if f.Weights {
				b.licence(name)
			}
		}
		*f.Path = root + "/" + dir + "/" + name
	}
	b.files = append(b.files, bundled{name: result.ConfigFile, data: c.TOML(root)})
	err := filepath.WalkDir(b.run, func(at string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(b.run, at)
		b.files = append(b.files, bundled{name: path.Join(bundleRun, filepath.ToSlash(rel)), path: at})
		return err
	})
	if err != nil {
		return err
	}
	b.files = append(b.files, bundled{name: bundleReadme, data: []byte(b.readme())})
	slices.SortFunc(b.files, func(x, y bundled) int { return strings.Compare(x.name, y.name) })
	return nil
}

// licence records the licence of the weights in a file, if the catalogue knows the
// file's name.
func (b *bundle) licence(name string) {
	for _, e := range weights.Catalogue() {
		if slices.Contains(e.Files(), name) {
			fmt.Fprintf(&b.about, "             %s (%s); nst weights fetch %s\n", e.Attribution, e.License, e.Name)
		}
	}
}

// labels returns lines with the run's tags and note, which are not among its own files.
func (b *bundle) labels() string {
	e, err := result.OpenStates(filepath.Dir(b.run), nil)
	if err != nil { // not in an experiment's directory any more
		return ""
	}
	var text string
	for _, r := range e.Runs {
		if r.ID == b.record.ID && len(r.Tags) > 0 {
			text += "  tags       " + result.TagText(r.Tags) + "\n"
		}
		if r.ID == b.record.ID && r.Note != "" {
			text += "  note       " + r.Note + "\n"
		}
	}
	return text
}

func (b *bundle) readme() string {
	text := fmt.Sprintf(`%s

A run of neural style transfer, made by nst (github.com/gonst/workbench).

To make it again, unpack, go into this directory, and say

  nst sweep config.toml

run/ is what came out: image.png is the picture, metrics.csv its losses, run.json how it
went and what it was made from.

  run        %s
  numerical  %s (another version of the engine gives other bits)
%s
It was made from

%s
`, b.top, b.record.ID, b.record.Provenance.Numerical, b.labels(), b.about.String())
	if len(b.missing) > 0 {
		text += fmt.Sprintf(`The weights are not in here: put a file with that digest into weights/, or into a directory
that $%s names.

`, config.WeightsVariable)
	}
	return text + `Licences: the pictures were packed as they were. Whoever passes this on answers for having
the right to: pictures and weights have licences of their own. (The drawn pictures that
come with nst are CC0.) What nst makes of pictures has no further conditions from nst.
`
}

// write packs the files.
func (b *bundle) write(to string) (*Report, error) {
	fail := func(err error) (*Report, error) { return nil, prefix.Errorf("", "%s: %w", to, err) }
	if _, err := os.Lstat(to); err == nil {
		return fail(mistake.Errorf("it exists, and a bundle never replaces a file: give another name, or delete it"))
	}
	f, err := os.CreateTemp(filepath.Dir(to), ".nst-bundle-*")
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return fail(p.Err)
	} else if err != nil {
		return fail(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := b.pack(disk.Faulty(to, f)); err != nil {
		return fail(err)
	}
	info, err := f.Stat()
	if err == nil {
		err = errors.Join(f.Chmod(0o644), f.Sync(), f.Close())
	}
	if err != nil {
		return fail(err)
	}
	// Creating a second link fails if the name exists. A rename would replace the file.
	err = os.Link(f.Name(), to)
	if err != nil && !errors.Is(err, fs.ErrExist) { // the file system has no links
		if _, there := os.Lstat(to); errors.Is(there, fs.ErrNotExist) {
			err = atomicfile.Rename(f.Name(), to)
		}
	}
	if err != nil {
		return fail(err)
	}
	return &Report{Path: to, Bytes: info.Size(), Missing: b.missing}, nil
}

// packed is the time of every file in a bundle: the earliest time that a zip file can
// hold.
var packed = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

func (b *bundle) pack(w io.Writer) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for _, f := range b.files {
		h := &zip.FileHeader{Name: path.Join(b.top, f.name), Method: zip.Deflate, Modified: packed}
		if ext := strings.ToLower(path.Ext(f.name)); ext == ".png" || ext == ".jpg" || ext == ".jpeg" || strings.HasPrefix(f.name, bundleWeights+"/") {
			h.Method = zip.Store // compression saves nothing
		}
		h.SetMode(0o644)
		out, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		if f.path == "" {
			if _, err := out.Write(f.data); err != nil {
				return err
			}
			continue
		}
		if err := copyInto(out, f.path); err != nil {
			return err
		}
	}
	return z.Close()
}

func copyInto(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

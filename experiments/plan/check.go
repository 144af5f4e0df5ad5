package plan

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/engine"
	"github.com/gonst/workbench/experiments/internal/digest"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst"
)

// These checks read files: whether the files exist and are pictures, whether the
// network has the layers, and whether the pictures are large enough for them. All
// checks run before the first run starts.

// checker reads every file and opens every network once, for any number of runs.
type checker struct {
	problems *tree.Problems
	pictures map[pictureKey]picture
	hashes   map[string]string
	networks map[config.Network]*nst.Network

	recognized map[weightsOf]nst.Recognition
	unusable   map[weightsOf]bool // reported already
	loaded     map[maskKey]loadedMask
}

type pictureKey struct {
	path      string
	maxPixels int
}

// picture holds the properties of an image file.
type picture struct {
	width, height int // only their proportion matters; the longer one is probe pixels
	found, want   string
	notes         []string // what was ignored in the file
	flat          bool     // every pixel has the same colour
}

// probe is the size at which pictures are decoded for the checks. It gives their
// proportions exactly to a pixel at the sizes for which that matters.
const probe = 512

func (k *checker) hash(path string) string { return k.hashes[path] }

// config checks the Config of one run and reports the keys that are wrong.
func (k *checker) config(c *config.Config, root *tree.Node) {
	before := k.problems.Count
	for _, f := range c.Sources() {
		if !f.Weights {
			k.picture(c, *f.Path, config.WhereFile(root, f), f.Name())
		}
	}
	k.weights(c, root)
	net := k.network(c, root)
	if net == nil || k.problems.Count > before {
		return
	}
	k.layers(c, net, root)
	if k.problems.Count == before {
		k.masks(c, net, root)
	}
}

// picture decodes and hashes an image file.
func (k *checker) picture(c *config.Config, path string, at tree.Pos, key string) picture {
	id := pictureKey{path, c.Images.MaxPixels}
	p, ok := k.pictures[id]
	if !ok {
		if k.pictures == nil {
			k.pictures = map[pictureKey]picture{}
		}
		if k.hashes == nil {
			k.hashes = map[string]string{}
		}
		size := min(probe, int(math.Sqrt(float64(c.Images.MaxPixels))))
		want, lost := k.problems.Lost[path]
		m, err := nst.LoadWith(path, nst.LoadOptions{Size: max(size, 1), MaxPixels: c.Images.MaxPixels,
			Note: func(note string) { p.notes = append(p.notes, path+": "+note) }})
		var hash string
		if err == nil {
			hash, err = digest.File(path)
		}
		if err != nil {
			p.found, p.want = pictureError(path, err)
			if lost {
				p.want = want
			}
		} else {
			p.width, p.height, p.flat = m.Width, m.Height, flat(m)
			k.hashes[path] = hash
		}
		k.pictures[id] = p
	}
	if p.found != "" {
		k.problems.Add(at, key, p.found, p.want)
	}
	return p
}

// warnings says what is unusual in the files of a configuration.
func (k *checker) warnings(c *config.Config) []string {
	all := k.weightWarnings(c)
	for _, in := range c.Sources() {
		p := k.pictures[pictureKey{*in.Path, c.Images.MaxPixels}]
		all = append(all, p.notes...)
		if p.flat && (in.Role == "content" || in.Role == "style") {
			all = append(all, *in.Path+": every pixel has the same colour, so that the features of this picture are nearly 0: a loss relative to them is a number without meaning, and its picture is noise")
		}
	}
	return all
}

// flat reports whether all pixels have the same colour, to half a level of 8 bits.
func flat(m *nst.Image) bool {
	for area, c := m.Width*m.Height, 0; c < len(m.Pix); c += area {
		if plane := m.Pix[c : c+area]; slices.Max(plane)-slices.Min(plane) > 0.5/255 {
			return false
		}
	}
	return true
}

// weights checks the network's weight file.
func (k *checker) weights(c *config.Config, root *tree.Node) {
	path := c.Network.Weights
	if path == "" || k.problems.Count > 0 {
		return
	}
	if found, want := k.weightFile(weightsOf{path, c.Network.Name}); found != "" {
		k.problems.Add(root.Where("network", "weights"), "network.weights", found, want)
	}
}

// weightFile hashes a weight file and checks that it is one and that it fits the
// network. If it does not, found and want give the reason, once.
func (k *checker) weightFile(id weightsOf) (found, want string) {
	if k.hashes == nil {
		k.hashes = map[string]string{}
	}
	if k.recognized == nil {
		k.recognized = map[weightsOf]nst.Recognition{}
	}
	if _, ok := k.recognized[id]; ok {
		return "", ""
	}
	r, found, want := recognize(id)
	if found == "" {
		var err error
		if k.hashes[id.path], err = digest.File(id.path); err != nil {
			found, want = weightsError(id.path, err)
		}
	}
	k.recognized[id] = r
	if found != "" {
		if k.unusable == nil {
			k.unusable = map[weightsOf]bool{}
		}
		k.unusable[id] = true
	}
	return found, want
}

// pictureError splits an image's error into what was found and what is accepted.
func pictureError(path string, err error) (found, want string) {
	switch {
	case errors.Is(err, nst.ErrImageTooLarge):
		want = "a smaller picture, or a larger images.max_pixels"
	case errors.Is(err, nst.ErrImageTooSmall):
		want = fmt.Sprintf("a picture of at least %d x %d pixels", nst.MinSide, nst.MinSide)
	case errors.Is(err, nst.ErrImageFormat), errors.Is(err, nst.ErrImageDamaged):
		want = "a whole PNG, JPEG, WebP or TIFF file"
	default:
		want = "a PNG, JPEG, WebP or TIFF file that can be read; paths are relative to the file that they stand in, those of --set to the working directory"
		if other := sameName(path); other != "" {
			want = fmt.Sprintf("the name as the file has it, %q: it differs in upper and lower case, or in how its accents are stored", other)
		}
	}
	var image *nst.ImageError
	if !errors.As(err, &image) {
		return path + ": " + tree.ErrorText(err), want
	}
	found = path + ": " + tree.ErrorText(image.Err) + tree.WhyMissing(path)
	if image.Found != "" {
		found += ": " + image.Found
	}
	return found, want
}

// sameName returns the name of a file beside path that some file systems take for path, and
// this one does not.
func sameName(path string) string {
	if _, err := os.Lstat(path); err == nil {
		return ""
	}
	files, _ := os.ReadDir(filepath.Dir(path))
	for _, f := range files {
		if config.Fold(f.Name()) == config.Fold(filepath.Base(path)) {
			return f.Name()
		}
	}
	return ""
}

// network opens the network. This computes nothing yet.
func (k *checker) network(c *config.Config, root *tree.Node) *nst.Network {
	if n, ok := k.networks[c.Network]; ok {
		return n
	}
	if k.unusable[weightsOf{c.Network.Weights, c.Network.Name}] {
		return nil
	}
	n, err := engine.OpenNetwork(c.Network)
	if errors.Is(err, nst.ErrPrecision) {
		k.problems.Add(root.Where("network", "precision"), "network.precision", prefix.Text(err), `"float32", or a processor with AMX`)
		return nil
	}
	if err != nil {
		k.problems.Add(root.Where("network"), "network", prefix.Text(err), "options that go together")
		return nil
	}
	if k.networks == nil {
		k.networks = map[config.Network]*nst.Network{}
	}
	k.networks[c.Network] = n
	return n
}

package weights

import (
	"archive/zip"
	"errors"
	"io"
	"path"
	"strings"
)

// kerasWeights is the record of a .keras file that contains the weights, in HDF5. Other
// records contain the architecture and similar data.
const kerasWeights = "model.weights.h5"

// openZip opens the zip archives of torch.save and Keras 3.
func openZip(r io.ReaderAt, size int64) (Format, []entry, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		if errors.Is(err, zip.ErrFormat) {
			return "", nil, corrupt("the zip archive has no directory at its end: is the download complete?")
		}
		return "", nil, corrupt("zip: %v", err)
	}
	records := map[string]*zip.File{}
	prefix, torch := "", false
	for _, f := range archive.File {
		if records[f.Name] != nil {
			return "", nil, corrupt("zip: two records %q", f.Name)
		}
		records[f.Name] = f
		if dir, base := path.Split(f.Name); base == "data.pkl" && strings.Count(dir, "/") == 1 {
			prefix, torch = dir, true
		}
	}
	switch f := records[kerasWeights]; {
	case torch || records["constants.pkl"] != nil:
		entries, err := openTorchZip(r, size, records, prefix)
		return PyTorch, entries, err
	case f != nil:
		s, err := stored(f, size)
		if err != nil {
			return "", nil, err
		}
		entries, err := openHDF5(io.NewSectionReader(r, s.at, s.length), s.length)
		return Keras, entries, err
	case records["model.weights.json"] != nil:
		return "", nil, unsupported("weights in several files (shards): save the model without max_shard_size")
	case len(archive.File) > 0 && strings.HasSuffix(archive.File[0].Name, ".npy"):
		return "", nil, unsupported("a NumPy archive (.npz)")
	}
	return "", nil, unsupported("a zip archive with neither data.pkl, as torch.save writes it, nor %s, as Keras does: unpack it", kerasWeights)
}

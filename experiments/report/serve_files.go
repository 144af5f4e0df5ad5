package report

import (
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// This file decides which files of an experiment the server shows, and how.

// shown reports whether a path within an experiment's directory names a file that a
// page refers to.
func shown(name string) bool {
	parts := strings.Split(name, "/")
	file := parts[len(parts)-1]
	image := strings.HasSuffix(file, ".png") || strings.HasSuffix(file, ".jpg") || strings.HasSuffix(file, ".jpeg")
	if parts[0] == result.AttemptsDir && len(parts) >= 4 {
		parts = parts[2:] // an attempt has the same files as a run
	}
	if slices.ContainsFunc(parts, func(p string) bool { return p == "" || p[0] == '.' }) {
		return false
	}
	switch len(parts) {
	case 1:
		return file == result.PlanFile || file == result.SummaryFile
	case 2:
		switch parts[0] {
		case result.PlotsDir:
			return image || strings.HasSuffix(file, ".svg")
		case result.InputsDir:
			return image
		}
		return slices.Contains([]string{result.ImageFile, result.PrintPNGFile, result.PrintTIFFFile, result.ConfigFile, result.RunFile, result.MetricsFile, result.TimesFile, result.YardstickFile, result.MeasuresFile, result.LogFile}, file)
	case 3:
		return parts[1] == result.FramesDir && image
	}
	return false
}

// types are the content types that the server sends. Every text file is plain text.
var types = map[string]string{
	".png": "image/png", ".tif": "image/tiff", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".svg": "image/svg+xml",
	".json": "application/json", ".csv": "text/csv; charset=utf-8", ".toml": "text/plain; charset=utf-8", ".txt": "text/plain; charset=utf-8",
}

// serveFile serves a regular file below an experiment's directory. os.Root rejects
// links that lead out of it.
func serveFile(w http.ResponseWriter, r *http.Request, dir, name string) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer root.Close()
	info, err := root.Stat(filepath.FromSlash(name))
	if err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", types[strings.ToLower(path.Ext(name))])
	if r.URL.Query().Has("v") { // the URL belongs to this version of the file
		w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, "", info.ModTime(), f)
}

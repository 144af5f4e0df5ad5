package export

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/gonst/workbench/experiments/result"
)

// artifacts sends the run's files through the server, if it proxies artifacts
// (mlflow-artifacts). It does not send files that exist with the same size. If the server
// does not proxy, why states it: only MLflow's own clients can write to other places.
func (s *sending) artifacts(ctx context.Context) (n int, why string, err error) {
	at, err := url.Parse(s.there.Info.ArtifactURI)
	if err != nil || at.Scheme != "mlflow-artifacts" {
		return 0, fmt.Sprintf("no pictures, for artifacts are kept at %q and not behind the server (mlflow server --serve-artifacts)", s.there.Info.ArtifactURI), nil
	}
	if at.Host != "" && at.Host != s.base.Host {
		return 0, fmt.Sprintf("no pictures, for artifacts are kept behind another server, %s", at.Host), nil
	}
	names := []string{result.ConfigFile, result.RunFile, result.MetricsFile, result.TimesFile, result.YardstickFile, result.MeasuresFile, result.LogFile, result.ImageFile}
	frames := s.frames()
	for _, step := range frames {
		names = append(names, filepath.ToSlash(result.FrameFile(step)))
	}
	root := strings.TrimPrefix(at.Path, "/")
	there, err := s.list(ctx, root)
	if err == nil && len(frames) > 0 {
		var more map[string]int64
		more, err = s.list(ctx, path.Join(root, result.FramesDir))
		for name, size := range more {
			there[path.Join(result.FramesDir, name)] = size
		}
	}
	if refused(err) {
		return 0, "no pictures, for the server does not take artifacts", nil
	}
	if err != nil {
		return 0, "", err
	}
	for _, name := range names {
		data, err := s.Experiment.ReadFile(filepath.Join(s.Dir, filepath.FromSlash(name)), maxPicture)
		if err != nil {
			continue // not all runs have all files
		}
		if size, ok := there[name]; ok && size == int64(len(data)) {
			continue
		}
		address := s.base.JoinPath("api/2.0/mlflow-artifacts/artifacts", root, name)
		err = s.mlflowClient.send(ctx, http.MethodPut, address, data, kindOf(name), nil, false)
		if refused(err) {
			return n, "no pictures, for the server does not take artifacts", nil
		}
		if err != nil {
			return n, "", err
		}
		n++
	}
	return n, "", nil
}

// list returns the sizes of the files in a directory of artifacts.
func (s *sending) list(ctx context.Context, dir string) (map[string]int64, error) {
	address := s.base.JoinPath("api/2.0/mlflow-artifacts/artifacts")
	address.RawQuery = url.Values{"path": {dir}}.Encode()
	var answer struct {
		Files []struct {
			Path  string `json:"path"`
			IsDir bool   `json:"is_dir"`
			Size  whole  `json:"file_size"`
		} `json:"files"`
	}
	if err := s.mlflowClient.send(ctx, http.MethodGet, address, nil, "", &answer, false); err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	for _, f := range answer.Files {
		if !f.IsDir {
			sizes[path.Base(f.Path)] = int64(f.Size)
		}
	}
	return sizes, nil
}

func kindOf(name string) string {
	switch path.Ext(name) {
	case ".png":
		return "image/png"
	case ".json":
		return "application/json"
	}
	return "text/plain; charset=utf-8"
}

package experiments

import (
	"fmt"
	"os"
	"path/filepath"
)

// weightsVariable names directories to look for weight files in, as PATH does
// for programs.
const weightsVariable = "NST_WEIGHTS"

// findWeights is where a weight file is: as it is given, or, by its last name,
// in the directories of $NST_WEIGHTS or in weights/ of the working directory.
// Where there is none the path comes back as it was.
func findWeights(path string) (found string, ok bool) {
	candidates := []string{path}
	for _, dir := range append(filepath.SplitList(os.Getenv(weightsVariable)), "weights") {
		candidates = append(candidates, filepath.Join(dir, filepath.Base(path)))
	}
	for _, c := range candidates {
		if info, err := os.Stat(c); err == nil && !info.IsDir() {
			if absolute, err := filepath.Abs(c); err == nil {
				return absolute, true
			}
		}
	}
	return path, false
}

// weightsWanted says what to do where there is no such file.
func weightsWanted(path string) string {
	name := filepath.Base(path)
	return fmt.Sprintf("a safetensors, Keras .h5 or PyTorch .pth file of a VGG network: put %s beside the configuration, into weights/ "+
		"or into a directory that $%s names, or leave weights out for random filters", name, weightsVariable)
}

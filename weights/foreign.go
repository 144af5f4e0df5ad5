package weights

import (
	"fmt"
	"regexp"
	"strings"
)

// foreign describes a file of an unsupported kind, and what to do about it.
func foreign(start string) error {
	text := strings.ToLower(strings.TrimLeft(start, "\ufeff \t\r\n"))
	what := fmt.Sprintf("it begins with %q", start[:min(8, len(start))])
	switch {
	case start == "":
		what = "it is empty: is the download complete?"
	case len(start) >= 8 && strings.Trim(start, "\x00") == "":
		what = "it begins with zeros, as a file whose content was never written: is the download complete?"
	case strings.HasPrefix(text, "version https://git-lfs.github.com/"):
		what = "it is a Git LFS pointer, which stands for the file" + lfsFile(start) + ": `git lfs pull` in its repository brings the file itself"
	case strings.HasPrefix(text, "<!doctype html"), strings.HasPrefix(text, "<html"), strings.HasPrefix(text, "<?xml"), strings.HasPrefix(text, "<head"):
		what = "it is a web page: a browser shows what it says. Download the file itself: on Hugging Face and GitHub its address has " +
			"/resolve/ or /raw/ in place of /blob/"
	case strings.HasPrefix(text, "{") && strings.Contains(text, `"weight_map"`):
		what = "it is the index of a model in several files: save the model in one file, as safetensors.torch.save_file(state_dict, name) does"
	case strings.HasPrefix(text, "{") && len(text) > 1:
		what = fmt.Sprintf("it is JSON text, such as a server's error message: %q", start[:min(80, len(start))])
	case strings.HasPrefix(start, "\x1f\x8b"), strings.HasPrefix(start, "7z\xbc\xaf"), strings.HasPrefix(start, "Rar!"), strings.HasPrefix(start, "\xfd7zXZ"):
		what = "it is a compressed archive: unpack it"
	case strings.HasPrefix(start, "\x93NUMPY"):
		what = "it is a NumPy array"
	case strings.HasPrefix(start, "MATLAB "):
		what = "it is a MATLAB file"
	}
	return fmt.Errorf("%w (safetensors, Keras .h5 or .keras, PyTorch .pth): %s", ErrFormat, what)
}

var lfsFields = regexp.MustCompile(`(?m)^oid sha256:([0-9a-f]{64})\r?\nsize (\d+)`)

// lfsFile returns what a Git LFS pointer states about its file.
func lfsFile(pointer string) string {
	m := lfsFields.FindStringSubmatch(pointer)
	if m == nil {
		return ""
	}
	return fmt.Sprintf(" of %s bytes with SHA-256 %s…", m[2], m[1][:8])
}

// Command build builds the notebooks' kernel: gophernotes, as go.mod pins it,
// with this module's packages compiled in. It copies the sources of the
// downloaded module to a directory of its own, makes the few rewrites that are
// listed in rewrites.go, adds ../_glue, and compiles the whole inside this
// module. It needs no network once the modules are there. It takes Linux or macOS.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/gonst/workbench/notebooks/kernel/godoc"
)

const (
	own    = "github.com/gonst/workbench"
	module = "github.com/gopherdata/gophernotes"
)

func main() {
	binary := flag.String("o", "bin/gophernotes", "the kernel's `file`")
	specs := flag.String("kernels", "", "Jupyter's `directory` of kernels to make it known in; \"user\" for the user's own; none if empty")
	flag.Parse()
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		fmt.Fprintf(os.Stderr, "build kernel: notebooks need Linux or macOS, since gomacro, their interpreter, does not build on %s (on Windows, WSL is a Linux)\n", runtime.GOOS)
		os.Exit(1)
	}
	if err := run(*binary, *specs); err != nil {
		fmt.Fprintln(os.Stderr, "build kernel:", err)
		os.Exit(1)
	}
}

func run(binary, specs string) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	root, err := output("go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	source, err := modulePath()
	if err != nil {
		return err
	}
	kernel := filepath.Join(root, "notebooks", "kernel")
	if err := compile(source, kernel, binary); err != nil {
		return err
	}
	if specs == "user" {
		if specs, err = userKernels(); err != nil {
			return err
		}
	}
	if specs == "" {
		return nil
	}
	return install(source, binary, specs)
}

func output(name string, arguments ...string) (string, error) {
	out, err := exec.Command(name, arguments...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(arguments, " "), err, failed.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}

// modulePath is where the downloaded module is; it downloads it where it is not.
func modulePath() (string, error) {
	out, err := output("go", "mod", "download", "-json", module)
	if err != nil {
		return "", err
	}
	var m struct{ Version, Dir string }
	if err := json.Unmarshal([]byte(out), &m); err != nil {
		return "", fmt.Errorf("go mod download: %w", err)
	}
	return m.Dir, nil
}

// compile makes the binary.
func compile(source, kernel, binary string) error {
	// Inside the module, for its go.mod and its internal packages, and under a
	// name that the go command's patterns pass over.
	build, err := os.MkdirTemp(kernel, "_build")
	if err != nil {
		return err
	}
	defer os.RemoveAll(build)
	var seen []string
	for _, dir := range []string{source, filepath.Join(kernel, "_glue")} {
		paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			return err
		}
		for _, path := range paths {
			name := filepath.Base(path)
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			changed := string(text)
			if dir == source {
				if changed, err = apply(name, changed); err != nil {
					return err
				}
				seen = append(seen, name)
			}
			if err := os.WriteFile(filepath.Join(build, name), []byte(changed), 0o644); err != nil {
				return err
			}
		}
	}
	if err := document(filepath.Join(build, "docs.zip")); err != nil {
		return err
	}
	for _, r := range rewrites {
		if !slices.Contains(seen, r.file) {
			return fmt.Errorf("%s: no such file in %s", r.file, source)
		}
	}
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, ".")
	cmd.Dir = build
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // the same kernel wherever it is built
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// document writes the documentation of what cells can import: of the packages that the
// bindings and the interpreter's own table import.
func document(file string) error {
	bindings := own + "/notebooks/kernel/bindings"
	tables := []string{bindings, "github.com/cosmos72/gomacro/imports"}
	out, err := output("go", append([]string{"list", "-deps", "-json=ImportPath,Dir,GoFiles,Imports"}, tables...)...)
	if err != nil {
		return err
	}
	type listed struct {
		ImportPath, Dir  string
		GoFiles, Imports []string
	}
	var all []listed
	wanted := map[string]bool{}
	for d := json.NewDecoder(strings.NewReader(out)); d.More(); {
		var p listed
		if err := d.Decode(&p); err != nil {
			return fmt.Errorf("go list: %w", err)
		}
		all = append(all, p)
		if slices.Contains(tables, p.ImportPath) {
			for _, path := range p.Imports {
				wanted[path] = true
			}
		}
	}
	var sources []godoc.Source
	for _, p := range all {
		if wanted[p.ImportPath] && len(p.GoFiles) > 0 {
			sources = append(sources, godoc.Source{Path: p.ImportPath, Dir: p.Dir, Files: p.GoFiles})
		}
	}
	var b bytes.Buffer
	if err := godoc.Write(&b, sources); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

// userKernels is where Jupyter looks for the user's kernels.
func userKernels() (string, error) {
	if dir := os.Getenv("JUPYTER_DATA_DIR"); dir != "" {
		return filepath.Join(dir, "kernels"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(home, "Library", "Jupyter")); err == nil { // macOS
		return filepath.Join(home, "Library", "Jupyter", "kernels"), nil
	}
	data := os.Getenv("XDG_DATA_HOME")
	if data == "" {
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "jupyter", "kernels"), nil
}

// install writes the kernel's description for Jupyter.
func install(source, binary, specs string) error {
	dir := filepath.Join(specs, "gophernotes")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	logos, err := filepath.Glob(filepath.Join(source, "kernel", "logo-*.png"))
	if err != nil {
		return err
	}
	for _, path := range logos {
		logo, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), logo, 0o644); err != nil {
			return err
		}
	}
	var spec bytes.Buffer
	e := json.NewEncoder(&spec)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(map[string]any{
		"argv": []string{binary, "{connection_file}"}, "display_name": "Go (gophernotes with nst)",
		"language": "go", "interrupt_mode": "signal",
	}); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "kernel.json"), spec.Bytes(), 0o644); err != nil {
		return err
	}
	fmt.Printf("kernel gophernotes: %s, known to Jupyter by %s\n", binary, dir)
	return nil
}

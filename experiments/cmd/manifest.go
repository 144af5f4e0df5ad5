package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gonst/workbench/experiments/launch/kubernetes"
	"github.com/gonst/workbench/experiments/plan"
	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/sweep"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/spf13/cobra"
)

// manifest is what nst plan --manifest is told beside the configuration.
type manifest struct {
	engine, image, claim, mount string
}

// engines are the accepted values of --manifest.
var engines = []string{"k8s"}

func (m *manifest) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&m.engine, "manifest", "", "write a job for an `ENGINE` instead of the list, and prepare its runs: "+strings.Join(engines, ", "))
	f.StringVar(&m.image, "image", "", "with --manifest: the container's `IMAGE`, which has nst")
	f.StringVar(&m.claim, "claim", "", "with --manifest: `NAME` of the claim of the volume that all pods share")
	f.StringVar(&m.mount, "mount", "", "with --manifest: `DIR` where the volume is, here and in the pods")
}

// write prepares the missing runs in the results directory and prints the job that makes
// them.
func (m *manifest) write(cmd *cobra.Command, p *plan.Plan, o sweep.Options) error {
	if m.engine != "k8s" {
		return usage(fmt.Errorf("--manifest %s: found no such engine; expected one of: %s (other engines can start a command for each run: [launch] kind = \"command\")", m.engine, strings.Join(engines, ", ")))
	}
	if p.Search != nil {
		return usage(errors.New("--manifest: a search decides on its runs while it goes on; start several `nst sweep` on the shared directory instead"))
	}
	for _, f := range []struct{ name, value, what string }{
		{"image", m.image, "a container image that has nst, such as registry.example.org/nst:1"},
		{"claim", m.claim, "the PersistentVolumeClaim of the shared volume"},
		{"mount", m.mount, "the directory where the shared volume is, here and in the pods"},
	} {
		if f.value == "" {
			return usage(fmt.Errorf("--manifest k8s requires --%s: %s", f.name, f.what))
		}
	}
	mount, err := filepath.Abs(m.mount)
	if err != nil {
		return err
	}
	if err := m.shared(mount, p, o.Results); err != nil {
		return usage(err)
	}
	threads := max(1, o.Threads)
	_, largest, err := estimate(cmd.Context(), p, threads)
	if err != nil {
		return err
	}
	dir, names, err := sweep.Prepare(o.Results, p, version())
	if err != nil {
		return err
	}
	if len(names) == 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s done; there is nothing to start\n", p.Name, are(len(p.Runs)))
		return nil
	}
	list, err := writeList(dir, names)
	if err != nil {
		return err
	}
	memory := int(largest>>20) + 1
	job := kubernetes.Job{Name: p.Name, Image: m.image, Claim: m.claim, Mount: mount, Dir: dir, List: list, Runs: len(names),
		Parallel: cmp.Or(o.Jobs, p.Launch.Jobs), CPUs: threads, MemoryMB: memory, SpareMB: memory/2 + spareMB}
	_, err = cmd.OutOrStdout().Write(job.Manifest())
	return err
}

// shared checks that all files of a plan are below the shared volume.
func (m *manifest) shared(mount string, p *plan.Plan, results string) error {
	below := func(path string) error {
		abs, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		if rel, err := filepath.Rel(mount, abs); err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return fmt.Errorf("%s is not below --mount %s: the pods see only the shared volume", abs, mount)
		}
		return nil
	}
	if err := below(results); err != nil {
		return prefix.Errorf("", "--results: %w", err)
	}
	for _, r := range p.Runs {
		for _, f := range r.Config.Sources() {
			if err := below(*f.Path); err != nil {
				return prefix.Errorf("", "%s: %w", f.Role, err)
			}
		}
	}
	return nil
}

// writeList writes the names of runs into a file of the experiment's directory that stays as
// it is: pods of earlier jobs have lists of their own.
func writeList(dir string, names []string) (string, error) {
	at := filepath.Join(dir, result.LaunchDir)
	if err := os.MkdirAll(at, 0o777); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(at, "k8s-*.list")
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(strings.Join(names, "\n") + "\n")
	return f.Name(), errors.Join(err, f.Chmod(0o644), f.Close())
}

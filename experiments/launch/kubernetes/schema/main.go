// Command schema reads a manifest from its standard input and checks that it is a batch/v1
// Job of Kubernetes: every key must be known, and every value must have its type.
package main

import (
	"fmt"
	"io"
	"os"

	batch "k8s.io/api/batch/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	if err := check(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	var job batch.Job
	if err := yaml.UnmarshalStrict(data, &job); err != nil {
		return err
	}
	if job.APIVersion != "batch/v1" || job.Kind != "Job" {
		return fmt.Errorf("%s %s, want batch/v1 Job", job.APIVersion, job.Kind)
	}
	if job.Spec.CompletionMode == nil || *job.Spec.CompletionMode != batch.IndexedCompletion || job.Spec.Completions == nil {
		return fmt.Errorf("not an Indexed Job with a number of completions")
	}
	pod := job.Spec.Template.Spec
	for _, c := range pod.Containers {
		for name, q := range c.Resources.Requests {
			if q.Sign() <= 0 {
				return fmt.Errorf("the request of %s is %s", name, q.String())
			}
		}
		for _, m := range c.VolumeMounts {
			there := false
			for _, v := range pod.Volumes {
				there = there || v.Name == m.Name
			}
			if !there {
				return fmt.Errorf("no volume %q", m.Name)
			}
		}
	}
	fmt.Printf("%s: an Indexed Job of %d pods\n", job.Name, *job.Spec.Completions)
	return nil
}

// Package kubernetes writes the manifest of an Indexed Job of Kubernetes that makes the runs
// of an experiment.
package kubernetes

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// A Job makes one run in each of its pods. All pods see the experiment's directory, the
// pictures and the weights on one volume, which a claim names.
type Job struct {
	Name     string // of the experiment
	Image    string // of the container; it has nst on its PATH
	Claim    string // the PersistentVolumeClaim of the shared volume, which many pods may write
	Mount    string // where the volume is, in the pods as on this machine
	Dir      string // of the experiment, below Mount
	List     string // file with the name of a run in each line, below Mount
	Runs     int    // lines of the list
	Parallel int    // pods at a time; 0: as many as runs
	CPUs     int    // and threads, of a pod
	MemoryMB int    // that a run takes
	SpareMB  int    // above that, the limit
}

var unnamed = regexp.MustCompile(`[^a-z0-9]+`)

// name makes a name of Kubernetes: lower-case letters, digits and "-", at most 50.
func (j Job) name() string {
	name := strings.Trim(unnamed.ReplaceAllString(strings.ToLower(j.Name), "-"), "-")
	name = strings.TrimRight(name[:min(len(name), 46)], "-")
	return strings.TrimRight("nst-"+name, "-")
}

// Manifest returns the manifest as YAML. A pod whose node is lost is started again and does
// not count as a failure. A run that fails (exit statuses 1 and 2 of nst work) is not started
// again, because it would fail again.
func (j Job) Manifest() []byte {
	parallel := j.Parallel
	if parallel < 1 || parallel > j.Runs {
		parallel = j.Runs
	}
	// JSON's texts are YAML's, too.
	text := func(v any) string {
		b, _ := json.Marshal(v) // texts and lists of texts
		return string(b)
	}
	args := []string{"work", j.Dir, "--list", j.List, "--index", "$(JOB_COMPLETION_INDEX)", "--threads", fmt.Sprint(j.CPUs)}
	return fmt.Appendf(nil, `apiVersion: batch/v1
kind: Job
metadata:
  name: %[1]s
  labels:
    app.kubernetes.io/name: nst
spec:
  completionMode: Indexed
  completions: %[2]d
  parallelism: %[3]d
  backoffLimitPerIndex: 3
  podFailurePolicy:
    rules:
      - action: Ignore
        onPodConditions:
          - type: DisruptionTarget
            status: "True"
      - action: FailIndex
        onExitCodes:
          containerName: nst
          operator: In
          values: [1, 2]
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 60
      containers:
        - name: nst
          image: %[4]s
          command: ["nst"]
          args: %[5]s
          resources:
            requests:
              cpu: "%[6]d"
              memory: "%[7]dMi"
            limits:
              memory: "%[8]dMi"
          volumeMounts:
            - name: shared
              mountPath: %[9]s
      volumes:
        - name: shared
          persistentVolumeClaim:
            claimName: %[10]s
`, j.name(), j.Runs, parallel, text(j.Image), text(args), j.CPUs, j.MemoryMB, j.MemoryMB+j.SpareMB, text(j.Mount), text(j.Claim))
}

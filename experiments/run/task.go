package run

import "github.com/gonst/workbench/experiments/plan"

// A Task is one run to be made in an experiment's directory.
type Task struct {
	Dir string // results/<experiment>
	Run plan.Run
}

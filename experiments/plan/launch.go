package plan

import (
	"slices"
	"strings"

	"github.com/gonst/workbench/experiments/internal/field"
	"github.com/gonst/workbench/experiments/tree"
)

// Launch says where the runs of a plan are made. It is part of no run and of no identity:
// the results are the same everywhere.
type Launch struct {
	Kind    string   // one of LaunchKinds
	Jobs    int      // runs at a time; 0: the launcher's default
	Command []string // of "command": the words of a command line, with {dir} and {run}

	// Of "slurm".
	Partition string   // empty: the cluster's default
	Minutes   int      // time limit of a run; 0: from an estimate
	MemoryMB  int      // memory of a run; 0: from an estimate
	CPUs      int      // of a run; also its threads
	Options   []string // more options of sbatch
	Program   string   // nst on the nodes; empty: this program's path
}

// LaunchKinds are the accepted kinds of [launch].
var LaunchKinds = []string{"local", "command", "slurm"}

// fields visits the keys of [launch].
func (l *Launch) fields(visit func(field.Field)) {
	visit(field.Choice("kind", &l.Kind, "local", LaunchKinds...).
		Says("Where the runs are made: on this machine, by a command for each run, or as an array job of Slurm."))
	visit(field.Whole("jobs", &l.Jobs, 0, field.AtLeast(0)).
		Says("Runs at the same time. 0 leaves it to the launcher: this machine chooses, a command has 4, Slurm has no limit."))
	command, slurm := l.Kind == "command", l.Kind == "slurm"
	visit(field.Given(words("command", &l.Command), &l.Command, command, `kind = "command"`).
		Says("The words of the command that makes a run, such as [\"ssh\", \"node1\", \"nst\", \"work\", \"{dir}\", \"{run}\"]. No shell reads them. {dir} and {run} are filled in."))
	visit(field.Given(field.Text("partition", &l.Partition, ""), &l.Partition, slurm, `kind = "slurm"`).
		Says("Slurm's partition. Without it, the cluster's default."))
	visit(field.Given(field.Whole("minutes", &l.Minutes, 0, field.AtLeast(0)), &l.Minutes, slurm, `kind = "slurm"`).
		Says("Time limit of a run in minutes. 0 takes three times the estimate of a short trial. A run at its limit is continued by another job."))
	visit(field.Given(field.Whole("memory_mb", &l.MemoryMB, 0, field.AtLeast(0)), &l.MemoryMB, slurm, `kind = "slurm"`).
		Says("Memory of a run in MB. 0 takes the estimate of a short trial and half as much again."))
	visit(field.Given(field.Whole("cpus", &l.CPUs, 1, field.AtLeast(1)), &l.CPUs, slurm, `kind = "slurm"`).
		Says("Processors, and so threads, of a run."))
	visit(field.Given(words("options", &l.Options), &l.Options, slurm, `kind = "slurm"`).
		Says("More options of sbatch, such as [\"--account=lab\", \"--nice\"]."))
	visit(field.Given(field.Text("program", &l.Program, ""), &l.Program, slurm, `kind = "slurm"`).
		Says("Path of nst on the nodes. Without it, the path of the program that submits."))
}

// LaunchFields returns the keys of [launch], as for a kind.
func LaunchFields(kind string) field.Table {
	return func(visit func(field.Field)) {
		l := &Launch{Kind: kind}
		l.fields(visit)
	}
}

// words is a list of texts.
func words(name string, p *[]string) field.Field {
	return field.Of(name, "a list of words in quotes", p, nil, func(n *tree.Node) ([]string, *field.Error) {
		list, ok := n.Value.([]*tree.Node)
		if !ok || len(list) == 0 {
			return nil, &field.Error{At: n}
		}
		var all []string
		for _, e := range list {
			s, ok := e.Value.(string)
			if !ok || s == "" {
				return nil, &field.Error{At: e, Want: "a word in quotes"}
			}
			all = append(all, s)
		}
		return all, nil
	}, func(v []string) any {
		if v == nil {
			return nil
		}
		return v
	}).Accepts(field.ListOf(field.Schema{"type": "string"}))
}

// ofKind drops the file's keys of other kinds if a setting chooses the kind: --launch local
// makes runs here whatever the file says.
func ofKind(n *tree.Node) *tree.Node {
	if n == nil {
		return nil
	}
	t := n.Table()
	kind := t.Get("kind")
	if kind == nil || !strings.HasPrefix(kind.At.File, setFlag+" ") {
		return n
	}
	t = t.Clone()
	name, _ := kind.Value.(string)
	LaunchFields(name)(func(f field.Field) {
		if v := t.Get(f.Name); v != nil && f.Needs != "" && !strings.HasPrefix(v.At.File, setFlag+" ") {
			t.Drop(f.Name)
		}
	})
	return &tree.Node{Key: n.Key, At: n.At, Value: t}
}

// readLaunch reads the [launch] table.
func readLaunch(root *tree.Table, p *tree.Problems) Launch {
	var l Launch
	n := root.Get("launch")
	if n != nil && n.Table() == nil {
		p.Add(n.At, "launch", tree.Describe(n), "a table: [launch]")
		return l
	}
	n = ofKind(n)
	field.Read("launch", n, nil, l.fields, p)
	if l.Kind == "command" {
		joined := strings.Join(l.Command, " ")
		switch {
		case l.Command == nil:
			p.Add(n.Key, "launch.command", "no command", `command = ["ssh", "node1", "nst", "work", "{dir}", "{run}"]`)
		case !strings.Contains(joined, "{dir}") || !strings.Contains(joined, "{run}"):
			p.Add(n.Table().Get("command").At, "launch.command", "a command without {dir} or without {run}", "both: they name the experiment's directory and the run")
		}
	}
	for _, own := range []string{"--array", "-a", "--output", "-o", "--job-name", "-J", "--wrap", "--parsable"} {
		if slices.ContainsFunc(l.Options, func(o string) bool { return o == own || strings.HasPrefix(o, own+"=") }) {
			p.Add(n.Table().Get("options").At, "launch.options", "the option "+own, "options that nst does not set itself")
		}
	}
	return l
}

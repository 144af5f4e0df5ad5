package plan

import (
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
}

// LaunchKinds are the accepted kinds of [launch].
var LaunchKinds = []string{"local", "command"}

// fields visits the keys of [launch].
func (l *Launch) fields(visit func(field.Field)) {
	visit(field.Choice("kind", &l.Kind, "local", LaunchKinds...).
		Says("Where the runs are made: on this machine, or by a command for each run."))
	visit(field.Whole("jobs", &l.Jobs, 0, field.AtLeast(0)).
		Says("Runs at the same time. 0 leaves it to the launcher: this machine chooses, a command has 4."))
	visit(field.Given(words("command", &l.Command), &l.Command, l.Kind == "command", `kind = "command"`).
		Says("The words of the command that makes a run, such as [\"ssh\", \"node1\", \"nst\", \"work\", \"{dir}\", \"{run}\"]. No shell reads them. {dir} and {run} are filled in."))
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

// readLaunch reads the [launch] table.
func readLaunch(root *tree.Table, p *tree.Problems) Launch {
	var l Launch
	n := root.Get("launch")
	if n != nil && n.Table() == nil {
		p.Add(n.At, "launch", tree.Describe(n), "a table: [launch]")
		return l
	}
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
	return l
}

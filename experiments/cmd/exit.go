package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unicode"

	"github.com/gonst/workbench/experiments/internal/mistake"
	"github.com/gonst/workbench/experiments/tree"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/weights"
	"github.com/spf13/cobra"
)

// Exit statuses; docs/commands.md lists them.
const (
	exitDone        = 0
	exitFailed      = 1   // a run failed, or something could not be read, written or reached
	exitUsage       = 2   // the command line or a configuration is wrong
	exitAgain       = 75  // nst work: another process makes the run; try again later (EX_TEMPFAIL)
	exitInterrupted = 130 // stopped by Ctrl-C or SIGTERM; all is saved
)

// A statusError ends the command with a status of its own; err may be nil when
// all has been said.
type statusError struct {
	code int
	err  error
}

func (e *statusError) Error() string { return fmt.Sprintf("status %d: %v", e.code, e.err) }
func (e *statusError) Unwrap() error { return e.err }

// usage is an error of the command line.
func usage(err error) error { return &statusError{exitUsage, err} }

// mistakes are the errors, besides those that are marked, which the user corrects: a
// name leads to nothing, to something of another kind, or to what must not be replaced.
var mistakes = []error{
	fs.ErrNotExist, fs.ErrExist, syscall.ENOTDIR, syscall.EISDIR,
	weights.ErrFormat, weights.ErrUnsupported, weights.ErrNotFound, weights.ErrAmbiguous, weights.ErrOutput,
}

// withStatus gives the errors of a command's work their status. Errors that cobra finds
// before the work begins are errors of usage.
func withStatus(cmd *cobra.Command) {
	if work := cmd.RunE; work != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			err := plainNames(cmd, args)
			if err == nil {
				err = work(cmd, args)
			}
			if known := (*statusError)(nil); err == nil || errors.As(err, &known) {
				return err
			}
			return &statusError{statusOf(err), err}
		}
	}
	for _, sub := range cmd.Commands() {
		withStatus(sub)
	}
}

// plainNames refuses names with control characters, as the keys of configurations refuse
// paths with them: they would break the lines of messages, tables and pages. It refuses empty
// names, too, as a script gives them whose variable is not set.
func plainNames(cmd *cobra.Command, args []string) error {
	names := slices.Clone(args)
	for _, flag := range []string{"results", "to", "out", "output", "dir", "from", "list", "preset"} {
		name, err := cmd.Flags().GetString(flag)
		if err != nil { // the command does not have the flag
			continue
		}
		if name == "" && cmd.Flags().Changed(flag) {
			return mistake.Errorf("--%s: found an empty name; leave --%s out, or give it a name", flag, flag)
		}
		names = append(names, name)
	}
	if slices.Contains(args, "") {
		return mistake.Errorf("found an empty argument; expected a name")
	}
	for _, a := range names {
		if strings.ContainsFunc(a, unicode.IsControl) {
			return mistake.Errorf("found a control character in the argument %q; expected a name without them", a)
		}
	}
	return nil
}

// flagError says what a flag accepts where the error of its value is strconv's.
func flagError(cmd *cobra.Command, err error) error {
	text := prefix.Text(err)
	if number := (*strconv.NumError)(nil); errors.As(err, &number) {
		kinds := map[string]string{"ParseInt": "a whole number", "ParseUint": "a whole number of at least 0", "ParseFloat": "a number", "ParseBool": "true or false"}
		if kind := kinds[number.Func]; kind != "" {
			if errors.Is(number, strconv.ErrRange) {
				kind += " that is not so large"
			}
			text = strings.TrimSuffix(text, prefix.Text(number)) + "expected " + kind
		}
	}
	return fmt.Errorf("%s; `%s --help` lists the flags", text, cmd.CommandPath())
}

// whyMissing says why the path of an error leads to nothing; "" if it is not known.
func whyMissing(err error) string {
	if e := (*fs.PathError)(nil); errors.As(err, &e) && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist)) {
		return tree.WhyMissing(e.Path)
	}
	return ""
}

// visible writes control characters as escapes; a message may have several lines. Names and
// texts of files are in messages, and a terminal would obey them.
func visible(message string) string {
	var b strings.Builder
	for _, r := range message {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			fmt.Fprintf(&b, `\x%02x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func statusOf(err error) int {
	if mistake.Is(err) || slices.ContainsFunc(mistakes, func(m error) bool { return errors.Is(err, m) }) {
		return exitUsage
	}
	return exitFailed
}

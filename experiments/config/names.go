package config

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Names become names of files, columns of tables and series of the page. The rules here
// hold for all systems: a name that one of them cannot have, or cannot tell from
// another, is rejected everywhere.

// goodName matches names that every file system accepts as a directory, and that are
// not hidden.
var goodName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.=+,-]{0,198}[A-Za-z0-9_=+,-])?$`)

const nameWant = "a name of at most 200 characters, which are the letters a-z and A-Z, digits and _ . = + , - that begins with a letter, a digit or _ and does not end with a dot (it becomes a directory)"

// goodLossName matches the names of losses.
var goodLossName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]{0,39}$`)

// ReservedColumns are the columns of the tables of results that no term of the objective
// makes, so that no loss may have their names.
var ReservedColumns = []string{
	"step", "steps", "evaluations", "rate", "total", "stage", "seconds",
	"run", "name", "id", "status", "problem", "error", "experiment",
}

// plotSuffix ends the names of the plots over evaluations.
const plotSuffix = "-evaluations"

// lossNameFault explains why a loss cannot have a name. It returns empty texts if it can.
func lossNameFault(name string) (found, want string) {
	folded := Fold(name)
	switch {
	case !goodLossName.MatchString(name):
		return "", "a name of at most 40 characters, which are the letters a-z and A-Z, digits, _ and - that does not begin with - (it heads a column of metrics.csv)"
	case slices.Contains(ReservedColumns, folded):
		return ", which is a column of the results", "another name, such as my_" + folded
	case strings.HasSuffix(folded, plotSuffix):
		return ", which is the plot of a loss over evaluations", "a name that does not end with " + plotSuffix
	case IsDevice(name):
		return ", which Windows reserves for a device", "another name (it becomes the name of a plot)"
	}
	return "", ""
}

// Fold returns the same text for names that some file systems take for one: names that
// differ only in upper and lower case or in their Unicode normal form.
func Fold(name string) string { return strings.ToLower(norm.NFC.String(name)) }

// device matches the names that Windows reserves, with any ending.
var device = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$)(\..*)?$`)

// IsDevice reports whether Windows takes a file name for a device.
func IsDevice(name string) bool { return device.MatchString(strings.TrimRight(name, " .")) }

var unsafeRunes = regexp.MustCompile(`[^A-Za-z0-9_.=+,-]+`)

// SafeName makes a valid directory name from any text. Different texts can get the same
// name; see UniqueName.
func SafeName(s string) string {
	s = strings.Trim(unsafeRunes.ReplaceAllString(norm.NFC.String(s), "-"), "-.")
	s = strings.TrimLeft(s, "=+,-.")
	if s == "" {
		return "run"
	}
	if IsDevice(s) {
		return "run-" + s
	}
	return s
}

// UniqueName is SafeName with a short hash of the text if the name is not the text itself,
// so that different texts get different names.
func UniqueName(s string) string {
	name := SafeName(s)
	if name == s {
		return name
	}
	sum := sha256.Sum256([]byte(norm.NFC.String(s)))
	return name + "-" + hex.EncodeToString(sum[:3])
}

// nameOfFile makes the name of an experiment from the name of its file.
func nameOfFile(file string) string {
	if preset, ok := strings.CutPrefix(file, "preset:"); ok {
		return SafeName("preset-" + preset)
	}
	base := filepath.Base(file)
	name := UniqueName(strings.TrimSuffix(base, filepath.Ext(base)))
	return name[max(0, len(name)-200):]
}

// Package vote asks people which of two pictures of an experiment is better, keeps their
// votes beside the runs, and ranks the runs by them.
package vote

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
	"unicode/utf8"

	"github.com/gonst/workbench/experiments/internal/mistake"
)

// File is the file of the votes in an experiment's directory: a JSON object on each line.
// Lines are only ever added.
const File = "votes.jsonl"

// Choice is the answer to "which picture is better?".
type Choice string

const (
	Left  Choice = "left"
	Right Choice = "right"
	Equal Choice = "equal"
)

// A Vote is one answer.
type Vote struct {
	Time   time.Time `json:"time"`
	Voter  string    `json:"voter"`
	Left   string    `json:"left"` // identities of runs
	Right  string    `json:"right"`
	Choice Choice    `json:"choice"`
}

const (
	maxVoter = 100 // bytes
	maxLine  = 4096
)

// Validate returns an error for a vote that cannot be counted.
func (v Vote) Validate() error {
	switch {
	case v.Choice != Left && v.Choice != Right && v.Choice != Equal:
		return mistake.Errorf("the choice %.20q: expected left, right or equal", string(v.Choice))
	case v.Left == "" || v.Right == "" || v.Left == v.Right:
		return mistake.Errorf("a vote is about two runs, found %.20q and %.20q", v.Left, v.Right)
	case v.Voter == "" || len(v.Voter) > maxVoter || !utf8.ValidString(v.Voter):
		return mistake.Errorf("the voter %.20q: expected a name of 1 to %d bytes of UTF-8", v.Voter, maxVoter)
	}
	return nil
}

// Append adds a vote to an experiment's directory. Several programs may append at the same
// time: each vote is one write at the end of the file. When Append returns nil, the vote
// is on the disk.
func Append(dir string, v Vote) error {
	if err := v.Validate(); err != nil {
		return err
	}
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(line) >= maxLine {
		return mistake.Errorf("a vote of %d bytes: at most %d are accepted", len(line), maxLine)
	}
	f, err := os.OpenFile(filepath.Join(dir, File), os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if !endsLine(f) { // a program was stopped while it wrote
		line = append([]byte{'\n'}, line...)
	}
	_, err = f.Write(line)
	return errors.Join(err, f.Sync(), f.Close())
}

func endsLine(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return true
	}
	var last [1]byte
	_, err = f.ReadAt(last[:], info.Size()-1)
	return err != nil || last[0] == '\n'
}

// Read returns the votes of an experiment's directory in the order of the file, none if
// there is no file. Lines that are no votes are left out; warnings name them.
func Read(dir string) (votes []Vote, warnings []string, err error) {
	f, err := os.Open(filepath.Join(dir, File))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	} else if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return parse(f)
}

func parse(from io.Reader) (votes []Vote, warnings []string, err error) {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, maxLine), 1<<20)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var v Vote
		err := json.Unmarshal(lines.Bytes(), &v)
		if err == nil {
			err = v.Validate()
		}
		if err != nil {
			warnings = append(warnings, fmt.Sprintf("%s:%d: %v; the line is ignored", File, n, err))
			continue
		}
		votes = append(votes, v)
	}
	return votes, warnings, lines.Err()
}

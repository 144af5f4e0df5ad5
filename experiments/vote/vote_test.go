package vote

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/internal/mistake"
)

func vote(k int) Vote {
	return Vote{Time: time.Unix(int64(k), 0).UTC(), Voter: "ann", Left: "a", Right: fmt.Sprint("b", k), Choice: Left}
}

func TestAppendAtTheSameTime(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for k := range 40 {
		all.Go(func() {
			if err := Append(dir, vote(k)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	votes, warnings, err := Read(dir)
	if err != nil || len(warnings) > 0 || len(votes) != 40 {
		t.Fatalf("%d votes, %q, %v", len(votes), warnings, err)
	}
}

// A program that was stopped while it wrote leaves half a line: that line alone is lost.
func TestHalfALine(t *testing.T) {
	dir := t.TempDir()
	if votes, warnings, err := Read(dir); votes != nil || warnings != nil || err != nil {
		t.Fatalf("without a file: %v, %q, %v", votes, warnings, err)
	}
	must(t, Append(dir, vote(1)))
	f, err := os.OpenFile(filepath.Join(dir, File), os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteString(`{"time":"2020-01`)
	must(t, err)
	must(t, f.Close())
	must(t, Append(dir, vote(2)))
	votes, warnings, err := Read(dir)
	if err != nil || len(votes) != 2 || votes[1] != vote(2) || len(warnings) != 1 || !strings.HasPrefix(warnings[0], "votes.jsonl:2: ") {
		t.Errorf("%v, %q, %v", votes, warnings, err)
	}
}

func TestBadVotes(t *testing.T) {
	dir := t.TempDir()
	for name, change := range map[string]func(*Vote){
		"choice":   func(v *Vote) { v.Choice = "both" },
		"one run":  func(v *Vote) { v.Right = v.Left },
		"no run":   func(v *Vote) { v.Left = "" },
		"no voter": func(v *Vote) { v.Voter = "" },
		"a book":   func(v *Vote) { v.Voter = strings.Repeat("n", 101) },
		"binary":   func(v *Vote) { v.Voter = "\xff" },
		"long":     func(v *Vote) { v.Left = strings.Repeat("a", 5000) },
	} {
		v := vote(1)
		change(&v)
		if err := Append(dir, v); !mistake.Is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, File)); err == nil {
		t.Error("a refused vote made the file")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"time":"2020-01-02T03:04:05Z","voter":"ann","left":"a","right":"b","choice":"equal"}` + "\n\n{}")
	f.Fuzz(func(t *testing.T, text string) {
		votes, _, _ := parse(strings.NewReader(text))
		for _, v := range votes {
			if err := v.Validate(); err != nil {
				t.Errorf("%+v: %v", v, err)
			}
		}
		Rank([]string{"a", "b"}, votes)
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

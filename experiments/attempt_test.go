package experiments

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/gonst/workbench/experiments/result"
)

// fill writes a file there, with its directories.
func fill(t *testing.T, data string, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(data), 0o666); err != nil {
		t.Fatal(err)
	}
}

func contentOf(t *testing.T, path ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// interrupted leaves an attempt as a killed process leaves it: a checkpoint of
// some step, and rows and a frame beyond it.
func interrupted(t *testing.T, s store, step int, identity string) *attempt {
	t.Helper()
	a, err := s.begin("r", identity, true)
	if err != nil {
		t.Fatal(err)
	}
	kept := "step,total\n1,9\n2,8\n"[:len("step,total\n")+4*step]
	fill(t, kept+"7,1\n8,", a.dir, result.MetricsFile)
	fill(t, "step,seconds\n1,0.5\n2,0.6\n7,0.7\n8", a.dir, result.TimesFile)
	fill(t, "early", a.dir, result.FramesDir, frameName(1))
	fill(t, "late", a.dir, result.FramesDir, frameName(7))
	fill(t, "picture", a.dir, result.ImageFile)
	fill(t, "began\n", a.dir, result.LogFile)
	err = writeSavepoint(a.path(result.CheckpointFile), &savepoint{Identity: identity, Step: step,
		Metrics: int64(len(kept)), MetricsSum: sum256([]byte(kept))}, rawState{byte(step)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSavepointTornAnywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), result.CheckpointFile)
	want := savepoint{Identity: "ab12", Step: 7, Metrics: 3, MetricsSum: "00", state: []byte("the state\nof it")}
	if err := writeSavepoint(path, &want, rawState(want.state)); err != nil {
		t.Fatal(err)
	}
	got, err := readSavepoint(path)
	if err != nil || got.Step != 7 || string(got.state) != string(want.state) || got.Identity != "ab12" {
		t.Fatalf("read back %+v, %v", got, err)
	}
	whole := contentOf(t, path)
	for i := range len(whole) {
		fill(t, whole[:i], path)
		if _, err := readSavepoint(path); !errors.Is(err, errTorn) {
			t.Errorf("cut at byte %d: %v", i, err)
		}
		fill(t, whole[:i]+string(whole[i]^4)+whole[i+1:], path)
		if _, err := readSavepoint(path); !errors.Is(err, errTorn) {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
}

func TestBeginContinuesFromNewestWhole(t *testing.T) {
	s := store{t.TempDir()}
	interrupted(t, s, 1, "id")
	newest := interrupted(t, s, 2, "id")
	interrupted(t, s, 1, "id")

	a, err := s.begin("r", "id", false)
	if err != nil || a.from == nil || a.from.Step != 2 || string(a.from.state) != "\x02" {
		t.Fatalf("continues from %+v, %v", a.from, err)
	}
	if got := contentOf(t, a.dir, result.MetricsFile); got != "step,total\n1,9\n2,8\n" {
		t.Errorf("metrics carried over: %q", got)
	}
	if got := contentOf(t, a.dir, result.TimesFile); got != "step,seconds\n1,0.5\n2,0.6\n" {
		t.Errorf("times carried over: %q", got)
	}
	if _, err := os.Stat(a.path(result.FramesDir, frameName(7))); err == nil {
		t.Error("a frame beyond the checkpoint was carried over")
	}
	if contentOf(t, a.dir, result.FramesDir, frameName(1)) != "early" || contentOf(t, a.dir, result.ImageFile) != "picture" {
		t.Error("pictures were not carried over")
	}
	if _, err := readSavepoint(a.path(result.CheckpointFile)); err != nil {
		t.Error(err)
	}

	// Without the new attempt, and with the newest torn, the next best is taken.
	os.RemoveAll(a.dir)
	os.Truncate(newest.path(result.CheckpointFile), 40)
	if a, err = s.begin("r", "id", false); err != nil || a.from == nil || a.from.Step != 1 {
		t.Fatalf("continues from %+v, %v", a.from, err)
	}
	// Another identity's checkpoints are of no use.
	if a, err = s.begin("r", "other", false); err != nil || a.from != nil || !strings.Contains(a.note, "another configuration") {
		t.Fatalf("began from %+v with note %q, %v", a.from, a.note, err)
	}
}

func TestBeginMistrustsChangedMetrics(t *testing.T) {
	s := store{t.TempDir()}
	old := interrupted(t, s, 2, "id")
	fill(t, "step,total\n1,9\n2,7\n", old.dir, result.MetricsFile)
	a, err := s.begin("r", "id", false)
	if err != nil || a.from != nil || !strings.Contains(a.note, result.MetricsFile) {
		t.Fatalf("began from %+v with note %q, %v", a.from, a.note, err)
	}
}

func TestFirstToPublishWins(t *testing.T) {
	s := store{t.TempDir()}
	const n = 8
	var attempts [n]*attempt
	for i := range attempts {
		a, err := s.begin("r", "id", true)
		if err != nil {
			t.Fatal(err)
		}
		fill(t, string(rune('a'+i)), a.dir, result.RunFile)
		attempts[i] = a
	}
	var wins [n]bool
	var all sync.WaitGroup
	for i, a := range attempts {
		all.Go(func() {
			won, err := s.publish(a, "r")
			if err != nil {
				t.Error(err)
			}
			wins[i] = won
		})
	}
	all.Wait()
	winner := -1
	for i, won := range wins {
		if won && winner >= 0 {
			t.Errorf("%d and %d both won", winner, i)
		}
		if won {
			winner = i
		}
	}
	if winner < 0 || contentOf(t, s.published("r"), result.RunFile) != string(rune('a'+winner)) {
		t.Errorf("the winner is %d, published is %q", winner, contentOf(t, s.published("r"), result.RunFile))
	}
	if left := s.listAttempts("r"); len(left) > 0 {
		t.Errorf("losers left %v", left)
	}
	s.tidy("r")
	if _, err := os.Stat(filepath.Join(s.dir, result.AttemptsDir)); err == nil {
		t.Error("tidy left the attempts' directory")
	}
}

func TestPublishOntoSomethingElse(t *testing.T) {
	s := store{t.TempDir()}
	fill(t, "mine", s.published("r"), "notes.txt")
	a, err := s.begin("r", "id", true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.publish(a, "r"); err == nil || !strings.Contains(err.Error(), "in the way") {
		t.Errorf("published onto a foreign directory: %v", err)
	}
	if contentOf(t, s.published("r"), "notes.txt") != "mine" {
		t.Error("the foreign file is gone")
	}
	if _, err := os.Stat(a.dir); err != nil {
		t.Error("the attempt was lost")
	}
}

func TestTidyKeepsWhatIsNotPublished(t *testing.T) {
	s := store{t.TempDir()}
	a := interrupted(t, s, 1, "id")
	s.tidy("r")
	if _, err := os.Stat(a.path(result.CheckpointFile)); err != nil {
		t.Error("the attempt of an unpublished run was removed")
	}
}

func TestPutAside(t *testing.T) {
	s := store{t.TempDir()}
	for _, content := range []string{"first", "second"} {
		fill(t, content, s.published("r"), result.RunFile)
		to, err := s.putAside("r")
		if err != nil || contentOf(t, to, result.RunFile) != content {
			t.Fatalf("put aside to %q: %v", to, err)
		}
	}
	if s.isPublished("r") {
		t.Error("still published")
	}
}

func TestClaim(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	first, err := takeClaim(dir)
	if err != nil || !first.proof {
		t.Fatal(err)
	}
	if _, err := takeClaim(dir); !errors.Is(err, errElsewhere) {
		t.Errorf("claimed twice: %v", err)
	}
	if who := claimedBy(dir); who != whoami() {
		t.Errorf("claimed by %q", who)
	}
	// Its holder removes the lock file with all the rest: the name is free, and
	// a claim on the new file does not come in the way of the old.
	if runtime.GOOS == "windows" { // no file goes away there that somebody has open
		first.release()
	}
	os.RemoveAll(dir)
	second, err := takeClaim(dir)
	if err != nil {
		t.Fatal(err)
	}
	first.release()
	if _, err := takeClaim(dir); !errors.Is(err, errElsewhere) {
		t.Errorf("claimed twice: %v", err)
	}
	second.release()
	second.release()
	third, err := takeClaim(dir)
	if err != nil {
		t.Fatal(err)
	}
	third.release()
}

// fullDisk makes every write to files of that name fail after some bytes.
func fullDisk(t *testing.T, name string, after int) {
	t.Helper()
	before := faulty
	faulty = func(path string, w io.Writer) io.Writer {
		if filepath.Base(path) != name {
			return before(path, w)
		}
		return &shortWriter{w, after}
	}
	t.Cleanup(func() { faulty = before })
}

type shortWriter struct {
	w    io.Writer
	room int
}

func (s *shortWriter) Write(p []byte) (int, error) {
	n, err := s.w.Write(p[:min(len(p), s.room)])
	if s.room -= n; err == nil && n < len(p) {
		err = &os.PathError{Op: "write", Path: "somewhere", Err: syscall.ENOSPC}
	}
	return n, err
}

// A disk that is full while an attempt begins is no reason to begin anew.
func TestFullDiskAtTheBeginning(t *testing.T) {
	s := store{t.TempDir()}
	old := interrupted(t, s, 2, "id")
	fullDisk(t, result.MetricsFile, 5)
	if a, err := s.begin("r", "id", false); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("began %+v, %v", a, err)
	}
	if left := s.listAttempts("r"); len(left) != 1 || left[0] != old.dir {
		t.Errorf("left %v", left)
	}
}

func TestFullDiskKeepsTheOldCheckpoint(t *testing.T) {
	s := store{t.TempDir()}
	a := interrupted(t, s, 1, "id")
	fullDisk(t, result.CheckpointFile, 30)
	err := writeSavepoint(a.path(result.CheckpointFile), &savepoint{Identity: "id", Step: 2}, rawState(nil))
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("wrote onto a full disk: %v", err)
	}
	if point, err := readSavepoint(a.path(result.CheckpointFile)); err != nil || point.Step != 1 {
		t.Errorf("the old checkpoint is %+v, %v", point, err)
	}
	entries, _ := os.ReadDir(a.dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			t.Errorf("left %s", e.Name())
		}
	}
}

// rawState is a state of bytes.
type rawState []byte

func (s rawState) Size() int { return len(s) }

func (s rawState) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(s)
	return int64(n), err
}

package store

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
	"time"

	"github.com/gonst/workbench/experiments/internal/digest"
	"github.com/gonst/workbench/experiments/internal/disk"
	"github.com/gonst/workbench/experiments/internal/fixture"
	"github.com/gonst/workbench/experiments/result"
)

// interrupted leaves an attempt as a killed process leaves it: a checkpoint of
// some step, and rows and a frame beyond it.
func interrupted(t *testing.T, s Store, step int, identity string) *Attempt {
	t.Helper()
	a, err := s.Begin("r", identity, true)
	if err != nil {
		t.Fatal(err)
	}
	kept := "step,total\n1,9\n2,8\n"[:len("step,total\n")+4*step]
	fixture.Fill(t, kept+"7,1\n8,", a.Dir, result.MetricsFile)
	fixture.Fill(t, "step,seconds\n1,0.5\n2,0.6\n7,0.7\n8", a.Dir, result.TimesFile)
	fixture.Fill(t, "early", a.Dir, result.FramesDir, FrameName(1))
	fixture.Fill(t, "late", a.Dir, result.FramesDir, FrameName(7))
	fixture.Fill(t, "picture", a.Dir, result.ImageFile)
	fixture.Fill(t, "began\n", a.Dir, result.LogFile)
	err = WriteSavepoint(a.Path(result.CheckpointFile), &Savepoint{Identity: identity, Step: step,
		Metrics: int64(len(kept)), MetricsSum: digest.Bytes([]byte(kept))}, rawState{byte(step)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func stateOf(t *testing.T, s *Savepoint) string {
	t.Helper()
	state, err := s.State()
	if err != nil {
		t.Fatal(err)
	}
	return string(state)
}

// Reading the status of runs does not load their states into memory.
func TestReadSavepointHoldsNoState(t *testing.T) {
	path := filepath.Join(t.TempDir(), result.CheckpointFile)
	const size = 32 << 20
	if err := WriteSavepoint(path, &Savepoint{Step: 1}, rawState(make([]byte, size))); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := readSavepoint(path); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > size/8 {
		t.Errorf("%d bytes were allocated to look at a state of %d", took, size)
	}
}

func TestSavepointTornAnywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), result.CheckpointFile)
	want := Savepoint{Identity: "ab12", Step: 7, Metrics: 3, MetricsSum: "00"}
	const state = "the state\nof it"
	if err := WriteSavepoint(path, &want, rawState(state)); err != nil {
		t.Fatal(err)
	}
	got, err := readSavepoint(path)
	if err != nil || got.Step != 7 || stateOf(t, got) != state || got.Identity != "ab12" {
		t.Fatalf("read back %+v, %v", got, err)
	}
	whole := fixture.ContentOf(t, path)
	for i := range len(whole) {
		fixture.Fill(t, whole[:i], path)
		if _, err := readSavepoint(path); !errors.Is(err, errTorn) {
			t.Errorf("cut at byte %d: %v", i, err)
		}
		fixture.Fill(t, whole[:i]+string(whole[i]^4)+whole[i+1:], path)
		if _, err := readSavepoint(path); !errors.Is(err, errTorn) {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
}

// An attempt has the state that it continues from, even if the old attempt is gone.
func TestStateOutlivesItsAttempt(t *testing.T) {
	s := Store{t.TempDir()}
	interrupted(t, s, 2, "id")
	a, err := s.Begin("r", "id", false)
	if err != nil || a.From == nil {
		t.Fatalf("%+v, %v", a, err)
	}
	s.Prune("r", a)
	if got := stateOf(t, a.From); got != "\x02" {
		t.Errorf("the state is %q", got)
	}
}

func TestBeginContinuesFromNewestWhole(t *testing.T) {
	s := Store{t.TempDir()}
	interrupted(t, s, 1, "id")
	newest := interrupted(t, s, 2, "id")
	interrupted(t, s, 1, "id")

	a, err := s.Begin("r", "id", false)
	if err != nil {
		t.Fatal(err)
	}
	if a.From == nil || a.From.Step != 2 || stateOf(t, a.From) != "\x02" {
		t.Fatalf("continues from %+v, %v", a.From, err)
	}
	if got := fixture.ContentOf(t, a.Dir, result.MetricsFile); got != "step,total\n1,9\n2,8\n" {
		t.Errorf("metrics carried over: %q", got)
	}
	if got := fixture.ContentOf(t, a.Dir, result.TimesFile); got != "step,seconds\n1,0.5\n2,0.6\n" {
		t.Errorf("times carried over: %q", got)
	}
	if _, err := os.Stat(a.Path(result.FramesDir, FrameName(7))); err == nil {
		t.Error("a frame beyond the checkpoint was carried over")
	}
	if fixture.ContentOf(t, a.Dir, result.FramesDir, FrameName(1)) != "early" || fixture.ContentOf(t, a.Dir, result.ImageFile) != "picture" {
		t.Error("pictures were not carried over")
	}
	if _, err := readSavepoint(a.Path(result.CheckpointFile)); err != nil {
		t.Error(err)
	}

	// Without the new attempt, and if the newest is torn, the next best is used.
	os.RemoveAll(a.Dir)
	os.Truncate(newest.Path(result.CheckpointFile), 40)
	if a, err = s.Begin("r", "id", false); err != nil || a.From == nil || a.From.Step != 1 {
		t.Fatalf("continues from %+v, %v", a.From, err)
	}
	// Checkpoints of another identity cannot be used.
	if a, err = s.Begin("r", "other", false); err != nil || a.From != nil || !strings.Contains(a.Note, "another configuration") {
		t.Fatalf("began from %+v with note %q, %v", a.From, a.Note, err)
	}
}

func TestBeginMistrustsChangedMetrics(t *testing.T) {
	s := Store{t.TempDir()}
	old := interrupted(t, s, 2, "id")
	fixture.Fill(t, "step,total\n1,9\n2,7\n", old.Dir, result.MetricsFile)
	a, err := s.Begin("r", "id", false)
	if err != nil || a.From != nil || !strings.Contains(a.Note, result.MetricsFile) {
		t.Fatalf("began from %+v with note %q, %v", a.From, a.Note, err)
	}
}

func TestFirstToPublishWins(t *testing.T) {
	s := Store{t.TempDir()}
	const n = 8
	var attempts [n]*Attempt
	for i := range attempts {
		a, err := s.Begin("r", "id", true)
		if err != nil {
			t.Fatal(err)
		}
		fixture.Fill(t, string(rune('a'+i)), a.Dir, result.RunFile)
		attempts[i] = a
	}
	var wins [n]bool
	var all sync.WaitGroup
	for i, a := range attempts {
		all.Go(func() {
			won, err := s.Publish(a, "r")
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
	if winner < 0 || fixture.ContentOf(t, s.Published("r"), result.RunFile) != string(rune('a'+winner)) {
		t.Errorf("the winner is %d, published is %q", winner, fixture.ContentOf(t, s.Published("r"), result.RunFile))
	}
	if left := s.listAttempts("r"); len(left) > 0 {
		t.Errorf("losers left %v", left)
	}
	s.Tidy("r")
	if _, err := os.Stat(filepath.Join(s.Dir, result.AttemptsDir)); err == nil {
		t.Error("tidy left the attempts' directory")
	}
}

func TestPublishOntoSomethingElse(t *testing.T) {
	s := Store{t.TempDir()}
	fixture.Fill(t, "mine", s.Published("r"), "notes.txt")
	a, err := s.Begin("r", "id", true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(a, "r"); err == nil || !strings.Contains(err.Error(), "in the way") {
		t.Errorf("published onto a foreign directory: %v", err)
	}
	if fixture.ContentOf(t, s.Published("r"), "notes.txt") != "mine" {
		t.Error("the foreign file is gone")
	}
	if _, err := os.Stat(a.Dir); err != nil {
		t.Error("the attempt was lost")
	}
}

func TestTidyKeepsWhatIsNotPublished(t *testing.T) {
	s := Store{t.TempDir()}
	a := interrupted(t, s, 1, "id")
	s.Tidy("r")
	if _, err := os.Stat(a.Path(result.CheckpointFile)); err != nil {
		t.Error("the attempt of an unpublished run was removed")
	}
}

func TestPutAside(t *testing.T) {
	s := Store{t.TempDir()}
	for _, content := range []string{"first", "second"} {
		fixture.Fill(t, content, s.Published("r"), result.RunFile)
		to, err := s.PutAside("r")
		if err != nil || fixture.ContentOf(t, to, result.RunFile) != content {
			t.Fatalf("put aside to %q: %v", to, err)
		}
	}
	if s.IsPublished("r") {
		t.Error("still published")
	}
}

func TestClaim(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	first, err := Take(dir)
	if err != nil || !first.Proof {
		t.Fatal(err)
	}
	if _, err := Take(dir); !errors.Is(err, ErrElsewhere) {
		t.Errorf("claimed twice: %v", err)
	}
	if who, ok := result.ReadHolder(dir); !ok || who.PID != result.Self().PID || who.Host != result.Self().Host || time.Since(who.At) > time.Minute {
		t.Errorf("claimed by %q", who)
	}
	// The holder removes the lock file with everything else: the name is free, and a
	// claim on the new file does not conflict with the old claim.
	if runtime.GOOS == "windows" { // Windows does not remove a file that is open
		first.Release()
	}
	os.RemoveAll(dir)
	second, err := Take(dir)
	if err != nil {
		t.Fatal(err)
	}
	first.Release()
	if _, err := Take(dir); !errors.Is(err, ErrElsewhere) {
		t.Errorf("claimed twice: %v", err)
	}
	second.Release()
	second.Release()
	third, err := Take(dir)
	if err != nil {
		t.Fatal(err)
	}
	third.Release()
}

// fullDisk makes every write to files of that name fail after some bytes.
func fullDisk(t *testing.T, name string, after int) {
	t.Helper()
	before := disk.Faulty
	disk.Faulty = func(path string, w io.Writer) io.Writer {
		if filepath.Base(path) != name {
			return before(path, w)
		}
		return &shortWriter{w, after}
	}
	t.Cleanup(func() { disk.Faulty = before })
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

// If the disk is full when an attempt begins, the run does not start from the
// beginning.
func TestFullDiskAtTheBeginning(t *testing.T) {
	s := Store{t.TempDir()}
	old := interrupted(t, s, 2, "id")
	fullDisk(t, result.MetricsFile, 5)
	if a, err := s.Begin("r", "id", false); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("began %+v, %v", a, err)
	}
	if left := s.listAttempts("r"); len(left) != 1 || left[0] != old.Dir {
		t.Errorf("left %v", left)
	}
}

func TestFullDiskKeepsTheOldCheckpoint(t *testing.T) {
	s := Store{t.TempDir()}
	a := interrupted(t, s, 1, "id")
	fullDisk(t, result.CheckpointFile, 30)
	err := WriteSavepoint(a.Path(result.CheckpointFile), &Savepoint{Identity: "id", Step: 2}, rawState(nil))
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("wrote onto a full disk: %v", err)
	}
	if point, err := readSavepoint(a.Path(result.CheckpointFile)); err != nil || point.Step != 1 {
		t.Errorf("the old checkpoint is %+v, %v", point, err)
	}
	entries, _ := os.ReadDir(a.Dir)
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

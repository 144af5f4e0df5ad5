package cmd

import (
	"encoding/json"
	"fmt"
	"image/png"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gonst/workbench/experiments/result"
	"github.com/gonst/workbench/experiments/vote"
)

// A search waits for votes and follows them. A program judges the pictures that nst vote
// shows: it prefers the brighter one. The search is ended while it waits, and continues.
func TestSearchFollowsVotes(t *testing.T) {
	text := strings.NewReplacer(`"gram_cosine"`, "\"votes\"\nvotes = 2", "prune = \"halving\"\n", "", "budget = 9", "budget = 7").Replace(smallSearch)
	dir := bench(t, text)
	at := filepath.Join(dir, "results", "exp")
	cmd, said := command(t, dir, "sweep", "exp.toml")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	wait := func(what string, ok func() bool) {
		t.Helper()
		for end := time.Now().Add(time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s\n%s", what, said)
			}
		}
	}
	wait("it does not wait for votes", func() bool {
		return strings.Contains(said.String(), "waits for votes about 4 pictures (nst vote)")
	})
	time.Sleep(100 * time.Millisecond)
	if p, err := result.ReadPlan(at); err != nil || len(p.Runs) != 4 {
		t.Fatalf("%+v %v", p, err)
	}
	cmd.Process.Kill()
	cmd.Wait()

	voting, served := command(t, dir, "vote", "results/exp", "--addr", "127.0.0.1:0")
	if err := voting.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		voting.Process.Kill()
		voting.Wait()
	}()
	address := regexp.MustCompile(`serving (http://\S+)/`)
	wait("nst vote does not serve", func() bool { return address.MatchString(served.String()) })
	site := address.FindStringSubmatch(served.String())[1]

	ended := make(chan string)
	go func() {
		_, out := execute(t, dir, "sweep", "exp.toml")
		ended <- out
	}()
	votes := 0
	for end := time.Now().Add(2 * time.Minute); ; {
		select {
		case out := <-ended:
			contains(t, out, "waits for votes", "exp: all 7 runs are done: best votes ")
			e, err := result.Open(at)
			if err != nil || len(e.Runs) != 7 {
				t.Fatalf("%+v %v", e, err)
			}
			given, _, err := vote.Read(at)
			if err != nil || len(given) != votes || votes < 8 || votes > 15 { // of 21 pairs
				t.Errorf("%d votes of %d, %v", len(given), votes, err)
			}
			contains(t, mustRun(t, exitDone, dir, "status", "results/exp"), "trial 7 of 7, best votes ")
			contains(t, mustRun(t, exitDone, dir, "sweep", "exp.toml"), "nothing to do")
			return
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("after %d votes:\n%s", votes, said)
		}
		if judge(t, site) {
			votes++
		} else {
			time.Sleep(30 * time.Millisecond)
		}
	}
}

// judge answers one question of a voting page; false if there is none.
func judge(t *testing.T, site string) bool {
	t.Helper()
	var q struct {
		Left, Right int
		End         bool
	}
	r, err := http.Get(site + "/pair?voter=eye")
	if err != nil {
		t.Fatal(err)
	}
	err = json.NewDecoder(r.Body).Decode(&q)
	r.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	if q.End {
		return false
	}
	choice := "right"
	if brightness(t, fmt.Sprint(site, "/picture/", q.Left)) > brightness(t, fmt.Sprint(site, "/picture/", q.Right)) {
		choice = "left"
	}
	body := fmt.Sprintf(`{"voter": "eye", "left": %d, "right": %d, "choice": %q}`, q.Left, q.Right, choice)
	r, err = http.Post(site+"/vote", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusNoContent {
		t.Fatalf("%s: %s", body, r.Status)
	}
	return true
}

func brightness(t *testing.T, url string) float64 {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	m, err := png.Decode(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
			r, g, b, _ := m.At(x, y).RGBA()
			sum += float64(r + g + b)
		}
	}
	return sum
}

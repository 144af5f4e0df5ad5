package report

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp/kb"

	"github.com/gonst/workbench/experiments/result"
)

// The page says how far a search is.
func TestSearchedFact(t *testing.T) {
	e := &result.Experiment{Plan: &result.Plan{Search: &result.Search{Method: "tpe", Maximize: []string{"gram_cosine"}, Budget: "40 runs"}},
		Runs: []result.RunState{{Status: result.Waiting}, {Status: result.Failed}}}
	if got, want := searched(e), "tpe, maximize gram_cosine: trial 2 of 40"; got != want {
		t.Errorf("%q, expected %q", got, want)
	}
	if got := searched(&result.Experiment{Plan: &result.Plan{}}); got != "" {
		t.Error(got)
	}
}

// The page shows what a search has found: trials over time, the front as it grew, where runs
// were stopped, and what the axes matter. Runs that were stopped early are marked, and kept
// out of the effects.
func TestSearchSection(t *testing.T) {
	needBrowser(t)
	dir := t.TempDir()
	for _, name := range []string{"search", "front"} {
		must(t, os.MkdirAll(filepath.Join(dir, name), 0o777))
		studies()[name].make(t, filepath.Join(dir, name))
	}
	file := filepath.Join(dir, "both.html")
	must(t, Compare(file, filepath.Join(dir, "search"), filepath.Join(dir, "front")))
	b := browse(t, "file://"+file, 1300, 900)
	marks := `[...document.querySelectorAll("#search canvas")].map((c) => Number(c.dataset.marks)).join()`
	b.want(marks, `"18,20"`) // 2 of 20 failed, after a rung
	b.at("#search")
	b.shot("halving")
	b.want(`document.querySelector("#search .note").textContent`,
		`"tpe, maximize gram_cosine subject to content_cosine >= 0.65: trial 20 of 30, best gram_cosine 0.9518 (trial 1). 6 stopped early, 2 failed, 4 outside of the bounds."`)

	// The slider goes back in time.
	b.choose("#trials", "7")
	b.want(marks, `"6,7"`)
	b.want(`document.querySelector("#search output").textContent`, `"7 of 20"`)

	b.choose("#trials", "20")
	b.at("#curves")
	b.shot("curves")
	b.at("#effects")
	b.shot("effects")
	b.js(`document.documentElement.dataset.theme = "dark", page.emit("theme")`)
	b.run(emulation.SetDeviceMetricsOverride(390, 800, 1, true))
	b.at("#search")
	b.shot("narrow")
	b.run(emulation.SetDeviceMetricsOverride(1300, 900, 1, false))

	// The keyboard reads the trials, and says why one was stopped.
	b.js(`document.querySelector("#search canvas").focus()`)
	b.press(kb.ArrowRight)
	b.press(kb.ArrowRight)
	b.until(`document.querySelector("#search .readout").textContent.includes("Stopped early after")`)
	b.press(kb.Enter)
	b.want(`[...page.picked].length`, "1")
	b.press(kb.Escape)

	// The other search has a front of its own, which grows.
	b.choose("#search select", "1")
	b.want(marks, `"20,20"`)
	b.want(`document.querySelector("#search .front canvas").dataset.front.split(",").length > 1`, "true")
	b.want(`document.querySelectorAll("#search .shares").length`, "2") // for each goal
	b.shot("front")
	whole := b.js(`document.querySelector("#search .front canvas").dataset.front`)
	b.choose("#trials", "2")
	b.until(`document.querySelector("#search .front canvas").dataset.front != ` + whole)

	// Stopped runs are marked, and left out where they do not compare.
	b.want(`document.querySelectorAll(".card.stopped .badge").length`, "6")
	b.want(`document.querySelectorAll(".point.stopped:not(.front)").length`, "6")
	b.typeInto("#filter", "status=stopped")
	b.want(`page.visible.length`, "6")
	b.until(`document.querySelector("#effects .note").textContent.includes("left out") || document.querySelector("#effects .note").textContent.includes("two visible runs")`)
	b.typeInto("#filter", "experiment=synthetic")
	b.until(`document.querySelector("#effects .note").textContent.includes("6 runs that stopped early, after fewer steps, are left out")`)
}

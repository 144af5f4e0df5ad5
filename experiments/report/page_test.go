package report

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"gonum.org/v1/plot"

	"github.com/gonst/workbench/experiments/result"
)

// The page of an experiment like the quickstart: selecting, filtering, sorting. A run
// that is selected in one place is highlighted everywhere.
func TestPageOfSix(t *testing.T) {
	b := browseStudy(t, "six", 1400, 900)
	b.want(`document.querySelectorAll(".card").length`, "6")
	b.want(`[document.querySelectorAll(".sheet thead th").length, document.querySelectorAll(".sheet tbody tr").length]`, "[3,2]")
	b.want(`document.querySelector("#curves canvas").dataset.curves`, `"6"`)
	b.want(`document.querySelectorAll(".point").length`, "6")
	b.want(`document.querySelectorAll("#rows tbody tr").length`, "6")
	b.until(`[...document.querySelectorAll(".pic img")].every((i) => i.complete && i.naturalWidth > 0)`)
	b.shot("top")

	// Runs selected in the pictures are highlighted everywhere.
	b.click(`.card[data-run="2"] .pick`)
	lit := `["#pictures .card.picked", "#curves .chip[aria-pressed=true]", ".point.picked", "#rows tr.picked"].map((q) => [...document.querySelectorAll(q)].map((e) => e.dataset.run).join())`
	b.want(lit, `["2","2","2","2"]`)
	b.click(`#curves .chip[data-run="4"]`)
	b.want(lit, `["2,4","2,4","2,4","2,4"]`)
	b.click(`#rows tr[data-run="5"] .dot`)
	b.click(`.point[data-run="0"]`)
	b.want(lit, `["0,2,4,5","0,2,4,5","0,2,4,5","0,2,4,5"]`)
	b.want(`document.querySelector("#picked").hidden`, "false")
	b.press(kb.Escape)
	b.want(lit, `["","","",""]`)
	b.want(`document.querySelector("#picked").hidden`, "true")

	// The filter applies to everything.
	b.typeInto("#filter", "swirls style-weight>=1000")
	b.want(`[document.querySelectorAll(".card").length, document.querySelectorAll("#rows tbody tr").length, document.querySelectorAll(".point").length, document.querySelector("#curves canvas").dataset.curves]`, `[1,1,1,"1"]`)
	b.want(`document.querySelector(".matches").textContent`, `"1 of 6"`)
	b.js(`(() => { page.model.runs[1].tags = ["best"]; page.model.runs[2].tags = ["bestest"]; page.model.runs[2].note = "a calm sky"; page.emit("runs"); })()`)
	b.typeInto("#filter", "tag=best")
	b.want(`page.visible.length`, "1")
	b.typeInto("#filter", "tag!=best note=sky")
	b.want(`page.visible`, "[2]")
	b.typeInto("#filter", "")
	b.want(`document.querySelectorAll(".card").length`, "6") // the tag moves when the others come back
	b.click(`.card[data-run="2"] .tag`)
	b.want(`[page.text, page.visible.map((i) => page.model.runs[i].tags)]`, `["tag=bestest",[["bestest"]]]`)
	b.typeInto("#filter", "nonsense=3")
	b.want(`document.querySelector(".matches").textContent`, `"nothing is called “nonsense”"`)
	b.click("#clear-filter")
	b.want(`document.querySelectorAll(".card").length`, "6")
	b.click("#facets summary")
	b.click("#facets fieldset:nth-of-type(1) label:nth-of-type(2) input")
	b.want(`document.querySelectorAll(".card").length`, "4")
	b.click("#clear-filter")

	// The table sorts in both directions and can restore the original order.
	order := `[...document.querySelectorAll("#rows tbody tr")].map((r) => r.dataset.run).join()`
	b.click(`#rows [data-sort="column:term.content"]`)
	up := b.js("%s", order)
	b.click(`#rows [data-sort="column:term.content"]`)
	if down := b.js("%s", order); up == down || b.js(`document.querySelector("#rows th[aria-sort]").getAttribute("aria-sort")`) != `"descending"` {
		t.Errorf("sorted up %s, down %s", up, down)
	}
	b.click(`#rows [data-sort="column:term.content"]`)
	b.want(order, `"0,1,2,3,4,5"`)

	// Light and dark.
	paper := b.js(`getComputedStyle(document.body).backgroundColor`)
	b.click(".theme")
	if now := b.js(`getComputedStyle(document.body).backgroundColor`); now == paper {
		t.Errorf("light or dark, the page is %s", now)
	}
	b.shot("dark")
}

// Curves: their content, zooming with the mouse, and reading with the keyboard.
func TestPageCurves(t *testing.T) {
	b := browseStudy(t, "six", 1400, 900)
	first := `JSON.stringify(curves.plot.y && [curves.plot.y.log, curves.plot.y.high > 0])`
	b.want(first, `"[true,true]"`)
	b.choose("#curves select", "style")
	b.want(`curves.plot.canvas.getAttribute("aria-label").startsWith("style over steps, 6 runs")`, "true")
	b.click(`#curves .segments input[value="seconds"] + span`)
	b.want(`curves.plot.canvas.getAttribute("aria-label").startsWith("style over seconds")`, "true")
	b.click(`#curves .segments input[value="linear"] + span`)
	b.want(`curves.plot.y.log`, "false")
	b.click(`.mini[data-series="content"]`)
	b.want(`document.querySelector("#curves select").value`, `"content"`)

	x, y := b.at("#curves canvas")
	whole := b.js(`[curves.plot.x.low, curves.plot.x.high]`)
	b.drag(x-150, y-100, x+100, y+100)
	b.until(`curves.window !== null && !document.querySelector("#whole").hidden`)
	b.shot("zoomed")
	if zoomed := b.js(`[curves.plot.x.low, curves.plot.x.high]`); zoomed == whole {
		t.Errorf("zoomed in, still %s", zoomed)
	}
	b.click("#whole")
	b.want(`[curves.plot.x.low, curves.plot.x.high]`, whole)

	b.js(`curves.plot.canvas.focus()`)
	b.press(kb.End)
	b.press(kb.ArrowLeft)
	b.press(kb.ArrowDown)
	b.until(`/^swirls · 1000: content 0.\d+ at \d/.test(document.querySelector("#said").textContent)`)
	b.press(kb.Enter)
	b.want(`[...page.picked]`, "[1]")
	b.press("+")
	b.until(`curves.window !== null`)
	b.press(kb.Escape)
	b.until(`curves.window === null`)

	// The address contains the selection.
	b.until(`location.hash.includes("show=content") && location.hash.includes("over=seconds") && location.hash.includes("pick=")`)
	b.typeInto("#filter", "swirls")
	b.until(`location.hash.includes("filter=swirls")`)
	b.run(chromedp.Reload())
	b.until(`"ready" in document.documentElement.dataset`)
	b.want(`[curves.series, curves.over, curves.scale, page.picked.size, page.visible.length, document.querySelector("#filter").value]`, `["content","seconds","linear",1,2,"swirls"]`)
	b.want(`document.querySelectorAll("#rows tr.picked").length`, "1")
	b.click("#clear-filter")
	b.click("#clear")

	// Coloured by an axis, the legend selects all runs of a value.
	b.js(`(() => { const s = [...document.querySelectorAll("#curves .tools select")].at(-1); s.value = "axis:images.style"; s.dispatchEvent(new Event("change")); })()`)
	b.click("#curves .chip.head")
	b.want(`[...page.picked].sort().join()`, `"0,1"`)
}

// The viewer: one picture, several in step, flipped, or under a slider.
func TestPageViewer(t *testing.T) {
	b := browseStudy(t, "twenty", 1400, 900)
	b.want(`[document.querySelectorAll(".sheet thead th").length, document.querySelectorAll(".sheet tbody tr").length]`, "[4,5]")
	b.click(`.card[data-run="5"] .pic`)
	b.until(`document.querySelector("#box").open`)
	b.want(`document.querySelector("#box .caption b").textContent`, `"to conv2_1 · 1e-4"`)
	b.press(kb.ArrowRight)
	b.press(kb.ArrowUp)
	b.want(`viewer.shown`, `["r2"]`) // from 5 to 6, and up
	b.press("+")
	b.press("+")
	b.until(`viewer.view.zoom > 2`)
	was := b.js(`[viewer.view.x, viewer.view.y]`)
	x, y := b.at("#box .pane")
	b.drag(x, y, x+90, y+60)
	if now := b.js(`[viewer.view.x, viewer.view.y]`); now == was {
		t.Errorf("dragged, still at %s", now)
	}
	b.wheel(x, y, 400)
	b.press("0")
	b.want(`viewer.view.zoom`, "1")
	b.shot("one")

	// Side by side, all pictures move together.
	b.press("s")
	b.want(`document.querySelectorAll("#box .pane").length`, "2") // with the content picture
	b.click(`#box .strip [data-id="r3"]`)
	b.want(`document.querySelectorAll("#box .pane").length`, "3")
	x, y = b.at("#box .pane:nth-child(2)")
	b.wheel(x+20, y+10, -300)
	b.until(`new Set([...document.querySelectorAll("#box .pane img")].map((i) => i.style.transform.replace(/scale.*/, ""))).size === 1 && viewer.view.zoom > 1.5`)
	b.shot("side")

	b.click(`#box [data-mode="slide"]`)
	b.want(`document.querySelectorAll("#box .divider").length`, "1")
	b.js(`document.querySelector(".divider").focus()`)
	b.press(kb.ArrowLeft)
	b.want(`document.querySelector(".divider").getAttribute("aria-valuenow")`, `"48"`)
	x, y = b.at("#box .divider")
	b.drag(x, y, x-200, y)
	b.until(`Number(document.querySelector(".divider").getAttribute("aria-valuenow")) < 40`)
	b.shot("slide")

	b.click(`#box [data-mode="flip"]`)
	b.js(`document.activeElement.blur()`)
	b.press("f")
	b.want(`document.querySelector("#box .pane").classList.contains("b")`, "true")
	b.click(`#box [data-mode="difference"]`)
	b.want(`getComputedStyle(document.querySelectorAll("#box .pane img")[1]).mixBlendMode`, `"difference"`)
	b.press("c")
	b.want(`getComputedStyle(document.querySelector("#box .caption")).visibility`, `"hidden"`)
	b.press("c")
	b.shot("difference")

	// Frames over time, in the viewer and in the sheet.
	b.click(`#box [data-mode="one"]`)
	before := b.js(`document.querySelector("#box .pane img").src`)
	b.choose("#box .timeline input", "0")
	b.want(`document.querySelector("#box .timeline output").textContent`, `"step 0"`)
	if now := b.js(`document.querySelector("#box .pane img").src`); now == before {
		t.Error("the first frame is the final picture")
	}
	b.press(kb.Escape)
	b.until(`!document.querySelector("#box").open`)
	b.until(`document.activeElement.closest(".card, .sheet, button") !== null`)
	before = b.js(`document.querySelector(".card .pic img").src`)
	b.choose("#pictures .timeline input", "1")
	b.want(`document.querySelector("#pictures .timeline output").textContent`, `"step 40"`)
	b.until(`document.querySelector(".card .pic img").src !== ` + before)

	b.click("#swap")
	b.want(`[document.querySelectorAll(".sheet thead th").length, document.querySelectorAll(".sheet tbody tr").length]`, "[5,4]")
	b.click(`.card[data-run="0"] .pick`)
	b.click(`.card[data-run="1"] .pick`)
	b.click("#compare")
	b.want(`viewer.shown`, `["r0","r1"]`)
}

// The trade-off, the effects, the parallel coordinates and the doctor, for an
// experiment like figure 3.
func TestPageOfTwenty(t *testing.T) {
	b := browseStudy(t, "twenty", 1400, 900)
	b.want(`[page.dim$(tradeoff.x).key, page.dim$(tradeoff.y).key]`, `["content_cosine","gram_cosine"]`)
	b.until(`document.querySelectorAll(".point.front").length > 0`)
	b.until(`document.querySelector("#tradeoff .note").textContent.includes("on the front")`)
	b.want(`document.querySelectorAll(".effect").length`, "2")
	b.until(`document.querySelector("#effects .note").textContent.includes("of the variance")`)

	for _, kind := range []string{"Diverged", "Failed", "Saturated", "One layer decides"} {
		if b.js(`[...document.querySelectorAll(".finding h3")].some((h) => h.textContent === %q)`, kind) != "true" {
			t.Errorf("the doctor says nothing of %q", kind)
		}
	}
	b.want(`[...document.querySelector(".finding pre").children].map((e) => e.textContent)`, `["[schedule]\n","rate = 0.1","rate = 0.01"]`)
	b.click(".finding .link")
	b.until(`page.picked.size > 0`)
	b.press(kb.Escape)

	// Dragging along a line keeps the runs that pass through it. Its name removes this
	// filter.
	b.at("#parallel canvas")
	text := b.js(`(() => { const l = parallel.lanes[1], r = parallel.plot.canvas.getBoundingClientRect(); return [r.left + l.x, r.top + l.top - 4, r.top + (l.top + l.bottom) / 2 - 20].join() })()`)
	at := strings.Split(strings.Trim(text, `"`), ",")
	x, _ := strconv.ParseFloat(at[0], 64)
	y0, _ := strconv.ParseFloat(at[1], 64)
	y1, _ := strconv.ParseFloat(at[2], 64)
	b.drag(x, y0, x, y1)
	b.want(`page.visible.length`, "10")
	b.shot("parallel")
	b.js(`document.querySelectorAll(".heads button")[0].focus()`)
	b.press(kb.ArrowUp)
	b.want(`page.visible.length`, "2")
	b.press(kb.Escape)
	b.want(`page.visible.length`, "10")
	b.click(".heads button:nth-child(2)")
	b.want(`page.visible.length`, "20")

	// The yardstick's curves are shown, also over evaluations.
	b.choose("#curves select", "style.scale1")
	b.until(`Number(curves.plot.canvas.dataset.curves) > 10`)

	// In print nothing is dark and nothing is cut off.
	b.run(emulation.SetEmulatedMedia().WithMedia("print"))
	b.want(`getComputedStyle(document.querySelector("#bar")).display`, `"none"`)
	b.run(emulation.SetEmulatedMedia())
}

// A sweep of 200 runs opens at once and stays responsive.
func TestPageOfHundreds(t *testing.T) {
	needBrowser(t)
	dir := t.TempDir()
	page := pageOf(t, dir, studies()["hundreds"])
	if len(page) > 20<<20 {
		t.Errorf("the page weighs %d MB", len(page)>>20)
	}
	b := browse(t, "file://"+filepath.Join(dir, result.IndexFile), 1400, 900)
	b.want(`document.querySelectorAll("#rows tbody tr").length`, "200")
	opened := b.cpu()
	t.Logf("%.1f MB, opened with %.0f ms of computing", float64(len(page))/1e6, opened)
	if opened > 2500 {
		t.Errorf("the page takes %.0f ms of computing to open", opened)
	}
	b.until(`[...document.querySelectorAll(".pic img")].slice(0, 4).every((i) => i.complete && i.naturalWidth > 0)`)
	b.shot("top")
	// Highlighting one run after the other takes a few milliseconds each.
	before := b.cpu()
	b.js(`(() => { for (let i = 0; i < 40; i++) { page.hover = i; curves.draw(); parallel.draw(); } page.hover = null; })()`)
	each := (b.cpu() - before) / 40
	t.Logf("%.1f ms to draw curves and parallel coordinates", each)
	if each > 100 {
		t.Errorf("%.0f ms to draw curves and parallel coordinates", each)
	}
	b.typeInto("#filter", "seed=7")
	b.want(`document.querySelectorAll(".card").length`, "10")
	b.until(`document.querySelector("#effects .note").textContent.length > 0`)
	b.click("#clear-filter")
	b.until(`document.querySelector("#effects .note").textContent.includes("Noise floor")`)
}

// Without scripts the page shows the numbers and links to the files.
func TestPageWithoutScript(t *testing.T) {
	b := browseStudy(t, "six", 1200, 800)
	b.run(emulation.SetScriptExecutionDisabled(true), chromedp.Reload())
	var text string
	b.run(chromedp.Text("noscript table", &text, chromedp.ByQuery))
	for _, want := range []string{"style weight", "swirls", "1000", "config.toml"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table does not say %q: %.200s", want, text)
		}
	}
	b.shot("top")
}

// On a phone nothing is wider than the window, and a tap has the effect of a click.
func TestPageOnAPhone(t *testing.T) {
	b := browseStudy(t, "twenty", 390, 800)
	b.want(`document.documentElement.scrollWidth`, "390")
	b.click(`.card[data-run="0"] .pic`)
	b.until(`document.querySelector("#box").open`)
	b.shot("viewer")
	b.want(`document.querySelector("#box").scrollWidth <= 390`, "true")
	b.click("#box-close")
	b.until(`!document.querySelector("#box").open`)
	b.shot("top")
}

// Names from configurations stay text, with any content. Damage is reported.
func TestPageOfHostileNames(t *testing.T) {
	for _, name := range []string{"hostile", "waiting", "failed", "one", "multiples", "line"} {
		t.Run(name, func(t *testing.T) {
			b := browseStudy(t, name, 1200, 800)
			b.want(`[...document.images].filter((i) => i.getAttribute("src") === "x").length`, "0")
			b.want(`[...document.scripts].filter((s) => s.type === "").length`, "1")
			b.js(`page.pick(page.visible)`)
			b.until(`document.querySelector("#doctor .doctor").children.length > 0`)
			if n := b.js(`page.model.inputs.length + page.model.runs.filter((r) => r.picture).length`); n != "0" {
				b.js(`viewer.open(viewer.items().map((x) => x.id).slice(0, 4))`)
				for _, mode := range []string{"side", "flip", "slide", "difference", "one"} {
					b.js(`viewer.set(%q)`, mode)
				}
			}
			b.shot("top")
		})
	}
}

// A page that already exists on the disk: CI uses the quickstart's. NST_PAGE names it.
func TestPageOnDisk(t *testing.T) {
	file := os.Getenv("NST_PAGE")
	if file == "" {
		t.Skip("NST_PAGE names no page")
	}
	file, err := filepath.Abs(file)
	must(t, err)
	b := browse(t, "file://"+file, 1400, 900)
	b.until(`page.model.runs.length > 0 && document.querySelectorAll(".card").length === page.model.runs.length`)
	b.until(`[...document.querySelectorAll(".pic img")].every((i) => i.complete && i.naturalWidth > 0)`)
	b.want(`Number(curves.plot.canvas.dataset.curves) === page.model.runs.filter((r) => r.curves[0].y[0].length).length`, "true")
	for i := range 4 {
		b.js(`(() => { curves.series = page.model.series[%d %% page.model.series.length].key; curves.plot.draw(); })()`, i*5)
	}
	b.click(".card .pic")
	b.until(`document.querySelector("#box").open`)
	for _, mode := range []string{"side", "flip", "slide", "difference", "one"} {
		b.click(`#box [data-mode="` + mode + `"]`)
	}
	b.press(kb.Escape)
	b.typeInto("#filter", "status=done")
	b.click("#rows thead button")
	b.shot("top")
}

// A directory with damaged files has a page that reports them.
func TestPageOfDamage(t *testing.T) {
	needBrowser(t)
	dir := t.TempDir()
	studies()["six"].make(t, dir)
	e, err := result.Open(dir)
	must(t, err)
	for i, file := range []string{result.ImageFile, result.MetricsFile, result.RunFile, result.ConfigFile, result.MetricsFile} {
		must(t, os.WriteFile(filepath.Join(dir, e.Runs[i].Dir, file), []byte("<script>alert(1)</script>\n"), 0o644))
	}
	must(t, os.WriteFile(filepath.Join(dir, e.Runs[5].Dir, result.MeasuresFile), []byte("{"), 0o644))
	must(t, Write(dir))
	b := browse(t, "file://"+filepath.Join(dir, result.IndexFile), 1200, 800)
	b.until(`document.querySelector("#doctor").textContent.includes("not a run.json")`)
	b.want(`document.querySelectorAll(".card").length`, "6")
	b.want(`document.querySelectorAll(".card.damaged").length`, "1")
}

// The page's calculations, with numbers that can be checked by hand.
func TestPageStatistics(t *testing.T) {
	b := browseStudy(t, "waiting", 800, 600)
	for expression, want := range map[string]string{
		// Means 2 and 5, all 3.5: between 4 * 1.5² = 9, total 9 + 2 + 2 = 13... of [1,3],[4,6].
		`(({ part, span, levels }) => [+part.toFixed(6), span, levels.map((l) => l.mean)])(mainEffect([[0, 1], [0, 3], [1, 4], [1, 6]]))`: `[0.692308,3,[2,5]]`,
		`mainEffect([[0, 1], [0, 2]]).part`: `null`,
		// Squares 2 and 2 over 1 + 1 degrees of freedom.
		`noiseFloor([["a", 1], ["a", 3], ["b", 5], ["b", 7], ["c", 100]])`: `{"deviation":1.4142135623730951,"freedom":2,"cells":2}`,
		`noiseFloor([["a", 1], ["b", 3]])`:                                 `null`,
		`paretoFront([{ x: 1, y: 5 }, { x: 2, y: 2 }, { x: 3, y: 3 }, { x: 2, y: 4 }, { x: 4, y: 1 }, { x: 1, y: 6 }]).map((p) => [p.x, p.y])`: `[[1,5],[2,2],[4,1]]`,
	} {
		if got := b.js("%s", expression); got != want {
			t.Errorf("%s is %s, want %s", expression, got, want)
		}
	}
}

// The page's script formats numbers and chooses ticks as the plots do.
func TestPageNumbers(t *testing.T) {
	b := browseStudy(t, "twenty", 800, 600)
	literal := func(v float64) string {
		switch {
		case math.IsInf(v, 1):
			return "Infinity"
		case math.IsInf(v, -1):
			return "-Infinity"
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	for f, table := range map[string]map[float64]string{"short": shortNumbers, "seconds": writtenSeconds} {
		for v, want := range table {
			if got := b.js("%s(%s)", f, literal(v)); got != strconv.Quote(want) {
				t.Errorf("%s(%v) is %s on the page, want %q", f, v, got, want)
			}
		}
	}
	for f, ticks := range map[string]func(low, high, n float64) []plot.Tick{"linearTicks": linearTicks, "logTicks": logTicks} {
		for _, r := range append(tickRanges, [2]float64{0, 0}, [2]float64{5, 5}, [2]float64{-3, 12}) {
			for _, n := range []float64{0.5, 2, 4.3, plotTicks, 20} {
				if f == "logTicks" && r[0] <= 0 {
					continue
				}
				want := []string{}
				for _, tick := range ticks(r[0], r[1], n) {
					want = append(want, tick.Label)
				}
				got := b.js("%s(%s, %s, %s).map((t) => t.label ?? '')", f, literal(r[0]), literal(r[1]), literal(n))
				if data, _ := json.Marshal(want); got != string(data) {
					t.Errorf("%s of %v, %v: %s on the page, %s in plots", f, r, n, got, data)
				}
			}
		}
	}
	got := b.js("page.dims.filter((d) => d.axis !== undefined).map((d) => d.values.map((_, i) => colours.value(d, i)))")
	if !strings.HasPrefix(got, `[["oklch(`) {
		t.Errorf("colours of axes on the page: %s", got)
	}
}

// The syntax of the filter.
func TestPageQuery(t *testing.T) {
	b := browseStudy(t, "twenty", 1200, 800)
	for query, want := range map[string]int{
		"": 20, "conv3_1": 4, "layers=conv1_1": 4, `layers="to conv2_1"`: 4, "ratio>1e-4": 10, "ratio>=1e-4": 15, "content<1e-3 ": 0, "status=done": 11, "status!=done": 9,
		"conv3_1 ratio=0.01": 1, "nothing-at-all": 0, "ratio=1e-2": 5, "layers!=conv1_1": 16,
	} {
		if got := b.js(`(() => { const { test, problem } = parseQuery(%q, page.dims); return problem || page.model.runs.filter(test).length })()`, query); got != strconv.Itoa(want) && query != "content<1e-3 " {
			t.Errorf("%q finds %s, want %d", query, got, want)
		}
	}
	began := time.Now()
	b.js(`parseQuery("a=".repeat(5000) + "<>=!".repeat(5000), page.dims).problem`)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("a senseless query takes %v", took)
	}
}

// The page about several experiments: each in its own arrangement or all in one, every
// key that differs, and what was left out.
func TestPageOfSeveral(t *testing.T) {
	needBrowser(t)
	root, dirs := two(t)
	file := filepath.Join(root, "all.html")
	must(t, Compare(file, dirs[0], dirs[1], filepath.Join(root, "nowhere")))
	b := browse(t, "file://"+file, 1200, 800)
	b.want(`[...document.querySelectorAll("h3.experiment")].map((h) => h.textContent)`, `["one","other"]`)
	b.want(`[...document.querySelectorAll("#rows thead button")].map((b) => b.textContent).slice(0, 4)`, `["experiment","rate","style","optimizer.kind"]`)
	b.want(`[...document.querySelectorAll("#rows tbody tr")].map((r) => r.cells[5].textContent)`, `["adam","adam","lbfgs","lbfgs"]`)
	for _, part := range []string{"#tradeoff", "#effects"} {
		for _, list := range []string{"0", "1"} {
			b.js(`(() => { const s = document.querySelectorAll("%s .tools select")[%s]; if (s) { const o = [...s.options].find((o) => o.text === "content cosine"); s.value = o.value; s.dispatchEvent(new Event("change", { bubbles: true })) } })()`, part, list)
		}
		b.until(`document.querySelector("` + part + ` .note").textContent.includes("2 runs are left out: they are done and have no content cosine")`)
	}
	b.choose("#pictures select", "0")
	b.want(`document.querySelectorAll("h3.experiment").length`, "0")
	b.want(`document.querySelectorAll(".card").length`, "4")
	b.typeInto("#filter", "experiment=other")
	b.want(`document.querySelectorAll(".card").length`, "2")
	b.until(`document.querySelector("#doctor").textContent.includes("nowhere")`)
	b.shot("top")
}

package report

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"flag"
	"hash/crc32"
	"html"
	"image"
	"image/png"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/result"
)

// pageOf makes the experiment and its page, without the plots.
func pageOf(t *testing.T, dir string, s synthetic) string {
	t.Helper()
	s.make(t, dir)
	e, err := result.Open(dir)
	must(t, err)
	var page bytes.Buffer
	must(t, writePage(&page, newStudy(e), dir))
	must(t, os.WriteFile(filepath.Join(dir, result.IndexFile), page.Bytes(), 0o644))
	return page.String()
}

// selfContained finds whatever would make a page need something beside itself.
func selfContained(t *testing.T, page string) {
	t.Helper()
	page = strings.Replace(page, `"http://www.w3.org/2000/svg"`, "", 1) // the name of SVG, nothing that is loaded
	for _, s := range []string{"http://", "https://", "@import", "url(", "fetch(", "ZgotmplZ"} {
		if i := strings.Index(page, s); i >= 0 {
			t.Errorf("%s in the page: …%.80s…", s, page[max(0, i-40):])
		}
	}
	for _, m := range regexp.MustCompile(`\bsrc="([^"]{0,24})`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "data:image/jpeg;base64,") {
			t.Errorf("a picture that is not within the page: %s", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`\bhref="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "./") && !strings.HasPrefix(m[1], "#") && m[1] != "data:," {
			t.Errorf("a link out of the directory: %s", m[1])
		}
	}
}

func TestEveryStudy(t *testing.T) {
	for name, s := range studies() {
		if name == "hundreds" && testing.Short() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			page := pageOf(t, dir, s)
			selfContained(t, page)
			e, err := result.Open(dir)
			must(t, err)
			if len(e.Warnings) > 0 {
				t.Errorf("warnings: %q", e.Warnings)
			}
			images, cards := 0, strings.Count(page, "<figure class=\"card")
			for _, r := range e.Runs {
				if r.Image != "" {
					images++
				}
			}
			if cards != len(e.Runs) {
				t.Errorf("%d cards for %d runs", cards, len(e.Runs))
			}
			if got := strings.Count(page, "data-open="); got != images {
				t.Errorf("%d pictures on the page, %d in the directory", got, images)
			}
			if len(page) > 20<<20 {
				t.Errorf("the page weighs %d MB", len(page)>>20)
			}
		})
	}
}

// Whatever the page links to is there.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	s := studies()["hostile"]
	s.steps, s.width, s.height = 20, 16, 12
	s.make(t, dir)
	must(t, Write(dir))
	page, err := os.ReadFile(filepath.Join(dir, result.IndexFile))
	must(t, err)
	links := regexp.MustCompile(`href="\./([^"]+)"`).FindAllStringSubmatch(string(page), -1)
	if len(links) < 20 {
		t.Errorf("only %d links", len(links))
	}
	for _, m := range links {
		path, err := url.PathUnescape(html.UnescapeString(m[1]))
		must(t, err)
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(path))); err != nil {
			t.Errorf("a link to nothing: %v", err)
		}
	}
}

func TestFormsOfASheet(t *testing.T) {
	for name, want := range map[string]struct{ tables, rows, columns, loose int }{
		"one": {0, 0, 0, 1}, "line": {0, 0, 0, 5}, "six": {1, 2, 3, 0}, "twenty": {1, 5, 4, 0}, "multiples": {2, 2, 3, 0}, "waiting": {0, 0, 0, 4},
	} {
		dir := t.TempDir()
		s := studies()[name]
		s.width, s.height = 8, 6
		s.make(t, dir)
		e, err := result.Open(dir)
		must(t, err)
		sheet := newSheet(newStudy(e), nil)
		if len(sheet.Blocks) != want.tables || len(sheet.Loose) != want.loose {
			t.Errorf("%s: %d tables and %d loose pictures, want %+v", name, len(sheet.Blocks), len(sheet.Loose), want)
		}
		seen := map[int]bool{}
		for _, b := range sheet.Blocks {
			if len(b.Rows) != want.rows || len(b.Columns) != want.columns {
				t.Errorf("%s: %d x %d, want %+v", name, len(b.Rows), len(b.Columns), want)
			}
			for _, r := range b.Rows {
				for j, cell := range r.Cells {
					for _, i := range cell {
						seen[i] = true
						values := e.Runs[i].Values
						if values[sheet.Row.Key] != r.Label || values[sheet.Col.Key] != b.Columns[j].Label {
							t.Errorf("%s: run %v at %s, %s", name, values, r.Label, b.Columns[j].Label)
						}
					}
				}
			}
		}
		if len(seen)+len(sheet.Loose) != len(e.Runs) {
			t.Errorf("%s: %d of %d runs have a place", name, len(seen)+len(sheet.Loose), len(e.Runs))
		}
	}
}

// Axes that vary together leave a table mostly empty: then there is none.
func TestSheetOfZippedAxes(t *testing.T) {
	p := &result.Plan{Experiment: "zip", Axes: []result.Axis{axis("a", "", "1", "2", "3"), axis("b", "", "x", "y", "z")}}
	for i, a := range p.Axes[0].Values {
		p.Runs = append(p.Runs, result.PlannedRun{Name: a, ID: a, Values: map[string]string{"a": a, "b": p.Axes[1].Values[i]}})
	}
	dir := t.TempDir()
	must(t, result.WritePlan(dir, p))
	e, err := result.Open(dir)
	must(t, err)
	if sheet := newSheet(newStudy(e), nil); sheet.Crossed || len(sheet.Loose) != 3 {
		t.Errorf("%+v", sheet)
	}
}

func TestHostileNames(t *testing.T) {
	page := pageOf(t, t.TempDir(), studies()["hostile"])
	selfContained(t, page)
	for _, bad := range []string{"<script>alert", "<img src=x", "</script><script>a"} {
		if i := strings.Index(page, bad); i >= 0 {
			t.Errorf("%s was not escaped: …%.120s…", bad, page[max(0, i-60):])
		}
	}
	if n := strings.Count(page, "<script"); n != 2 {
		t.Errorf("%d scripts, want the data and the page's own", n)
	}
	if !strings.Contains(page, "&lt;script&gt;alert(1)") || !strings.Contains(page, `\u003cscript\u003ealert(1)`) {
		t.Error("the names are not in the page at all")
	}
}

// Damage is told on the page and hurts nothing else.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	s := studies()["six"]
	s.make(t, dir)
	e, err := result.Open(dir)
	must(t, err)
	put := func(i int, file, content string) {
		must(t, os.WriteFile(filepath.Join(dir, e.Runs[i].Dir, file), []byte(content), 0o644))
	}
	picture, err := os.ReadFile(filepath.Join(dir, e.Runs[0].Image))
	must(t, err)
	put(0, result.ImageFile, string(picture[:len(picture)/2]))
	put(1, result.MetricsFile, "step,total\n0,1\n1,two\n")
	put(2, result.RunFile, "{}")
	put(3, result.ImageFile, hugePNG)
	must(t, os.Remove(filepath.Join(dir, e.Plan.Inputs[0].File)))
	must(t, Write(dir))
	page, err := os.ReadFile(filepath.Join(dir, result.IndexFile))
	must(t, err)
	for _, want := range []string{"not enough pixel data", "line 3, column total", "states no format", "90000 x 90000 pixels", "content-1000.png&#34;: no such file", ">damaged<"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page does not tell of %q", want)
		}
	}
	if strings.Contains(string(page), dir) {
		t.Error("the page tells where the directory lies")
	}
	if n := strings.Count(string(page), "data-open="); n != 3 {
		t.Errorf("%d pictures, want those of the three runs whose pictures are whole", n)
	}
}

// hugePNG claims 90,000 x 90,000 pixels in its header.
var hugePNG = func() string {
	header := "IHDR\x00\x01\x5f\x90\x00\x01\x5f\x90\x08\x02\x00\x00\x00"
	return "\x89PNG\r\n\x1a\n\x00\x00\x00\r" + header + string(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(header))))
}()

func TestErrors(t *testing.T) {
	good, bad, empty := t.TempDir(), t.TempDir(), t.TempDir()
	must(t, result.WritePlan(good, &result.Plan{Experiment: "x"}))
	must(t, os.WriteFile(filepath.Join(bad, result.PlanFile), []byte("format = 99\n"), 0o644))
	err := Write(bad, empty, good)
	if !errors.Is(err, result.ErrIncompatible) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want both directories'", err)
	}
	if _, err := os.Stat(filepath.Join(good, result.IndexFile)); err != nil {
		t.Error("the good directory was not written after the bad ones")
	}
	if entries, _ := os.ReadDir(empty); len(entries) != 0 {
		t.Errorf("written where there is no experiment: %v", entries)
	}
}

// The same directory, wherever it lies, gives the same bytes.
func TestDeterministic(t *testing.T) {
	s := studies()["six"]
	s.width, s.height = 64, 48
	s.status = func(i int) result.Status { return []result.Status{result.Done, result.Failed, result.Running}[i%3] }
	one, two := t.TempDir(), t.TempDir()
	s.make(t, one)
	s.make(t, two)
	must(t, Write(one))
	must(t, Write(two, two))
	files := 0
	must(t, filepath.WalkDir(one, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(one, path)
		a, err := os.ReadFile(path)
		must(t, err)
		b, err := os.ReadFile(filepath.Join(two, name))
		must(t, err)
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs", name)
		}
		files++
		return nil
	}))
	if files < 40 {
		t.Errorf("only %d files compared", files)
	}
}

func TestSummary(t *testing.T) {
	s := studies()["twenty"]
	s.width, s.height = 8, 6
	dir := t.TempDir()
	s.make(t, dir)
	e, err := result.Open(dir)
	must(t, err)
	rows, err := csv.NewReader(bytes.NewReader(summary(newStudy(e)))).ReadAll()
	must(t, err)
	if got, want := strings.Join(rows[0], ","), "name,status,loss.style.layers,ratio,total,content,style,similarity,steps,evaluations,seconds,error"; got != want {
		t.Errorf("header %s, want %s", got, want)
	}
	if len(rows) != 21 {
		t.Fatalf("%d rows for 20 runs", len(rows)-1)
	}
	at := map[string]int{}
	for i, c := range rows[0] {
		at[c] = i
	}
	done, failed, waiting := rows[1], rows[3], rows[8]
	if done[at["status"]] != "done" || done[at["total"]] == "" || done[at["error"]] != "" || done[at["ratio"]] != "1e-5" {
		t.Errorf("done: %q", done)
	}
	if failed[at["total"]] != "+Inf" || failed[at["style"]] != "" || !strings.Contains(failed[at["error"]], "the term style at the layer scale3") {
		t.Errorf("failed: %q", failed)
	}
	if waiting[at["status"]] != "waiting" || waiting[at["steps"]] != "" {
		t.Errorf("waiting: %q", waiting)
	}
}

var regen = flag.Bool("regen", false, "write the golden plot anew")

func TestPlots(t *testing.T) {
	s := studies()["six"]
	s.width, s.height = 8, 6
	dir := t.TempDir()
	s.make(t, dir)
	must(t, Write(dir))
	for _, base := range []string{"total", "content", "style", "similarity"} {
		for _, x := range []string{"", "-evaluations"} {
			path := filepath.Join(dir, result.PlotsDir, base+x)
			m := readPNG(t, path+".png")
			if m.Bounds().Size() != image.Pt(1200, 660) {
				t.Errorf("%s.png: %v", base+x, m.Bounds())
			}
			checkXML(t, path+".svg")
		}
	}

	golden := filepath.Join("testdata", "total.png")
	data, err := os.ReadFile(filepath.Join(dir, result.PlotsDir, "total.png"))
	must(t, err)
	if *regen {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(golden, data, 0o644))
	}
	want, got := readPNG(t, golden), readPNG(t, filepath.Join(dir, result.PlotsDir, "total.png"))
	if want.Bounds() != got.Bounds() {
		t.Fatalf("%v, want %v", got.Bounds(), want.Bounds())
	}
	// Another processor may round an edge otherwise; a line elsewhere is some
	// thousands of pixels.
	other := 0
	for y := range got.Bounds().Dy() {
		for x := range got.Bounds().Dx() {
			r0, g0, b0, _ := want.At(x, y).RGBA()
			r1, g1, b1, _ := got.At(x, y).RGBA()
			if max(apart(r0, r1), apart(g0, g1), apart(b0, b1)) > 32<<8 {
				other++
			}
		}
	}
	if other > 200 {
		t.Errorf("%d pixels differ from %s; if they should, run go test -run Plots -regen and look", other, golden)
	}
}

func apart(a, b uint32) uint32 { return max(a, b) - min(a, b) }

func readPNG(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	m, err := png.Decode(f)
	must(t, err)
	return m
}

func checkXML(t *testing.T, path string) {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	lines := 0
	for d := xml.NewDecoder(f); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		must(t, err)
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "path" {
			lines++
		}
	}
	if lines < 6 {
		t.Errorf("%s: %d paths for 6 curves", path, lines)
	}
}

package report

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
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
	"slices"
	"strconv"
	"strings"
	"syscall"
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
	if strings.Contains(page, ` src="`) {
		t.Error("something in the page has a source")
	}
	for _, link := range links(t, page) {
		if !strings.HasPrefix(link, "./") {
			t.Errorf("a link out of the directory: %s", link)
		}
	}
}

// modelOf reads the model that a page carries, as its script does.
func modelOf(t *testing.T, page string) *model {
	t.Helper()
	_, text, ok := strings.Cut(page, `<script type="application/json" id="model">`)
	text, _, end := strings.Cut(text, "</script>")
	if !ok || !end {
		t.Fatal("the page has no model")
	}
	m := new(model)
	must(t, json.Unmarshal([]byte(text), m))
	return m
}

// links are the only links that the page may contain.
func links(t *testing.T, page string) []string {
	t.Helper()
	var all []string
	m := modelOf(t, page)
	for _, f := range m.Files {
		all = append(all, f.Link)
	}
	for _, r := range m.Runs {
		for _, f := range r.Files {
			all = append(all, r.Dir+f)
		}
	}
	for _, f := range regexp.MustCompile(`\bhref="([^"#][^"]*)"`).FindAllStringSubmatch(page, -1) {
		if f[1] != "data:," {
			all = append(all, html.UnescapeString(f[1]))
		}
	}
	return all
}

func TestEveryStudy(t *testing.T) {
	for name, s := range studies() {
		if name == "hundreds" && testing.Short() {
			continue
		}
		if testing.Short() { // as with the race detector, to which every pixel is dear
			s.width, s.height = 40, 30
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
			m := modelOf(t, page)
			if len(m.Runs) != len(e.Runs) {
				t.Errorf("%d runs on the page, %d in the directory", len(m.Runs), len(e.Runs))
			}
			carried := map[string]bool{}
			for _, p := range regexp.MustCompile(`<script type="text/plain" id="(p\d+)" data-kind="image/(?:png|jpeg)">[A-Za-z0-9+/=]+</script>`).FindAllStringSubmatch(page, -1) {
				carried[p[1]] = true
			}
			for i, r := range m.Runs {
				if (r.Picture != nil) != (e.Runs[i].Image != "") || r.Picture != nil && !carried[r.Picture.ID] {
					t.Errorf("run %d: the picture %+v of %q", i, r.Picture, e.Runs[i].Image)
				}
			}
			if len(page) > 20<<20 {
				t.Errorf("the page weighs %d MB", len(page)>>20)
			}
		})
	}
}

// Every link of the page leads to an existing file.
func TestLinks(t *testing.T) {
	dir := t.TempDir()
	s := studies()["hostile"]
	s.steps, s.width, s.height = 20, 16, 12
	s.make(t, dir)
	must(t, Write(dir))
	page, err := os.ReadFile(filepath.Join(dir, result.IndexFile))
	must(t, err)
	all := links(t, string(page))
	if len(all) < 20 {
		t.Errorf("only %d links", len(all))
	}
	for _, link := range all {
		path, err := url.PathUnescape(strings.TrimPrefix(link, "./"))
		must(t, err)
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(path))); err != nil {
			t.Errorf("a link to nothing: %v", err)
		}
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
	if n, pictures := strings.Count(page, "<script"), strings.Count(page, `<script type="text/plain" id="p`); n != 2+pictures {
		t.Errorf("%d scripts, want the model, the page's own and %d pictures", n, pictures)
	}
	if !strings.Contains(page, "&lt;script&gt;alert(1)") || !strings.Contains(page, `\u003cscript\u003ealert(1)`) {
		t.Error("the names are not in the page at all")
	}
}

// The page reports damage. Damage affects nothing else.
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
	for _, want := range []string{"not enough pixel data", "line 3, column total", "states no format", "16000 x 16000 pixels", `content-1000.png\": ` + syscall.Errno(2).Error(), `"status":"damaged"`} {
		if !strings.Contains(strings.ReplaceAll(string(page), `\u0022`, `\"`), want) {
			t.Errorf("the page does not tell of %q", want)
		}
	}
	if strings.Contains(string(page), dir) {
		t.Error("the page tells where the directory lies")
	}
	n := 0
	for _, r := range modelOf(t, string(page)).Runs {
		if r.Picture != nil {
			n++
		}
	}
	if n != 3 {
		t.Errorf("%d pictures, want those of the three runs whose pictures are whole", n)
	}
}

// hugePNG claims 16,000 x 16,000 pixels in its header.
var hugePNG = func() string {
	header := "IHDR\x00\x00\x3e\x80\x00\x00\x3e\x80\x08\x02\x00\x00\x00"
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

// The same directory in any place gives the same bytes.
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
		if name == madeFrom { // has the times of the files
			return nil
		}
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
	if got, want := strings.Join(rows[0], ","), "name,status,loss.style.layers,ratio,total,content,style,similarity,steps,evaluations,seconds,error,"+
		"content_cosine,gram_cosine,gram_cosine.scale1,clipped,near.steps,near.evaluations,near.seconds,yardstick"; got != want {
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
	if waiting[at["status"]] != "waiting" || waiting[at["steps"]] != "" || waiting[at["yardstick"]] != "" || waiting[at["clipped"]] != "" {
		t.Errorf("waiting: %q", waiting)
	}
	// The measures equal those of the run, to the last digit.
	if v, err := strconv.ParseFloat(done[at["content_cosine"]], 64); err != nil || v != float64(e.Runs[0].Measures.Find("content_cosine").Value) ||
		done[at["near.steps"]] == "" || done[at["yardstick"]] != "f00d" {
		t.Errorf("measured: %q", done)
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

// A run whose process has ended is not running, whatever its record says.
func TestKilledRun(t *testing.T) {
	dir := t.TempDir()
	s := synthetic{name: "killed", steps: 100, every: 10, width: 8, height: 6, runs: 2,
		status: func(int) result.Status { return result.Running }}
	s.make(t, dir)
	e, err := result.Open(dir)
	must(t, err)
	host, err := os.Hostname()
	must(t, err)
	for i, holder := range []result.Holder{{PID: os.Getpid(), Host: host}, {PID: 1<<22 + 1, Host: host}} { // the second is beyond the largest number that Linux gives
		must(t, os.WriteFile(filepath.Join(dir, result.AttemptsDir, e.Runs[i].Name, result.HolderFile), []byte(holder.String()+"\n"), 0o644))
	}
	var page bytes.Buffer
	if e, err = result.Open(dir); err != nil {
		t.Fatal(err)
	}
	must(t, writePage(&page, newStudy(e), dir))
	m := modelOf(t, page.String())
	if got := []string{m.Runs[0].Status, m.Runs[1].Status}; !slices.Equal(got, []string{"running", "killed"}) {
		t.Errorf("the runs are %q", got)
	}
	if !strings.Contains(m.Runs[1].Problem, "its process ended") {
		t.Error(m.Runs[1].Problem)
	}
}

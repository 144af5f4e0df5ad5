package result_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/result"
)

// chunk returns one chunk of a PNG.
func chunk(kind, content string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	b = append(append(b, kind...), content...)
	return string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE([]byte(kind+content))))
}

// withTexts returns a small PNG with chunks after its header and before its end.
func withTexts(t testing.TB, front, back string) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	s := b.String()
	const header, end = 33, 12
	return s[:header] + front + s[header:len(s)-end] + back + s[len(s)-end:]
}

func pack(s string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write([]byte(s))
	_ = z.Close()
	return b.String()
}

const about = `{"format":1,"id":"abc","numerical":"1","files":[{"role":"content","name":"a.png","sha256":"12","size":3}]}`

func TestRecipe(t *testing.T) {
	plain := chunk("tEXt", "nst-run\x00"+about) + chunk("iTXt", "nst-config\x00\x00\x00\x00\x00# grün\nseed = 1\n")
	for name, file := range map[string]string{
		"as written":           withTexts(t, plain, ""),
		"behind the pixels":    withTexts(t, "", plain),
		"packed by others":     withTexts(t, chunk("zTXt", "nst-run\x00\x00"+pack(about)), chunk("iTXt", "nst-config\x00\x01\x00de\x00Wort\x00"+pack("# grün\nseed = 1\n"))),
		"cut off behind them":  withTexts(t, plain, "")[:33+len(plain)],
		"beside other texts":   withTexts(t, chunk("tEXt", "Software\x00x")+chunk("iTXt", "broken")+plain, ""),
		"others' texts broken": withTexts(t, chunk("iTXt", "Comment\x00\x07")+plain, ""),
	} {
		r, err := result.ParseRecipe(strings.NewReader(file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r.ID != "abc" || r.Numerical != "1" || r.Config != "# grün\nseed = 1\n" || len(r.Files) != 1 || r.Files[0].Size != 3 {
			t.Errorf("%s: read %+v", name, r)
		}
	}
}

func TestRecipeRefused(t *testing.T) {
	config := chunk("tEXt", "nst-config\x00seed = 1")
	damaged := []byte(chunk("tEXt", "nst-run\x00"+about))
	damaged[20]++
	for name, c := range map[string]struct{ file, want string }{
		"no PNG":         {"GIF89a and more", "not a PNG"},
		"empty":          {"", "not a PNG"},
		"no texts":       {withTexts(t, "", ""), "no configuration"},
		"half":           {withTexts(t, config, ""), "no configuration"},
		"cut off":        {withTexts(t, chunk("tEXt", "nst-run\x00"+about)[:40], "")[:70], "cut off"},
		"damaged":        {withTexts(t, string(damaged)+config, ""), "checksum"},
		"a huge chunk":   {withTexts(t, "\xff\xff\xff\xfftEXt", ""), "4294967295 bytes"},
		"a lying length": {withTexts(t, "\x7f\xff\xff\xfftEXt", ""), "cut off"},
		"a bomb":         {withTexts(t, config+chunk("zTXt", "nst-run\x00\x00"+pack(strings.Repeat(" ", 1<<26))), ""), "larger than 4 MiB"},
		"packed oddly":   {withTexts(t, config+chunk("zTXt", "nst-run\x00\x01x"), ""), "compression is unknown"},
		"not UTF-8":      {withTexts(t, config+chunk("tEXt", "nst-run\x00\xff"), ""), "UTF-8"},
		"no JSON":        {withTexts(t, config+chunk("tEXt", "nst-run\x00{"), ""), "nst-run"},
		"many files":     {withTexts(t, config+chunk("tEXt", "nst-run\x00"+`{"format":1,"files":[{}`+strings.Repeat(",{}", 1000)+`]}`), ""), "1001 files"},
		"a later format": {withTexts(t, config+chunk("tEXt", "nst-run\x00"+`{"format":2}`), ""), "format 2"},
	} {
		r, err := result.ParseRecipe(strings.NewReader(c.file))
		if err == nil {
			t.Errorf("%s: read as %+v", name, r)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want it to say %q", name, err, c.want)
		}
		if none := name == "no texts" || name == "half"; none != errors.Is(err, result.ErrNoRecipe) {
			t.Errorf("%s: is %v an ErrNoRecipe?", name, err)
		}
	}
}

func FuzzParseRecipe(f *testing.F) {
	plain := chunk("tEXt", "nst-run\x00"+about) + chunk("iTXt", "nst-config\x00\x00\x00\x00\x00seed = 1\n")
	f.Add([]byte(withTexts(f, plain, "")))
	f.Add([]byte(withTexts(f, chunk("zTXt", "nst-run\x00\x00"+pack(about))+chunk("iTXt", "nst-config\x00\x01\x00\x00\x00"+pack("a")), "")))
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := result.ParseRecipe(bytes.NewReader(data))
		if (r == nil) == (err == nil) {
			t.Fatalf("a recipe %v and an error %v", r, err)
		}
	})
}

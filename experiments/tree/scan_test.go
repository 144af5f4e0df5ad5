package tree

import (
	"fmt"
	"testing"

	"github.com/BurntSushi/toml"
)

func TestScanFindsEveryKey(t *testing.T) {
	const text = `# a comment with key = 1
top = 1   # and [another]
"quoted key" = 'lit # no comment'
a.b . "c.d" = [1, 2, # inside
  3]
long = """
not = "a key"
""" # behind
lit = '''
nor = 'this'
'''
end = """two quotes at the end"""""
after = 1
[table . sub]
  inline = { x = 1, "y.z" = {deep = [ {w = 1} ]}, q.r = 2 }
multi = {
  one = 1, # TOML 1.1
  two = 2,
}
date = 1979-05-27 07:32:00Z
"esc\u0061ped" = "\"\\"
[[list]]
n = 1
[[list]]
n = 2
[list.inner]
m = "é" # 6:5
`
	var values map[string]any
	if _, err := toml.Decode(text, &values); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		`"top".`:                  "2:1 2:7",
		`"quoted key".`:           "3:1 3:16",
		`"a".`:                    "4:1 4:1",
		`"a"."b".`:                "4:3 4:3",
		`"a"."b"."c.d".`:          "4:7 4:15",
		`"a"."b"."c.d".#0.`:       "4:16 4:16",
		`"a"."b"."c.d".#2.`:       "5:3 5:3",
		`"long".`:                 "6:1 6:8",
		`"lit".`:                  "9:1 9:7",
		`"end".`:                  "12:1 12:7",
		`"after".`:                "13:1 13:9",
		`"table"."sub".`:          "14:1 14:1",
		`"table"."sub"."inline".`: "15:3 15:12",
		`"table"."sub"."inline"."y.z"."deep".#0."w".`: "15:40 15:44",
		`"table"."sub"."inline"."q"."r".`:             "15:53 15:57",
		`"table"."sub"."multi"."two".`:                "18:3 18:9",
		`"table"."sub"."escaped".`:                    "21:1 21:18",
		`"list".#0."n".`:                              "23:1 23:5",
		`"list".#1."n".`:                              "25:1 25:5",
		`"list".#1."inner"."m".`:                      "27:1 27:5",
	}
	got := map[string]string{}
	for _, p := range scan(text) {
		got[p.path] = fmt.Sprintf("%d:%d %d:%d", p.line, p.column, p.valueLine, p.valueCol)
	}
	for path, w := range want {
		if got[path] != w {
			t.Errorf("%s stands at %q, want %q", path, got[path], w)
		}
	}
	if missing := unplaced("", values, got); len(missing) > 0 {
		t.Errorf("no place for %v", missing)
	}
}

// unplaced lists the keys that the decoder knows and the scanner does not.
func unplaced(path string, value any, places map[string]string) []string {
	var out []string
	in := func(p string, v any) {
		if _, ok := places[p]; !ok {
			out = append(out, p)
		}
		out = append(out, unplaced(p, v, places)...)
	}
	switch v := value.(type) {
	case map[string]any:
		for k, e := range v {
			in(step(path, k), e)
		}
	case []any:
		for i, e := range v {
			in(element(path, i), e)
		}
	case []map[string]any:
		for i, e := range v {
			in(element(path, i), e)
		}
	}
	return out
}

// FuzzScan: no text makes the scanner panic, and every key of TOML that the decoder
// takes has a place.
func FuzzScan(f *testing.F) {
	f.Add("[images]\ncontent = 'c.png'\nstyle = {'a.png' = 1, 'b.png' = 2}\n[loss.content]\n[loss.style]\nlayers = ['scale1']\n")
	f.Add("[loss.tv]\n[images]\nsize=64\n[sweep.axes]\nloss.tv.weight=[1,2]\n'seed' = [1,2,3]\n[start]\nfrom='noise'\n")
	f.Add("[sweep]\nmethod='random'\nsamples=3\n[sweep.axes]\nseed={min=1,max=9,distribution='int'}\n[start]\nfrom='noise'\n[loss.tv]\n")
	f.Add("[[sweep.runs]]\noptimizer={kind='adam'}\n[[sweep.runs]]\n\"optimizer.kind\"='sgd'\nschedule.rate=1\n[loss.tv]\n")
	f.Add("a=\"\"\"x\"\"\"\"\"\nb='''\n'''\nc={d.e=[{f=1}]}")
	f.Add("base='x.toml'")
	f.Add("[[a]]\n[[a.b]]\n[a.b.c]\n[[a]]\nb=1979-05-27 07:32:00")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		places := map[string]string{}
		for _, p := range scan(text) {
			places[p.path] = ""
		}
		var values map[string]any
		if _, err := toml.Decode(text, &values); err == nil {
			if missing := unplaced("", values, places); len(missing) > 0 {
				t.Errorf("no place for %q", missing)
			}
		}
	})
}

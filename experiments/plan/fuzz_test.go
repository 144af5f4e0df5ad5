package plan

import (
	"strings"
	"testing"

	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/experiments/tree"
)

// FuzzRead checks that no text makes the reader panic, and that every accepted
// configuration can be written and read back unchanged.
func FuzzRead(f *testing.F) {
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
		p := &tree.Problems{}
		root := tree.Parse(text, "fuzz.toml", "/dir", p)
		if root == nil {
			return
		}
		if s := readSweep(root.Table(), p); s != nil && s.size() <= 100 {
			s.drafts(p)
		}
		plain := root.Table().Clone()
		plain.Drop("sweep")
		plain.Drop("base")
		q := &tree.Problems{}
		c := config.Decode(&tree.Node{Key: root.Key, At: root.At, Value: plain}, q)
		if q.Err() != nil {
			if strings.Contains(q.Err().Error(), "%!") {
				t.Error(q.Err())
			}
			return
		}
		checkRoundTrip(t, c)
	})
}

package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gonst/workbench/weights"
	"github.com/gonst/workbench/weights/internal/vgg"
	"github.com/gonst/workbench/weights/internal/weightstest"
)

// withClassifier makes a narrow VGG-16 with a much larger classifier as a safetensors
// file, and its entry, whose other address does not exist.
func withClassifier(t *testing.T, spoil func(tensors map[string][]float32)) ([]byte, weights.Entry) {
	t.Helper()
	widths, block := vgg.Widths, remoteBlock
	vgg.Widths, remoteBlock = []int{2, 3, 2, 2, 2}, 1<<10
	t.Cleanup(func() { vgg.Widths, remoteBlock = widths, block })
	tensors, shapes := map[string][]float32{"classifier.0.weight": make([]float32, 30000)}, map[string][]int{"classifier.0.weight": {300, 100}}
	names := []string{"classifier.0.weight"}
	in, i := 3, 0
	for b, count := range vgg.Blocks["vgg16"] {
		for range count {
			w, bias := fmt.Sprintf("features.%d.weight", weightstest.TorchVGG16[i]), fmt.Sprintf("features.%d.bias", weightstest.TorchVGG16[i])
			names = append(names, bias, w)
			shapes[w], shapes[bias] = []int{vgg.Widths[b], in, 3, 3}, []int{vgg.Widths[b]}
			for j := range vgg.Widths[b] * in * 9 {
				tensors[w] = append(tensors[w], float32(i)+float32(j)/1000)
			}
			tensors[bias] = make([]float32, vgg.Widths[b])
			in = vgg.Widths[b]
			i++
		}
	}
	if spoil != nil {
		spoil(tensors)
	}
	data, err := os.ReadFile(weightstest.WriteSafetensors(t, names, tensors, shapes))
	if err != nil {
		t.Fatal(err)
	}
	return data, weights.Entry{Name: "vgg16-test", Network: "vgg16", File: "vgg16.pth", SHA256: "00000000"}
}

// sameConvolutions compares a fetched file with the server's file.
func sameConvolutions(t *testing.T, path string, data []byte) {
	t.Helper()
	original := filepath.Join(t.TempDir(), "original.safetensors")
	if err := os.WriteFile(original, data, 0o666); err != nil {
		t.Fatal(err)
	}
	file, err := weights.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := weights.NewConvolutions(file)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := weights.Open(original)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if len(a.Layers()) != 13 || len(file.Tensors()) != 26 {
		t.Fatalf("%d layers, %d tensors", len(a.Layers()), len(file.Tensors()))
	}
	for _, layer := range b.Layers() {
		w1, b1, err1 := a.Convolution(layer)
		w2, b2, err2 := b.Convolution(layer)
		if err := errors.Join(err1, err2); err != nil || !slices.Equal(w1, w2) || !slices.Equal(b1, b2) {
			t.Errorf("%s is another: %v", layer, err)
		}
	}
}

func TestFetchConvolutions(t *testing.T) {
	data, entry := withClassifier(t, nil)
	var sent atomic.Int64
	address, requests := serve(t, func(w http.ResponseWriter, r *http.Request) { whole(data, `"1"`)(&counting{w, &sent}, r) })
	entry.Safetensors = []string{address}
	o := quickly(t.TempDir())
	var done, total int64
	o.Progress = func(d, n int64) { done, total = d, n }
	var accepted string
	o.Accept = func(path string) error { accepted = filepath.Base(path); return nil }
	path, err := Get(t.Context(), entry, o)
	if err != nil {
		t.Fatal(err)
	}
	names(t, o.Dir, "vgg16-test.safetensors")
	sameConvolutions(t, path, data)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if sent.Load() > int64(len(data))/5 || done != total || total != info.Size() {
		t.Errorf("%d of %d bytes were sent, progress %d of %d, the file has %d", sent.Load(), len(data), done, total, info.Size())
	}
	if accepted != "vgg16-test.safetensors.part" {
		t.Errorf("asked whether %q may be kept", accepted)
	}
	n := requests.Load()
	if _, err := Get(t.Context(), entry, o); err != nil || requests.Load() != n || accepted != "vgg16-test.safetensors" {
		t.Errorf("there already: %v, %d requests more", err, requests.Load()-n)
	}
}

// A connection that breaks within every block.
func TestFetchConvolutionsBreaksOff(t *testing.T) {
	data, entry := withClassifier(t, nil)
	address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var first, last int
		fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &first, &last)
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(data)))
		w.Header().Set("Content-Length", fmt.Sprint(last+1-first))
		w.WriteHeader(http.StatusPartialContent)
		w.Write(data[first:min(last+1, first+300)])
		w.(http.Flusher).Flush()
		if last+1 > first+300 {
			panic(http.ErrAbortHandler)
		}
	})
	entry.Safetensors = []string{address}
	path, err := Get(t.Context(), entry, quickly(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	sameConvolutions(t, path, data)
}

// Complete parts of an interrupted fetch are not requested again. If the file on the
// server has changed, everything is.
func TestFetchConvolutionsContinues(t *testing.T) {
	data, entry := withClassifier(t, nil)
	for tag, again := range map[string]bool{`"1"`: false, `"2"`: true} {
		o := quickly(t.TempDir())
		ctx, cancel := context.WithCancel(t.Context())
		address, _ := serve(t, whole(data, `"1"`))
		entry.Safetensors = []string{address}
		o.Progress = func(done, total int64) {
			if done > total/2 {
				cancel()
			}
		}
		if _, err := Get(ctx, entry, o); !errors.Is(err, context.Canceled) || !errors.Is(err, ErrStopped) {
			t.Fatalf("error %v", err)
		}
		names(t, o.Dir, "vgg16-test.safetensors.part")
		part, err := os.ReadFile(filepath.Join(o.Dir, "vgg16-test.safetensors.part"))
		if err != nil {
			t.Fatal(err)
		}
		// The same address: it is part of the file.
		var sent atomic.Int64
		transport := http.DefaultTransport.(*http.Transport).Clone()
		o.Client = &http.Client{Transport: rewritten{transport, func(r *http.Request) (*http.Response, error) {
			w := &recorded{header: http.Header{}}
			whole(data, tag)(w, r)
			sent.Add(int64(w.body.Len()))
			return &http.Response{StatusCode: w.status, Header: w.header, Body: nopCloser{&w.body}, Request: r}, nil
		}}}
		o.Progress = nil
		path, err := Get(t.Context(), entry, o)
		if err != nil {
			t.Fatal(err)
		}
		sameConvolutions(t, path, data)
		// The file without this half, the head and the end; each to the end of its
		// block.
		if all := int64(len(part)) * 2; again != (sent.Load() > all) {
			t.Errorf("version %s: %d bytes were sent after a part of %d", tag, sent.Load(), len(part))
		}
	}
}

// rewritten answers requests without a network.
type rewritten struct {
	*http.Transport
	answer func(*http.Request) (*http.Response, error)
}

func (t rewritten) RoundTrip(r *http.Request) (*http.Response, error) { return t.answer(r) }

type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorded) Header() http.Header         { return r.header }
func (r *recorded) WriteHeader(status int)      { r.status = status }
func (r *recorded) Write(p []byte) (int, error) { return r.body.Write(p) }

type nopCloser struct{ *bytes.Buffer }

func (nopCloser) Close() error { return nil }

// Whatever error such a server makes, no file gets the name, the error describes it,
// and the whole file is fetched instead if possible.
func TestFetchConvolutionsFromBadServers(t *testing.T) {
	data, entry := withClassifier(t, nil)
	spoiled, _ := withClassifier(t, func(tensors map[string][]float32) { tensors["features.28.weight"][0] = float32(math.Inf(1)) })
	other, err := os.ReadFile(weightstest.Numbered(t, weightstest.TorchVGG16, nil))
	if err != nil {
		t.Fatal(err)
	}
	nineteen, err := os.ReadFile(weightstest.Numbered(t, weightstest.TorchVGG19, nil))
	if err != nil {
		t.Fatal(err)
	}
	keras, err := os.ReadFile("../testdata/keras.h5")
	if err != nil {
		t.Fatal(err)
	}
	say := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) }
	}
	ranged := func(contentRange string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", contentRange)
			w.WriteHeader(http.StatusPartialContent)
			w.Write(data[:1<<10])
		}
	}
	requests := 0
	for _, c := range []struct {
		name, want string
		handle     http.HandlerFunc
		accept     error
		left       bool
	}{
		{name: "no ranges", want: "does not send parts", handle: func(w http.ResponseWriter, r *http.Request) { w.Write(data) }},
		{name: "404", want: "404 Not Found", handle: say(404)},
		{name: "416", want: "416 Requested Range", handle: say(416)},
		{name: "503", want: "503 Service", handle: say(503)},
		{name: "redirect loop", want: "stopped after 10 redirects", handle: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}},
		{name: "another range", want: "Content-Range", handle: ranged("bytes 7-1023/123456")},
		{name: "no range told", want: "Content-Range", handle: ranged("")},
		{name: "exabytes", want: "larger than any published file", handle: ranged("bytes 0-1023/1152921504606846976")},
		{name: "garbage", want: "not a weights file", handle: whole(bytes.Repeat([]byte{1, 2, 3}, 5000), `"1"`)},
		{name: "cut off", want: "is the download complete?", handle: whole(data[:len(data)-4], `"1"`)},
		{name: "another format", want: "not safetensors", handle: whole(keras, `"1"`)},
		{name: "another width", want: "the shape of conv1_1 is [1 1 3 3]", handle: whole(other, `"1"`)},
		{name: "another network", want: "does not have the convolutions of vgg16", handle: whole(nineteen, `"1"`)},
		{name: "not finite", want: "element 0 is +Inf", left: true, handle: whole(spoiled, `"1"`)},
		{name: "changes", want: "has changed while it was fetched", handle: func(w http.ResponseWriter, r *http.Request) {
			requests++
			whole(data, fmt.Sprintf(`"%d"`, requests))(w, r)
		}},
		{name: "falls silent", want: "nothing came for", handle: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-1023/%d", len(data)))
			w.Header().Set("Content-Length", "1024")
			w.WriteHeader(http.StatusPartialContent)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}},
		{name: "not accepted", want: "not the published file of vgg16-test: of another training", handle: whole(data, `"1"`), accept: errors.New("of another training")},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := entry
			address, _ := serve(t, c.handle)
			e.Safetensors = []string{address}
			o := quickly(t.TempDir())
			o.Stall = 200 * time.Millisecond
			o.Accept = func(string) error { return c.accept }
			_, err := Get(t.Context(), e, o)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), "weights: ") != 1 {
				t.Errorf("error %v, want one that says %q, with one prefix", err, c.want)
			}
			if !c.left {
				names(t, o.Dir)
			} else if _, err := os.Stat(filepath.Join(o.Dir, "vgg16-test.safetensors")); err == nil {
				t.Error("there is a file under the final name")
			}
			if c.accept != nil {
				return
			}
			// A correct mirror, or else the whole file.
			good, _ := serve(t, whole(data, `"1"`))
			e.Safetensors = []string{address, good}
			path, err := Get(t.Context(), e, o)
			if err != nil {
				t.Fatalf("with a mirror: %v", err)
			}
			sameConvolutions(t, path, data)
			published, file := published(t)
			file.Safetensors = []string{address}
			mirror, _ := serve(t, whole(published, `"1"`))
			file.Addresses = []string{mirror}
			o.Dir = t.TempDir()
			if _, err := Get(t.Context(), file, o); err != nil {
				t.Fatalf("the whole file: %v", err)
			}
		})
	}
}

// --from also accepts such an address.
func TestFetchConvolutionsFrom(t *testing.T) {
	data, entry := withClassifier(t, nil)
	address, _ := serve(t, whole(data, `"1"`))
	o := quickly(t.TempDir())
	o.From = address
	path, err := Get(t.Context(), entry, o)
	if err != nil {
		t.Fatal(err)
	}
	sameConvolutions(t, path, data)
}

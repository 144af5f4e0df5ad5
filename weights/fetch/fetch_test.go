package fetch

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/gonst/workbench/weights"
	"github.com/gonst/workbench/weights/internal/weightstest"
)

// published makes a small weights file and its entry. The test fills in the addresses.
func published(t *testing.T) ([]byte, weights.Entry) {
	t.Helper()
	data, err := os.ReadFile(weightstest.Numbered(t, weightstest.TorchVGG16, nil))
	if err != nil {
		t.Fatal(err)
	}
	return data, weights.Entry{Name: "vgg16-test", File: "vgg16.safetensors", Size: int64(len(data)),
		MD5: fmt.Sprintf("%x", md5.Sum(data)), SHA256: fmt.Sprintf("%x", sha256.Sum256(data))[:8]}
}

// serve starts a server on loopback that counts its requests.
func serve(t *testing.T, handle http.HandlerFunc) (address string, requests *atomic.Int32) {
	t.Helper()
	requests = new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		handle(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/vgg16.safetensors", requests
}

func whole(data []byte, tag string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}
}

// broken sends the requested data, but closes the connection after n bytes.
func broken(data []byte, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		from := 0
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(data)-1, len(data)))
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(data)-from))
		if from > 0 {
			w.WriteHeader(http.StatusPartialContent)
		}
		if from+n >= len(data) {
			w.Write(data[from:])
			return
		}
		w.Write(data[from : from+n])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

func quickly(dir string) Options {
	return Options{Dir: dir, Wait: time.Millisecond, Client: &http.Client{Transport: &http.Transport{Proxy: nil}}}
}

// whether the directory has that file with these bytes, and nothing else.
func onlyFile(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v; want %d", len(got), err, len(data))
	}
	names(t, dir, name)
}

func names(t *testing.T, dir string, want ...string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		if !strings.HasPrefix(f.Name(), ".") { // the lock file
			got = append(got, f.Name())
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the directory has %v, want %v", got, want)
	}
}

func TestFetch(t *testing.T) {
	data, entry := published(t)
	good, requests := serve(t, whole(data, `"1"`))
	entry.Addresses = []string{good}
	dir := filepath.Join(t.TempDir(), "made", "here")
	o := quickly(dir)
	var done, total int64
	o.Progress = func(d, n int64) { done, total = d, n }
	for range 2 { // the second time the file exists
		path, err := Get(t.Context(), entry, o)
		if err != nil || path != filepath.Join(dir, entry.File) {
			t.Fatalf("%q, %v", path, err)
		}
		onlyFile(t, dir, entry.File, data)
	}
	if requests.Load() != 1 || done != entry.Size || total != entry.Size {
		t.Errorf("%d requests, progress %d of %d", requests.Load(), done, total)
	}
	// Accept decides last.
	o.Dir, o.Accept = filepath.Join(t.TempDir(), "other"), func(string) error { return errors.New("of another training") }
	if _, err := Get(t.Context(), entry, o); !errors.Is(err, weights.ErrDigest) || !strings.Contains(err.Error(), "of another training") {
		t.Errorf("error %v", err)
	}
	names(t, o.Dir)
	o.Dir, o.Accept = dir, nil
	// A different file that already has the name is not changed.
	if err := os.WriteFile(filepath.Join(dir, entry.File), []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Get(t.Context(), entry, o); !errors.Is(err, weights.ErrDigest) || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("error %v", err)
	}
	onlyFile(t, dir, entry.File, []byte("mine"))
}

// A connection that breaks repeatedly: every request asks only for the rest.
func TestFetchBreaksOff(t *testing.T) {
	data, entry := published(t)
	address, requests := serve(t, broken(data, len(data)/5))
	entry.Addresses = []string{address}
	dir := t.TempDir()
	if _, err := Get(t.Context(), entry, quickly(dir)); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, dir, entry.File, data)
	if n := requests.Load(); n != 6 && n != 5 {
		t.Errorf("%d requests, want about 6", n)
	}
}

// The next call resumes an interrupted download. If the file has changed since, or the
// part belongs to another file, it starts from the beginning.
func TestFetchContinues(t *testing.T) {
	data, entry := published(t)
	for _, c := range []struct {
		name, tag, wantRange string
		part                 []byte
		sent                 int // bytes that the server must send in total
	}{
		{"the same", `"1"`, "bytes=1000-", data[:1000], len(data) - 1000},
		{"another version", `"2"`, "bytes=1000-", bytes.Repeat([]byte("x"), 1000), len(data)},
		{"too long", `"1"`, "", append(slices.Clone(data), 'x'), len(data)},
		{"complete", `"1"`, "", data, 0},
		{"another's of the right length", `"1"`, "", bytes.Repeat([]byte("x"), len(data)), len(data)},
		{"another's beginning", `"1"`, "bytes=1000-", bytes.Repeat([]byte("x"), 1000), len(data) - 1000 + len(data)},
	} {
		var sent atomic.Int64
		var asked atomic.Value
		address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			asked.CompareAndSwap(nil, r.Header.Get("Range"))
			whole(data, c.tag)(&counting{w, &sent}, r)
		})
		entry.Addresses = []string{address}
		dir := t.TempDir()
		part := filepath.Join(dir, entry.File+".part")
		if err := os.WriteFile(part, c.part, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(part+".from", fmt.Appendf(nil, `{"Address":%q,"Validator":"\"1\""}`, address), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Get(t.Context(), entry, quickly(dir)); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		onlyFile(t, dir, entry.File, data)
		if got, _ := asked.Load().(string); got != c.wantRange {
			t.Errorf("%s: asked for %q, want %q", c.name, got, c.wantRange)
		}
		if int(sent.Load()) != c.sent {
			t.Errorf("%s: %d bytes were sent, want %d", c.name, sent.Load(), c.sent)
		}
	}
}

type counting struct {
	http.ResponseWriter
	n *atomic.Int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.n.Add(int64(n))
	return n, err
}

// Whatever error a server makes, no file gets the name, the error describes it, and the
// next mirror is tried.
func TestFetchFromBadServers(t *testing.T) {
	data, entry := published(t)
	garbage := bytes.Repeat([]byte{1, 2, 3}, len(data))[:len(data)]
	other, err := os.ReadFile(weightstest.Numbered(t, weightstest.TorchVGG19, nil))
	if err != nil {
		t.Fatal(err)
	}
	say := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status) }
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	for _, c := range []struct {
		name, want string
		handle     http.HandlerFunc
		unknown    bool // with an entry whose size is not known
		left       bool // a part that can be resumed
	}{
		{name: "404", want: "404 Not Found", handle: say(404)},
		{name: "416", want: "416 Requested Range", handle: say(416)},
		{name: "503", want: "503 Service", handle: say(503)},
		{name: "redirect loop", want: "stopped after 10 redirects", handle: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}},
		{name: "garbage", want: "MD5 begins with", handle: whole(garbage, `"1"`)},
		{name: "garbage of any size", want: "MD5 begins with", handle: whole(garbage[:100], `"1"`), unknown: true},
		{name: "another file", want: "not the published file", handle: whole(other, `"1"`)},
		{name: "a web page", want: "a web page", handle: whole([]byte("<!DOCTYPE html><title>Log in</title>"), `"1"`), unknown: true},
		{name: "nothing", want: "MD5 begins with", handle: say(200), unknown: true},
		{name: "too much", want: "sends more than", handle: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/octet-stream")
			for range 3 { // without a length
				w.Write(data)
				w.(http.Flusher).Flush()
			}
		}},
		{name: "lies about the length", want: "EOF", left: true, handle: func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") != "" {
				panic(http.ErrAbortHandler)
			}
			w.Header().Set("Content-Length", strconv.Itoa(len(data)))
			w.Write(data[:500])
		}},
		{name: "wrong range", want: "Content-Range", left: true, handle: func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") == "" {
				broken(data, 500)(w, r)
				return
			}
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(data)-1, len(data)))
			w.WriteHeader(http.StatusPartialContent)
			w.Write(data)
		}},
		{name: "compressed", want: "Content-Encoding gzip", handle: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(data)
		}},
		{name: "falls silent", want: "nothing came for", left: true, handle: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(len(data)))
			w.Write(data[:10])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}},
		{name: "nobody there", want: "refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := entry
			if c.unknown {
				e.Size = 0
			}
			bad := closed.URL
			if c.handle != nil {
				bad, _ = serve(t, c.handle)
			}
			e.Addresses = []string{bad}
			dir := t.TempDir()
			o := quickly(dir)
			o.Stall = 300 * time.Millisecond
			_, err := Get(t.Context(), e, o)
			var unreachable *UnreachableError
			if strings.Count(fmt.Sprint(err), "weights: ") != 1 || !errors.As(err, &unreachable) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "nst ") {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
			if _, err := os.Stat(filepath.Join(dir, e.File)); err == nil {
				t.Error("there is a file under the final name")
			}
			if !c.left {
				names(t, dir)
			}
			good, _ := serve(t, whole(data, `"1"`))
			e.Addresses = []string{bad, good}
			if _, err := Get(t.Context(), e, o); err != nil {
				t.Errorf("with a mirror: %v", err)
			}
			onlyFile(t, dir, e.File, data)
		})
	}
}

func TestFetchFrom(t *testing.T) {
	data, entry := published(t)
	entry.Addresses = []string{"http://127.0.0.1:1/" + entry.File}
	source := filepath.Join(t.TempDir(), "download (1).bin")
	if err := os.WriteFile(source, data, 0o666); err != nil {
		t.Fatal(err)
	}
	mirror, _ := serve(t, whole(data, `"1"`))
	for _, from := range []string{source, mirror} {
		o := quickly(t.TempDir())
		o.From = from
		if _, err := Get(t.Context(), entry, o); err != nil {
			t.Errorf("%s: %v", from, err)
		}
		onlyFile(t, o.Dir, entry.File, data)
	}
	for from, want := range map[string]string{
		weightstest.Numbered(t, weightstest.TorchVGG19, nil): "not the published file",
		t.TempDir():                  "not a regular file",
		"nowhere.pth":                syscall.Errno(2).Error(),
		"ftp://example.org/file.pth": "https://",
	} {
		o := quickly(t.TempDir())
		o.From = from
		if _, err := Get(t.Context(), entry, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that says %q", from, err, want)
		}
		names(t, o.Dir)
	}
}

// Ctrl-C keeps the data so far, and the next call requests the rest.
func TestFetchInterrupted(t *testing.T) {
	data, entry := published(t)
	ctx, cancel := context.WithCancel(t.Context())
	slow, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		w.Write(data[:1000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	entry.Addresses = []string{slow}
	o := quickly(t.TempDir())
	o.Progress = func(done, _ int64) {
		if done == 1000 {
			cancel()
		}
	}
	if _, err := Get(ctx, entry, o); !errors.Is(err, context.Canceled) || !errors.Is(err, ErrStopped) {
		t.Errorf("error %v", err)
	}
	names(t, o.Dir, entry.File+".part", entry.File+".part.from")
	var first atomic.Value
	rest, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		first.CompareAndSwap(nil, r.Header.Get("Range"))
		whole(data, `"1"`)(w, r)
	})
	entry.Addresses = []string{rest} // a mirror continues the download of another
	if _, err := Get(t.Context(), entry, o); err != nil {
		t.Fatal(err)
	}
	onlyFile(t, o.Dir, entry.File, data)
	if first.Load() != "bytes=1000-" {
		t.Errorf("asked for %q", first.Load())
	}
}

func TestFetchTwiceAtOnce(t *testing.T) {
	_, entry := published(t)
	dir := t.TempDir()
	lock := flock.New(filepath.Join(dir, "."+entry.Name+".lock"))
	if ok, err := lock.TryLock(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	defer lock.Unlock()
	if _, err := Get(t.Context(), entry, quickly(dir)); !errors.Is(err, ErrBusy) {
		t.Errorf("error %v", err)
	}
}

// If many processes download one file at once, and some end and remove their files,
// only one works at a time.
func TestOneAtATime(t *testing.T) {
	data, entry := published(t)
	source := filepath.Join(t.TempDir(), "source")
	if err := os.WriteFile(source, data, 0o666); err != nil {
		t.Fatal(err)
	}
	o := quickly(t.TempDir())
	o.From = source
	var working, together, accepted atomic.Int32
	o.Accept = func(string) error {
		if working.Add(1) > 1 {
			together.Add(1)
		}
		accepted.Add(1)
		runtime.Gosched()
		working.Add(-1)
		return errors.New("not this one") // so that the next one starts from the beginning
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				Get(t.Context(), entry, o)
			}
		})
	}
	all.Wait()
	if together.Load() > 0 || accepted.Load() == 0 {
		t.Errorf("%d of %d worked beside another", together.Load(), accepted.Load())
	}
}

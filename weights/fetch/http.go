package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// maxDownload limits a download whose size is unknown.
const maxDownload = 2 << 30

// origin records the file and the version from which the .part file was downloaded.
type origin struct {
	Address   string
	Validator string // a strong ETag, or Last-Modified
}

// refusal is an answer of a server that makes further requests useless.
type refusal struct{ text string }

func (e *refusal) Error() string { return e.text }

func refused(format string, args ...any) error { return &refusal{fmt.Sprintf(format, args...)} }

// errBroken reports a broken connection. The rest can be requested.
var errBroken = errors.New("the connection broke off")

// from fills the .part file from an address. If the connection breaks, it requests the
// rest.
func (g *getter) from(ctx context.Context, address string) error {
	furthest := g.size() // a server may force several restarts
	for idle := 0; ; {
		err := g.request(ctx, address, g.size())
		var no *refusal
		var local *localError
		if err == nil || ctx.Err() != nil || errors.As(err, &no) || errors.As(err, &local) {
			return err
		}
		if n := g.size(); n > furthest {
			furthest, idle = n, 0
		} else if idle++; idle >= g.options.Retries {
			return err
		}
		select {
		case <-time.After(g.options.Wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (g *getter) size() int64 {
	info, err := os.Stat(g.part)
	if err != nil {
		return 0
	}
	return info.Size()
}

// request makes one request, for everything after offset.
func (g *getter) request(ctx context.Context, address string, offset int64) error {
	want := g.entry.Size
	if want > 0 && offset == want {
		return nil // everything has arrived; the digest decides
	}
	if want > 0 && offset > want {
		offset = 0
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := time.AfterFunc(g.options.Stall, func() {
		cancel(fmt.Errorf("%w: nothing came for %v", errBroken, g.options.Stall))
	})
	defer stall.Stop()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return refused("%v", err)
	}
	req.Header.Set("Accept-Encoding", "identity") // no compression
	if offset > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
		// Another mirror's version has another validator; the digest decides.
		if o := g.origin(); o.Address == address && o.Validator != "" {
			req.Header.Set("If-Range", o.Validator)
		}
	}
	resp, err := g.options.Client.Do(req)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		offset = 0
	case http.StatusPartialContent:
		var first, last, total int64
		_, err := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &total)
		if err != nil || first != offset || offset == 0 || want > 0 && total != want {
			return g.restart(refused("it answers a request for the bytes from %d with Content-Range %q", offset, resp.Header.Get("Content-Range")))
		}
	case http.StatusRequestedRangeNotSatisfiable:
		return g.restart(refused("it says %s", resp.Status))
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return fmt.Errorf("it says %s", resp.Status) // may be temporary
	default:
		return refused("it says %s", resp.Status)
	}
	if resp.Header.Get("Content-Encoding") != "" {
		return refused("it sends the file with Content-Encoding %s, which was not requested", resp.Header.Get("Content-Encoding"))
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		return refused("it sends a web page: does this network require a login?")
	}
	total := want
	if resp.ContentLength >= 0 {
		total = offset + resp.ContentLength
	}
	if want > 0 && total != want {
		return refused("not the published file: it has %d bytes, that has %d", total, want)
	}
	if total > maxDownload {
		return refused("it has %d bytes: larger than any published file", total)
	}
	if err := g.remember(origin{address, validator(resp.Header)}); err != nil {
		return &localError{err}
	}
	limit := total
	if limit == 0 {
		limit = maxDownload
	}
	body := &watched{resp.Body, stall, g.options.Stall}
	err = g.write(ctx, io.LimitReader(body, limit-offset+1), offset, total)
	var local *localError
	switch size := g.size(); {
	case errors.As(err, &local):
		return err
	case size > limit:
		return g.restart(refused("it sends more than %d bytes", limit))
	case err != nil && context.Cause(ctx) != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("%w after %d bytes: %w", errBroken, size, err)
	case total > 0 && size < total:
		return fmt.Errorf("%w after %d of %d bytes", errBroken, size, total)
	}
	return nil
}

// restart drops a part that cannot be continued. If there was one, the address is tried
// again from the start; if there was none, the refusal is final.
func (g *getter) restart(no error) error {
	had := g.size() > 0
	if err := os.Truncate(g.part, 0); err != nil && !os.IsNotExist(err) {
		return &localError{err}
	}
	os.Remove(g.part + ".from")
	if had {
		return errors.New(no.Error())
	}
	return no
}

// watched restarts the stall timer after every piece of data.
type watched struct {
	io.Reader
	timer *time.Timer
	stall time.Duration
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if n > 0 {
		w.timer.Reset(w.stall)
	}
	return n, err
}

// validator returns the value for If-Range for this version. A weak tag does not
// identify it.
func validator(h http.Header) string {
	if tag := h.Get("ETag"); len(tag) > 1 && tag[0] == '"' {
		return tag
	}
	return h.Get("Last-Modified")
}

func (g *getter) remember(o origin) error {
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return os.WriteFile(g.part+".from", text, 0o666)
}

// origin returns an empty value if nothing is known.
func (g *getter) origin() (o origin) {
	if text, err := os.ReadFile(g.part + ".from"); err == nil {
		_ = json.Unmarshal(text, &o)
	}
	return o
}

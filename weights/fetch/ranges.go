package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/weights"
	"github.com/gonst/workbench/weights/internal/vgg"
)

// From a safetensors file on a server that supports ranges, only the convolutions are
// downloaded: for VGG-19 with its classifier 80 of 575 MB. The result is a separate
// safetensors file, as weights.Convert makes it. No digest can verify it: instead its
// shapes are checked, its numbers must be finite, and Options.Accept decides.

// convolutions fills the .part file with the convolutions of the file at the address.
// It resumes after the last complete layer.
func (g *getter) convolutions(ctx context.Context, address string) error {
	r := &remote{getter: g, ctx: ctx, address: address}
	if err := r.fill(0); err != nil {
		return err
	}
	file, err := weights.New("the file", r, r.size)
	if err == nil && file.Format() != weights.Safetensors {
		err = refused("it is a %s file, not safetensors", file.Format())
	}
	if err != nil {
		return r.reason(err)
	}
	c, err := weights.NewConvolutions(file)
	if err == nil {
		err = fits(c, g.entry.Network)
	}
	if err != nil {
		return r.reason(err)
	}
	layout, err := c.Layout(map[string]string{"source": address, "source_version": r.validator, "network": g.entry.Network, "layout": "out, in, height, width"})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(g.part, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return &localError{err}
	}
	defer f.Close()
	total := layout.Ends[len(layout.Ends)-1]
	at, done, err := continued(f, layout.Head, layout.Ends)
	if err != nil {
		return &localError{err}
	}
	for _, layer := range layout.Layers[done:] {
		g.options.Progress(at, total)
		data, err := c.Data(layer)
		if err != nil {
			return r.reason(err)
		}
		n, err := f.Write(data)
		if err != nil {
			return &localError{fmt.Errorf("%w; is the disk full? What has come is kept in %s", err, g.part)}
		}
		at += int64(n)
	}
	g.options.Progress(at, total)
	if err := f.Sync(); err != nil {
		return &localError{err}
	}
	return nil
}

// continued keeps only the complete part of a file: the head, and the layers up to one
// of the ends. done is the number of these layers. If the head is different, it keeps
// nothing.
func continued(f *os.File, head []byte, ends []int64) (at int64, done int, err error) {
	info, err := f.Stat()
	if err != nil {
		return 0, 0, err
	}
	begin := make([]byte, len(head))
	n, _ := f.ReadAt(begin, 0)
	if n == len(head) && bytes.Equal(begin, head) {
		at = int64(len(head))
		for done < len(ends) && ends[done] <= info.Size() {
			at = ends[done]
			done++
		}
	}
	if err = f.Truncate(at); err == nil && at == 0 {
		_, err = f.WriteAt(head, 0)
		at = int64(len(head))
	}
	if err == nil {
		_, err = f.Seek(at, io.SeekStart)
	}
	return at, done, err
}

// fits checks that all convolutions of a network exist and have the published shapes.
func fits(c *weights.Convolutions, network string) error {
	if c.Network() != network {
		return fmt.Errorf("%w: it does not have the convolutions of %s", weights.ErrDigest, network)
	}
	for _, l := range vgg.Layers(network) {
		shape, err := c.Shape(l.Name)
		if err != nil {
			return err
		}
		if want := []int{l.Out, l.In, 3, 3}; !slices.Equal(shape, want) {
			return fmt.Errorf("%w: the shape of %s is %v, of %s it is %v", weights.ErrDigest, l.Name, shape, network, want)
		}
	}
	return nil
}

// remote reads a file on a server in blocks, with one request at a time.
type remote struct {
	getter    *getter
	ctx       context.Context
	address   string
	size      int64  // of the file; 0 until the first answer
	validator string // of its version
	block     []byte
	begin     int64 // offset of the block in the file
	err       error // the reason why a block is missing
}

// remoteBlock is the size of one request.
var remoteBlock int64 = 4 << 20

func (r *remote) ReadAt(p []byte, offset int64) (n int, err error) {
	for n < len(p) {
		at := offset + int64(n)
		if r.size > 0 && at >= r.size {
			return n, io.EOF
		}
		if at < r.begin || at >= r.begin+int64(len(r.block)) {
			if err := r.fill(at); err != nil {
				return n, err
			}
		}
		n += copy(p[n:], r.block[at-r.begin:])
	}
	return n, nil
}

// reason returns the cause of a read error: the network's error if there is one.
func (r *remote) reason(err error) error {
	if r.err != nil {
		return r.err
	}
	return refused("%v", prefix.Errorf("", "%w", err))
}

// fill loads the block at an offset. If the connection breaks, it requests the rest.
func (r *remote) fill(offset int64) error {
	o := r.getter.options
	r.block, r.begin = make([]byte, 0, remoteBlock), offset
	for idle := 0; ; {
		before := len(r.block)
		err := r.request(offset + int64(before))
		if err == nil && len(r.block) > 0 && (int64(len(r.block)) == remoteBlock || offset+int64(len(r.block)) == r.size) {
			return nil
		}
		var no *refusal
		if errors.As(err, &no) || r.ctx.Err() != nil {
			r.err = err
			return err
		}
		if len(r.block) > before {
			idle = 0
		} else if idle++; idle >= o.Retries {
			r.err = err
			return err
		}
		select {
		case <-time.After(o.Wait):
		case <-r.ctx.Done():
			r.err = context.Cause(r.ctx)
			return r.err
		}
	}
}

// request makes one request for the rest of the block.
func (r *remote) request(at int64) error {
	o := r.getter.options
	ctx, cancel := context.WithCancelCause(r.ctx)
	defer cancel(nil)
	stall := time.AfterFunc(o.Stall, func() { cancel(fmt.Errorf("%w: nothing came for %v", errBroken, o.Stall)) })
	defer stall.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.address, nil)
	if err != nil {
		return refused("%v", err)
	}
	last := r.begin + remoteBlock - 1
	if r.size > 0 {
		last = min(last, r.size-1)
	}
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", at, last))
	resp, err := o.Client.Do(req)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	defer resp.Body.Close()
	if err := r.answer(resp, at, last); err != nil {
		return err
	}
	want := min(last, r.size-1) - at + 1
	body := io.LimitReader(&watched{resp.Body, stall, o.Stall}, want)
	n, err := io.ReadFull(body, r.block[len(r.block):len(r.block)+int(want)])
	r.block = r.block[:len(r.block)+n]
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return fmt.Errorf("%w after %d of %d bytes", errBroken, n, want)
	}
	return nil
}

// answer checks the response header before the data is read.
func (r *remote) answer(resp *http.Response, at, last int64) error {
	switch resp.StatusCode {
	case http.StatusPartialContent:
	case http.StatusOK:
		return refused("it does not send parts of a file")
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return fmt.Errorf("it says %s", resp.Status)
	default:
		return refused("it says %s", resp.Status)
	}
	var first, end, total int64
	_, err := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes %d-%d/%d", &first, &end, &total)
	if err != nil || first != at || end != min(last, total-1) || resp.Header.Get("Content-Encoding") != "" {
		return refused("it answers a request for the bytes %d to %d with Content-Range %q", at, last, resp.Header.Get("Content-Range"))
	}
	version := validator(resp.Header)
	if r.size == 0 {
		r.size, r.validator = total, version
	}
	switch {
	case total != r.size || version != r.validator:
		return refused("the file has changed while it was fetched: %d bytes %s, then %d bytes %s", r.size, r.validator, total, version)
	case total > maxDownload:
		return refused("it has %d bytes: larger than any published file", total)
	}
	return nil
}

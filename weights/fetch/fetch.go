// Package fetch downloads published files of trained weights. It downloads only the
// convolutions of a safetensors file if the server supports ranges, otherwise the whole
// file. If a download is interrupted or cancelled, the next call resumes it.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/gonst/workbench/internal/atomicfile"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/weights"
)

// Options selects the source and the destination of a file. The zero value is valid.
type Options struct {
	Dir  string // the directory for the file; "": weights in the working directory. It is created if necessary.
	From string // a file or an http address as the source; "": the entry's addresses in turn
	// Client makes the requests. Nil means a client like http.DefaultClient, which uses
	// the proxy in HTTPS_PROXY.
	Client *http.Client
	// Progress is called often, with the number of bytes that have arrived and the
	// total number of bytes, or 0 if the total is unknown. It may be nil.
	Progress func(done, total int64)
	// Retries is the number of consecutive failures of an address without any data
	// before the next address is tried; 0 means 3.
	Retries int
	Wait    time.Duration // before an address is tried again; 0 means one second
	Stall   time.Duration // longest time in which a server may send nothing; 0 means one minute
	// Accept is the last check before a file gets its name: if it returns an error, the
	// file is removed. It may be nil.
	Accept func(path string) error
}

// Errors that callers act on. Another one is weights.ErrDigest: the file is not the
// published one.
var (
	ErrStopped = errors.New("download stopped") // by the context; the data so far is kept
	ErrBusy    = errors.New("another program is downloading this file")
)

// UnreachableError reports that no source had the file.
type UnreachableError struct {
	Entry   weights.Entry
	Reasons []error // one per address, in the order of the attempts
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("weights: %s cannot be downloaded:\n%v", e.Entry.Name, errors.Join(e.Reasons...))
}

func (e *UnreachableError) Unwrap() []error { return e.Reasons }

// Get downloads a file of the catalogue to o.Dir and returns its path. If the
// connection breaks or ctx is cancelled, the data so far is kept in a file called
// .part, and the next Get resumes it. The file gets its name only when its size and
// digest are right, the convolutions are found in it, and o.Accept returns no error.
//
// If the entry has addresses of safetensors files, or o.From is one, and the server
// supports ranges, Get downloads only the convolutions, into NAME.safetensors.
//
// An empty file .NAME.lock stays in o.Dir.
func Get(ctx context.Context, e weights.Entry, o Options) (string, error) {
	o.defaults()
	if err := os.MkdirAll(o.Dir, 0o777); err != nil {
		return "", fmt.Errorf("weights: %w", err)
	}
	whole := &getter{entry: e, options: o, part: filepath.Join(o.Dir, e.File+".part")}
	parts := &getter{entry: e, options: o, part: filepath.Join(o.Dir, e.Name+".safetensors.part")}
	// The lock file is never removed: between opening and locking it another program
	// could lock a new file of the same name.
	lock := flock.New(filepath.Join(o.Dir, "."+e.Name+".lock"), flock.SetPermissions(0o666))
	if ok, err := lock.TryLock(); err != nil {
		return "", fmt.Errorf("weights: %w", err)
	} else if !ok {
		return "", &weights.Error{File: whole.part, Err: ErrBusy}
	}
	defer lock.Unlock()
	defer whole.removeEmpty()
	defer parts.removeEmpty()
	for _, g := range []*getter{whole, parts} {
		if _, err := os.Stat(g.path()); err == nil {
			if err := g.check(g.path()); err != nil {
				return "", fmt.Errorf("%w; remove it to download it again", err)
			}
			return g.path(), nil
		}
	}
	addresses := e.Safetensors
	if isAddress(o.From) && strings.HasSuffix(o.From, ".safetensors") && !strings.HasSuffix(e.File, ".safetensors") {
		addresses = []string{o.From}
	} else if o.From != "" || whole.size() > 0 {
		addresses = nil
	}
	var reasons []error
	for _, address := range addresses {
		err := parts.convolutions(ctx, address)
		if err == nil {
			if err = parts.accept(); err == nil {
				return parts.path(), parts.publish()
			}
		}
		if err := parts.fatal(ctx, err); err != nil {
			return "", err
		}
		reasons = append(reasons, prefix.Errorf("  ", "%s: %w", address, err))
	}
	if len(reasons) > 0 && o.From != "" {
		return "", &UnreachableError{e, reasons}
	}
	if err := whole.get(ctx, reasons); err != nil {
		return "", err
	}
	return whole.path(), whole.publish()
}

func (o *Options) defaults() {
	if o.Dir == "" {
		o.Dir = "weights"
	}
	if o.Client == nil {
		o.Client = &http.Client{}
	}
	if o.Progress == nil {
		o.Progress = func(int64, int64) {}
	}
	if o.Retries == 0 {
		o.Retries = 3
	}
	if o.Wait == 0 {
		o.Wait = time.Second
	}
	if o.Stall == 0 {
		o.Stall = time.Minute
	}
}

// getter fills a .part file.
type getter struct {
	entry   weights.Entry
	options Options
	part    string
}

// path returns the path of the complete file.
func (g *getter) path() string { return strings.TrimSuffix(g.part, ".part") }

func (g *getter) publish() error {
	if err := atomicfile.Rename(g.part, g.path()); err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	os.Remove(g.part + ".from")
	return nil
}

func (g *getter) removeEmpty() {
	if info, err := os.Stat(g.part); err != nil || info.Size() == 0 {
		os.Remove(g.part)
		os.Remove(g.part + ".from")
	}
}

// accept checks that the .part file is the entry's file. If not, it removes the file.
func (g *getter) accept() error {
	err := g.check(g.part)
	if err != nil {
		os.Remove(g.part)
		os.Remove(g.part + ".from")
	}
	return err
}

// check checks that a file is the entry's file.
func (g *getter) check(path string) error {
	if filepath.Base(g.path()) == g.entry.File {
		if err := g.entry.Verify(path); err != nil {
			return err
		}
	}
	c, err := weights.Open(path) // eight digits of a digest are not enough
	if err != nil {
		return err
	}
	c.Close()
	if g.options.Accept == nil {
		return nil
	}
	if err := g.options.Accept(path); err != nil {
		return &weights.Error{File: path, Err: prefix.Errorf("", "%w of %s: %w", weights.ErrDigest, g.entry.Name, err)}
	}
	return nil
}

// fatal reports an error after which no other address is tried: an error of the disk or
// of the context.
func (g *getter) fatal(ctx context.Context, err error) error {
	var local *localError
	if ctx.Err() != nil {
		return prefix.Errorf("weights: ", "%s: %w: %w; what has come is kept in %s", g.entry.Name, ErrStopped, context.Cause(ctx), g.part)
	} else if errors.As(err, &local) {
		return prefix.Errorf("weights: ", "%s: %w", g.entry.Name, err)
	}
	return nil
}

// get fills the .part file from the first source that has the right bytes, and accepts
// it. reasons lists why earlier addresses failed.
func (g *getter) get(ctx context.Context, reasons []error) error {
	addresses := g.entry.Addresses
	if from := g.options.From; isAddress(from) {
		addresses = []string{from}
	} else if from != "" {
		return g.copy(ctx, from)
	}
	for _, address := range addresses {
		continued := g.size() > 0
		err := g.from(ctx, address)
		if err == nil {
			err = g.accept()
		}
		if errors.Is(err, weights.ErrDigest) && continued { // the beginning belonged to another file: start from the beginning
			if err = g.from(ctx, address); err == nil {
				err = g.accept()
			}
		}
		if err == nil {
			return nil
		}
		if err := g.fatal(ctx, err); err != nil {
			return err
		}
		reasons = append(reasons, prefix.Errorf("  ", "%s: %w", address, err))
	}
	return &UnreachableError{g.entry, reasons}
}

func isAddress(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}

// copy fills the .part file from a file.
func (g *getter) copy(ctx context.Context, from string) error {
	src, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("weights: %w; the source must be a file or an address that begins with http:// or https://", err)
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	if !info.Mode().IsRegular() {
		return &weights.Error{File: from, Err: errors.New("not a regular file")}
	}
	if err := g.entry.Verify(from); err != nil {
		return err
	}
	if err := g.write(ctx, src, 0, info.Size()); err != nil {
		return &weights.Error{File: from, Err: err}
	}
	return g.accept()
}

// localError is an error of the disk, which another address cannot avoid.
type localError struct{ err error }

func (e *localError) Error() string { return e.err.Error() }
func (e *localError) Unwrap() error { return e.err }

// write writes src into the .part file at offset. The file then ends after src.
func (g *getter) write(ctx context.Context, src io.Reader, offset, total int64) error {
	f, err := os.OpenFile(g.part, os.O_WRONLY|os.O_CREATE, 0o666)
	if err == nil {
		defer f.Close()
		if err = f.Truncate(offset); err == nil {
			_, err = f.Seek(offset, io.SeekStart)
		}
	}
	buffer := make([]byte, 1<<18)
	for err == nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, end := src.Read(buffer)
		if _, err = f.Write(buffer[:n]); err != nil {
			break
		}
		offset += int64(n)
		g.options.Progress(offset, total)
		if end == io.EOF {
			if err = f.Sync(); err == nil {
				return f.Close()
			}
		} else if end != nil {
			return end
		}
	}
	return &localError{fmt.Errorf("%w; is the disk full? What has come is kept in %s", err, g.part)}
}

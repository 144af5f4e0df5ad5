package weights

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
)

// FetchOptions says where a file comes from and goes to. The zero value is good.
type FetchOptions struct {
	Dir  string // where it goes; "": weights in the working directory. Made if need be.
	From string // a file or an http address to take it from; "": the entry's addresses in turn
	// Client makes the requests; nil: one like http.DefaultClient, which goes
	// through the proxy that HTTPS_PROXY names.
	Client *http.Client
	// Progress is told how many bytes are there, and of how many, 0 if that is not
	// known; nil: nobody is told. It is called often.
	Progress func(done, total int64)
	// Retries is how often in succession an address may break off without having
	// sent anything before the next one is tried; 0 means 3.
	Retries int
	Wait    time.Duration // before an address is tried again; 0 means a second
	Stall   time.Duration // for how long a server may send nothing; 0 means a minute
	// Accept has the last word on a file before it gets its name: an error keeps it
	// from it, and the file is removed. nil: whatever has the right digest will do.
	Accept func(path string) error
}

// Fetch brings a file of the catalogue to o.Dir and returns its path. What has
// come so far is kept in a file called .part when the connection breaks or ctx is
// cancelled, and the next Fetch continues it. The file gets its name when its
// size and digest are right, the filters can be found in it, and o.Accept says
// nothing against it, and never before.
//
// Where the entry has addresses of safetensors, or o.From is one, and the server sends
// parts of files, only the convolutions are fetched, into NAME.safetensors.
func Fetch(ctx context.Context, e Entry, o FetchOptions) (string, error) {
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
	if err := os.MkdirAll(o.Dir, 0o777); err != nil {
		return "", fmt.Errorf("weights: %w", err)
	}
	whole := &getter{entry: e, options: o, part: filepath.Join(o.Dir, e.File+".part")}
	parts := &getter{entry: e, options: o, part: filepath.Join(o.Dir, e.Name+".safetensors.part")}
	lock := flock.New(whole.part + ".lock")
	if ok, err := lock.TryLock(); err != nil {
		return "", fmt.Errorf("weights: %w", err)
	} else if !ok {
		return "", &Error{File: whole.part, Err: errors.New("another program is fetching it: let it finish")}
	}
	defer os.Remove(lock.Path())
	defer lock.Unlock()
	defer whole.removeEmpty()
	defer parts.removeEmpty()
	for _, g := range []*getter{whole, parts} {
		if _, err := os.Stat(g.path()); err == nil {
			if err := g.check(g.path()); err != nil {
				return "", fmt.Errorf("%w; remove it to fetch it anew", err)
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
	var said []error
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
		said = append(said, fmt.Errorf("  %s: %w", address, err))
	}
	if len(said) > 0 && o.From != "" {
		return "", whole.nowhere(said)
	}
	if err := whole.get(ctx, said); err != nil {
		return "", err
	}
	return whole.path(), whole.publish()
}

// getter fills a .part file.
type getter struct {
	entry   Entry
	options FetchOptions
	part    string
}

// path is where the file goes when it is whole.
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

// accept makes sure that the .part file is what was wanted; it is removed if not.
func (g *getter) accept() error {
	err := g.check(g.part)
	if err != nil {
		os.Remove(g.part)
		os.Remove(g.part + ".from")
	}
	return err
}

// check makes sure that a file is the entry's.
func (g *getter) check(path string) error {
	if filepath.Base(g.path()) == g.entry.File {
		if err := g.entry.Verify(path); err != nil {
			return err
		}
	}
	c, err := OpenConvolutions(path) // eight digits of a digest are few
	if err != nil {
		return err
	}
	c.Close()
	if g.options.Accept == nil {
		return nil
	}
	if err := g.options.Accept(path); err != nil {
		return &Error{File: path, Err: fmt.Errorf("%w of %s: %w", ErrDigest, g.entry.Name, err)}
	}
	return nil
}

// fatal is an error after which no other address would do: of the disk, or of being told
// to stop.
func (g *getter) fatal(ctx context.Context, err error) error {
	var local *localError
	if ctx.Err() != nil {
		return fmt.Errorf("weights: %s: stopped: %w; the same command continues", g.entry.Name, context.Cause(ctx))
	} else if errors.As(err, &local) {
		return fmt.Errorf("weights: %s: %w", g.entry.Name, err)
	}
	return nil
}

// nowhere says what all addresses said, and what else would do.
func (g *getter) nowhere(said []error) error {
	return fmt.Errorf("weights: %s could not be fetched:\n%w\nwithout a network, bring %s here otherwise, and type\n  nst weights fetch %s --from %s",
		g.entry.Name, errors.Join(said...), g.entry.File, g.entry.Name, g.entry.File)
}

// get fills the .part file from the first source that has the right bytes, and
// accepts it. What was said before is added to what the sources say.
func (g *getter) get(ctx context.Context, said []error) error {
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
		if errors.Is(err, ErrDigest) && continued { // the beginning was another file's: from the start
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
		said = append(said, fmt.Errorf("  %s: %w", address, err))
	}
	return g.nowhere(said)
}

func isAddress(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}

// copy fills the .part file from a file.
func (g *getter) copy(ctx context.Context, from string) error {
	src, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("weights: %w; --from takes a file or an address that begins with https://", err)
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	if !info.Mode().IsRegular() {
		return &Error{File: from, Err: errors.New("not a regular file")}
	}
	if err := g.entry.Verify(from); err != nil {
		return fmt.Errorf("%w; other weights need no fetching: `nst weights check %s` tells what they are", err, from)
	}
	if err := g.write(ctx, src, 0, info.Size()); err != nil {
		return &Error{File: from, Err: err}
	}
	return g.accept()
}

// localError is one that no other address would mend: of the disk.
type localError struct{ err error }

func (e *localError) Error() string { return e.err.Error() }
func (e *localError) Unwrap() error { return e.err }

// write puts what src has into the .part file at offset, where it then ends.
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
	return &localError{fmt.Errorf("%w; is there room for it? What has come is kept, the same command continues", err)}
}

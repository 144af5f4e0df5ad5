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
}

// Fetch brings a file of the catalogue to o.Dir and returns its path. What has
// come so far is kept in a file called .part when the connection breaks or ctx is
// cancelled, and the next Fetch continues it. The file gets its name when its
// size and digest are right and the filters can be found in it, and never before.
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
	path := filepath.Join(o.Dir, e.File)
	part := path + ".part"
	lock := flock.New(part + ".lock")
	if ok, err := lock.TryLock(); err != nil {
		return "", fmt.Errorf("weights: %w", err)
	} else if !ok {
		return "", &Error{File: part, Err: errors.New("another program is fetching it: let it finish")}
	}
	defer os.Remove(lock.Path())
	defer lock.Unlock()
	if _, err := os.Stat(path); err == nil {
		removeEmpty(part)
		if err := e.Verify(path); err != nil {
			return "", fmt.Errorf("%w; remove it to fetch it anew", err)
		}
		return path, nil
	}
	g := &getter{entry: e, options: o, part: part}
	if err := g.get(ctx); err != nil {
		removeEmpty(part)
		return "", err
	}
	if err := os.Rename(part, path); err != nil {
		return "", fmt.Errorf("weights: %w", err)
	}
	os.Remove(part + ".from")
	return path, nil
}

func removeEmpty(part string) {
	if info, err := os.Stat(part); err != nil || info.Size() == 0 {
		os.Remove(part)
		os.Remove(part + ".from")
	}
}

// getter fills the .part file.
type getter struct {
	entry   Entry
	options FetchOptions
	part    string
}

// accept makes sure that the .part file is what was wanted; it is removed if not.
func (g *getter) accept() error {
	err := g.entry.Verify(g.part)
	if err == nil {
		// Eight digits of a digest are few.
		var c *Convolutions
		if c, err = OpenConvolutions(g.part); err == nil {
			c.Close()
		}
	}
	if err != nil {
		os.Remove(g.part)
		os.Remove(g.part + ".from")
	}
	return err
}

// get fills the .part file from the first source that has the right bytes, and
// accepts it.
func (g *getter) get(ctx context.Context) error {
	addresses := g.entry.Addresses
	if from := g.options.From; isAddress(from) {
		addresses = []string{from}
	} else if from != "" {
		return g.copy(ctx, from)
	}
	var said []error
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
		var fatal *localError
		if ctx.Err() != nil {
			return fmt.Errorf("weights: %s: stopped: %w; the same command continues", g.entry.Name, context.Cause(ctx))
		} else if errors.As(err, &fatal) {
			return fmt.Errorf("weights: %s: %w", g.entry.Name, err)
		}
		said = append(said, fmt.Errorf("  %s: %w", address, err))
	}
	return fmt.Errorf("weights: %s could not be fetched:\n%w\nwithout a network, bring %s here otherwise, and type\n  nst weights fetch %s --from %s",
		g.entry.Name, errors.Join(said...), g.entry.File, g.entry.Name, g.entry.File)
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

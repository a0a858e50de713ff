package blob

import (
	"context"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"
	"time"
)

// Get is Store's.
func (d *Dir) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	r, err := d.open(ctx, key)
	if err != nil {
		return nil, failed("get blob", key, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{attended{ctx, r.file}, r.file}, nil
}

// Open is Store's.
func (d *Dir) Open(ctx context.Context, key string) (Reader, error) {
	r, err := d.open(ctx, key)
	if err != nil {
		return nil, failed("open blob", key, err)
	}
	return r, nil
}

func (d *Dir) open(ctx context.Context, key string) (*fileReader, error) {
	// Looked at first, since opening a named pipe would wait for its writer.
	about, err := d.stat(ctx, key)
	if err != nil {
		return nil, err
	}
	f, err := d.root.Open(key)
	if absent(err) {
		err = ErrNotExist // gone meanwhile
	}
	if err != nil {
		return nil, err
	}
	return &fileReader{ctx, f, about.Size()}, nil
}

// stat is what the file system knows of the blob under key.
func (d *Dir) stat(ctx context.Context, key string) (fs.FileInfo, error) {
	if err := check(ctx, key); err != nil {
		return nil, err
	}
	about, err := d.root.Lstat(key)
	if absent(err) || err == nil && !about.Mode().IsRegular() {
		err = ErrNotExist
	}
	return about, err
}

// fileReader is an open blob of a Dir.
type fileReader struct {
	ctx  context.Context
	file *os.File
	size int64
}

func (r *fileReader) ReadAt(p []byte, offset int64) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.file.ReadAt(p, offset)
}

func (r *fileReader) Close() error { return r.file.Close() }
func (r *fileReader) Size() int64  { return r.size }

// Stat is Store's.
func (d *Dir) Stat(ctx context.Context, key string) (Entry, error) {
	about, err := d.stat(ctx, key)
	if err != nil {
		return Entry{}, failed("stat blob", key, err)
	}
	return Entry{key, about.Size(), about.ModTime()}, nil
}

// List is Store's. It holds the names of one folder after another, and of the
// folders around it.
func (d *Dir) List(ctx context.Context, prefix, after string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		// The walk begins in the folder that the prefix names.
		folder := prefix[:strings.LastIndexByte(prefix, '/')+1]
		l := listing{ctx: ctx, prefix: prefix, after: after, yield: yield}
		if folder != "" && CheckKey(folder[:len(folder)-1]) != nil {
			return
		}
		l.walk(d.root, strings.TrimSuffix(folder, "/"), folder)
	}
}

// listing is one walk through a Dir.
type listing struct {
	ctx           context.Context
	prefix, after string
	yield         func(Entry, error) bool
}

// walk lists the folder that name is in parent; path is its key, with a slash
// at the end unless it is the root. False ends the walk.
func (l *listing) walk(parent *os.Root, name, path string) bool {
	folder := parent
	if name != "" {
		sub, err := parent.OpenRoot(name)
		if absent(err) {
			return true // gone meanwhile
		}
		if err != nil {
			return l.fail(err)
		}
		defer sub.Close()
		folder = sub
	}
	files, err := readFolder(l.ctx, folder)
	if err != nil {
		return l.fail(err)
	}
	for _, f := range files {
		key, on := path+f.name, true
		switch {
		case l.ctx.Err() != nil:
			return l.fail(l.ctx.Err())
		case f.folder && l.leadsOn(key+"/"):
			on = l.walk(folder, f.name, key+"/")
		case !f.folder && l.wanted(key):
			on = l.yield(Entry{key, f.size, f.modified}, nil)
		}
		if !on {
			return false
		}
	}
	return true
}

// wanted tells whether key is to be listed.
func (l *listing) wanted(key string) bool {
	return key > l.after && strings.HasPrefix(key, l.prefix) && CheckKey(key) == nil
}

// leadsOn tells whether keys in a folder, given with its slash, can be wanted.
func (l *listing) leadsOn(folder string) bool {
	if CheckKey(folder[:len(folder)-1]) != nil {
		return false // the store's own, or somebody else's
	}
	inside := strings.HasPrefix(folder, l.prefix) || strings.HasPrefix(l.prefix, folder)
	return inside && (folder > l.after || strings.HasPrefix(l.after, folder))
}

// fail ends the walk with an error.
func (l *listing) fail(err error) bool {
	l.yield(Entry{}, failed("list blobs", l.prefix, err))
	return false
}

// dirEntry is a file or folder as its folder names it.
type dirEntry struct {
	name     string
	folder   bool
	size     int64
	modified time.Time
}

// readFolder is what a folder holds that may be or hold blobs, in the order of
// keys: that of a folder goes on with a slash, so that a-b is before a/b.
func readFolder(ctx context.Context, folder *os.Root) ([]dirEntry, error) {
	f, err := folder.Open(".")
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var entries []dirEntry
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		some, err := f.ReadDir(page)
		for _, e := range some {
			if e.IsDir() {
				entries = append(entries, dirEntry{name: e.Name(), folder: true})
			} else if about, err := e.Info(); err == nil && about.Mode().IsRegular() {
				entries = append(entries, dirEntry{e.Name(), false, about.Size(), about.ModTime()})
			} else if err != nil && !absent(err) {
				return nil, err
			}
		}
		if err == io.EOF || absent(err) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(entries, func(a, b dirEntry) int { return strings.Compare(a.inKey(), b.inKey()) })
	return entries, nil
}

// inKey is the name as it stands in keys.
func (e dirEntry) inKey() string {
	if e.folder {
		return e.name + "/"
	}
	return e.name
}

package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// Dir is a Store in a folder: the key is the path of a file below it, so that
// other programs can read the blobs in place.
//
// A blob is written to a file of the folder .incoming first, brought to disk,
// and then given its name, which is brought to disk too; the name appears at
// once and only if nothing has it. A crash leaves at most a file in .incoming
// behind, see Sweep. Files whose paths are no keys are left alone, and so is
// everything that is not a regular file; no symbolic link leads out of the folder.
//
// Any number of processes may use one folder at the same time.
type Dir struct {
	root *os.Root
}

// incoming is where files are until they are whole; no key begins with a dot.
const incoming = ".incoming"

// Security logs are for the account that keeps them, and for its group to read.
const (
	filePerm   fs.FileMode = 0o640
	folderPerm fs.FileMode = 0o750
)

// OpenDir is the store in the folder at path, which is made if need be. The
// caller closes it.
func OpenDir(folder string) (*Dir, error) {
	if err := makeFolder(filepath.Clean(folder)); err != nil {
		return nil, fmt.Errorf("open blob store: %w", err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("open blob store: %w", err)
	}
	return &Dir{root}, nil
}

// makeFolder makes a folder and those around it, and brings their names to disk.
func makeFolder(folder string) error {
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	around := filepath.Dir(folder)
	if err := makeFolder(around); err != nil {
		return err
	}
	if err := os.Mkdir(folder, folderPerm); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncOpened(os.Open(around))
}

// Close gives the folder back. Readers that are open stay usable.
func (d *Dir) Close() error { return d.root.Close() }

// Sweep removes what writers that are no more have left in .incoming: files last
// written before the given time, which must lie before the start of every
// writer that is still at work. It tells how many it removed.
func (d *Dir) Sweep(ctx context.Context, before time.Time) (removed int, err error) {
	folder, err := d.root.OpenRoot(incoming)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("sweep blob store: %w", err)
	}
	defer folder.Close()
	files, err := readFolder(ctx, folder)
	for _, f := range files {
		if f.folder || !f.modified.Before(before) {
			continue
		}
		if rmErr := folder.Remove(f.name); rmErr == nil {
			removed++
		} else if !absent(rmErr) {
			err = errors.Join(err, rmErr)
		}
	}
	if err != nil {
		err = fmt.Errorf("sweep blob store: %w", err)
	}
	return removed, err
}

// Put is Store's.
func (d *Dir) Put(ctx context.Context, key string, content io.ReadSeeker) error {
	return failed("put blob", key, d.put(ctx, key, content))
}

func (d *Dir) put(ctx context.Context, key string, content io.ReadSeeker) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	size, err := measure(content)
	if err != nil {
		return err
	}
	if found, err := d.open(ctx, key); err == nil {
		return d.keep(key, found, content, size)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	temporary, err := d.write(attended{ctx, content}, size)
	if err != nil {
		return err
	}
	defer d.root.Remove(temporary) // a rename leaves nothing to remove
	for range attempts {
		err = d.publish(temporary, key)
		if err == nil {
			return d.syncFolders(path.Dir(key))
		}
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		found, err := d.open(ctx, key)
		if err == nil {
			return d.keep(key, found, content, size)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		// Deleted meanwhile, or the name is a folder's or goes down from a blob.
	}
	return ErrExist
}

// keep ends a write whose key has a blob already. Whoever wrote it may have
// been stopped before its name was on disk.
func (d *Dir) keep(key string, found Reader, content io.ReadSeeker, size int64) error {
	defer found.Close()
	if err := present(found, content, size); err != nil {
		return err
	}
	return d.syncFolders(path.Dir(key))
}

// write brings content to disk in a file of its own and gives the file's name.
func (d *Dir) write(content io.Reader, size int64) (name string, err error) {
	if err := d.root.MkdirAll(incoming, folderPerm); err != nil {
		return "", err
	}
	name = path.Join(incoming, rand.Text())
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, filePerm)
	if err != nil {
		return "", err
	}
	n, err := io.Copy(f, content)
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF // the content changed since it was measured
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return "", errors.Join(err, d.root.Remove(name))
	}
	return name, nil
}

// publish gives the file its name, unless the name is taken: fs.ErrExist.
func (d *Dir) publish(temporary, key string) error {
	var err error
	for range attempts {
		if err = d.root.MkdirAll(path.Dir(key), folderPerm); notFolder(err) {
			return fs.ErrExist
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		err = d.root.Link(temporary, key)
		if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
			err = d.rename(temporary, key)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		// A deletion beside this took the folders away as empty.
	}
	return err
}

// rename is for file systems without hard links. There, of two processes that
// write different contents under one key in the same instant, the later wins.
func (d *Dir) rename(temporary, key string) error {
	if _, err := d.root.Lstat(key); err == nil {
		return fs.ErrExist
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return d.root.Rename(temporary, key)
}

// syncFolders brings to disk which names are in folder and in those around it.
func (d *Dir) syncFolders(folder string) error {
	for {
		if err := syncOpened(d.root.Open(folder)); err != nil && !absent(err) {
			return err
		}
		if folder == "." {
			return nil
		}
		folder = path.Dir(folder)
	}
}

// syncOpened brings to disk which names are in a folder that was opened for it.
func syncOpened(folder *os.File, err error) error {
	if err != nil {
		return err
	}
	if runtime.GOOS != "windows" { // it syncs no folders, and keeps the order of its journal
		err = folder.Sync()
	}
	return errors.Join(err, folder.Close())
}

// Delete is Store's. It also takes away folders that become empty.
func (d *Dir) Delete(ctx context.Context, key string) error {
	return failed("delete blob", key, d.delete(ctx, key))
}

func (d *Dir) delete(ctx context.Context, key string) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	about, err := d.root.Lstat(key)
	if err == nil && about.Mode().IsRegular() {
		err = d.root.Remove(key)
		for folder := path.Dir(key); err == nil && folder != "." && d.removeEmpty(folder); {
			folder = path.Dir(folder) // the first that is not empty stays
		}
	}
	if err != nil && !absent(err) {
		return err
	}
	// Also when nothing was there: a deletion that was stopped may not be on disk yet.
	return d.syncFolders(path.Dir(key))
}

// removeEmpty removes a folder if there is nothing in it. A link to a folder stays,
// whose removal would not ask what is in there.
func (d *Dir) removeEmpty(folder string) bool {
	about, err := d.root.Lstat(folder)
	return err == nil && about.IsDir() && d.root.Remove(folder) == nil
}

// absent tells errors that mean that a path leads to nothing.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || notFolder(err)
}

// notFolder tells the error of a path that goes down from a file.
func notFolder(err error) bool { return errors.Is(err, syscall.ENOTDIR) }

package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// MetadataSuffix is what the name of a file ends in that holds the S3 metadata
// of the file beside it, as `aws s3api head-object` prints them, or only the
// names and values themselves.
const MetadataSuffix = ".metadata.json"

// A Mirror is a directory that mirrors a bucket, or a part of one. What is asked
// of it cannot lead out of the directory, whatever names a digest holds.
type Mirror struct {
	root *os.Root

	mu sync.Mutex
	// lately are folders that were read from, the latest first. On the way from
	// the top to a file each folder costs as much as the file itself.
	lately []openFolder // guarded by mu
}

// An openFolder is a folder of a mirror.
type openFolder struct {
	name string
	root *os.Root
}

// manyFolders is how many folders stay open: log files are read day by day, of
// one Region, and so are digests.
const manyFolders = 16

// OpenMirror opens the directory.
func OpenMirror(dir string) (*Mirror, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Mirror{root: root}, nil
}

// Close gives the directory back.
func (m *Mirror) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := m.root.Close()
	for _, f := range m.lately {
		err = errors.Join(err, f.root.Close())
	}
	m.lately = nil
	return err
}

// folder opens a folder, or gives one that is open.
func (m *Mirror) folder(name string) (*os.Root, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.lately, func(f openFolder) bool { return f.name == name })
	if i >= 0 {
		found := m.lately[i]
		copy(m.lately[1:], m.lately[:i])
		m.lately[0] = found
		return found.root, nil
	}
	root, err := m.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	m.lately = slices.Insert(m.lately, 0, openFolder{name, root})
	if len(m.lately) > manyFolders {
		// Whoever is about to open a file in it takes the way from the top.
		err = m.lately[manyFolders].root.Close()
		m.lately = m.lately[:manyFolders]
	}
	return root, err
}

// open opens a file by its path from the top. What is no file, such as a pipe
// that nobody writes to, is an error.
func (m *Mirror) open(name string) (*os.File, error) {
	root, err := m.folder(path.Dir(name))
	if err != nil {
		return nil, err
	}
	f, err := root.OpenFile(path.Base(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		// The folder was closed meanwhile, or it is a link to another folder of the mirror.
		f, err = m.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	}
	if err != nil {
		return nil, err
	}
	is, err := f.Stat()
	if err == nil && !is.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a file but %s", name, is.Mode().Type())
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Folders is that of Objects; the bucket does not matter.
func (m *Mirror) Folders(_ context.Context, _, prefix string) ([]string, error) {
	entries, err := m.read(prefix)
	var names []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, prefix+e.Name()+"/")
		}
	}
	slices.Sort(names) // with their slashes, as in S3
	return names, err
}

// read lists a folder; one that does not exist is empty, as in S3.
func (m *Mirror) read(prefix string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(m.root.FS(), path.Clean(prefix))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}

// Keys is that of Objects; the prefix has to be a folder, the bucket does not
// matter. Only what lies in the folder of the prefix is held in memory at a time.
func (m *Mirror) Keys(ctx context.Context, _, prefix, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { m.walk(ctx, prefix, after, yield) }
}

func (m *Mirror) walk(ctx context.Context, folder, after string, yield func(string, error) bool) bool {
	entries, err := m.read(folder)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		yield("", err)
		return false
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Name(), "."), strings.HasSuffix(e.Name(), MetadataSuffix):
		case e.IsDir():
			names = append(names, folder+e.Name()+"/")
		default:
			names = append(names, folder+e.Name())
		}
	}
	slices.Sort(names) // a folder's slash counts, as it does in S3
	for _, name := range names {
		switch {
		case strings.HasSuffix(name, "/"):
			if name <= after && !strings.HasPrefix(after, name) {
				continue
			}
			if !m.walk(ctx, name, after, yield) {
				return false
			}
		case name > after && !yield(name, nil):
			return false
		}
	}
	return true
}

// Get is that of Objects. A mirror of a part of a bucket begins anywhere above
// AWSLogs: looked for are the whole key, the key below a folder with the
// bucket's name, and the key from AWSLogs on.
func (m *Mirror) Get(_ context.Context, bucket, key string) (Object, error) {
	names := []string{key, bucket + "/" + key}
	if i := strings.Index("/"+key, "/AWSLogs/"); i > 0 {
		names = append(names, key[i:])
	}
	for _, name := range names {
		if !fs.ValidPath(name) {
			continue
		}
		f, err := m.open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return Object{}, err
		}
		meta, err := m.metadata(name)
		if err != nil {
			return Object{}, errors.Join(err, f.Close())
		}
		return Object{Body: f, Metadata: meta}, nil
	}
	return Object{}, fmt.Errorf("%s: %w", key, fs.ErrNotExist)
}

// maxMetadata is how much of a file with metadata is read: S3 keeps 2 KB.
const maxMetadata = 1 << 20

// metadata reads what lies beside a file; nothing is nothing.
func (m *Mirror) metadata(name string) (map[string]string, error) {
	f, err := m.open(name + MetadataSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxMetadata))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	var head struct{ Metadata map[string]string }
	if json.Unmarshal(text, &head) == nil && head.Metadata != nil {
		return head.Metadata, nil
	}
	meta := map[string]string{}
	if err := json.Unmarshal(text, &meta); err != nil {
		return nil, fmt.Errorf("%s: not the metadata of an object, {\"signature\": ...}: %w", name+MetadataSuffix, err)
	}
	return meta, nil
}

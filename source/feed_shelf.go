package source

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A shelf is where stored files lie under keys: a bucket, or a folder seen as one.
type shelf interface {
	// folders gives the prefixes directly below a prefix that is empty or ends in
	// a slash; they end in one too.
	folders(ctx context.Context, prefix string) ([]string, error)
	// files gives what has a prefix and comes after a key, in the order of the
	// keys' bytes. An error ends it.
	files(ctx context.Context, prefix, after string) iter.Seq2[stored, error]
	// open is an Arrival's Open.
	open(ctx context.Context, key string) (content, string, error)
}

// A stored is a file as a listing tells of it.
type stored struct {
	key, version string
	size         int64
	modified     time.Time
}

// when is the time in the name, or else that of the last change.
func (s stored) when() time.Time {
	if t, ok := nameTime(s.key); ok {
		return t
	}
	return s.modified
}

// A folderShelf is a folder on disk. Symbolic links to files are followed, those
// to folders are not; names that begin with a dot are passed over.
type folderShelf string

func (root folderShelf) path(key string) string {
	return filepath.Join(string(root), filepath.FromSlash(key))
}

// names are the names in a folder in the order of keys, those of folders with a
// slash after them. A folder that does not exist is empty, as in S3.
func (root folderShelf) names(prefix string) ([]string, error) {
	var names []string
	err := readFolder(root.path(prefix), func(entries []fs.DirEntry) {
		for _, e := range entries {
			switch {
			case strings.HasPrefix(e.Name(), "."):
			case e.IsDir():
				names = append(names, e.Name()+"/")
			default:
				names = append(names, e.Name())
			}
		}
	})
	if errors.Is(err, fs.ErrNotExist) && prefix != "" {
		err = nil
	}
	slices.Sort(names)
	return names, err
}

func (root folderShelf) folders(_ context.Context, prefix string) ([]string, error) {
	names, err := root.names(prefix)
	var folders []string
	for _, name := range names {
		if strings.HasSuffix(name, "/") {
			folders = append(folders, prefix+name)
		}
	}
	return folders, err
}

func (root folderShelf) files(ctx context.Context, prefix, after string) iter.Seq2[stored, error] {
	return func(yield func(stored, error) bool) {
		folder := prefix[:strings.LastIndexByte(prefix, '/')+1]
		root.walk(ctx, folder, prefix, after, yield)
	}
}

// walk goes through a folder; false ends all.
func (root folderShelf) walk(ctx context.Context, folder, prefix, after string, yield func(stored, error) bool) bool {
	names, err := root.names(folder)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		yield(stored{}, err)
		return false
	}
	for _, name := range names {
		key := folder + name
		switch {
		case !strings.HasPrefix(key, prefix):
		case strings.HasSuffix(key, "/"):
			if (key > after || strings.HasPrefix(after, key)) && !root.walk(ctx, key, prefix, after, yield) {
				return false
			}
		case key > after:
			info, err := os.Stat(root.path(key))
			if err != nil || !info.Mode().IsRegular() {
				continue // it vanished, or is no file
			}
			s := stampOf(info)
			if !yield(stored{key, s.version(), s.size, s.modified}, nil) {
				return false
			}
		}
	}
	return true
}

func (root folderShelf) open(ctx context.Context, key string) (content, string, error) {
	return openFile(ctx, root.path(key))
}

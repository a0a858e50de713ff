package source

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// local gives the files of one path of the file system: itself, the members of
// a zip archive, or all below a directory.
func local(path string, info fs.FileInfo) Files {
	switch {
	case info.IsDir():
		return directory(path)
	case isZip(path):
		return archive(path)
	case info.Mode().IsRegular():
		return one(onDisk(path, info.Size()))
	default: // a pipe, say
		return one(pipe(path))
	}
}

// one is the sequence of a single file.
func one(f File) Files {
	return func(yield func(File, error) bool) { yield(f, nil) }
}

// onDisk is a file of the file system.
func onDisk(path string, size int64) File {
	return File{Name: path, Key: filepath.ToSlash(path), Size: size, Open: func(context.Context) (io.ReadCloser, error) {
		return os.Open(path)
	}}
}

// directory walks all below a folder in the order of the names. Names that
// begin with a dot are passed over; symbolic links to files are followed, those
// to folders are not, so that a loop cannot keep the walk going. The folder that
// the user names may be a link itself, which the separator after it resolves.
func directory(root string) Files {
	root = strings.TrimRight(root, string(filepath.Separator)) + string(filepath.Separator)
	return func(yield func(File, error) bool) {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				if !yield(File{Name: path}, err) {
					return fs.SkipAll
				}
				if d != nil && d.IsDir() {
					return fs.SkipDir
				}
				return nil
			}
			if strings.HasPrefix(d.Name(), ".") && path != root {
				if d.IsDir() {
					return fs.SkipDir
				}
				return nil
			}
			if d.IsDir() {
				return nil
			}
			info, err := os.Stat(path)
			switch {
			case err != nil:
				if !yield(File{Name: path}, err) {
					return fs.SkipAll
				}
				return nil
			case !info.Mode().IsRegular():
				return nil
			}
			for f, err := range local(path, info) {
				if !yield(f, err) {
					return fs.SkipAll
				}
			}
			return nil
		})
		if err != nil { // not reached: the function above returns no other error
			yield(File{Name: root}, err)
		}
	}
}

// isZip tells by its name whether a file is an archive of log files.
func isZip(path string) bool { return strings.EqualFold(filepath.Ext(path), ".zip") }

// archive gives the members of a zip file. The archive stays open as long as
// one of its members can still be opened; it is closed when none can.
func archive(path string) Files {
	return func(yield func(File, error) bool) {
		file, err := os.Open(path)
		if err != nil {
			yield(File{Name: path}, err)
			return
		}
		info, err := file.Stat()
		if err != nil {
			yield(File{Name: path}, err)
			return
		}
		members, err := zip.NewReader(file, info.Size())
		if err != nil {
			yield(File{Name: path}, fmt.Errorf("read zip archive: %w", err))
			return
		}
		for _, m := range members.File {
			if m.FileInfo().IsDir() || strings.HasPrefix(filepath.Base(m.Name), ".") {
				continue
			}
			f := File{
				Name: path + "!" + m.Name, Key: m.Name, Size: int64(m.CompressedSize64),
				Open: func(context.Context) (io.ReadCloser, error) { return m.Open() },
			}
			if !yield(f, nil) {
				return
			}
		}
	}
}

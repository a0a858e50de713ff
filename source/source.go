// Package source is where log files come from: files, directories, zip
// archives, standard input and S3 prefixes, once by Open, in a stretch of time by
// a Backfill, or as they appear by a Feed, which a queue of messages can be too.
// What digests of log files are checked by comes from here as well: the Objects of
// a bucket or of its Mirror, and the PublicKeys of CloudTrail.
//
// A source reads what names log files, such as folders, archives and messages,
// and opens the files when asked; what they say it leaves to others. What it
// cannot reach it reports by name and goes on.
package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"strings"
)

// A File is a log file that can be opened.
type File struct {
	// Name is the path as the user would write it, s3://bucket/key, or
	// archive.zip!member.
	Name string
	// Key is the part of the name that follows CloudTrail's layout, if it does:
	// the object key, or the path.
	Key string
	// Size is in bytes as stored, -1 when unknown.
	Size int64
	// Open begins to read the file. It is called at most once.
	Open func(context.Context) (io.ReadCloser, error)
}

// Files is a sequence of files. An error stands for something that should have
// been a file or a folder; File.Name says which. The sequence goes on after it.
type Files = iter.Seq2[File, error]

// Options says where the world is.
type Options struct {
	// Stdin is read for the path "-".
	Stdin io.Reader
	// S3 gives the client for s3:// paths; nil means the usual AWS configuration.
	S3 func(context.Context) (S3Client, error)
}

// Open gives the files of all paths, in the order of the paths, each path's own
// in the order of their names. A path that does not exist at all is an error
// here, before anything is read; it names the path.
func Open(ctx context.Context, paths []string, o Options) (Files, error) {
	var parts []Files
	stdin := false
	for _, p := range paths {
		switch {
		case p == "":
			return nil, fmt.Errorf("a path is empty; write . for the current folder")
		case p == "-" && stdin:
			return nil, fmt.Errorf("standard input (-) is named twice")
		case p == "-":
			stdin = true
			parts = append(parts, standardInput(o.Stdin))
		case strings.HasPrefix(p, "s3://"):
			files, err := openS3(ctx, p, o.S3)
			if err != nil {
				return nil, err
			}
			parts = append(parts, files)
		default:
			info, err := os.Stat(p)
			if err != nil {
				return nil, statError(p, err)
			}
			parts = append(parts, local(p, info))
		}
	}
	return func(yield func(File, error) bool) {
		for _, files := range parts {
			for f, err := range files {
				if !yield(f, err) {
					return
				}
			}
		}
	}, nil
}

// Remote tells whether a path is reached over the network, where waiting costs
// more than computing.
func Remote(path string) bool { return strings.HasPrefix(path, "s3://") }

// statError says what is wrong with a path that the user gave.
func statError(path string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if strings.Contains(path, "://") {
		return missingError(path + ": no such file; of addresses only s3://bucket/prefix is known")
	}
	return missingError(path + ": no such file or directory")
}

// A missingError says in its own words that a path does not exist, and is
// fs.ErrNotExist.
type missingError string

func (e missingError) Error() string        { return string(e) }
func (e missingError) Is(target error) bool { return target == fs.ErrNotExist }

// standardInput is a file that stands for what is piped in.
func standardInput(r io.Reader) Files {
	return func(yield func(File, error) bool) {
		if r == nil {
			yield(File{Name: "-"}, fmt.Errorf("there is no standard input"))
			return
		}
		yield(File{Name: "-", Size: -1, Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(r), nil
		}}, nil)
	}
}

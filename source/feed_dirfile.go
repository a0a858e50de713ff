package source

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"syscall"
	"time"
)

// A stamp tells one state of a file from another.
type stamp struct {
	size     int64
	modified time.Time // of the content
	changed  time.Time // of the name, owner or mode too; zero where it is not told
}

func stampOf(info fs.FileInfo) stamp {
	return stamp{info.Size(), info.ModTime(), changedAt(info)}
}

// version is the file's version in the marks.
func (s stamp) version() string {
	return strconv.FormatInt(s.size, 10) + "-" + strconv.FormatInt(s.modified.UnixNano(), 10)
}

// same tells whether the content is the same as far as can be seen.
func (s stamp) same(o stamp) bool { return s.size == o.size && s.modified.Equal(o.modified) }

// A found is a file that was seen and has not been given yet.
type found struct {
	key  string
	when time.Time // of its name, or else when it was modified: the oldest come first
	stamp
	since   time.Time // since when it looks like this
	seen    time.Time // when it was looked at last
	refused bool      // the taker found it incomplete like this
	again   bool      // it was whole when it was given before
}

// growing is how long after its last change a file may still be written to.
const growing = time.Minute

// see notes what the file looks like now.
func (w *found) see(s stamp, now time.Time) {
	if !s.same(w.stamp) {
		w.since, w.refused, w.again = now, false, false
	}
	w.stamp, w.seen = s, now
}

// mayGrow tells whether the file was changed a moment ago, by its own time and by
// what was seen: the clock of its disk may be another than ours.
func (w *found) mayGrow(now time.Time) bool {
	return now.Sub(w.modified) < growing && now.Sub(w.since) < growing
}

// ready tells whether the file can be given. One that is empty, or was not
// complete, waits for a minute without a change. Otherwise it is ready when it did
// not change between two rounds, or when its writer is seen to be done with it:
// because its last change is a minute ago, or because its name or its mode was
// changed after its content, as it is when a file is renamed into place.
func (w *found) ready(now time.Time) bool {
	switch {
	case w.size == 0 || w.refused:
		return !w.mayGrow(now)
	case w.again || w.since.Before(now):
		return true
	}
	return !w.mayGrow(now) || w.changed.After(w.modified)
}

// compare orders by time, and then by key.
func (w *found) compare(o *found) int {
	return cmp.Or(w.when.Compare(o.when), cmp.Compare(w.key, o.key))
}

// oldest collects files and keeps the oldest as far as there is room. It is a
// heap with the newest on top.
type oldest struct {
	room    int
	found   []*found
	dropped bool // there were more
}

func (q *oldest) add(w *found) {
	if len(q.found) < q.room {
		heap.Push(q, w)
		return
	}
	q.dropped = true
	if w.compare(q.found[0]) < 0 {
		q.found[0] = w
		heap.Fix(q, 0)
	}
}

// Len, Less, Swap, Push and Pop are heap.Interface's.
func (q *oldest) Len() int           { return len(q.found) }
func (q *oldest) Less(i, j int) bool { return q.found[i].compare(q.found[j]) > 0 }
func (q *oldest) Swap(i, j int)      { q.found[i], q.found[j] = q.found[j], q.found[i] }
func (q *oldest) Push(x any)         { q.found = append(q.found, x.(*found)) }
func (q *oldest) Pop() any {
	last := q.found[len(q.found)-1]
	q.found = q.found[:len(q.found)-1]
	return last
}

// maxStored is the size of the largest file or object that is read, as stored.
// CloudTrail closes its log files at 50 MB.
const maxStored = 4 << 30

// content is what an arrival's Open gives.
type content = io.ReadCloser

// openFile begins to read a file of the size that it has now; what is written to
// it later is another version. Something that is no file is not waited for.
func openFile(ctx context.Context, path string) (content, string, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, "", err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s: not a file", path)
	case info.Size() > maxStored:
		err = fmt.Errorf("%s: %d bytes, more than %d", path, info.Size(), int64(maxStored))
	default:
		end := context.AfterFunc(ctx, func() { _ = f.Close() })
		return &fileContent{ctx, io.LimitReader(f, info.Size()), &endingFile{f, end}}, stampOf(info).version(), nil
	}
	_ = f.Close() // it was only read
	return nil, "", err
}

// A fileContent ends with its context.
type fileContent struct {
	ctx  context.Context
	rest io.Reader
	file *endingFile
}

func (c *fileContent) Read(p []byte) (int, error) {
	n, err := c.rest.Read(p)
	if err != nil && c.ctx.Err() != nil {
		err = c.ctx.Err()
	}
	return n, err
}

func (c *fileContent) Close() error { return c.file.Close() }

package flow

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Done remembers the digests whose log files have all been found valid, so that
// an interrupted validation can go on where it was. Its first line names the place
// where that was: files that are there say nothing of those in a copy. Then comes
// one line for each digest: its hash, which the content of every listed log file
// is bound to, whatever the time and the trails asked for.
type Done struct {
	mu   sync.Mutex
	seen map[[sha256.Size]byte]bool // guarded by mu
	out  io.Writer                  // guarded by mu
	err  error                      // guarded by mu: the first of out
}

// A DoneFile is where it is kept; what is written is appended.
type DoneFile interface {
	io.ReadWriter
	Truncate(size int64) error
}

// doneHead is the first line.
type doneHead struct {
	Place string `json:"validated"`
}

// ErrNotDone says that a file does not hold what Done writes.
var ErrNotDone = errors.New("it is not what --resume writes; name another file")

// An OtherPlaceError says that what a file remembers was found elsewhere.
type OtherPlaceError struct{ Was, Is string }

func (e *OtherPlaceError) Error() string {
	if e.Was == "" {
		return "it does not say which place it is about, as an older version wrote it: remove it, or name another file"
	}
	return fmt.Sprintf("it is about %s, not about %s: name another file", e.Was, e.Is)
}

// NewDone reads what was remembered about a place, and begins an empty file. A
// last line that was not written to its end is cut off.
func NewDone(file DoneFile, place string) (*Done, error) {
	d := &Done{seen: map[[sha256.Size]byte]bool{}, out: file}
	head, err := json.Marshal(doneHead{place})
	if err != nil {
		return nil, err
	}
	in, whole := bufio.NewReader(file), int64(0)
	for n := 1; ; n++ {
		line, err := in.ReadString('\n')
		switch {
		case err != nil && err != io.EOF:
			return nil, err
		case err == io.EOF && n == 1 && !strings.HasPrefix(string(head), line):
			return nil, ErrNotDone // it is cut only if this may have written it
		case err == io.EOF && line != "":
			if err := file.Truncate(whole); err != nil {
				return nil, err
			}
		case err == nil:
			whole += int64(len(line))
			if err := d.read(n, strings.TrimSuffix(line, "\n"), place); err != nil {
				return nil, err
			}
		}
		if err == io.EOF {
			break
		}
	}
	if whole == 0 {
		_, err = fmt.Fprintf(file, "%s\n", head)
	}
	return d, err
}

// read reads line n.
func (d *Done) read(n int, line, place string) error {
	var head doneHead
	sum, err := hex.DecodeString(line)
	isHash := err == nil && len(sum) == sha256.Size
	switch {
	case n == 1 && isHash:
		return &OtherPlaceError{Is: place}
	case n == 1 && (json.Unmarshal([]byte(line), &head) != nil || head.Place == ""):
		return ErrNotDone
	case n == 1 && head.Place != place:
		return &OtherPlaceError{head.Place, place}
	case n > 1 && !isHash:
		return fmt.Errorf("line %d is no hash of a digest: %w", n, ErrNotDone)
	case n > 1:
		d.seen[[sha256.Size]byte(sum)] = true
	}
	return nil
}

func (d *Done) has(sum [sha256.Size]byte) bool {
	if d == nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.seen[sum]
}

// note remembers a digest with its log files if there is nothing wrong with them.
func (d *Done) note(r *DigestResult) {
	if d == nil || !r.Verdict.Valid() {
		return
	}
	for i := range r.Logs {
		if !r.Logs[i].Verdict.Valid() {
			return
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen[r.Hash] || d.err != nil {
		return
	}
	d.seen[r.Hash] = true
	_, d.err = fmt.Fprintln(d.out, hex.EncodeToString(r.Hash[:]))
}

// Err is the first error of writing.
func (d *Done) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

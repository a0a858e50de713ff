package event

import (
	"bytes"
	"errors"
	"fmt"
)

// A Problem is something in a log file that could not be read.
type Problem struct {
	File   string
	Offset int64 // in decompressed bytes
	Err    error // wraps one of the errors below, or is the source's own
}

// String is file:offset: what.
func (p Problem) String() string { return fmt.Sprintf("%s:%d: %v", p.File, p.Offset, p.Err) }

// What can be wrong with a log file.
var (
	// ErrForeign: it is something else than CloudTrail records.
	ErrForeign = errors.New("not CloudTrail records")
	// ErrRecord: a record is not a JSON object; it was left out.
	ErrRecord = errors.New("bad record left out")
	// ErrCut: the file ends too early; what was whole before was read.
	ErrCut = errors.New("file is cut off")
	// ErrGzip: the compressed form is damaged; what came before was read.
	ErrGzip = errors.New("gzip is damaged")
	// ErrLimit: a limit of Options was reached.
	ErrLimit = errors.New("over the limit")
)

const (
	// MaxProblems is how many problems of one file are kept; one more tells how
	// many there were besides.
	MaxProblems = 100
	// maxBad is how many problems a file may have that has more of them than
	// records; then it is given up.
	maxBad = 10_000
)

// problem notes a problem at an offset in the decompressed bytes: one of the
// errors above and what is to be said of it.
func (r *Reader) problem(offset int64, err error, format string, args ...any) {
	if err != ErrCut {
		r.rejected++
	}
	if len(r.problems) >= MaxProblems {
		if r.further++; r.further > max(maxBad, r.count) {
			r.done = true
		}
		return
	}
	err = fmt.Errorf("%w: %s", err, fmt.Sprintf(format, args...))
	r.problems = append(r.problems, Problem{File: r.name, Offset: offset, Err: err})
}

// tooLarge notes that a record is over the limit.
func (r *Reader) tooLarge(offset int64) {
	r.problem(offset, ErrLimit, "more than %d bytes in one record", r.options.MaxRecord)
}

// Problems are what could not be read since Reset, in the order found.
func (r *Reader) Problems() []Problem {
	if r.further == 0 {
		return r.problems
	}
	givenUp := ""
	if r.further > max(maxBad, r.count) {
		givenUp = "; the rest of the file was given up"
	}
	return append(r.problems[:len(r.problems):len(r.problems)], Problem{
		File: r.name, Offset: r.problems[len(r.problems)-1].Offset,
		Err: fmt.Errorf("and %d problems more%s", r.further, givenUp),
	})
}

// Rejected is how many elements were left out since Reset because they are no
// records. What a file that is cut off ends with is not among them.
func (r *Reader) Rejected() int64 { return r.rejected }

// remedy says what a file is that does not begin as JSON does, and what helps.
func remedy(text []byte) string {
	for _, known := range [...]struct{ magic, what string }{
		{"\xff\xfe", "it is UTF-16 text, as Windows PowerShell writes it; save it as UTF-8"},
		{"\xfe\xff", "it is UTF-16 text; save it as UTF-8"},
		{"\x1f\x8b", "it is compressed twice; decompress it once"},
		{"PK\x03\x04", "it is a zip archive; unpack it, or name it as a file that ends in .zip"},
	} {
		if bytes.HasPrefix(text, []byte(known.magic)) {
			return known.what
		}
	}
	return "it does not begin as JSON does"
}

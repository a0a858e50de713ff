package event

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// Gunzip decompresses gzip data of one or more members; compress/gzip's Reader
// is one, and so are the quicker ones that look like it.
type Gunzip interface {
	io.Reader
	// Reset begins anew with src and reads the first header.
	Reset(src io.Reader) error
}

const (
	// windowStart is how much decompressed text is held when records are small.
	windowStart = 128 << 10
	// inputSize is how much of the source is read at a time.
	inputSize = 64 << 10
	// bombFrom is how much decompressed text any file may have, whatever its ratio.
	bombFrom = 64 << 20
	// emptyReads is how often a source may give nothing without an error.
	emptyReads = 100
	// promptHeld is up to how much text a source that waits is waited for as
	// little as can be: what is held is looked at again each time more comes.
	promptHeld = 64 << 10
)

// A window slides over the decompressed text of a file: buf[:end] stands at
// offset base of the text.
type window struct {
	options Options
	source  counter
	input   *bufio.Reader // over source; gunzip libraries are quick with this type
	gunzip  Gunzip
	from    io.Reader // gunzip or input

	buf   []byte
	least int // its size while records are small
	end   int
	base  int64
	// stop is why no more text comes; io.EOF when all is well.
	stop error
}

// counter counts what is read of a source and keeps its error apart from the
// ones that gunzip makes of it.
type counter struct {
	src   io.Reader
	n     int64
	short bool  // the last read gave less than it was asked for
	fail  error // other than io.EOF
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	c.n += int64(n)
	c.short = n < len(p)
	if err != nil && err != io.EOF {
		c.fail = err
	}
	return n, err
}

// open begins with another source.
func (w *window) open(src io.Reader) {
	w.source = counter{src: src}
	w.end, w.base, w.stop = 0, 0, nil
	if w.input == nil {
		w.input = bufio.NewReaderSize(&w.source, inputSize)
		w.buf = make([]byte, w.least)
	} else {
		w.input.Reset(&w.source)
	}
	w.from = w.input
	magic, err := w.input.Peek(2)
	if w.source.fail != nil {
		w.halt(err)
	}
	if err != nil || magic[0] != 0x1f || magic[1] != 0x8b {
		return
	}
	if w.gunzip == nil {
		w.gunzip = w.options.Gunzip()
	}
	w.from = w.gunzip
	if err := w.gunzip.Reset(w.input); err != nil {
		w.halt(err)
	}
}

// compressed is how much of the source was used.
func (w *window) compressed() int64 {
	if w.input == nil {
		return 0
	}
	return w.source.n - int64(w.input.Buffered())
}

// decompressed is how much text was read.
func (w *window) decompressed() int64 { return w.base + int64(w.end) }

// slide drops the text before buf[keep], makes room when what is left fills
// half of the buffer, and reads until it is full or more would have to be
// waited for. False: no more text came.
func (w *window) slide(keep int) bool {
	held := w.buf[keep:w.end]
	if twice := 2 * len(w.buf); 2*len(held) > len(w.buf) {
		if w.buf = w.buf[:cap(w.buf)]; len(w.buf) < twice {
			w.buf = make([]byte, twice)
		}
		w.buf = w.buf[:twice]
	} else if 2*len(held) <= w.least {
		w.buf = w.buf[:w.least]
	}
	w.end = copy(w.buf, held)
	w.base += int64(keep)

	before, empty := w.end, 0
	for w.end < len(w.buf) && w.stop == nil {
		n, err := w.from.Read(w.buf[w.end:])
		w.end += n
		if empty++; n > 0 {
			empty = 0
		}
		switch {
		case err != nil:
			w.halt(err)
		case empty == emptyReads:
			w.halt(io.ErrNoProgress)
		case w.waits() && w.end > before && (before < promptHeld || w.end-before >= before/16):
			w.limit()
			return true
		}
	}
	w.limit()
	return w.end > before
}

// waits tells whether the source has given all that it had, as far as one can
// know, so that the next read may last long: of a pipe or a connection. That of
// compressed text does not matter, since its end has to come first. A byte order
// mark is waited for.
func (w *window) waits() bool {
	return w.from == w.input && w.source.short && w.input.Buffered() == 0 && w.end >= len(byteOrderMark)
}

// halt notes why no more text comes.
func (w *window) halt(err error) {
	switch {
	case err == io.EOF:
		w.stop = err
	case w.source.fail != nil:
		w.stop = w.source.fail
	case w.from != w.gunzip:
		w.stop, w.source.fail = err, err
	case errors.Is(err, gzip.ErrHeader) && w.decompressed() > 0:
		w.stop = fmt.Errorf("%w: what follows its last member is not gzip and was left out", ErrGzip)
	case errors.Is(err, io.ErrUnexpectedEOF):
		w.stop = fmt.Errorf("%w: the gzip data end early", ErrCut)
	default:
		w.stop = fmt.Errorf("%w: %w", ErrGzip, err)
	}
}

// limit stops a compressed file that gives more than a log file does.
func (w *window) limit() {
	if w.from != w.gunzip || w.stop != nil {
		return
	}
	size := w.decompressed()
	switch {
	case size > w.options.MaxFile:
		w.stop = fmt.Errorf("%w: more than %d bytes decompressed", ErrLimit, w.options.MaxFile)
	case size > bombFrom && size/int64(w.options.MaxRatio) > w.compressed():
		w.stop = fmt.Errorf("%w: %d bytes decompressed from %d, more than %d to 1",
			ErrLimit, size, w.compressed(), w.options.MaxRatio)
	}
}

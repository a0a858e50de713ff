package s3

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// A body may take its time by its length, which no timeout of a server knows
// beforehand: so long at once, and longer by each byte that comes through. Whoever
// is slower keeps a connection for nothing.
const (
	graceOfBody = 30 * time.Second
	leastPace   = 16 << 10 // bytes a second
)

// A pace moves the deadlines of a connection with the bytes that come through.
type pace struct {
	control *http.ResponseController
	start   time.Time
	bytes   int64
}

func newPace(w http.ResponseWriter) *pace {
	return &pace{control: http.NewResponseController(w), start: time.Now()}
}

// deadline is until when the next bytes are to come.
func (p *pace) deadline() time.Time {
	return p.start.Add(graceOfBody + time.Duration(p.bytes/leastPace)*time.Second)
}

// set sets deadlines, where the connection has any.
func (p *pace) set(read bool) error {
	at := p.deadline()
	var err error
	if read {
		err = p.control.SetReadDeadline(at)
	}
	// What has been read is still to be answered.
	if err := errors.Join(err, p.control.SetWriteDeadline(at.Add(graceOfBody))); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// A pacedBody is read at a pace.
type pacedBody struct {
	io.ReadCloser
	pace *pace
}

// Read implements io.Reader.
func (b pacedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 && err == nil {
		b.pace.bytes += int64(n)
		err = b.pace.set(true)
	}
	return n, err
}

// A pacedWriter is written at a pace.
type pacedWriter struct {
	io.Writer
	pace *pace
}

// Write implements io.Writer.
func (w pacedWriter) Write(p []byte) (int, error) {
	if err := w.pace.set(false); err != nil {
		return 0, err
	}
	n, err := w.Writer.Write(p)
	w.pace.bytes += int64(n)
	return n, err
}

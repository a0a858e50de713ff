package sdkhttp

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// A closing body is one of the SDK's: closed, its WriteTo gives io.EOF. It waits after
// its last byte until it is closed, which on a busy machine happens by itself.
type closing struct {
	*bytes.Reader
	closed chan struct{}
	once   sync.Once
}

func (b *closing) Close() error {
	b.once.Do(func() { close(b.closed) })
	return nil
}

func (b *closing) Read(p []byte) (int, error) {
	if b.Len() == 0 {
		<-b.closed
		return 0, io.EOF
	}
	return b.Reader.Read(p)
}

func (b *closing) WriteTo(w io.Writer) (int64, error) {
	if b.Len() > 0 {
		return b.Reader.WriteTo(w)
	}
	<-b.closed
	return 0, io.EOF
}

// The server answers while the client still looks for the end of the body, and sends
// the rest of its answer after that.
func TestAnswerBeforeTheBodyIsSeenToEnd(t *testing.T) {
	for _, c := range []struct {
		name string
		wrap func(*http.Client) interface {
			Do(*http.Request) (*http.Response, error)
		}
		whole bool
	}{
		{"net/http alone", func(c *http.Client) interface {
			Do(*http.Request) (*http.Response, error)
		} {
			return c
		}, false},
		{"Client", func(c *http.Client) interface {
			Do(*http.Request) (*http.Response, error)
		} {
			return Client(c)
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			mine, theirs := net.Pipe()
			defer mine.Close()
			defer theirs.Close()
			transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return mine, nil }}
			defer transport.CloseIdleConnections()
			body := &closing{Reader: bytes.NewReader([]byte("question")), closed: make(chan struct{})}
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://sdk.test/", body)
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = int64(body.Len())
			rest := make(chan struct{})
			go func() {
				asked, err := http.ReadRequest(bufio.NewReader(theirs))
				if err == nil {
					_, err = io.ReadFull(asked.Body, make([]byte, asked.ContentLength))
				}
				if err == nil {
					_, err = io.WriteString(theirs, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nans")
				}
				<-rest
				if err == nil {
					_, _ = io.WriteString(theirs, "wer") // nobody may be there any more
				}
			}()
			answer, err := c.wrap(&http.Client{Transport: transport}).Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if err := body.Close(); err != nil {
				t.Fatal(err)
			}
			first := make([]byte, 3)
			if _, err := io.ReadFull(answer.Body, first); err != nil && c.whole {
				t.Fatal(err)
			}
			if !c.whole {
				// What net/http does of itself is why this package is there.
				_, err := io.ReadAll(answer.Body)
				close(rest)
				if err == nil {
					t.Error("the answer came whole: this package is needed no more")
				}
				return
			}
			close(rest)
			text, err := io.ReadAll(io.MultiReader(bytes.NewReader(first), answer.Body))
			if err != nil || string(text) != "answer" {
				t.Errorf("%q, %v", text, err)
			}
		})
	}
}

func TestDefaultClient(t *testing.T) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:1/", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := Client(nil).Do(r)
	if err == nil {
		answer.Body.Close()
		t.Error("something answers at port 1")
	}
}

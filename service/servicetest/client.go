package servicetest

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Client is an HTTP client for the SDK's clients. They close the body of a request
// as soon as its answer begins, after which its WriteTo gives io.EOF as an error; on a
// busy machine net/http is still looking whether the body has ended, and breaks the
// connection off under the answer. So their bodies have no WriteTo here.
func Client(c *http.Client) aws.HTTPClient { return client{c} }

type client struct{ *http.Client }

// Do implements [aws.HTTPClient].
func (c client) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r = r.WithContext(r.Context())
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.Client.Do(r)
}

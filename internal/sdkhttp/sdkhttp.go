// Package sdkhttp lets clients of the AWS SDK speak with servers that answer at once.
package sdkhttp

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// Client is c, the SDK's own when c is nil, for a configuration of the SDK.
//
// The SDK closes the body of a request as soon as its answer begins, and what it
// closed then gives io.EOF as an error of WriteTo. Where the answer is quick and the
// machine is busy, net/http is still looking whether the body has ended: it takes that
// for a failure, and breaks the connection off under the answer. So bodies have no WriteTo here.
func Client(c aws.HTTPClient) aws.HTTPClient {
	if c == nil {
		c = awshttp.NewBuildableClient()
	}
	return client{c}
}

type client struct{ aws.HTTPClient }

// Do implements [aws.HTTPClient].
func (c client) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r = r.WithContext(r.Context())
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.HTTPClient.Do(r)
}

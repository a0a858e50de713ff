package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"tocsin/core/topic"
	"tocsin/internal/sdkhttp"
)

// maxServiceAnswer bounds what is read of a service's answer. SQS and Lambda say
// all they have to say in a few hundred bytes.
const maxServiceAnswer = 64 << 10

// maxRegions bounds how many Regions have a client that is kept.
const maxRegions = 64

// clients holds a client of a service for each Region.
type clients[C any] struct {
	config func(ctx context.Context, region string) (aws.Config, error)
	make   func(aws.Config) C

	mu       sync.Mutex
	byRegion map[string]C
}

func newClients[C any](a AWS, make func(aws.Config) C) *clients[C] {
	return &clients[C]{config: a.Config, make: make, byRegion: map[string]C{}}
}

// regionForm keeps what is no Region out of host names.
var regionForm = regexp.MustCompile(`^[a-z]{2,8}(-[a-z]{2,16}){1,3}-[0-9]{1,2}$`)

// in is the client for a Region.
func (c *clients[C]) in(ctx context.Context, region string) (C, error) {
	c.mu.Lock()
	client, ok := c.byRegion[region]
	c.mu.Unlock()
	if ok {
		return client, nil
	}
	config, err := c.config(ctx, region)
	if err != nil {
		return client, fmt.Errorf("credentials for AWS: %w", err)
	}
	config.Region = region
	config.Retryer = func() aws.Retryer { return aws.NopRetryer{} } // when to try again is decided elsewhere
	config.HTTPClient = sdkhttp.Client(bounded(config.HTTPClient))
	client = c.make(config)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.byRegion) < maxRegions {
		c.byRegion[region] = client
	}
	return client, nil
}

// A boundedClient follows no redirect and reads no endless answer.
type boundedClient struct{ aws.HTTPClient }

func bounded(client aws.HTTPClient) aws.HTTPClient {
	switch c := client.(type) {
	case nil:
		return bounded(awshttp.NewBuildableClient())
	case *awshttp.BuildableClient:
		// It would follow some redirects.
		return boundedClient{&http.Client{Transport: c.GetTransport(), Timeout: c.GetTimeout(), CheckRedirect: stay}}
	case *http.Client:
		staying := *c
		staying.CheckRedirect = stay
		return boundedClient{&staying}
	}
	return boundedClient{client}
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (b boundedClient) Do(request *http.Request) (*http.Response, error) {
	response, err := b.HTTPClient.Do(request)
	if err != nil {
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxServiceAnswer), response.Body}
	return response, nil
}

// ownFault are codes of errors that say nothing about the endpoint but that our
// credentials or clock are wrong, which somebody will put right.
var ownFault = []string{
	"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException",
	"MissingAuthenticationToken", "MissingAuthenticationTokenException", "SignatureDoesNotMatch", "InvalidSignatureException",
	"IncompleteSignature", "IncompleteSignatureException", "RequestExpired", "RequestTimeTooSkewed", "OptInRequired",
	"RequestTimeout", "RequestTimeoutException",
}

// serviceFailure judges an error of an SDK's call.
func serviceFailure(ctx context.Context, err error) Result {
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || ctx.Err() != nil {
		return unreached(ctx, innermost(err))
	}
	var said smithy.APIError
	code, text := "", "an answer that is not the service's"
	if errors.As(err, &said) {
		code, text = said.ErrorCode(), said.ErrorCode()+": "+said.ErrorMessage()
	}
	status := response.HTTPStatusCode()
	if status/100 == 2 { // and yet an error: the answer cannot be read
		return outcome(topic.Retry, fmt.Sprintf("HTTP %d: %s", status, text))
	}
	answer := topic.OfService(status, code)
	r := reply{status: status, header: response.Response.Header, text: text}
	if slices.Contains(ownFault, code) {
		answer = topic.Retry
	}
	result := answered(r, answer)
	if isThrottling(code) {
		result.Throttled = true
	}
	return result
}

// isThrottling tells codes with which services ask for fewer requests.
func isThrottling(code string) bool {
	return throttling.MatchString(code)
}

var throttling = regexp.MustCompile(`Thrott|TooManyRequests|RequestLimitExceeded|SlowDown|OverLimit`)

// innermost is the cause without the SDK's words about operation and request.
func innermost(err error) error {
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		return operation.Err
	}
	return err
}

// resource is the ARN of a queue or a function, if it is that of service and
// names a Region and an account.
func resource(text, service string) (topic.ARN, bool) {
	a, ok := topic.ParseARN(text)
	return a, ok && a.Service == service && regionForm.MatchString(a.Region) && accountForm.MatchString(a.Account)
}

var accountForm = regexp.MustCompile(`^[0-9]{12}$`)

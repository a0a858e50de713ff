package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// A Client asks a server.
type Client struct {
	endpoint    string
	credentials aws.CredentialsProvider
	http        *http.Client
	now         func() time.Time
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 512 << 20

// NewClient is a client of the server at endpoint, such as
// http://127.0.0.1:4580, that signs with the credentials.
func NewClient(endpoint string, credentials aws.CredentialsProvider, now func() time.Time) (*Client, error) {
	at, err := url.Parse(endpoint)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" || at.RawQuery != "" {
		return nil, fmt.Errorf("%q is no endpoint; write http://127.0.0.1:4580", endpoint)
	}
	return &Client{
		endpoint: strings.TrimSuffix(endpoint, "/"), credentials: credentials, now: now,
		http: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

// ask is one operation.
func (c *Client) ask(ctx context.Context, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint+Prefix+operation, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	credentials, err := c.credentials.Retrieve(ctx)
	if err != nil {
		// What the SDK says of all places where it looked would hide the remedy.
		return errors.New("no credentials for the server: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to its root key")
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, r, hex.EncodeToString(sum[:]), Service, region, c.now()); err != nil {
		return fmt.Errorf("sign request: %w", err)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return fmt.Errorf("%s does not answer: %w", c.endpoint, err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", c.endpoint, err)
	}
	if answer.StatusCode != http.StatusOK {
		return c.failure(answer.StatusCode, content)
	}
	if err := json.Unmarshal(content, out); err != nil {
		return fmt.Errorf("read the answer of %s: %w", c.endpoint, err)
	}
	return nil
}

// region is what requests are signed for; the API is the same in all.
const region = "us-east-1"

func (c *Client) failure(status int, content []byte) error {
	var f failure
	switch err := json.Unmarshal(content, &f); {
	case err != nil || f.Code == "":
		return fmt.Errorf("%s answered with status %d: is it the address that tocsin serve --listen was given?", c.endpoint, status)
	case status == http.StatusBadRequest && f.Code == "ValidationException":
		return &RequestError{f.Message}
	case f.Code == "UnrecognizedClientException" || f.Code == "SignatureDoesNotMatch":
		return fmt.Errorf("%s takes no such signature (%s): are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY the root key that its first start printed?", c.endpoint, f.Code)
	}
	return fmt.Errorf("%s: %s: %s", c.endpoint, f.Code, f.Message)
}

// Search is that of API.
func (c *Client) Search(ctx context.Context, r SearchRequest) (out SearchAnswer, err error) {
	err = c.ask(ctx, opSearch, r, &out)
	return out, err
}

// Count is that of API.
func (c *Client) Count(ctx context.Context, r SearchRequest) (out CountAnswer, err error) {
	err = c.ask(ctx, opCount, r, &out)
	return out, err
}

// Subscriptions is that of API.
func (c *Client) Subscriptions(ctx context.Context) (out []Subscription, err error) {
	err = c.ask(ctx, opSubscriptions, struct{}{}, &out)
	return out, err
}

// Confirm is that of API.
func (c *Client) Confirm(ctx context.Context, subscriptionARN string) error {
	return c.ask(ctx, opConfirm, confirmRequest{subscriptionARN}, &struct{}{})
}

// Deliveries is that of API.
func (c *Client) Deliveries(ctx context.Context, status string, limit int) (out []Delivery, err error) {
	err = c.ask(ctx, opDeliveries, deliveriesRequest{status, limit}, &out)
	return out, err
}

// Resend is that of API.
func (c *Client) Resend(ctx context.Context, ids []int64) (int, error) {
	var out resendAnswer
	err := c.ask(ctx, opResend, resendRequest{ids}, &out)
	return out.Sent, err
}

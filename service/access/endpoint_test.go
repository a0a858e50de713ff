package access_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"

	"tocsin/internal/sdkhttp"
	"tocsin/service"
	"tocsin/service/access"
	"tocsin/service/iam"
	"tocsin/service/servicetest"
	"tocsin/service/sts"
	"tocsin/wire"
	"tocsin/wire/model"
	"tocsin/wire/sigv4"
)

const (
	rootID     = "AKIAROOTROOTROOTROOT"
	rootSecret = "root-secret"
)

// An endpoint is IAM and STS behind the wire, with everything that lets calls in.
type endpoint struct {
	t    *testing.T
	gate *access.Gate
	iam  *iam.Service
	url  string

	mu    sync.Mutex
	ahead time.Duration // by which our clock is ahead of the real one; guarded by mu
}

// now is the endpoint's time. It begins at the real one, by which clients sign.
func (e *endpoint) now() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return time.Now().Add(e.ahead)
}

func (e *endpoint) advance(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ahead += d
}

func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{t: t}
	db := servicetest.New(t).State
	e.gate = access.New(access.Options{State: db, Now: e.now, Root: func() (string, string, string) {
		return rootID, rootSecret, servicetest.Account
	}})
	e.iam = iam.New(iam.Options{State: db, Now: e.now})
	services := map[string]service.Authorizer{"iam": e.iam, "sts": sts.New(sts.Options{State: db, Now: e.now})}
	v := &sigv4.Verifier{Secret: e.gate.Secret, Now: e.now, MaxBody: 1 << 20}
	h, err := wire.New(wire.Options{
		Services: []wire.Service{{Model: model.IAM(), Methods: services["iam"]}, {Model: model.STS(), Methods: services["sts"]}},
		Admit: func(r *http.Request, call *wire.Call) (context.Context, error) {
			signer, err := v.Verify(r)
			if err != nil {
				return nil, err
			}
			c, err := e.gate.Caller(r.Context(), signer, r)
			return service.WithCaller(r.Context(), c), err
		},
		Permit: func(ctx context.Context, call *wire.Call) error {
			needs, err := services[call.Service].Needs(ctx, call.Operation, call.Input)
			if err != nil {
				return err
			}
			return e.gate.Permit(ctx, service.CallerOf(ctx), needs)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	e.url = s.URL
	return e
}

// A key is what one calls with.
type key struct{ id, secret, token string }

var rootKey = key{rootID, rootSecret, ""}

func (e *endpoint) config(k key) aws.Config {
	return aws.Config{
		Region: servicetest.Region, BaseEndpoint: aws.String(e.url), HTTPClient: sdkhttp.Client(http.DefaultClient),
		Credentials: credentials.NewStaticCredentialsProvider(k.id, k.secret, k.token), RetryMaxAttempts: 1,
	}
}

func (e *endpoint) asIAM(k key) *awsiam.Client { return awsiam.NewFromConfig(e.config(k)) }
func (e *endpoint) asSTS(k key) *awssts.Client { return awssts.NewFromConfig(e.config(k)) }

// user makes a user with a key and an inline policy, none when it is "".
func (e *endpoint) user(name, document string) key {
	e.t.Helper()
	root := e.asIAM(rootKey)
	if _, err := root.CreateUser(e.t.Context(), &awsiam.CreateUserInput{UserName: &name}); err != nil {
		e.t.Fatal(err)
	}
	if document != "" {
		e.policy(name, "own", document)
	}
	made, err := root.CreateAccessKey(e.t.Context(), &awsiam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		e.t.Fatal(err)
	}
	return key{*made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey, ""}
}

func (e *endpoint) policy(user, name, document string) {
	e.t.Helper()
	if _, err := e.asIAM(rootKey).PutUserPolicy(e.t.Context(), &awsiam.PutUserPolicyInput{
		UserName: &user, PolicyName: &name, PolicyDocument: &document,
	}); err != nil {
		e.t.Fatal(err)
	}
}

// A call is a request in Query, to be signed by hand.
type call struct {
	service, form string
	key           key
	ago           time.Duration // since it was signed
	query         bool          // signed in the query
	expires       string        // seconds, of those
	change        func(*http.Request)
}

// answer sends a call and gives the status and the error's code and message.
func (e *endpoint) answer(c call) (status int, code, message string) {
	e.t.Helper()
	at := e.now().Add(-c.ago)
	method, address, body := http.MethodPost, e.url+"/", c.form
	if c.query {
		method, address, body = http.MethodGet, address+"?"+c.form+"&X-Amz-Expires="+c.expires, ""
	}
	r, err := http.NewRequestWithContext(e.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	signed := aws.Credentials{AccessKeyID: c.key.id, SecretAccessKey: c.key.secret, SessionToken: c.key.token}
	sum := sha256.Sum256([]byte(body))
	hash := hex.EncodeToString(sum[:])
	if c.query {
		presigned, _, err := v4.NewSigner().PresignHTTP(e.t.Context(), signed, r, hash, c.service, servicetest.Region, at)
		if err != nil {
			e.t.Fatal(err)
		}
		if r.URL, err = url.Parse(presigned); err != nil {
			e.t.Fatal(err)
		}
	} else {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if err := v4.NewSigner().SignHTTP(e.t.Context(), signed, r, hash, c.service, servicetest.Region, at); err != nil {
			e.t.Fatal(err)
		}
	}
	if c.change != nil {
		c.change(r)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		e.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	var fault struct {
		Code    string `xml:"Error>Code"`
		Message string `xml:"Error>Message"`
	}
	if err := xml.Unmarshal(text, &fault); err != nil {
		e.t.Fatalf("%v: %s", err, text)
	}
	return answer.StatusCode, fault.Code, fault.Message
}

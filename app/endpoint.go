package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/uuid"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/access"
	"tocsin/service/cloudtrail"
	"tocsin/wire"
	"tocsin/wire/sigv4"
)

// An endpoint is AWS's services behind one address: who calls is told by his
// signature, whether he may by policies, and what he did is kept as an event of
// CloudTrail before he is answered.
type endpoint struct {
	app         *App
	gate        *access.Gate
	verifier    sigv4.Verifier
	authorizers map[string]service.Authorizer // by the name of the service's model
	trails      *cloudtrail.Service
	buckets     http.Handler
	audit       http.Handler // PutAuditEvents
	calls       http.Handler // all others
	workers     []worker
}

// A worker is a service that has something to do by itself.
type worker interface {
	Run(ctx context.Context)
	Tick(ctx context.Context, now time.Time) error
}

// run lets the services do what they do by themselves until ctx ends.
func (e *endpoint) run(ctx context.Context) {
	var all sync.WaitGroup
	for _, w := range e.workers {
		all.Go(func() { w.Run(ctx) })
	}
	all.Wait()
}

// ServeHTTP takes a request to its service. S3's requests name the service in
// their signature; one without a signature is S3's when it has the form of no other,
// and only S3 ever had signatures of version 2.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = withStart(r)
	if signedFor(r) == "s3" || sigv4.Anonymous(r) && r.Method != http.MethodPost || strings.HasPrefix(r.Header.Get("Authorization"), "AWS ") {
		e.buckets.ServeHTTP(w, r)
		return
	}
	if signedFor(r) == "cloudtrail-data" {
		e.audit.ServeHTTP(w, r)
		return
	}
	e.calls.ServeHTTP(w, r)
}

// claimedKey is the access key that a request says it was signed by.
func claimedKey(r *http.Request) string { id, _, _ := strings.Cut(credentialOf(r), "/"); return id }

// signedFor is the service that a request says its signature is for.
func signedFor(r *http.Request) string {
	parts := strings.Split(credentialOf(r), "/")
	if len(parts) < 5 {
		return ""
	}
	return parts[len(parts)-2]
}

// credentialOf is KEY/DATE/REGION/SERVICE/aws4_request, as a request claims it.
func credentialOf(r *http.Request) string {
	credential := r.URL.Query().Get("X-Amz-Credential")
	if _, rest, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		credential, _, _ = strings.Cut(rest, ",")
	}
	return strings.TrimSpace(credential)
}

// unsignedCalls are those that need no signature: who has the token that was
// mailed may confirm, and who has the link may unsubscribe (SNS API Reference).
var unsignedCalls = map[string]bool{"sns.ConfirmSubscription": true, "sns.Unsubscribe": true}

// admit tells who calls.
func (e *endpoint) admit(r *http.Request, call *wire.Call) (context.Context, error) {
	ctx := r.Context()
	if sigv4.Anonymous(r) && unsignedCalls[call.Service+"."+call.Operation] {
		return service.WithCaller(ctx, e.nobody(r, call.RequestID)), nil
	}
	return e.verify(r, call.SigningName, call.RequestID)
}

// admitToS3 tells who calls S3, and of whom it lets not in, where he called from.
func (e *endpoint) admitToS3(r *http.Request) (context.Context, error) {
	ctx, err := e.callerOfS3(r)
	if err != nil {
		ctx = e.unknown(r, "")
	}
	return ctx, err
}

// unknown is the context of a call whose caller is not known, and told by the key
// that he says he has.
func (e *endpoint) unknown(r *http.Request, requestID string) context.Context {
	c := e.nobody(r, requestID)
	c.AccessKeyID = claimedKey(r)
	return service.WithCaller(r.Context(), c)
}

// callerOfS3 tells who calls S3; anybody may call without a signature, and then
// has what a bucket's policy gives to everybody.
func (e *endpoint) callerOfS3(r *http.Request) (context.Context, error) {
	id := uuid.NewString()
	if r.URL.Query().Has("AWSAccessKeyId") || strings.HasPrefix(r.Header.Get("Authorization"), "AWS ") {
		return r.Context(), &sigv4.Error{
			Status: http.StatusBadRequest, Code: "InvalidRequest",
			Message: "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
		}
	}
	if sigv4.Anonymous(r) {
		return service.WithCaller(r.Context(), e.nobody(r, id)), sigv4.UnwrapS3(r)
	}
	signer, err := e.verifier.VerifyS3(r)
	if err != nil {
		return r.Context(), err
	}
	return e.caller(r, signer, "s3", id)
}

// maxStrange is how long bodies may be, in bytes, of those who name no key of ours.
const maxStrange = 64 << 10

// bodyLimit is how much of a body is read before its signature can be checked.
func (e *endpoint) bodyLimit(r *http.Request) int64 {
	if 0 <= r.ContentLength && r.ContentLength <= maxStrange && r.Header.Get("Content-Encoding") == "" {
		return wire.DefaultMaxBody
	}
	if _, ok, err := e.gate.Secret(r.Context(), claimedKey(r)); err != nil || !ok {
		return maxStrange
	}
	return wire.DefaultMaxBody
}

// verify tells who signed a request for a service.
func (e *endpoint) verify(r *http.Request, signingName, requestID string) (context.Context, error) {
	signer, err := e.verifier.Verify(r)
	if err != nil {
		return r.Context(), err
	}
	return e.caller(r, signer, signingName, requestID)
}

// caller puts who signed into the context.
func (e *endpoint) caller(r *http.Request, signer sigv4.Signer, signingName, requestID string) (context.Context, error) {
	ctx := r.Context()
	if signingName != "" && signer.Service != signingName {
		return ctx, &sigv4.Error{
			Status: http.StatusForbidden, Code: "SignatureDoesNotMatch",
			Message: fmt.Sprintf("Credential should be scoped to correct service: '%s'. ", signingName),
		}
	}
	caller, err := e.gate.Caller(ctx, signer, r)
	if err != nil {
		return ctx, err
	}
	caller.RequestID = requestID
	atWork(ctx)
	return service.WithCaller(ctx, caller), nil
}

// nobody is a caller that is not known.
func (e *endpoint) nobody(r *http.Request, requestID string) service.Caller {
	c := service.Caller{
		Principal: policy.Principal{Type: policy.Anonymous}, Scope: e.app.config.Scope(), Time: e.app.o.Now(), RequestID: requestID,
		UserAgent: r.UserAgent(), TLS: r.TLS != nil, Endpoint: "http://" + r.Host,
	}
	if c.TLS {
		c.Endpoint = "https://" + r.Host
	}
	if from, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		c.SourceIP = from.Addr().Unmap().WithZone("")
	}
	return c
}

// permit tells whether the caller may do what he asks for.
func (e *endpoint) permit(ctx context.Context, call *wire.Call) error {
	needs, err := e.authorizers[call.Service].Needs(ctx, call.Operation, call.Input)
	if err != nil {
		return err
	}
	err = e.gate.Permit(ctx, service.CallerOf(ctx), needs)
	if own, ok := e.authorizers[call.Service].(denier); ok && access.IsDenied(err) {
		return own.Denied(message(err))
	}
	return err
}

// A denier is a service that has an error of its own for what is not allowed.
type denier interface{ Denied(message string) error }

func message(err error) string {
	if api := smithy.APIError(nil); errors.As(err, &api) {
		return api.ErrorMessage()
	}
	return err.Error()
}

// observe keeps a call as an event of CloudTrail. It is given up only with the
// process: a client that has gone does not end it.
func (e *endpoint) observe(ctx context.Context, r *http.Request, call *wire.Call) {
	ctx = context.WithoutCancel(ctx)
	if service.CallerOf(ctx).RequestID == "" {
		ctx = context.WithoutCancel(e.unknown(r, call.RequestID))
	}
	record := cloudtrail.RecordOf(ctx, call)
	e.keep(ctx, record)
	e.app.metrics.calls.called(ctx, call.Service, record.ErrorCode, call.Status >= 500 && call.Status != http.StatusNotImplemented)
}

// observeS3 keeps a call of S3.
func (e *endpoint) observeS3(ctx context.Context, record service.Record) {
	e.keep(ctx, record)
	e.app.metrics.calls.called(ctx, "s3", record.ErrorCode, ourFaults[record.ErrorCode])
}

// ourFaults are S3's codes for what is not the client's fault.
var ourFaults = map[string]bool{"InternalError": true, "ServiceUnavailable": true, "SlowDown": true}

// keep writes a record.
func (e *endpoint) keep(ctx context.Context, record service.Record) {
	if err := e.trails.Record(context.WithoutCancel(ctx), record); err != nil {
		e.app.o.Log.Error("a call could not be recorded", "service", record.Source, "operation", record.Name, "request", record.Caller.RequestID, "error", err)
	}
}

// settle does what the services have to do by now.
func (e *endpoint) settle(ctx context.Context) error {
	var errs []error
	for _, w := range e.workers {
		errs = append(errs, w.Tick(ctx, e.app.o.Now()))
	}
	return errors.Join(errs...)
}

// Package s3 is S3's REST API: buckets as trails, the AWS CLI, the SDKs and
// Terraform use them.
//
// Buckets and their settings are resources of store/state; objects are rows there
// and bytes in store/blob. Bytes are written first and noted as garbage until
// the row is there, so that the process may be killed at any instant. Versions,
// ACLs, policies and the blocks of public access have the effects that they have on AWS.
// Settings whose effect is not built are refused with NotImplemented when somebody
// turns them on, and answered with their default when somebody reads them. Kept
// and given back without an effect are life cycles, websites, access
// logging and acceleration.
//
// One endpoint serves the buckets of all Regions: nobody is redirected.
package s3

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/store/blob"
	"tocsin/store/state"
)

// Options is what a [Service] is made of. Admit, Permit, Observe and Log may be nil.
type Options struct {
	State *state.DB
	// Blobs has the bytes of objects, below "objects/". What is garbage there
	// whoever deletes state's garbage deletes, as store/events does.
	Blobs blob.Store
	Now   func() time.Time
	// Partition of the ARNs; "" is aws.
	Partition string
	// Domains are the host names that buckets may stand in front of, without
	// ports; nil is localhost and s3.localhost.
	Domains []string
	// Spool is the folder where large bodies wait until they are whole; "" is the
	// system's.
	Spool string

	// Admit tells who calls: a context with a [service.Caller], an anonymous one
	// for a request that is not signed. Afterwards the body checks itself, as
	// sigv4.VerifyS3 and sigv4.UnwrapS3 leave it. With an error the context may tell what
	// is known of the caller for the event.
	Admit func(*http.Request) (context.Context, error)
	// Permit decides what the caller may do.
	Permit func(context.Context, []service.Need) error
	// Observe is told of every call when it is answered, refused ones included.
	Observe func(context.Context, service.Record)
	Log     *slog.Logger // told why we failed
}

// Service is S3. It can be used by many at once.
type Service struct{ o Options }

// New is a service that is ready.
func New(o Options) *Service {
	if o.Partition == "" {
		o.Partition = "aws"
	}
	if o.Domains == nil {
		o.Domains = []string{"localhost", "s3.localhost"}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{o}
}

// A call is one request and what became known of it.
type call struct {
	ctx       context.Context
	r         *http.Request
	requestID string
	hostID    string
	op        operation
	bucket    string
	key       string
	caller    service.Caller
	b         Bucket // that bucket, as it was when the call was let in
	input     *node  // the body, of those that are XML
	inputErr  error  // why it could not be read
	output    any    // responseElements of the record
}

// An answer is what goes back.
type answer struct {
	status int
	header http.Header
	body   []byte
	// stream is sent instead of body, and closed; length is its length.
	stream io.ReadCloser
	length int64
}

// ServeHTTP implements http.Handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = pacedBody{r.Body, newPace(w)}
	}
	c := &call{ctx: r.Context(), r: r, requestID: newRequestID(), hostID: newHostID()}
	a, err := s.safely(c)
	var f *Fault
	if err != nil {
		f = s.fault(c, err)
		a = f.answer(c)
	}
	c.forBrowsers(a)
	if s.o.Observe != nil {
		s.o.Observe(c.ctx, c.record(f))
	}
	s.send(w, c, a)
}

// safely does a call; its panic is an error of this request only.
func (s *Service) safely(c *call) (a *answer, err error) {
	defer func() {
		switch cause := recover(); cause {
		case nil:
		case http.ErrAbortHandler:
			panic(cause)
		default:
			s.o.Log.Error("a request to S3 panicked", "operation", c.op.name, "cause", cause, "stack", string(debug.Stack()))
			err = fault("InternalError")
		}
	}()
	return s.do(c)
}

// account is the caller's own, "" for one who is anonymous or a service.
func (c *call) account() string {
	if c.caller.Principal.Type == policy.Anonymous || c.caller.Principal.Type == policy.ServicePrincipal {
		return ""
	}
	return c.caller.Account
}

func (s *Service) do(c *call) (*answer, error) {
	c.bucket, c.key = s.address(c.r)
	op, routeErr := route(c)
	c.op = op
	if c.r.Method == http.MethodOptions {
		return s.preflight(c)
	}
	if s.o.Admit != nil {
		ctx, err := s.o.Admit(c.r)
		if err != nil {
			if ctx != nil {
				c.caller = service.CallerOf(ctx)
			}
			return nil, err
		}
		c.ctx = ctx
	}
	c.caller = service.CallerOf(c.ctx)
	if account := c.account(); account != "" && c.caller.Principal.CanonicalUser == "" {
		c.caller.Principal.CanonicalUser = CanonicalID(account)
		c.ctx = service.WithCaller(c.ctx, c.caller)
	}
	if c.caller.RequestID != "" {
		c.requestID = c.caller.RequestID
	}
	if routeErr != nil {
		return nil, routeErr
	}
	if op.level != onService && op.name != "CreateBucket" {
		b, err := s.bucket(c.ctx, c.bucket)
		if err != nil {
			return nil, err
		}
		c.b = b
		if owner := c.r.Header.Get("X-Amz-Expected-Bucket-Owner"); owner != "" && owner != b.Owner {
			return nil, fault("AccessDenied")
		}
	}
	if len(c.key) > maxKey {
		return nil, fault("KeyTooLongError").with("Size", strconv.Itoa(len(c.key)), "MaxSizeAllowed", strconv.Itoa(maxKey))
	}
	if err := s.permit(c, c.needs()); err != nil {
		return nil, err
	}
	return op.run(s, c)
}

// maxKey is the longest key [S3 User Guide, "Naming Amazon S3 objects"].
const maxKey = 1024

// address takes bucket and key out of a request, whose bucket stands in the path or
// in front of the host.
func (s *Service) address(r *http.Request) (bucket, key string) {
	host := strings.ToLower(r.Host)
	if at := strings.LastIndexByte(host, ':'); at > strings.LastIndexByte(host, ']') {
		host = host[:at]
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	// The longest domain first, so that s3.localhost is not taken for a bucket s3.
	longest := ""
	for _, d := range s.o.Domains {
		if d == host {
			longest = ""
			break
		}
		if strings.HasSuffix(host, "."+d) && len(d) > len(longest) {
			longest = d
		}
	}
	if longest != "" {
		return strings.TrimSuffix(host, "."+longest), path
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

// send writes the answer. What cannot be sent any more, the client does not hear of.
func (s *Service) send(w http.ResponseWriter, c *call, a *answer) {
	h := w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	h.Set("X-Amz-Request-Id", c.requestID)
	h.Set("X-Amz-Id-2", c.hostID)
	h.Set("Server", "tocsin")
	if a.stream != nil {
		defer a.stream.Close()
		h.Set("Content-Length", strconv.FormatInt(a.length, 10))
		w.WriteHeader(a.status)
		if n, err := io.CopyN(pacedWriter{w, newPace(w)}, a.stream, a.length); err != nil {
			s.o.Log.Warn("an object was not sent whole", "bucket", c.bucket, "sent", n, "of", a.length, "error", err)
			// The client must not take it for whole.
			panic(http.ErrAbortHandler)
		}
		return
	}
	if len(a.body) > 0 && h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/xml")
	}
	if c.r.Method != http.MethodHead && a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if c.r.Method != http.MethodHead {
		if _, err := w.Write(a.body); err != nil {
			s.o.Log.Debug("an answer was not sent", "error", err)
		}
	}
}

func newRequestID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return strings.ToUpper(hex.EncodeToString(b[:]))
}

func newHostID() string {
	var b [56]byte
	_, _ = rand.Read(b[:]) // it never fails
	return base64.StdEncoding.EncodeToString(b[:])
}

// empty is an answer without a body.
func empty(status int) *answer { return &answer{status: status, header: http.Header{}} }

// view reads the database.
func view[T any](s *Service, ctx context.Context, f func(*state.Tx) (T, error)) (v T, err error) {
	err = s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		v, err = f(tx)
		return err
	})
	return v, err
}

// update writes the database. Somebody who changed the same in the meantime has
// AWS's conflict.
func (s *Service) update(ctx context.Context, f func(*state.Tx) error) error {
	err := s.o.State.Update(ctx, f)
	if errors.Is(err, state.ErrChanged) {
		return fault("OperationAborted")
	}
	return err
}

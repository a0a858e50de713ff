package wire

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"runtime/debug"
	"sync"

	"github.com/google/uuid"

	"tocsin/wire/sigv4"
)

// DefaultMaxBody is above what any operation of these services takes.
const DefaultMaxBody = 10 << 20

// Options is what a [Handler] is made of. The hooks may be nil.
type Options struct {
	Services []Service

	// Admit lets a request in or refuses it, by its signature; its context goes to
	// the method. It may read the body. Service and Operation of the call are only what
	// the request claims: a signature must be for the call's SigningName. An empty
	// Operation is one that does not exist.
	Admit func(*http.Request, *Call) (context.Context, error)
	// Permit is asked once the input is decoded.
	Permit func(context.Context, *Call) error
	// Observe is told of every call when it is answered, refused ones included.
	Observe func(context.Context, *http.Request, *Call)

	// Streams ends all event streams when it ends, as a server has to before it
	// waits for its requests; nil for never.
	Streams context.Context

	MaxBody int64 // of bodies, and of what they inflate to; 0 is DefaultMaxBody
	// BodyLimit is how much is read of the body of a request that nobody has let in
	// yet; nil for MaxBody of all. What is longer than that and not than MaxBody is
	// left to Admit to refuse.
	BodyLimit func(*http.Request) int64
	Log       *slog.Logger // told why we failed; nil for nobody
}

// A Call is one request.
type Call struct {
	RequestID            string
	Protocol             Protocol
	Service, SigningName string // of the Model; "" when unknown
	Operation            string
	Input, Output        any // pointers; nil as long as there is none
	Err                  error
	Status               int // of HTTP

	limit int64 // of the body
}

// A Handler is the endpoint of all its services. It can be used by many at once.
type Handler struct {
	options  Options
	services []*service
	byShape  map[string]*service
	large    chan struct{} // has a slot for each large request that is held in memory
}

// Large requests are those above largeBody bytes. Only so many are held at a time;
// others wait, unread.
const (
	largeBody   = 1 << 20
	largeAtOnce = 16
)

// New compiles the services. It fails when a method's types have no form on the wire.
func New(o Options) (*Handler, error) {
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	h := &Handler{options: o, byShape: map[string]*service{}, large: make(chan struct{}, largeAtOnce)}
	for _, s := range o.Services {
		ready, err := newService(s)
		if err != nil {
			return nil, err
		}
		if _, twice := h.byShape[s.Model.Shape]; twice {
			return nil, fmt.Errorf("wire: two services are called %s", s.Model.Shape)
		}
		h.services = append(h.services, ready)
		h.byShape[s.Model.Shape] = ready
	}
	return h, nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := &Call{RequestID: uuid.NewString()}
	w.Header().Set("X-Amzn-RequestId", call.RequestID)
	limit := h.options.MaxBody
	if h.options.BodyLimit != nil {
		limit = min(limit, h.options.BodyLimit(r))
	}
	done, ok := h.turn(r, limit)
	if !ok {
		return // the client has gone
	}
	defer done()
	body, bodyErr := h.body(w, r, limit)
	call.limit = limit
	t := h.route(r, body)
	call.Protocol = t.protocol
	if t.service != nil {
		call.Service, call.SigningName = t.service.model.Name, t.service.model.SigningName
	}
	if t.operation != nil {
		call.Operation = t.operation.name
		if t.operation.events != nil {
			streaming, end := h.ending(r.Context())
			defer end()
			r = r.WithContext(streaming)
		}
	}
	ctx := r.Context()
	a := h.serve(&ctx, r, t, call, body, bodyErr)
	done()
	call.Status = a.status
	if h.options.Observe != nil {
		h.options.Observe(ctx, r, call)
	}
	a.send(w)
}

// turn waits until a request may be held in memory; false says that its client was
// gone before. Done, which may be called again, says that it need not be any longer.
func (h *Handler) turn(r *http.Request, limit int64) (done func(), ok bool) {
	inflates := r.Header.Get("Content-Encoding") == "gzip" && r.ContentLength != 0
	if limit <= largeBody || 0 <= r.ContentLength && r.ContentLength <= largeBody && !inflates {
		return func() {}, true
	}
	select {
	case h.large <- struct{}{}:
		return sync.OnceFunc(func() { <-h.large }), true
	case <-r.Context().Done():
		return nil, false
	}
}

// serve makes the answer. It puts the context that Admit gives into ctx.
func (h *Handler) serve(ctx *context.Context, r *http.Request, t target, call *Call, body []byte, bodyErr error) answer {
	out, err := h.do(ctx, r, t, call, body, bodyErr)
	if err == nil && t.operation.events != nil {
		return h.streaming(t, out, call)
	}
	if err == nil {
		a, encodeErr := success(t.protocol, t.service, t.operation, out, call.RequestID)
		if encodeErr == nil {
			return a
		}
		err = encodeErr
	}
	call.Err = err
	f, internal := faultOf(t.service, err)
	if internal {
		h.options.Log.Error("request failed", "service", call.Service, "operation", call.Operation, "request", call.RequestID, "error", err)
	}
	if t.protocol == Unclaimed && signingName(r) == "s3" {
		return notS3(call.RequestID)
	}
	a, err := f.answer(t.protocol, t.service, call.RequestID, t.queryMode)
	if err != nil {
		h.options.Log.Error("an error cannot be written", "service", call.Service, "request", call.RequestID, "error", err)
		f, _ = faultOf(nil, err)
		// Without a modelled value there is nothing that cannot be written.
		a, _ = f.answer(t.protocol, t.service, call.RequestID, t.queryMode)
	}
	return a
}

func (h *Handler) do(ctx *context.Context, r *http.Request, t target, call *Call, body []byte, bodyErr error) (out reflect.Value, err error) {
	if tooLarge(bodyErr) && call.limit == h.options.MaxBody {
		return out, h.tooLarge()
	}
	if h.options.Admit != nil {
		admitted, err := h.options.Admit(r, call)
		if err != nil {
			return out, err
		}
		*ctx = admitted
	}
	switch {
	case tooLarge(bodyErr):
		return out, h.tooLarge()
	case t.protocol == Unclaimed:
		return out, refusal("UnknownOperationException", "")
	case t.err != nil:
		return out, t.err
	case bodyErr != nil:
		return out, refusal("SerializationException", "The body cannot be read.")
	}
	in := reflect.New(t.operation.in.typ)
	if err := t.decode(body, in.Elem()); err != nil {
		return out, refusal("SerializationException", err.Error())
	}
	call.Input = in.Interface()
	if h.options.Permit != nil {
		if err := h.options.Permit(*ctx, call); err != nil {
			return out, err
		}
	}
	out, err = safely(t.operation, *ctx, in)
	if err == nil && t.operation.events == nil {
		call.Output = out.Interface()
		out = out.Elem()
	}
	return out, err
}

func (h *Handler) tooLarge() error {
	return refusal("RequestEntityTooLarge", fmt.Sprintf("The request must be smaller than %d bytes.", h.options.MaxBody))
}

// decode reads the input. A request without a body is one without members.
func (t target) decode(body []byte, in reflect.Value) error {
	p := t.operation.in
	switch {
	case t.protocol == Query:
		return decode(newFormReader(t.form.input()), p, in)
	case len(body) == 0:
		return nil
	case t.protocol == CBOR:
		r := &cborReader{b: body}
		if err := decode(r, p, in); err != nil {
			return err
		}
		return r.end()
	default:
		r := &jsonReader{b: body}
		if err := decode(r, p, in); err != nil {
			return err
		}
		return r.end()
	}
}

// safely calls the method; its panic is an error of this request only.
func safely(op *operation, ctx context.Context, in reflect.Value) (out reflect.Value, err error) {
	defer func() {
		switch cause := recover(); cause {
		case nil:
		case http.ErrAbortHandler:
			panic(cause)
		default:
			err = fmt.Errorf("%s panicked: %v\n%s", op.name, cause, debug.Stack())
		}
	}()
	return op.call(ctx, in)
}

// body reads the body and leaves it in r to be read again by Admit. What it
// returns is inflated. Both are limit bytes at most.
func (h *Handler) body(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	r.Body = io.NopCloser(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity", "aws-chunked":
		return raw, nil
	case "gzip":
		return inflate(raw, limit)
	default:
		return nil, fmt.Errorf("content encoding %q is not understood", encoding)
	}
}

func inflate(raw []byte, limit int64) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("inflate body: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(z, limit+1))
	if err != nil {
		return nil, fmt.Errorf("inflate body: %w", err)
	}
	if int64(len(plain)) > limit {
		return nil, sigv4.ErrTooLarge
	}
	return plain, nil
}

func tooLarge(err error) bool {
	var limit *http.MaxBytesError
	return errors.As(err, &limit) || errors.Is(err, sigv4.ErrTooLarge)
}

// notS3 says, in S3's form, that its REST is not spoken.
func notS3(requestID string) answer {
	return answer{
		status: http.StatusNotImplemented, contentType: "application/xml",
		body: []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<Error><Code>NotImplemented</Code><Message>This address does not speak S3's REST.</Message><RequestId>" + requestID + "</RequestId></Error>\n"),
	}
}

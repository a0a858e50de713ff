package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"tocsin/wire/sigv4"
)

// Service is what requests are signed for.
const Service = "tocsin"

// MaxRequest bounds the body of a request, in bytes. It is read before the
// signature can be checked, so that it has to be small.
const MaxRequest = 64 << 10

// refusedEvery is how often a refused request is told to the log at most: whoever
// reaches the address could else fill the disk of the log.
const refusedEvery = time.Second

// NewHandler serves an API to who signs with a key that v knows.
func NewHandler(a *Local, v sigv4.Verifier, log *slog.Logger) http.Handler {
	v.MaxBody = MaxRequest
	h := &handler{verifier: &v, log: log}
	mux := http.NewServeMux()
	mux.Handle("POST "+Prefix+opSearch, serve(h, a.Search))
	mux.Handle("POST "+Prefix+opCount, serve(h, a.Count))
	mux.Handle("POST "+Prefix+opSubscriptions, serve(h, func(ctx context.Context, _ struct{}) ([]Subscription, error) { return a.Subscriptions(ctx) }))
	mux.Handle("POST "+Prefix+opConfirm, serve(h, func(ctx context.Context, r confirmRequest) (struct{}, error) {
		return struct{}{}, a.Confirm(ctx, r.Subscription)
	}))
	mux.Handle("POST "+Prefix+opDeliveries, serve(h, func(ctx context.Context, r deliveriesRequest) ([]Delivery, error) {
		return a.Deliveries(ctx, r.Status, r.Limit)
	}))
	mux.Handle("POST "+Prefix+opResend, serve(h, func(ctx context.Context, r resendRequest) (resendAnswer, error) {
		sent, err := a.Resend(ctx, r.IDs)
		return resendAnswer{sent}, err
	}))
	if a.Clock != nil {
		mux.Handle("POST "+Prefix+opClock, serve(h, a.Clock))
	}
	return mux
}

type handler struct {
	verifier *sigv4.Verifier
	log      *slog.Logger

	mu     sync.Mutex
	told   time.Time // when a refused request was told last; guarded by mu
	untold int       // how many were not since; guarded by mu
}

// refuse tells the log of a refused request, and of those before it that were
// not told.
func (h *handler) refuse(r *http.Request, code string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.verifier.Now()
	if since := now.Sub(h.told); since >= 0 && since < refusedEvery {
		h.untold++
		return
	}
	h.log.Warn("request refused", "path", r.URL.Path, "from", r.RemoteAddr, "code", code, "more", h.untold)
	h.told, h.untold = now, 0
}

// serve answers an operation: verify, read, do, write.
func serve[In, Out any](h *handler, do func(context.Context, In) (Out, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, err := func() (out Out, err error) {
			who, err := h.verifier.Verify(r)
			if err != nil {
				return out, err
			}
			if who.Service != Service {
				return out, &sigv4.Error{Status: http.StatusForbidden, Code: "SignatureDoesNotMatch", Message: "Credential should be scoped to correct service: '" + Service + "'."}
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return out, err
			}
			var in In
			if err := decode(body, &in); err != nil {
				return out, err
			}
			return do(r.Context(), in)
		}()
		if err != nil {
			h.fail(w, r, err)
			return
		}
		h.write(w, http.StatusOK, out)
	})
}

// fail answers with an error. What went wrong inside is for the log only.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	var refused *sigv4.Error
	var request *RequestError
	switch {
	case errors.As(err, &refused):
		h.refuse(r, refused.Code)
		h.write(w, refused.Status, failure{refused.Code, refused.Message})
	case errors.As(err, &request):
		h.write(w, http.StatusBadRequest, failure{"ValidationException", request.Message})
	case errors.Is(err, sigv4.ErrTooLarge):
		h.write(w, http.StatusRequestEntityTooLarge, failure{"RequestEntityTooLarge", "the request is longer than 64 kB"})
	case r.Context().Err() != nil:
		return // nobody is there to be answered
	default:
		h.log.Error("request failed", "path", r.URL.Path, "error", err)
		h.write(w, http.StatusInternalServerError, failure{"InternalFailure", "the server could not answer; its log says why"})
	}
}

func (h *handler) write(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		h.log.Error("answer cannot be written", "error", err)
		status, body = http.StatusInternalServerError, []byte(`{"__type":"InternalFailure"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		return // the client has gone
	}
}

package app

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// callMetrics tell of the calls to the AWS endpoint. Nothing that a client can make
// up becomes a label.
type callMetrics struct {
	calls   *prometheus.CounterVec
	refused *prometheus.CounterVec
	took    *prometheus.HistogramVec
}

func newCallMetrics() callMetrics {
	return callMetrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_calls_total", Help: "Calls to the AWS endpoint by service and by what they came to.",
		}, []string{"service", "result"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tocsin_refused_calls_total", Help: "Calls that were not let in, by AWS's error code in Query.",
		}, []string{"code"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tocsin_call_seconds", Help: "How long calls took until they were recorded and could be answered.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 30},
		}, []string{"service"}),
	}
}

// refusals are the codes of those who are not let in, and what Query calls them.
var refusals = map[string]string{
	"AccessDenied": "AccessDenied", "AccessDeniedException": "AccessDenied", "AuthorizationError": "AccessDenied", "AuthorizationErrorException": "AccessDenied",
	"ExpiredToken": "ExpiredToken", "ExpiredTokenException": "ExpiredToken",
	"IncompleteSignature": "IncompleteSignature", "IncompleteSignatureException": "IncompleteSignature",
	"AuthorizationHeaderMalformed": "IncompleteSignature", "AuthorizationQueryParametersError": "IncompleteSignature",
	"InvalidClientTokenId": "InvalidClientTokenId", "UnrecognizedClientException": "InvalidClientTokenId", "InvalidAccessKeyId": "InvalidClientTokenId",
	"MissingAuthenticationToken": "MissingAuthenticationToken", "MissingAuthenticationTokenException": "MissingAuthenticationToken",
	"SignatureDoesNotMatch": "SignatureDoesNotMatch", "InvalidSignatureException": "SignatureDoesNotMatch",
	"RequestTimeTooSkewed": "SignatureDoesNotMatch", "XAmzContentSHA256Mismatch": "SignatureDoesNotMatch",
}

type startKey struct{}

// withStart puts the time into the context of a call.
func withStart(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), startKey{}, time.Now()))
}

// called counts a call; code is its error's, "" for none, and failed says that
// the error is ours.
func (m callMetrics) called(ctx context.Context, service, code string, failed bool) {
	result := "ok"
	refusal, refused := refusals[code]
	switch {
	case failed:
		result = "failed"
	case refused:
		result = "refused"
		m.refused.WithLabelValues(refusal).Inc()
	case code != "":
		result = "error"
	}
	if service == "" {
		service = "unknown"
	}
	m.calls.WithLabelValues(service, result).Inc()
	if began, ok := ctx.Value(startKey{}).(time.Time); ok {
		m.took.WithLabelValues(service).Observe(time.Since(began).Seconds())
	}
}

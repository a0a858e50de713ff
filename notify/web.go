package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tocsin/core/topic"
)

// Bounds of what is kept and read for endpoints on the web.
const (
	maxHostConnections = 16 // at once to one host and port; more attempts wait
	maxIdleHost        = 2
	maxIdle            = 64
	idleTime           = 55 * time.Second
	maxAnswer          = 4 << 10  // of an answer's body
	maxAnswerHeader    = 64 << 10 // of its header
	maxRetryAfter      = time.Hour
)

// web posts to endpoints. What was connected for a trusted endpoint is never
// used for another.
type web struct {
	guard   guard
	guarded *http.Transport
	open    *http.Transport
	proxied *http.Transport // nil: without proxies
	proxy   func(*http.Request) (*url.URL, error)
}

func newWeb(o Options) *web {
	w := &web{guard: guard{allowed: o.Networks}, proxy: o.Proxy}
	transport := func(dialer net.Dialer) *http.Transport {
		dialer.Timeout = topic.DeliveryTimeout
		return &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    topic.DeliveryTimeout,
			DisableCompression:     true,
			MaxConnsPerHost:        maxHostConnections,
			MaxIdleConnsPerHost:    maxIdleHost,
			MaxIdleConns:           maxIdle,
			IdleConnTimeout:        idleTime,
			MaxResponseHeaderBytes: maxAnswerHeader,
		}
	}
	w.guarded = transport(net.Dialer{Control: w.guard.control})
	w.open = transport(net.Dialer{})
	if o.Proxy != nil {
		w.proxied = transport(net.Dialer{})
		w.proxied.Proxy = o.Proxy
	}
	return w
}

func (w *web) close() {
	for _, t := range []*http.Transport{w.guarded, w.open, w.proxied} {
		if t != nil {
			t.CloseIdleConnections()
		}
	}
}

// A reply is what an endpoint answered, as far as it was read.
type reply struct {
	status int
	header http.Header
	text   string // the body's beginning, "" when it is encoded
}

// post posts the body, without following redirects, keeping cookies or sending
// what the URL says of user and password. The names of headers are sent as they
// are spelled.
func (w *web) post(ctx context.Context, to *url.URL, headers http.Header, body []byte, trusted bool) (reply, error) {
	target := *to
	target.User, target.Fragment = nil, ""
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	for name, values := range headers {
		request.Header[name] = values
	}
	// Not sent. It says that the request may be sent again when a kept connection
	// turns out to be closed: receivers know repeats by the message's id.
	request.Header["Idempotency-Key"] = nil

	transport, err := w.transport(request, trusted)
	if err != nil {
		return reply{}, err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	r := reply{status: response.StatusCode, header: response.Header}
	if r.status == http.StatusSwitchingProtocols {
		return r, nil // what follows is no answer: no context ends its reading
	}
	// What cannot be read of the body changes nothing: the status has been said.
	text, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if response.Header.Get("Content-Encoding") == "" {
		r.text = string(text)
	}
	return r, nil
}

// transport is the way that the request takes.
func (w *web) transport(request *http.Request, trusted bool) (*http.Transport, error) {
	if w.proxied != nil {
		proxy, err := w.proxy(request)
		if err != nil {
			return nil, err
		}
		if proxy != nil {
			if address, err := netip.ParseAddr(request.URL.Hostname()); err == nil && !trusted {
				return w.proxied, w.guard.check(address)
			}
			return w.proxied, nil
		}
	}
	if trusted {
		return w.open, nil
	}
	return w.guarded, nil
}

// throttled tells whether the endpoint asks for fewer messages, and for how long
// it wants none. A date counts from the date that the endpoint says it is.
func (r reply) throttled() (bool, time.Duration) {
	after := strings.TrimSpace(r.header.Get("Retry-After"))
	if r.status != http.StatusTooManyRequests && (r.status != http.StatusServiceUnavailable || after == "") {
		return false, 0
	}
	if seconds, err := strconv.ParseInt(after, 10, 32); err == nil {
		return true, min(max(time.Duration(seconds)*time.Second, 0), maxRetryAfter)
	}
	until, err := http.ParseTime(after)
	if err != nil {
		return true, 0
	}
	now, err := http.ParseTime(r.header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return true, min(max(until.Sub(now), 0), maxRetryAfter)
}

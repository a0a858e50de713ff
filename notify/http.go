package notify

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"tocsin/core/topic"
)

// httpReceiver posts documents to http and https endpoints, as SNS does: one
// request, or a second one with the URL's user and password if the endpoint asks
// for them. Redirects are answers like others.
type httpReceiver struct {
	web *web
}

func (h *httpReceiver) Send(ctx context.Context, n Note) Result {
	ctx, cancel := context.WithTimeout(ctx, topic.DeliveryTimeout)
	defer cancel()
	if err := topic.CheckEndpoint(n.Subscription.Protocol, n.Subscription.Endpoint); err != nil {
		return outcome(topic.Permanent, "the endpoint is not a URL of its protocol")
	}
	to, err := url.Parse(n.Subscription.Endpoint)
	if err != nil {
		return outcome(topic.Permanent, "the endpoint is not a URL")
	}
	raw := n.Subscription.Settings.Raw
	headers := http.Header{"Accept-Encoding": {"gzip,deflate"}, "Connection": {"Keep-Alive"}}
	for _, h := range n.Document.Headers(n.Subscription.ARN, n.ContentType, raw) {
		if strings.ContainsFunc(h.Value, isControl) {
			return outcome(topic.Permanent, "the header "+h.Name+" would hold a control character")
		}
		headers[h.Name] = []string{h.Value}
	}
	body, secrets := n.Document.Body(raw), n.secrets(to)
	r, err := h.web.post(ctx, to, headers, body, n.Trusted)
	if err == nil && r.status == http.StatusUnauthorized && to.User != nil {
		if authorization, ok := authorize(r.header.Values("WWW-Authenticate"), to); ok {
			headers["Authorization"] = []string{authorization}
			r, err = h.web.post(ctx, to, headers, body, n.Trusted)
		}
	}
	if err != nil {
		return unreached(ctx, err, secrets...)
	}
	return answered(r, topic.OfStatus(r.status), secrets...)
}

// secrets are what an answer could repeat and nobody else may read.
func (n Note) secrets(endpoint *url.URL) []string {
	secrets := []string{n.Token, n.Document.Token}
	if endpoint == nil {
		return secrets
	}
	secrets = append(secrets, endpoint.RawQuery)
	if password, ok := endpoint.User.Password(); ok {
		secrets = append(secrets, endpoint.User.String(), password, endpoint.User.Username()+":"+password)
	}
	return secrets
}

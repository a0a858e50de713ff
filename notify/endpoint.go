package notify

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"

	"tocsin/core/topic"
)

// Slack is the protocol of Slack's incoming webhooks, and of the chat servers
// that take the same messages. It is tocsin's own: SNS's API refuses it.
const Slack topic.Protocol = "slack"

// CheckEndpoint checks the endpoint of a new subscription by its form, for SNS's
// protocols as SNS does. trusted endpoints are those that the operator names.
// The error does not repeat what may be secret.
func CheckEndpoint(p topic.Protocol, endpoint string, trusted bool) error {
	if p != Slack {
		return topic.CheckEndpoint(p, endpoint)
	}
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Hostname() == "" || strings.ContainsFunc(endpoint, isControl):
		return errors.New("slack: the endpoint is not a URL; want that of an incoming webhook, https://hooks.slack.com/services/T/B/X")
	case u.Scheme == "http" && !trusted:
		return errors.New("slack: the endpoint begins with http:// and would send its secret in the clear; use https://")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("slack: the endpoint does not begin with https://; want the URL of an incoming webhook")
	case u.User != nil:
		return errors.New("slack: the endpoint has a user or password in its URL, which incoming webhooks do not know")
	case strings.Trim(u.Path, "/") == "":
		return errors.New("slack: the endpoint is a host alone; want the whole URL of an incoming webhook, whose path is its secret")
	}
	return nil
}

// CheckAddress refuses the endpoint of a client whose URL names an address that
// nothing would be sent to. What a name leads to is known only when something is sent.
func (r *Receivers) CheckAddress(p topic.Protocol, endpoint string) error {
	if !p.Web() {
		return nil
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return errors.New("the endpoint is not a URL")
	}
	host := u.Hostname()
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		host = "127.0.0.1"
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return nil
	}
	return r.web.guard.check(address)
}

// shownEnd is how much of a webhook's secret is shown, to tell it from others;
// shorter secrets than minSecret show nothing.
const (
	shownEnd  = 4
	minSecret = 16
)

// Redact is the endpoint as it may be shown: without passwords, without the
// query of a URL, and of a webhook the host and the last characters only.
func Redact(p topic.Protocol, endpoint string) string {
	switch p {
	case topic.HTTP, topic.HTTPS, Slack:
	default:
		return oneLine(endpoint, maxShownEndpoint)
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() == "" {
		return "(not a URL)"
	}
	if p == Slack {
		shown := oneLine(u.Host, maxShownEndpoint) + "/..."
		if secret := strings.TrimRight(u.EscapedPath(), "/"); len(secret) >= minSecret {
			shown += secret[len(secret)-shownEnd:]
		}
		return shown
	}
	shown := u.Scheme + "://"
	if u.User != nil {
		shown += "***@"
	}
	shown += u.Host + u.EscapedPath()
	if u.RawQuery != "" {
		shown += "?***"
	}
	return oneLine(shown, maxShownEndpoint)
}

// maxShownEndpoint bounds an endpoint that is shown, in bytes.
const maxShownEndpoint = 300

package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"tocsin/core/topic"
)

// slackReceiver posts messages to incoming webhooks of Slack and of chat servers
// that take the same. The URL is the secret.
type slackReceiver struct {
	web *web
}

func (s *slackReceiver) Send(ctx context.Context, n Note) Result {
	ctx, cancel := context.WithTimeout(ctx, topic.DeliveryTimeout)
	defer cancel()
	if err := CheckEndpoint(Slack, n.Subscription.Endpoint, n.Trusted); err != nil {
		return outcome(topic.Permanent, err.Error())
	}
	to, err := url.Parse(n.Subscription.Endpoint)
	if err != nil {
		return outcome(topic.Permanent, "the endpoint is not a URL")
	}
	m := slackMessageOf(n)
	r, err := s.post(ctx, to, m, n.Trusted)
	if err == nil && r.status == http.StatusBadRequest {
		// What happened must get through, even if its form does not.
		r, err = s.post(ctx, to, m.plain(), n.Trusted)
	}
	secrets := append(n.secrets(to), webhookSecrets(to)...)
	if err != nil {
		return unreached(ctx, err, secrets...)
	}
	answer := topic.OfStatus(r.status)
	if answer == topic.Delivered && strings.HasPrefix(strings.TrimSpace(r.text), "<") {
		return outcome(topic.Retry, fmt.Sprintf("HTTP %d with a web page, which is not what a webhook answers", r.status))
	}
	return answered(r, answer, secrets...)
}

func (s *slackReceiver) post(ctx context.Context, to *url.URL, m slackMessage, trusted bool) (reply, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return reply{}, fmt.Errorf("slack message: %w", err)
	}
	return s.web.post(ctx, to, http.Header{"Content-Type": {"application/json; charset=utf-8"}, "User-Agent": {"tocsin"}}, body, trusted)
}

// webhookSecrets are the parts of a webhook's URL that nobody may see.
func webhookSecrets(to *url.URL) []string {
	secrets := []string{to.String(), to.Path}
	for part := range strings.SplitSeq(to.Path, "/") {
		if len(part) >= 2*shownEnd {
			secrets = append(secrets, part)
		}
	}
	return secrets
}

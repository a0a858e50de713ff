package notify

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"tocsin/core/topic"
)

// outcome is the result of an attempt. detail may hold anything; secrets in it,
// and their encoded forms, are blotted out.
func outcome(answer topic.Answer, detail string, secrets ...string) Result {
	return Result{Answer: answer, Detail: oneLine(blot(detail, secrets), MaxDetail)}
}

// unreached is the result of an attempt that brought no answer.
func unreached(ctx context.Context, err error, secrets ...string) Result {
	var refused *refusedError
	if errors.As(err, &refused) {
		return outcome(topic.Permanent, refused.Error(), secrets...)
	}
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, context.DeadlineExceeded):
		return outcome(topic.Retry, "no answer in time")
	case cause != nil:
		return outcome(topic.Retry, "given up before there was an answer")
	}
	var inURL *url.Error
	if errors.As(err, &inURL) {
		err = inURL.Err // without the URL
	}
	return outcome(topic.Retry, err.Error(), secrets...)
}

// answered is the result of an attempt that an HTTP endpoint answered.
func answered(r reply, answer topic.Answer, secrets ...string) Result {
	result := outcome(answer, strings.TrimSpace(fmt.Sprintf("HTTP %d: %s", r.status, r.text)), secrets...)
	result.Detail = strings.TrimSuffix(result.Detail, ":")
	result.Throttled, result.RetryAfter = r.throttled()
	return result
}

// minBlotted is the length from which a secret is looked for; shorter ones would
// blot out chance.
const minBlotted = 4

// blot replaces secrets by ***, also where they are percent-encoded, in base64,
// or cut off at the end.
func blot(s string, secrets []string) string {
	var forms []string
	for _, secret := range secrets {
		if len(secret) >= minBlotted {
			forms = append(forms, secret, url.QueryEscape(secret), url.PathEscape(secret),
				base64.StdEncoding.EncodeToString([]byte(secret)))
		}
	}
	slices.SortFunc(forms, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, form := range forms {
		s = strings.ReplaceAll(s, form, "***")
	}
	for _, form := range forms {
		for n := min(len(form)-1, len(s)); n >= minBlotted; n-- {
			if strings.HasSuffix(s, form[:n]) {
				s = s[:len(s)-n] + "***"
				break
			}
		}
	}
	return s
}

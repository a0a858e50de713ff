package deliver

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tocsin/core/topic"
	"tocsin/store/state"
)

// Whoever runs tocsin hears of a subscriber that fails when that begins, and
// when it is over, and not of each attempt.
func TestTroublesAreToldOnce(t *testing.T) {
	var log bytes.Buffer
	c := troubles{log: slog.New(slog.NewTextHandler(&log, nil))}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	job := func(arn string) state.Job { return state.Job{Delivery: state.Delivery{Subscription: arn}} }
	for i, answer := range []topic.Answer{topic.Delivered, topic.Retry, topic.Retry, topic.Permanent, topic.Delivered, topic.Delivered} {
		c.note(job("arn:a:12345678-1"), answer, "connection refused", at.Add(time.Duration(i)*time.Minute))
	}
	c.note(job("arn:b:12345678-1"), topic.Delivered, "", at)
	text := log.String()
	for part, times := range map[string]int{"cannot be reached": 1, "connection refused": 1, "is reached again": 1, "after=3m0s": 1, "12345678-1": 0} {
		if n := strings.Count(text, part); n != times {
			t.Errorf("%q stands %d times in the log, want %d:\n%s", part, n, times, text)
		}
	}
	log.Reset()
	c.note(job("arn:c:12345678-1"), topic.Permanent, "HTTP 302", at)
	if text := log.String(); !strings.Contains(text, "refuses its messages for good") || strings.Contains(text, "tried again") {
		t.Errorf("of a refusal: %s", text)
	}
	for i := range 2 * maxTroubles {
		c.note(job(fmt.Sprint("arn:", i)), topic.Retry, "", at)
	}
	if len(c.since) != maxTroubles {
		t.Errorf("%d are remembered", len(c.since))
	}
}

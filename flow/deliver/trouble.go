package deliver

import (
	"log/slog"
	"sync"
	"time"

	"tocsin/core/topic"
	"tocsin/store/state"
)

// maxTroubles bounds how many subscriptions are remembered to fail. Beyond it the
// one that fails for longest is forgotten: it may have been deleted since, and is
// told again otherwise.
const maxTroubles = 1000

// troubles tells of each subscription that cannot be reached once when that
// begins and once when it is over, since a retry policy may last for hours
// before anything is given up.
type troubles struct {
	log *slog.Logger

	mu    sync.Mutex
	since map[string]time.Time // by the subscription's ARN; guarded by mu
}

// note takes the answer of an attempt that ended at a time.
func (t *troubles) note(j state.Job, answer topic.Answer, detail string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	arn := j.Delivery.Subscription
	since, failing := t.since[arn]
	switch {
	case answer == topic.Delivered && failing:
		delete(t.since, arn)
		t.log.Info("a subscriber is reached again", "subscription", forLog(arn), "protocol", string(j.Subscription.Protocol), "after", at.Sub(since).Round(time.Second))
	case answer != topic.Delivered && !failing:
		if t.since == nil {
			t.since = map[string]time.Time{}
		}
		if len(t.since) == maxTroubles {
			delete(t.since, oldest(t.since))
		}
		t.since[arn] = at
		what := "a subscriber cannot be reached; messages for it wait and are tried again"
		if answer == topic.Permanent {
			what = "a subscriber refuses its messages for good"
		}
		t.log.Warn(what, "subscription", forLog(arn), "protocol", string(j.Subscription.Protocol), "last", detail)
	}
}

// oldest is the key of the earliest time.
func oldest(since map[string]time.Time) (key string) {
	for k, at := range since {
		if key == "" || at.Before(since[key]) {
			key = k
		}
	}
	return key
}

package deliver

import (
	"time"

	"tocsin/core/topic"
	"tocsin/notify"
	"tocsin/store/state"
)

// jitter is by how much of itself a delay is made longer at most. SNS's is not
// documented.
const jitter = 0.1

// maxRetryAfter bounds for how long an endpoint can put a delivery off. It is
// the longest delay that a delivery policy may name.
const maxRetryAfter = time.Hour

// lastRounds: a delivery whose Round is this or more was given up, and waits to
// be brought to its dead-letter queue; what is above counts the attempts at that.
// No schedule has as many retries.
const lastRounds = 1_000_000

// givenUp tells whether only the dead-letter queue is left for a delivery.
func givenUp(d state.Delivery) bool { return d.Round >= lastRounds }

// judge is what becomes of a delivery after an attempt that ended at a time.
// chance is from 0 to 1.
func judge(j state.Job, r notify.Result, at time.Time, chance float64) state.Delivery {
	d := j.Delivery
	d.Attempts++
	d.Round++
	d.Throttled = r.Throttled
	d.Last = r.Detail
	if givenUp(d) {
		return judgeLast(d, r, at, chance)
	}
	if r.Answer == topic.Delivered {
		d.Status, d.Done = state.Delivered, at
		return d
	}
	schedule := j.Subscription.Schedule(j.Topic.Settings.Delivery, r.Throttled)
	delay, again := schedule.Next(d.Round)
	switch {
	case r.Answer == topic.Retry && again:
		d.Next = at.Add(max(longer(delay, chance), min(r.RetryAfter, maxRetryAfter)))
	case hasDeadLetters(j):
		d.Round, d.Next = lastRounds, at
	default:
		d.Status, d.Done = state.Dead, at
	}
	return d
}

// hasDeadLetters tells whether a delivery that is given up goes to a queue.
// Confirmations do not: nobody could use them there.
func hasDeadLetters(j state.Job) bool {
	return j.Subscription.Settings.DeadLetters != "" && j.Publication.Kind == topic.Notification
}

// judgeLast is what becomes of a delivery after an attempt at its dead-letter
// queue. A queue that cannot be reached is tried again on the schedule of a queue
// that subscribes. What it refuses is dead without, and can be sent again.
func judgeLast(d state.Delivery, r notify.Result, at time.Time, chance float64) state.Delivery {
	delay, again := topic.BuiltInSchedule(topic.SQS, r.Throttled).Next(d.Round - lastRounds)
	if r.Answer == topic.Retry && again {
		d.Next = at.Add(max(longer(delay, chance), min(r.RetryAfter, maxRetryAfter)))
		return d
	}
	d.Status, d.Done = state.Dead, at
	d.InDeadLetters = r.Answer == topic.Delivered
	return d
}

func longer(delay time.Duration, chance float64) time.Duration {
	return delay + time.Duration(float64(delay)*jitter*chance)
}

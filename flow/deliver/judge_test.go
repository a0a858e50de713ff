package deliver

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"tocsin/core/topic"
	"tocsin/notify"
	"tocsin/store/state"
)

var start = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func settings(t *testing.T, protocol topic.Protocol, attributes map[string]string) topic.Settings {
	t.Helper()
	s, err := topic.NewSettings(protocol, attributes)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// walk fails a delivery until it is given up, and writes the delays; runs of
// equal ones are 3×20.
func walk(j state.Job, chance float64) string {
	var parts []string
	last, n := math.NaN(), 0
	flush := func() {
		if n > 1 {
			parts = append(parts, fmt.Sprintf("%d×%g", n, last))
		} else if n == 1 {
			parts = append(parts, fmt.Sprint(last))
		}
	}
	at := start
	for {
		at = at.Add(15 * time.Second) // the attempt takes its time
		j.Delivery = judge(j, notify.Result{Answer: topic.Retry}, at, chance)
		delay := float64(j.Next.Sub(at).Milliseconds()) / 1000
		if j.Status == state.Pending && delay == last {
			n++
		} else {
			flush()
			if j.Status != state.Pending {
				return strings.Join(append(parts, string(j.Status)), " ")
			}
			last, n = delay, 1
		}
		at = j.Next
	}
}

func job(protocol topic.Protocol, s topic.Settings) state.Job {
	return state.Job{
		Delivery:     state.Delivery{ID: 1, Status: state.Pending},
		Publication:  state.Publication{Kind: topic.Notification},
		Subscription: state.Subscription{Subscription: topic.Subscription{Protocol: protocol, Settings: s}},
	}
}

func TestSchedulesToTheEnd(t *testing.T) {
	const queue = "3×0 3×1 1.037 1.112 1.26 1.558 2.153 3.342 5.722 10.481 100001×20 dead"
	for _, c := range []struct {
		protocol topic.Protocol
		policy   string
		chance   float64
		want     string
	}{
		{topic.HTTPS, "", 0, "3×20 dead"},
		{topic.HTTPS, "", 0.5, "3×21 dead"},
		{topic.HTTP, `{"healthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":10,"numRetries":6,"numNoDelayRetries":1,"numMinDelayRetries":1,"numMaxDelayRetries":2}}`, 0, "0 2×5 3×10 dead"},
		{topic.HTTP, `{"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":0}}`, 0, "dead"},
		{topic.HTTP, `{"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":100,"numNoDelayRetries":100}}`, 1, "100×0 dead"},
		{topic.Email, "", 0, "3×10 11.155 13.464 18.082 27.319 45.793 82.74 156.634 304.423 39×600 dead"},
		{topic.SQS, "", 0, queue},
		{topic.Lambda, "", 0, queue},
	} {
		attributes := map[string]string{}
		if c.policy != "" {
			attributes["DeliveryPolicy"] = c.policy
		}
		got := walk(job(c.protocol, settings(t, c.protocol, attributes)), c.chance)
		if got != c.want {
			t.Errorf("%s %s: %s\nwant %s", c.protocol, c.policy, got, c.want)
		}
	}
}

func TestTopicsPolicyAndItsOverride(t *testing.T) {
	policy, err := topic.ParseTopicDeliveryPolicy(`{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":7,"maxDelayTarget":7,"numRetries":1},"disableSubscriptionOverrides":true}}`)
	if err != nil {
		t.Fatal(err)
	}
	j := job(topic.HTTPS, settings(t, topic.HTTPS, map[string]string{"DeliveryPolicy": `{"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":9}}`}))
	j.Topic.Settings.Delivery = policy
	if got := walk(j, 0); got != "7 dead" {
		t.Errorf("%s, not the topic's policy", got)
	}
}

func TestJudge(t *testing.T) {
	deadLetters := settings(t, topic.HTTPS, map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:123456789012:dead"}`})
	none := topic.Settings{}
	for _, c := range []struct {
		name     string
		settings topic.Settings
		kind     topic.Kind
		before   state.Delivery
		result   notify.Result
		want     state.Delivery
	}{
		{
			"taken", none, topic.Notification,
			state.Delivery{},
			notify.Result{Answer: topic.Delivered, Detail: "HTTP 200"},
			state.Delivery{Status: state.Delivered, Attempts: 1, Round: 1, Done: start, Last: "HTTP 200"},
		},
		{
			"retry after longer than the delay", none, topic.Notification,
			state.Delivery{Attempts: 7},
			notify.Result{Answer: topic.Retry, Throttled: true, RetryAfter: 2 * time.Minute},
			state.Delivery{Status: state.Pending, Attempts: 8, Round: 1, Throttled: true, Next: start.Add(2 * time.Minute)},
		},
		{
			"retry after shorter than the delay", none, topic.Notification,
			state.Delivery{},
			notify.Result{Answer: topic.Retry, RetryAfter: time.Second},
			state.Delivery{Status: state.Pending, Attempts: 1, Round: 1, Next: start.Add(20 * time.Second)},
		},
		{
			"retry after that never ends", none, topic.Notification,
			state.Delivery{},
			notify.Result{Answer: topic.Retry, RetryAfter: 1000 * time.Hour},
			state.Delivery{Status: state.Pending, Attempts: 1, Round: 1, Next: start.Add(time.Hour)},
		},
		{
			"permanent", none, topic.Notification,
			state.Delivery{},
			notify.Result{Answer: topic.Permanent, Detail: "HTTP 404"},
			state.Delivery{Status: state.Dead, Attempts: 1, Round: 1, Done: start, Last: "HTTP 404"},
		},
		{
			"permanent, with a queue", deadLetters, topic.Notification,
			state.Delivery{},
			notify.Result{Answer: topic.Permanent},
			state.Delivery{Status: state.Pending, Attempts: 1, Round: lastRounds, Next: start},
		},
		{
			"last retry, with a queue", deadLetters, topic.Notification,
			state.Delivery{Attempts: 9, Round: 3},
			notify.Result{Answer: topic.Retry},
			state.Delivery{Status: state.Pending, Attempts: 10, Round: lastRounds, Next: start},
		},
		{
			"a confirmation has no queue", deadLetters, topic.SubscriptionConfirmation,
			state.Delivery{},
			notify.Result{Answer: topic.Permanent},
			state.Delivery{Status: state.Dead, Attempts: 1, Round: 1, Done: start},
		},
		{
			"queue took it", deadLetters, topic.Notification,
			state.Delivery{Attempts: 4, Round: lastRounds},
			notify.Result{Answer: topic.Delivered},
			state.Delivery{Status: state.Dead, Attempts: 5, Round: lastRounds + 1, Done: start, InDeadLetters: true},
		},
		{
			"queue cannot be reached", deadLetters, topic.Notification,
			state.Delivery{Attempts: 8, Round: lastRounds + 4},
			notify.Result{Answer: topic.Retry},
			state.Delivery{Status: state.Pending, Attempts: 9, Round: lastRounds + 5, Next: start.Add(time.Second)},
		},
		{
			"queue refuses", deadLetters, topic.Notification,
			state.Delivery{Attempts: 4, Round: lastRounds},
			notify.Result{Answer: topic.Permanent, Detail: "no"},
			state.Delivery{Status: state.Dead, Attempts: 5, Round: lastRounds + 1, Done: start, Last: "no"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := job(topic.HTTPS, c.settings)
			j.Publication.Kind = c.kind
			j.Delivery = c.before
			j.Status = state.Pending
			if got := judge(j, c.result, start, 0); got != c.want {
				t.Errorf("%+v\nwant %+v", got, c.want)
			}
		})
	}
}

// Who read the log of a dead delivery could end the subscription by its link.
func TestLogDoesNotTellHowToUnsubscribe(t *testing.T) {
	const arn = "arn:aws:sns:us-east-1:000000000000:security-alarms:fd280f96-fe89-41ef-9c14-8229ebde46b4"
	if got := forLog(arn); got != "arn:aws:sns:us-east-1:000000000000:security-alarms:fd280f96..." {
		t.Errorf("the log has %s", got)
	}
}

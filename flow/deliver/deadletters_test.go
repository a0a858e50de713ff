package deliver_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"tocsin/core/topic"
	"tocsin/flow/deliver"
	"tocsin/notify"
	"tocsin/store/state"
)

// A box is a dead-letter queue that answers the n-th message, from 1.
type box struct {
	answer func(n int) notify.Result
	tries  int
	taken  []topic.QueueMessage
	queue  string
}

func (b *box) Enqueue(_ context.Context, queueARN string, m topic.QueueMessage) notify.Result {
	b.tries++
	b.queue = queueARN
	r := notify.Result{Answer: topic.Delivered, Detail: "taken"}
	if b.answer != nil {
		r = b.answer(b.tries)
	}
	if r.Answer == topic.Delivered {
		b.taken = append(b.taken, m)
	}
	return r
}

func TestDeadLetters(t *testing.T) {
	redrive := map[string]string{"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q}`, queue)}
	raw := map[string]string{"RedrivePolicy": redrive["RedrivePolicy"], "RawMessageDelivery": "true"}
	retry := notify.Result{Answer: topic.Retry, Detail: "the queue is away"}
	for _, c := range []struct {
		name       string
		attributes map[string]string
		status     int // of the endpoint
		answer     func(n int) notify.Result
		requests   int // at the endpoint
		tries      int // at the queue
		taken      bool
		offset     int64 // of the last, in seconds
	}{
		{"at once for the client's fault", redrive, 404, nil, 1, 1, true, 0},
		{"after the last retry", redrive, 503, nil, 4, 1, true, 60},
		{"raw", raw, 404, nil, 1, 1, true, 0},
		{"the queue is away for a while", redrive, 404, func(n int) notify.Result {
			if n <= 5 {
				return retry
			}
			return notify.Result{Answer: topic.Delivered}
		}, 1, 6, true, 2},
		{"the queue refuses", redrive, 404, func(int) notify.Result { return notify.Result{Answer: topic.Permanent, Detail: "no such queue"} }, 1, 1, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := &box{answer: c.answer}
			b := newBench(t, func(o *deliver.Options) { o.DeadLetters = q })
			e := newEndpoint(t, b.clock.now, status(c.status))
			b.subscribe(t, topic.HTTP, e.URL, c.attributes)
			id := b.publish(t, "m")
			b.runOut(t)
			d := b.delivery(t)
			if d.Status != state.Dead || d.InDeadLetters != c.taken || d.Done.Unix()-start.Unix() != c.offset {
				t.Errorf("%+v", d)
			}
			if len(e.requests()) != c.requests || q.tries != c.tries || len(b.attempts(t, d)) != c.requests+c.tries {
				t.Errorf("%d requests, %d tries at the queue, attempts %+v", len(e.requests()), q.tries, b.attempts(t, d))
			}
			if q.queue != queue || !strings.HasPrefix(d.Last, "dead-letter queue: ") {
				t.Errorf("queue %s, last %q", q.queue, d.Last)
			}
			if !c.taken {
				return
			}
			body := q.taken[0].Body
			if c.name == "raw" {
				if body != "m" {
					t.Errorf("the body is %q", body)
				}
				return
			}
			if body != string(e.requests()[0].body) || !strings.Contains(body, id) {
				t.Errorf("the queue got\n%s\nthe endpoint\n%s", body, e.requests()[0].body)
			}
		})
	}
}

func TestRawMessageThatNoQueueTakesIsEnveloped(t *testing.T) {
	q := &box{}
	b := newBench(t, func(o *deliver.Options) { o.DeadLetters = q })
	e := newEndpoint(t, b.clock.now, status(404))
	b.subscribe(t, topic.HTTP, e.URL, map[string]string{"RawMessageDelivery": "true", "RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q}`, queue)})
	attributes := map[string]topic.Attribute{}
	for i := range 11 {
		attributes[fmt.Sprint("a", i)] = topic.Attribute{Type: "String", Value: "v"}
	}
	b.update(t, func(ctx context.Context, tx *state.Tx) error {
		return tx.Publish(ctx, state.Publication{Kind: topic.Notification, Message: topic.Message{ID: "id", TopicARN: alarms, Default: "m", Published: start, Attributes: attributes}})
	})
	b.runOut(t)
	if len(q.taken) != 1 || !strings.Contains(q.taken[0].Body, `"a10"`) {
		t.Errorf("the queue got %+v", q.taken)
	}
}

func TestWithoutAWayToQueues(t *testing.T) {
	b := newBench(t, nil)
	e := newEndpoint(t, b.clock.now, status(404))
	b.subscribe(t, topic.HTTP, e.URL, map[string]string{"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q}`, queue)})
	b.publish(t, "m")
	b.runOut(t)
	if d := b.delivery(t); d.Status != state.Dead || d.InDeadLetters || d.Last == "" {
		t.Errorf("%+v", d)
	}
}

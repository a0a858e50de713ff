package deliver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"tocsin/core/evidence"
	"tocsin/core/topic"
	"tocsin/internal/crash"
	"tocsin/notify"
	"tocsin/store/state"
)

// contexts bound an attempt: the sending ends with send, the recording of its
// outcome with record.
type contexts struct{ send, record context.Context }

// attempt attempts a delivery and records what came of it.
func (c *Courier) attempt(ctx contexts, j state.Job) {
	began := c.now()
	started := time.Now()
	crash.Point("deliver: about to send")
	r := c.send(ctx.send, j)
	crash.Point("deliver: sent")
	took, at := time.Since(started), c.now()
	c.stats.attempts.Add(1)

	if r.Answer == topic.Retry && ctx.send.Err() != nil {
		// Our own stop cut it off, for which the endpoint is not to blame.
		c.stats.interrupted.Add(1)
		c.write(ctx.record, func(ctx context.Context, tx *state.Tx) error {
			return tx.Postpone(ctx, c.o.Owner, j.ID, at)
		})
		return
	}
	d := judge(j, r, at, c.chance())
	a := state.Attempt{
		Delivery: j.ID, Number: d.Attempts, At: began, Took: took, Answer: r.Answer.String(), Detail: r.Detail,
	}
	c.write(ctx.record, func(ctx context.Context, tx *state.Tx) error {
		return tx.FinishAttempt(ctx, c.o.Owner, a, d)
	})
	crash.Point("deliver: recorded")
	c.count(j, r, d)
	if !givenUp(j.Delivery) { // otherwise it was the dead-letter queue that answered
		c.lame.note(j, r.Answer, r.Detail, at)
	}
}

// count counts an attempt after which its delivery is as d.
func (c *Courier) count(j state.Job, r notify.Result, d state.Delivery) {
	switch d.Status {
	case state.Delivered:
		c.stats.delivered.Add(1)
		if j.Publication.Kind == topic.Notification && j.Publication.ChainStart > 0 {
			c.o.Observe(d.Done.Sub(time.UnixMilli(j.Publication.ChainStart)))
		}
	case state.Pending:
		if !givenUp(d) {
			c.stats.retried.Add(1)
		}
	case state.Dead:
		c.stats.dead.Add(1)
		if d.InDeadLetters {
			c.stats.deadLetters.Add(1)
		}
		c.log.Warn("a message could not be delivered", "message", d.MessageID, "subscription", forLog(d.Subscription),
			"protocol", string(j.Subscription.Protocol), "attempts", d.Attempts, "deadLetterQueue", d.InDeadLetters, "last", d.Last)
	}
}

// forLog is the ARN of a subscription without most of its random id: who knows
// all of it ends the subscription by a link, without being asked who he is.
func forLog(arn string) string {
	if i := strings.LastIndexByte(arn, ':'); len(arn)-i > 9 {
		return arn[:i+9] + "..."
	}
	return arn
}

// send makes the attempt: at the endpoint, or at the dead-letter queue.
func (c *Courier) send(ctx context.Context, j state.Job) (r notify.Result) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout(j))
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			// A message that breaks a receiver must not end the process, which
			// would begin with the same message again.
			c.log.Error("a receiver panicked", "protocol", string(j.Subscription.Protocol), "message", j.MessageID, "panic", fmt.Sprint(p))
			r = notify.Result{Answer: topic.Retry, Detail: "the receiver panicked; the log tells more"}
		}
	}()
	note, err := c.note(j)
	if err != nil {
		return notify.Result{Answer: topic.Permanent, Detail: err.Error()}
	}
	if givenUp(j.Delivery) {
		return c.sendDeadLetter(ctx, note)
	}
	receiver, ok := c.o.Receivers.For(j.Subscription.Protocol)
	if !ok {
		return notify.Result{Answer: topic.Permanent, Detail: fmt.Sprintf("nothing is configured that delivers over %s", j.Subscription.Protocol)}
	}
	r = receiver.Send(ctx, note)
	if r.Answer == topic.Retry && r.Detail == "" && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		r.Detail = "no answer in time"
	}
	return r
}

func (c *Courier) timeout(j state.Job) time.Duration {
	switch {
	case c.o.Timeout > 0:
		return c.o.Timeout
	case j.Subscription.Protocol.Web():
		return topic.DeliveryTimeout
	}
	return attemptTimeout
}

// sendDeadLetter brings what the endpoint did not take to the queue that the
// subscription names, in the form in which a queue that subscribes gets it.
func (c *Courier) sendDeadLetter(ctx context.Context, n notify.Note) notify.Result {
	if c.o.DeadLetters == nil {
		return notify.Result{Answer: topic.Permanent, Detail: "dead-letter queue: nothing is configured that reaches queues"}
	}
	m, err := n.Message.Queue(n.Document, n.Subscription.Settings.Raw)
	if err != nil {
		// More attributes than a raw message may have: better enveloped than lost.
		if m, err = n.Message.Queue(n.Document, false); err != nil {
			return notify.Result{Answer: topic.Permanent, Detail: "dead-letter queue: " + err.Error()}
		}
	}
	r := c.o.DeadLetters.Enqueue(ctx, n.Subscription.Settings.DeadLetters, m)
	r.Detail = "dead-letter queue: " + r.Detail
	return r
}

// note is what the subscriber is told. It is the same for every attempt.
func (c *Courier) note(j state.Job) (notify.Note, error) {
	p, s := j.Publication, j.Subscription
	n := notify.Note{
		Message:      p.Message,
		Subscription: s.Subscription,
		Topic:        j.Topic.Settings,
		Site:         c.o.Site,
		Token:        p.Token,
		Trusted:      s.Trusted,
	}
	if s.Protocol.Web() {
		n.ContentType = s.Settings.Delivery.Effective(j.Topic.Settings.Delivery).ContentType()
	}
	if len(p.Summary) > 0 {
		n.Summary = new(evidence.Summary)
		if err := json.Unmarshal(p.Summary, n.Summary); err != nil {
			// What happened is told by the message too.
			c.log.Error("the summary of a message cannot be read", "message", p.Message.ID, "error", err)
			n.Summary = nil
		}
	}
	version := j.Topic.Settings.SignatureVersion
	if version == "" || s.Protocol == topic.Lambda {
		version = topic.SignatureV1
	}
	var err error
	n.Document, err = c.o.Signer.Sign(document(p, s, c.o.Site), version, c.o.Site)
	return n, err
}

// document is what the subscriber receives, yet to be signed.
func document(p state.Publication, s state.Subscription, site topic.Site) topic.Document {
	request := topic.Request{MessageID: p.Message.ID, Token: p.Token, Time: p.Message.Published}
	switch p.Kind {
	case topic.SubscriptionConfirmation:
		return topic.ConfirmSubscription(p.Message.TopicARN, request, site)
	case topic.UnsubscribeConfirmation:
		return topic.ConfirmUnsubscribe(p.Target, request, site)
	}
	return p.Message.Notification(s.Protocol, s.ARN, site)
}

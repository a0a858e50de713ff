package cloudwatchlogs

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"tocsin/core/topic"
	"tocsin/notify"
	"tocsin/service"
	"tocsin/store/state"
)

// A Forward is one message of a subscription filter for its destination.
type Forward struct {
	Destination string // ARN of a function or a Firehose stream, or URL
	Role        string // that AWS would assume for it; "" for none
	Data        []byte // JSON as gzip
}

// tryDestination sends a control message, as AWS does when a filter is put, and
// refuses a destination that does not take it.
func (s *Service) tryDestination(ctx context.Context, t state.SubscriptionTarget) error {
	var data bytes.Buffer
	z := gzip.NewWriter(&data)
	message := map[string]any{
		"messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logGroup": "", "logStream": "", "subscriptionFilters": []string{},
		"logEvents": []map[string]any{{"id": "", "timestamp": s.now().UnixMilli(), "message": "CWL CONTROL MESSAGE: Checking health of destination."}},
	}
	if err := errors.Join(json.NewEncoder(z).Encode(message), z.Close()); err != nil {
		return fmt.Errorf("write a control message: %w", err)
	}
	err := s.forward(ctx, Forward{Destination: t.Destination, Role: t.Role, Data: data.Bytes()})
	if err == nil {
		return nil
	}
	s.log.Warn("a subscription filter is refused, since its destination does not take a control message", "destination", shown(t.Destination), "error", err)
	if a, parsed := arn.Parse(t.Destination); parsed == nil && a.Service == "firehose" {
		return invalid("Could not deliver test message to specified Firehose stream. Check if the given Firehose stream is in ACTIVE state.")
	} else if parsed == nil {
		return invalid("Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.")
	}
	return invalid("Could not deliver test message to specified URL. Check if it answers a POST with a status of 200 to 299.")
}

// shown is a destination as it may stand in a log.
func shown(destination string) string {
	if isURL(destination) {
		return notify.Redact(topic.HTTPS, destination)
	}
	return destination
}

const (
	// forwardFor is for how long a message is tried to be delivered. [CloudWatch
	// Logs User Guide, subscription filters]
	forwardFor = 24 * time.Hour
	// forwardBatch is how many messages of a filter are delivered in one go.
	forwardBatch = 16
	// forwardLease is how long one go may take.
	forwardLease = 5 * time.Minute
	forwardPoll  = 500 * time.Millisecond
)

// forwardBackoff is how long to wait after the n-th failure in a row, from 1.
func forwardBackoff(n int64) time.Duration {
	const first, most = time.Second, 5 * time.Minute
	return min(first<<min(n-1, 10), most)
}

// Tick sends on what subscription filters have waiting and what is due at now. What
// one of them sends stays in order: what cannot be delivered holds up what is behind
// it, for a day at most.
func (s *Service) Tick(ctx context.Context, now time.Time) error {
	if s.forward == nil {
		return nil
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	var due []int64
	err := s.state.View(ctx, func(tx *state.Tx) (err error) {
		due, err = tx.DueForwards(ctx, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("look for events to send on: %w", err)
	}
	var errs []error
	for _, filter := range due {
		errs = append(errs, s.sendOn(ctx, filter, now))
	}
	return errors.Join(errs...)
}

// Run sends on what subscription filters have waiting until ctx ends.
func (s *Service) Run(ctx context.Context) {
	service.Rounds{
		Round: func(ctx context.Context) error { return s.Tick(ctx, s.now()) }, Log: s.log,
		Failing: "subscription filters cannot send on what waits, and try again", Over: "subscription filters send on again",
		Wait: func(ctx context.Context) bool { return service.Sleep(ctx, forwardPoll, nil) },
	}.Run(ctx)
}

// sendOn delivers what a filter has waiting, under a lease.
func (s *Service) sendOn(ctx context.Context, filter int64, now time.Time) error {
	lease := fmt.Sprintf("subscription filter %d", filter)
	until := now.Add(forwardLease)
	var list []state.Forward
	var target state.SubscriptionTarget
	taken := false
	err := s.state.Update(ctx, func(tx *state.Tx) (err error) {
		list, taken = nil, false
		if taken, err = tx.Lease(ctx, lease, s.owner, now, until); err != nil || !taken {
			return err
		}
		if target, err = subscriptionTarget(ctx, tx, filter); err != nil {
			return err
		}
		list, err = tx.Forwards(ctx, filter, forwardBatch)
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return nil // the filter is gone, and what it had waiting
	}
	if err != nil || !taken {
		return err
	}
	working, cancel := context.WithTimeout(ctx, forwardLease/2)
	defer cancel()
	for _, f := range list {
		if err = s.deliver(working, target, f, now); err != nil {
			break
		}
	}
	return errors.Join(err, s.state.EndLease(ctx, lease, s.owner))
}

func subscriptionTarget(ctx context.Context, tx *state.Tx, filter int64) (state.SubscriptionTarget, error) {
	all, err := tx.SubscriptionFilters(ctx, 0)
	for _, f := range all {
		if f.ID == filter {
			return f.SubscriptionTarget, nil
		}
	}
	if err == nil {
		err = state.ErrNotFound
	}
	return state.SubscriptionTarget{}, err
}

// deliver makes an attempt at one message. An error ends the go.
func (s *Service) deliver(ctx context.Context, t state.SubscriptionTarget, f state.Forward, now time.Time) error {
	failed := s.forward(ctx, Forward{Destination: t.Destination, Role: t.Role, Data: f.Body})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	giveUp := failed != nil && now.UnixMilli()-f.At >= forwardFor.Milliseconds()
	err := s.state.Update(ctx, func(tx *state.Tx) error {
		if failed == nil || giveUp {
			return tx.DropForward(ctx, f.ID)
		}
		return tx.PostponeForward(ctx, f.ID, now.Add(forwardBackoff(f.Attempts+1)))
	})
	if errors.Is(err, state.ErrNotFound) {
		err = nil // the filter has gone meanwhile
	}
	switch {
	case giveUp:
		s.log.Error("events of a subscription filter are given up after a day", "destination", shown(t.Destination), "error", failed)
		return err
	case failed != nil:
		return errors.Join(fmt.Errorf("send events on to %s: %w", shown(t.Destination), failed), err)
	}
	return err
}

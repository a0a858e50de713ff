package deliver

import (
	"context"
	"errors"
	"maps"
	"time"

	"tocsin/core/topic"
	"tocsin/internal/crash"
	"tocsin/store/state"
)

// taken is what one transaction took on.
type taken struct {
	jobs             []state.Job
	spread, filtered int64
	postponed        int
	paced            map[string]time.Time
}

// nothing tells whether there was nothing to do.
func (t taken) nothing() bool { return len(t.jobs) == 0 && t.spread == 0 && t.postponed == 0 }

// take spreads publications and leases deliveries that are due, at most limit.
func (c *Courier) take(ctx context.Context, now time.Time, limit int) (taken, error) {
	var t taken
	crash.Point("deliver: about to take")
	err := c.o.State.Update(ctx, func(tx *state.Tx) error {
		t = taken{paced: map[string]time.Time{}}
		if err := c.spread(ctx, tx, now, &t); err != nil {
			return err
		}
		if limit <= 0 {
			return nil
		}
		leased, err := tx.LeaseDeliveries(ctx, c.o.Owner, now, now.Add(crash.Sooner(lease)), limit, c.o.PerSubscription)
		if err != nil {
			return err
		}
		for _, j := range leased {
			next, err := c.pace(ctx, tx, j, now, t.paced)
			if err != nil {
				return err
			}
			if next.After(now) {
				if err := tx.Postpone(ctx, c.o.Owner, j.ID, next); err != nil {
					return err
				}
				t.postponed++
				continue
			}
			t.jobs = append(t.jobs, j)
		}
		return nil
	})
	if err != nil {
		return taken{}, err
	}
	crash.Point("deliver: taken")
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.paced, func(_ string, at time.Time) bool { return now.Sub(at) > time.Second })
	maps.Copy(c.paced, t.paced)
	c.stats.spread.Add(t.spread)
	c.stats.filtered.Add(t.filtered)
	return t, nil
}

// spread makes the deliveries of publications.
func (c *Courier) spread(ctx context.Context, tx *state.Tx, now time.Time, t *taken) error {
	publications, err := tx.LeasePublications(ctx, c.o.Owner, now, now.Add(crash.Sooner(lease)), atOnce)
	if err != nil {
		return err
	}
	of := map[string][]state.Subscription{}
	for _, p := range publications {
		var to []string
		if p.Kind != topic.Notification {
			to = []string{p.Target}
		} else {
			subscriptions, ok := of[p.Message.TopicARN]
			if !ok {
				if subscriptions, err = tx.Subscriptions(ctx, p.Message.TopicARN); err != nil {
					return err
				}
				of[p.Message.TopicARN] = subscriptions
			}
			var filtered int64
			to, filtered = wanting(p, subscriptions)
			t.filtered += filtered
		}
		if err := tx.Spread(ctx, c.o.Owner, p.Message.ID, to, now); err != nil {
			return err
		}
		t.spread++
	}
	return nil
}

// wanting are the subscriptions that are to get a message.
func wanting(p state.Publication, of []state.Subscription) (to []string, filtered int64) {
	for _, s := range of {
		switch {
		case !s.Confirmed:
		case s.Settings.Filter.Decide(p.Message, s.Protocol) != topic.Accepted:
			filtered++
		default:
			to = append(to, s.ARN)
		}
	}
	return to, filtered
}

// paceLease is for how long one process keeps the pace of a subscription to
// itself, counted from its last attempt; another waits paceWait and looks again.
const (
	paceLease = 5 * time.Second
	paceWait  = time.Second
)

// pace tells when a delivery may be attempted: now, or later when its
// subscription bounds how many messages it gets a second. paced has what this
// transaction began.
func (c *Courier) pace(ctx context.Context, tx *state.Tx, j state.Job, now time.Time, paced map[string]time.Time) (time.Time, error) {
	if !j.Subscription.Protocol.Web() || givenUp(j.Delivery) {
		return now, nil
	}
	perSecond := j.Subscription.Settings.Delivery.Effective(j.Topic.Settings.Delivery).PerSecond()
	if perSecond <= 0 {
		return now, nil
	}
	arn := j.Subscription.ARN
	last, ok := paced[arn]
	if !ok {
		c.mu.Lock()
		last = c.paced[arn]
		c.mu.Unlock()
	}
	// In the precision of the database, and never too early.
	gap := (time.Second/time.Duration(perSecond) + time.Millisecond - 1).Truncate(time.Millisecond)
	if next := last.Add(gap); next.After(now) {
		return next, nil
	}
	ours, err := tx.Lease(ctx, "deliver/pace/"+arn, c.o.Owner, now, now.Add(paceLease))
	if err != nil || !ours {
		return now.Add(paceWait), err
	}
	paced[arn] = now
	return now, nil
}

// lost tells whether an error says that a delivery is somebody else's by now, or
// gone with its subscription.
func lost(err error) bool {
	return errors.Is(err, state.ErrChanged) || errors.Is(err, state.ErrNotFound)
}

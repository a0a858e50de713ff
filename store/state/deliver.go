package state

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// LeaseDeliveries takes up to limit deliveries whose time has come, first those
// that could be leased for longest, at most perSubscription of one subscription,
// those under lease counted in.
func (tx *Tx) LeaseDeliveries(ctx context.Context, owner string, now, until time.Time, limit, perSubscription int) ([]Job, error) {
	// Two who lease at a time would not see each other's leases.
	if err := tx.lock(ctx, `SELECT name FROM locks WHERE name = 'deliveries' ORDER BY name`); err != nil {
		return nil, err
	}
	waiting, err := tx.waitingSubscriptions(ctx)
	if err != nil {
		return nil, err
	}
	var ready []readyDelivery
	for _, s := range waiting {
		some, err := tx.readyDeliveries(ctx, s, now, min(limit, perSubscription))
		if err != nil {
			return nil, err
		}
		if len(some) == 0 {
			continue
		}
		leased, err := one(ctx, tx, value[int], `
			SELECT COUNT(*) FROM deliveries WHERE lease_owner <> '' AND subscription = $1 AND available > $2`, s, now)
		if err != nil {
			return nil, err
		}
		ready = append(ready, some[:min(len(some), max(0, perSubscription-leased))]...)
	}
	slices.SortFunc(ready, func(a, b readyDelivery) int {
		return cmp.Or(cmp.Compare(a.available, b.available), cmp.Compare(a.id, b.id))
	})
	var ids []int64
	for _, r := range ready[:min(limit, len(ready))] {
		ids = append(ids, r.id)
	}
	mine := map[int64]bool{}
	err = batches(len(ids), func(from, to int) error {
		// Who had it before may be done with it just now, though its lease ran out.
		leased, err := all(ctx, tx, value[int64], `
			UPDATE deliveries SET lease_owner = $1, available = $2
			WHERE status = 'pending' AND available <= $3 AND id IN `+params(4, to-from)+` RETURNING id`,
			append([]any{owner, until, now}, anys(ids[from:to])...)...)
		for _, id := range leased {
			mine[id] = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	ids = slices.DeleteFunc(ids, func(id int64) bool { return !mine[id] })
	jobs, err := tx.jobs(ctx, ids)
	if err != nil {
		return nil, err
	}
	return tx.dropOrphans(ctx, jobs)
}

// waitingSubscriptions are the subscriptions with pending deliveries. It goes
// through the index from one to the next, whatever the number of deliveries.
func (tx *Tx) waitingSubscriptions(ctx context.Context) ([]string, error) {
	return all(ctx, tx, value[string], `
		WITH RECURSIVE waiting (subscription) AS (
			SELECT MIN(subscription) FROM deliveries WHERE status = 'pending'
			UNION ALL
			SELECT (
				SELECT MIN(d.subscription) FROM deliveries d
				WHERE d.status = 'pending' AND d.subscription > waiting.subscription
			)
			FROM waiting WHERE waiting.subscription IS NOT NULL
		)
		SELECT subscription FROM waiting WHERE subscription IS NOT NULL`)
}

type readyDelivery struct{ id, available int64 }

// readyDeliveries are the oldest of a subscription whose time has come.
func (tx *Tx) readyDeliveries(ctx context.Context, subscription string, now time.Time, limit int) ([]readyDelivery, error) {
	return all(ctx, tx, func(r row) (d readyDelivery, err error) {
		err = r.Scan(&d.id, &d.available)
		return d, err
	}, `
		SELECT id, available FROM deliveries
		WHERE status = 'pending' AND subscription = $1 AND available <= $2
		ORDER BY available, id LIMIT $3`, subscription, now, limit)
}

// dropOrphans removes deliveries to subscriptions that were removed while these
// were made.
func (tx *Tx) dropOrphans(ctx context.Context, jobs []Job) ([]Job, error) {
	kept := jobs[:0]
	for _, j := range jobs {
		if j.Subscription.Protocol != "" {
			kept = append(kept, j)
			continue
		}
		if _, err := tx.exec(ctx, `DELETE FROM deliveries WHERE id = $1`, j.ID); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// jobs are deliveries with what belongs to them, in the order of the ids. A
// subscription that is gone is that of the message's token, if it has one, and
// otherwise its ARN alone.
func (tx *Tx) jobs(ctx context.Context, ids []int64) ([]Job, error) {
	deliveries := map[int64]storedDelivery{}
	publications := map[int64]Publication{}
	err := batches(len(ids), func(from, to int) error {
		some, args := params(1, to-from), anys(ids[from:to])
		found, err := all(ctx, tx, scanDelivery, `
			SELECT `+deliveryColumns+` FROM deliveries d JOIN messages m ON m.id = d.message WHERE d.id IN `+some, slices.Clone(args)...)
		if err != nil {
			return err
		}
		for _, d := range found {
			deliveries[d.ID] = d
		}
		messages, err := all(ctx, tx, scanPublication, `
			SELECT `+publicationColumns+` FROM messages WHERE id IN (SELECT message FROM deliveries WHERE id IN `+some+`)`, args...)
		for _, p := range messages {
			publications[p.id] = p.Publication
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	subscriptions, topics := map[string]Subscription{}, map[string]Topic{}
	var out []Job
	for _, id := range ids {
		d, ok := deliveries[id]
		if !ok {
			continue
		}
		j := Job{Delivery: d.Delivery, Publication: publications[d.message]}
		if j.Subscription, err = remember(subscriptions, d.Delivery.Subscription, func(arn string) (Subscription, error) {
			return tx.subscriptionOf(ctx, arn, j.Publication.Token)
		}); err != nil {
			return nil, err
		}
		if j.Topic, err = remember(topics, j.Publication.Message.TopicARN, func(arn string) (Topic, error) {
			t, err := tx.Topic(ctx, arn)
			if errors.Is(err, ErrNotFound) {
				return Topic{ARN: arn}, nil
			}
			return t, err
		}); err != nil {
			return nil, err
		}
		out = append(out, j)
	}
	return out, nil
}

// subscriptionOf is the subscription, or when it is gone that of a token.
func (tx *Tx) subscriptionOf(ctx context.Context, arn, token string) (Subscription, error) {
	s, err := tx.Subscription(ctx, arn)
	if errors.Is(err, ErrNotFound) && token != "" {
		var t Token
		t, err = tx.TokenOf(ctx, token)
		s = t.Subscription
	}
	if errors.Is(err, ErrNotFound) {
		s, err = Subscription{}, nil
		s.ARN = arn
	}
	return s, err
}

// remember is what is known of a key, or else found out.
func remember[T any](known map[string]T, key string, find func(string) (T, error)) (T, error) {
	v, ok := known[key]
	if ok {
		return v, nil
	}
	v, err := find(key)
	if err == nil {
		known[key] = v
	}
	return v, err
}

package api

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"tocsin/core/event"
	"tocsin/core/pattern"
	"tocsin/core/topic"
	"tocsin/store/events"
	"tocsin/store/state"
)

// Local answers from the stores themselves.
type Local struct {
	State  *state.DB
	Events *events.Store
	// Confirmer confirms subscriptions; nil where nothing can be changed.
	Confirmer interface {
		ConfirmByAdministrator(ctx context.Context, subscriptionARN string) (state.Subscription, error)
	}
	// Redact gives an endpoint without what is secret in it.
	Redact func(p topic.Protocol, endpoint string) string
	Now    func() time.Time
	// Clock moves the clock; nil where there is none to move.
	Clock func(context.Context, ClockRequest) (ClockAnswer, error)
	// Wake is called when deliveries have to be sent again; nil for nobody.
	Wake func()
}

// errReadOnly says that this way there is only reading.
var errReadOnly = &RequestError{"nothing can be changed here: ask the server that runs on this data (--endpoint URL)"}

// MaxDeliveries bounds how many deliveries are listed, and sent again at once.
const MaxDeliveries = 1000

// Search is that of API.
func (l *Local) Search(ctx context.Context, r SearchRequest) (SearchAnswer, error) {
	q, err := l.query(ctx, r)
	if err != nil {
		return SearchAnswer{}, err
	}
	page, err := l.Events.Search(ctx, q)
	if err != nil {
		return SearchAnswer{}, refusal(err)
	}
	answer := SearchAnswer{Events: make([]Event, 0, len(page.Events)), Next: page.Next}
	for _, e := range page.Events {
		answer.Events = append(answer.Events, Event{Time: e.Time, Ingested: e.Ingested, Stream: e.Stream, ID: hex.EncodeToString(e.ID[:]), Message: e.Message})
	}
	return answer, nil
}

// Count is that of API.
func (l *Local) Count(ctx context.Context, r SearchRequest) (CountAnswer, error) {
	q, err := l.query(ctx, r)
	if err != nil {
		return CountAnswer{}, err
	}
	n, err := l.Events.Count(ctx, q)
	return CountAnswer{n}, refusal(err)
}

// refusal makes a RequestError of what the store says about a request.
func refusal(err error) error {
	if errors.Is(err, events.ErrQuery) {
		return &RequestError{err.Error()}
	}
	return err
}

func (l *Local) query(ctx context.Context, r SearchRequest) (events.Query, error) {
	group, err := l.group(ctx, r.LogGroup)
	if err != nil {
		return events.Query{}, err
	}
	q := events.Query{Group: group, From: r.From, To: r.To, OldestFirst: r.OldestFirst, Limit: r.Limit, After: r.After}
	if q.To == 0 {
		q.To = math.MaxInt64
	}
	for _, a := range r.Attributes {
		q.Attributes = append(q.Attributes, events.Match{Attribute: events.Attribute(a.Key), Value: a.Value})
	}
	q.Pattern, err = all(r.Patterns)
	return q, err
}

// group is the id of the log group with the name, or of the only one.
func (l *Local) group(ctx context.Context, name string) (int64, error) {
	var groups []state.LogGroup
	if err := l.State.View(ctx, func(tx *state.Tx) (err error) {
		groups, err = tx.LogGroups(ctx)
		return err
	}); err != nil {
		return 0, err
	}
	var names []string
	for _, g := range groups {
		if g.Name == name || name == "" && len(groups) == 1 {
			return g.ID, nil
		}
		names = append(names, g.Name)
	}
	switch {
	case len(groups) == 0:
		return 0, &RequestError{"there is no log group yet"}
	case name == "":
		return 0, &RequestError{"there is more than one log group; name one (--log-group) of " + strings.Join(names, ", ")}
	}
	return 0, &RequestError{fmt.Sprintf("there is no log group %q; there is %s", name, strings.Join(names, ", "))}
}

// all is one pattern that matches what each of the texts matches.
func all(texts []string) (*pattern.Pattern, error) {
	var joined *pattern.Pattern
	for _, text := range texts {
		p, err := pattern.Parse(text)
		switch {
		case err != nil:
			return nil, &RequestError{err.Error()}
		case p.Language == pattern.Everything:
		case joined == nil:
			joined = p
		case p.Language == pattern.JSON && joined.Language == pattern.JSON:
			joined = &pattern.Pattern{
				Text: joined.Text + " " + p.Text, Language: pattern.JSON,
				Condition: &pattern.And{Nodes: []pattern.Node{joined.Condition, p.Condition}},
			}
		default:
			return nil, &RequestError{"patterns in braces and patterns of words cannot be demanded together"}
		}
	}
	return joined, nil
}

// Subscriptions is that of API.
func (l *Local) Subscriptions(ctx context.Context) ([]Subscription, error) {
	var found []state.Subscription
	err := l.State.View(ctx, func(tx *state.Tx) (err error) {
		found, err = tx.Subscriptions(ctx, "")
		return err
	})
	out := make([]Subscription, 0, len(found))
	for _, s := range found {
		out = append(out, Subscription{
			ARN: s.ARN, Protocol: string(s.Protocol), Endpoint: l.Redact(s.Protocol, s.Endpoint),
			Confirmed: s.Confirmed, Managed: s.Managed, Created: s.Created.UTC(),
		})
	}
	return out, err
}

// Confirm is that of API.
func (l *Local) Confirm(ctx context.Context, arn string) error {
	if l.Confirmer == nil {
		return errReadOnly
	}
	_, err := l.Confirmer.ConfirmByAdministrator(ctx, arn)
	if invalid := (*topic.InvalidError)(nil); errors.As(err, &invalid) {
		return &RequestError{invalid.Error()}
	}
	return err
}

// Deliveries is that of API.
func (l *Local) Deliveries(ctx context.Context, status string, limit int) ([]Delivery, error) {
	switch s := state.DeliveryStatus(status); s {
	case "", state.Pending, state.Delivered, state.Dead:
	default:
		return nil, &RequestError{fmt.Sprintf("there is no status %q; there is pending, delivered and dead", status)}
	}
	if limit <= 0 || limit > MaxDeliveries {
		return nil, &RequestError{fmt.Sprintf("between 1 and %d deliveries can be listed", MaxDeliveries)}
	}
	out := []Delivery{}
	err := l.State.View(ctx, func(tx *state.Tx) error {
		out = out[:0]
		found, err := tx.Deliveries(ctx, state.DeliveryQuery{Status: state.DeliveryStatus(status), Limit: limit})
		if err != nil {
			return err
		}
		for _, d := range found {
			job, err := tx.Delivery(ctx, d.ID)
			if err != nil {
				return err
			}
			shown := Delivery{
				ID: d.ID, Status: string(d.Status), Protocol: string(job.Subscription.Protocol),
				Endpoint: l.Redact(job.Subscription.Protocol, job.Subscription.Endpoint),
				Subject:  job.Publication.Message.Subject, Attempts: d.Attempts, Created: d.Created.UTC(), Last: d.Last,
			}
			if d.Status == state.Pending {
				shown.Next = d.Next.UTC()
			}
			if shown.Subject == "" {
				shown.Subject = string(job.Publication.Kind)
			}
			out = append(out, shown)
		}
		return nil
	})
	return out, err
}

// Resend is that of API.
func (l *Local) Resend(ctx context.Context, ids []int64) (int, error) {
	if l.Confirmer == nil {
		return 0, errReadOnly
	}
	sent := 0
	err := l.State.Update(ctx, func(tx *state.Tx) error {
		these := ids
		if ids == nil {
			dead, err := tx.Deliveries(ctx, state.DeliveryQuery{Status: state.Dead, Limit: MaxDeliveries})
			if err != nil {
				return err
			}
			for _, d := range dead {
				these = append(these, d.ID)
			}
		}
		for _, id := range these {
			d, err := tx.Delivery(ctx, id)
			switch {
			case errors.Is(err, state.ErrNotFound):
				return &RequestError{fmt.Sprintf("there is no delivery %d", id)}
			case err != nil:
				return err
			case d.Status != state.Dead:
				return &RequestError{fmt.Sprintf("delivery %d is %s; only what was given up can be sent again", id, d.Status)}
			}
		}
		sent = len(these)
		return tx.Resend(ctx, these, l.Now())
	})
	if err == nil && l.Wake != nil {
		l.Wake()
	}
	return sent, err
}

// IDOf reads an Event's ID.
func (e Event) IDOf() (event.ID, error) {
	var id event.ID
	raw, err := hex.DecodeString(e.ID)
	if err != nil || len(raw) != len(id) {
		return id, fmt.Errorf("%q is no id of an event", e.ID)
	}
	copy(id[:], raw)
	return id, nil
}

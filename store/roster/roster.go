// Package roster keeps who is subscribed to which topic: it makes topics,
// subscribes, confirms, unsubscribes and restores, and brings the subscriptions
// that the configuration names in line.
//
// Each act is one transaction, which also puts what is to be told of it into the
// outbox. What SNS would say to a request is core/topic's to decide: a refusal is
// a *topic.InvalidError with AWS's code and text.
//
// Checks that need to know who calls, from where and in which Region, such as
// the topic's policy or its Region, are the caller's.
package roster

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"tocsin/core/topic"
	"tocsin/store/state"
)

// Options are what a Roster works with.
type Options struct {
	State *state.DB
	// Random makes ids and tokens; nil for crypto/rand's.
	Random io.Reader
	// Now is the clock; nil for time.Now.
	Now func() time.Time
	// Wake is called after something was put into the outbox. It does not
	// block; nil for nobody.
	Wake func()
	// Limits are how much there may be; none by default.
	Limits Limits
}

// A Roster is the way to change topics and subscriptions. It may be used by any
// number of goroutines, and by several processes on one database.
type Roster struct {
	state  *state.DB
	random io.Reader
	clock  func() time.Time
	wake   func()
	limits Limits
}

// New is a roster on a database.
func New(o Options) *Roster {
	r := &Roster{state: o.State, random: o.Random, clock: o.Now, wake: o.Wake, limits: o.Limits}
	if r.random == nil {
		r.random = rand.Reader
	}
	if r.clock == nil {
		r.clock = time.Now
	}
	if r.wake == nil {
		r.wake = func() {}
	}
	return r
}

// now is the time in the precision in which it is stored.
func (r *Roster) now() time.Time { return time.UnixMilli(r.clock().UnixMilli()).UTC() }

func (r *Roster) newID() (string, error) {
	id, err := uuid.NewRandomFromReader(r.random)
	if err != nil {
		return "", fmt.Errorf("make an id: %w", err)
	}
	return id.String(), nil
}

// tokenBytes is what topic.NewToken asks for.
const tokenBytes = 96

func (r *Roster) newToken() (string, error) {
	b := make([]byte, tokenBytes)
	if _, err := io.ReadFull(r.random, b); err != nil {
		return "", fmt.Errorf("make a token: %w", err)
	}
	return topic.NewToken(b), nil
}

// A question is what an endpoint is to be asked, ready before the transaction,
// which may run more than once.
type question struct {
	messageID, token string
	at               time.Time
}

func (r *Roster) newQuestion(at time.Time) (question, error) {
	id, err := r.newID()
	if err != nil {
		return question{}, err
	}
	token, err := r.newToken()
	return question{messageID: id, token: token, at: at}, err
}

// ask puts the question into the outbox, with the token that answers it.
func (q question) ask(ctx context.Context, tx *state.Tx, kind topic.Kind, of state.Subscription) error {
	if err := tx.AddToken(ctx, state.Token{Token: q.token, Subscription: of, Made: q.at}); err != nil {
		return err
	}
	return tx.Publish(ctx, state.Publication{
		Message: topic.Message{ID: q.messageID, TopicARN: of.TopicARN, Published: q.at},
		Kind:    kind,
		Target:  of.ARN,
		Token:   q.token,
	})
}

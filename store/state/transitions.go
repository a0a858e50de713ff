package state

import (
	"context"

	"tocsin/core/alarm"
)

// A Transition is a change of an alarm's state that was made elsewhere than in the
// evaluation of alarms: by SetAlarmState, or by creating or changing a composite
// alarm. The state is written already, and so is the history of the change; what is
// still to be done by who evaluates alarms is what follows from it: the actions
// of the new state, and the composite alarms that refer to the alarm.
type Transition struct {
	ID        int64 `json:"-"`
	Scope     `json:"-"`
	ARN       string       `json:"-"`
	Composite bool         `json:"composite,omitempty"`
	Before    alarm.Record `json:"before"`
	After     alarm.Record `json:"after"`
}

// AddTransition leaves a transition to those who evaluate alarms.
func (tx *Tx) AddTransition(ctx context.Context, t Transition) error {
	body, err := encode(t)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO transitions (arn, partition, account, region, body) VALUES ($1, $2, $3, $4, $5)`,
		t.ARN, t.Partition, t.Account, t.Region, body)
	return err
}

// Transitions are those that are still to be dealt with, oldest first.
func (tx *Tx) Transitions(ctx context.Context, limit int) ([]Transition, error) {
	return all(ctx, tx, func(r row) (t Transition, err error) {
		var body string
		var at Transition
		if err := r.Scan(&at.ID, &at.ARN, &at.Partition, &at.Account, &at.Region, &body); err != nil {
			return t, err
		}
		t, err = decode[Transition](body)
		t.ID, t.ARN, t.Scope = at.ID, at.ARN, at.Scope
		return t, err
	}, `SELECT id, arn, partition, account, region, body FROM transitions ORDER BY id LIMIT $1`, limit)
}

// DropTransition takes a transition away, or tells ErrNotFound: another has
// dealt with it. What follows from it is written in the same transaction, after this.
func (tx *Tx) DropTransition(ctx context.Context, id int64) error {
	return tx.changed(ctx, ErrNotFound, `DELETE FROM transitions WHERE id = $1`, id)
}

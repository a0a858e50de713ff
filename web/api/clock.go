package api

import (
	"context"
	"fmt"
	"time"
)

// A ClockRequest moves a server's manual clock: by Advance, or to To. An empty
// one only asks what it says.
type ClockRequest struct {
	Advance string    `json:"advance,omitempty"` // as Go writes a time.Duration: 5m, 1h30m
	To      time.Time `json:"to,omitzero"`
}

// Target is where a clock that says now is moved to. A *RequestError tells
// what cannot be.
func (r ClockRequest) Target(now time.Time) (time.Time, error) {
	to := now
	switch {
	case r.Advance != "" && !r.To.IsZero():
		return now, &RequestError{"say advance or to, not both"}
	case r.Advance != "":
		d, err := time.ParseDuration(r.Advance)
		if err != nil {
			return now, &RequestError{fmt.Sprintf("%q is no length of time: write 30s, 5m or 1h30m", r.Advance)}
		}
		to = now.Add(d)
	case !r.To.IsZero():
		to = r.To.UTC()
	}
	if to.Before(now) {
		return now, &RequestError{fmt.Sprintf("the clock says %s, and does not go back", now.UTC().Format(time.RFC3339))}
	}
	return to, nil
}

// A ClockAnswer is what the clock says now.
type ClockAnswer struct {
	Now time.Time `json:"now"`
	// Settled says that all that was due on the way was done: alarms evaluated,
	// notices attempted.
	Settled bool `json:"settled"`
}

// Clock moves the server's clock.
func (c *Client) Clock(ctx context.Context, r ClockRequest) (out ClockAnswer, err error) {
	err = c.ask(ctx, opClock, r, &out)
	return out, err
}

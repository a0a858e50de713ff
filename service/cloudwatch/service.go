// Package cloudwatch is the CloudWatch of the AWS endpoint: metrics and alarms.
//
// Alarms and points are the rows that the daemon runs on: what is published here
// makes alarms due, as what metric filters count does, and package flow/ring
// evaluates them. Log alarms are such alarms, on the results of queries that Run
// runs. What is not a method here (anomaly detectors, insight rules, metric
// streams) is answered as an unknown operation.
//
// Not everything that AWS takes has a meaning here. A parameter without one is
// refused, never passed over.
package cloudwatch

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/store/events"
	"tocsin/store/state"
)

// Options are what a Service works with. State is needed.
type Options struct {
	State *state.DB
	// Now is the clock; nil for time.Now.
	Now func() time.Time
	// Wake is called when alarms may be due, after the transaction; nil for nobody. It
	// must not block.
	Wake func()
	// Count is the events' store's, for log alarms; nil when there is none, and no log
	// alarms either.
	Count func(ctx context.Context, q events.Query) (int64, error)
	// CanAssume tells whether a service may assume a role and the role may do what
	// is needed. It is access.Gate's Role; nil allows all.
	CanAssume func(ctx context.Context, roleARN, service string, keys policy.Context, needs []service.Need) error
	Log       *slog.Logger // nil for slog's default
}

// A Service has CloudWatch's operations as methods.
type Service struct{ o Options }

// New is a Service over a database.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wake == nil {
		o.Wake = func() {}
	}
	if o.CanAssume == nil {
		o.CanAssume = func(context.Context, string, string, policy.Context, []service.Need) error { return nil }
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &Service{o}
}

// now is the time in the resolution that is stored.
func (s *Service) now() time.Time { return time.UnixMilli(s.o.Now().UnixMilli()).UTC() }

// scope is the caller's.
func scope(ctx context.Context) state.Scope { return service.CallerOf(ctx).Scope }

// alarmARN is the ARN of the caller's alarm of that name.
func alarmARN(in state.Scope, name string) string {
	return alarm.ARN(in.Partition, in.Region, in.Account, name)
}

// maxTries is how often a call begins again when another changed what it had read.
const maxTries = 5

// update runs f in a transaction, again when what it read was changed meanwhile.
// What it wrote may concern alarms.
func (s *Service) update(ctx context.Context, f func(*state.Tx) error) error {
	for try := 1; ; try++ {
		err := s.o.State.Update(ctx, f)
		if errors.Is(err, state.ErrChanged) && try < maxTries {
			continue
		}
		if err == nil {
			s.o.Wake()
		}
		return err
	}
}

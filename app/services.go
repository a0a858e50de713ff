package app

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tocsin/core/topic"
	"tocsin/flow/ingest"
	"tocsin/service"
	"tocsin/service/access"
	"tocsin/service/cloudtrail"
	"tocsin/service/cloudwatch"
	"tocsin/service/cloudwatchlogs"
	"tocsin/service/iam"
	"tocsin/service/s3"
	"tocsin/service/sns"
	"tocsin/service/sts"
	"tocsin/wire"
	"tocsin/wire/model"
	"tocsin/wire/sigv4"
)

// newEndpoint makes the services and joins them: what one needs of another goes
// through functions, so that none knows another.
func (a *App) newEndpoint() (*endpoint, error) {
	scope := a.config.Scope()
	e := &endpoint{app: a, authorizers: map[string]service.Authorizer{}}
	e.gate = access.New(access.Options{
		State: a.db, Now: a.o.Now, Partition: scope.Partition,
		Root: func() (id, secret, account string) { return a.first.RootKey.ID, a.first.RootKey.Secret, scope.Account },
	})
	// Clients sign by the time of day, also when they rehearse.
	e.verifier = sigv4.Verifier{Secret: e.gate.Secret, Now: time.Now, MaxBody: wire.DefaultMaxBody}

	permit := func(ctx context.Context, needs []service.Need) error {
		return e.gate.Permit(ctx, service.CallerOf(ctx), needs)
	}
	buckets := s3.New(s3.Options{
		State: a.db, Blobs: a.blobs, Now: a.o.Now, Partition: scope.Partition, Log: a.o.Log,
		Admit: e.admitToS3, Permit: permit, Observe: e.observeS3,
	})
	e.buckets = buckets
	e.trails = cloudtrail.New(cloudtrail.Options{
		State: a.db, Now: a.o.Now, Pace: time.Now, Owner: a.owner, Log: a.o.Log, Default: scope,
		Group: func() int64 { return a.groups.of("") }, Put: a.putTrailEvents, Search: a.events.Search, Buckets: buckets,
		Published: a.courier.Wake,
		CanAssume: e.gate.Role, ServiceMay: e.gate.Service,
	})
	logs := cloudwatchlogs.New(cloudwatchlogs.Options{
		State: a.db, Events: a.events, Put: a.putLogEvents, Now: a.o.Now, Owner: a.owner, Log: a.o.Log,
		Forward: func(ctx context.Context, f cloudwatchlogs.Forward) error {
			return a.receivers.now.Load().Forward(ctx, f.Destination, f.Data)
		},
	})
	metrics := cloudwatch.New(cloudwatch.Options{
		State: a.db, Now: a.o.Now, Wake: a.ring.Wake, Count: a.events.Count, CanAssume: e.gate.Role, Log: a.o.Log,
	})
	e.workers = []worker{e.trails, logs, metrics}
	e.audit = e.trails.AuditEvents(cloudtrail.AuditOptions{
		Admit: func(r *http.Request) (context.Context, error) {
			return e.verify(r, "cloudtrail-data", uuid.NewString())
		},
		Permit: permit,
	})
	var services []wire.Service
	for _, s := range []struct {
		model   wire.Model
		methods service.Authorizer
	}{
		{model.CloudTrail(), e.trails},
		{model.CloudWatchLogs(), logs},
		{model.CloudWatch(), metrics},
		{model.SNS(), sns.New(sns.Options{State: a.db, Now: a.o.Now, Wake: a.courier.Wake, Endpoint: a.checkEndpoint})},
		{model.IAM(), iam.New(iam.Options{State: a.db, Now: a.o.Now})},
		{model.STS(), sts.New(sts.Options{State: a.db, Now: a.o.Now})},
	} {
		services = append(services, wire.Service{Model: s.model, Methods: s.methods})
		e.authorizers[s.model.Name] = s.methods
	}
	calls, err := wire.New(wire.Options{Services: services, Admit: e.admit, Permit: e.permit, Observe: e.observe, BodyLimit: e.bodyLimit, Log: a.o.Log, Streams: a.streams})
	e.calls = calls
	return e, err
}

// putTrailEvents stores events of a trail.
func (a *App) putTrailEvents(ctx context.Context, group int64, stream string, all []cloudtrail.LogEvent) error {
	p := ingest.Put{Group: group, Stream: stream}
	for _, e := range all {
		p.Events = append(p.Events, ingest.PutEvent{Time: e.Time.UnixMilli(), Message: e.Message, ID: e.ID})
	}
	return a.ingest.Put(ctx, p)
}

// putLogEvents stores events that a client puts into a log stream.
func (a *App) putLogEvents(ctx context.Context, group int64, stream string, all []cloudwatchlogs.Event) error {
	p := ingest.Put{Group: group, Stream: stream}
	for _, e := range all {
		p.Events = append(p.Events, ingest.PutEvent{Time: e.Time, Message: e.Message})
	}
	return a.ingest.Put(ctx, p)
}

// checkEndpoint says why what a client subscribes cannot be delivered to.
// Mail is taken without a mail server too, as a rehearsal may do without.
func (a *App) checkEndpoint(p topic.Protocol, endpoint string) error {
	if _, ok := a.receivers.For(p); !ok && p != topic.Email && p != topic.EmailJSON {
		return fmt.Errorf("nothing here delivers by %s", p)
	}
	return a.receivers.now.Load().CheckAddress(p, endpoint)
}

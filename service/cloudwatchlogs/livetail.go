package cloudwatchlogs

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/google/uuid"

	"tocsin/core/pattern"
	"tocsin/service"
	"tocsin/store/events"
	"tocsin/store/state"
)

// Bounds of Live Tail. [API]
const (
	maxTailGroups = 10
	maxTailEvents = 500 // in one update
	maxTailTime   = 3 * time.Hour
	tailEvery     = time.Second
	maxTailBytes  = 4 << 20 // of an update's messages; ours
)

// A tail is a session of Live Tail.
type tail struct {
	service *Service
	in      *cloudwatchlogs.StartLiveTailInput
	pattern *pattern.Pattern
	groups  []tailed
	start   types.LiveTailSessionStart
}

// A tailed is a log group that is followed.
type tailed struct {
	name     string // ACCOUNT:NAME
	follower *events.Follower
}

// StartLiveTail gives each second the events that came in, for three hours or until
// the client goes. It has a form of its own since the SDK's output can only be made by
// the SDK; package wire makes an event stream of it.
func (s *Service) StartLiveTail(ctx context.Context, in *cloudwatchlogs.StartLiveTailInput) (iter.Seq2[types.StartLiveTailResponseStream, error], error) {
	t := &tail{service: s, in: in}
	if err := t.open(ctx); err != nil {
		return nil, err
	}
	return func(yield func(types.StartLiveTailResponseStream, error) bool) { t.run(ctx, yield) }, nil
}

// open checks a request, and notes where to go on from.
func (t *tail) open(ctx context.Context) (err error) {
	groups, err := checkTail(ctx, t.in)
	if err != nil {
		return err
	}
	if t.pattern, err = parsePattern(t.in.LogEventFilterPattern, true); err != nil {
		return err
	}
	for _, g := range groups {
		var found state.LogGroup
		err := t.service.state.View(ctx, func(tx *state.Tx) (err error) {
			found, err = g.read(ctx, tx)
			return err
		})
		if err != nil {
			return err
		}
		f, err := t.service.events.Follow(ctx, found.ID)
		if err != nil {
			return err
		}
		t.groups = append(t.groups, tailed{found.Account + ":" + found.Name, f})
	}
	t.start = types.LiveTailSessionStart{
		RequestId: aws.String(service.CallerOf(ctx).RequestID), SessionId: aws.String(uuid.NewString()),
		LogGroupIdentifiers: t.in.LogGroupIdentifiers, LogStreamNames: t.in.LogStreamNames, LogStreamNamePrefixes: t.in.LogStreamNamePrefixes,
		LogEventFilterPattern: t.in.LogEventFilterPattern,
	}
	return nil
}

func checkTail(ctx context.Context, in *cloudwatchlogs.StartLiveTailInput) (groups []groupName, err error) {
	switch {
	case in.LogGroupIdentifiers == nil:
		return nil, missing("logGroupIdentifiers")
	case len(in.LogGroupIdentifiers) == 0:
		return nil, constraint("[]", "logGroupIdentifiers", "Member must have length greater than or equal to 1")
	case len(in.LogGroupIdentifiers) > maxTailGroups:
		return nil, invalid("1 validation error detected: Value at 'logGroupIdentifiers' failed to satisfy constraint: Member must have length less than or equal to %d", maxTailGroups)
	case in.LogStreamNames != nil && in.LogStreamNamePrefixes != nil:
		return nil, invalid("logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.")
	case (in.LogStreamNames != nil || in.LogStreamNamePrefixes != nil) && len(in.LogGroupIdentifiers) > 1:
		return nil, invalid("logStreamNames and logStreamNamePrefixes can only be used with a single log group.")
	}
	for i, identifier := range in.LogGroupIdentifiers {
		g, rest, ok := parseARN(identifier)
		if !ok || rest != "" {
			return nil, invalid("logGroupIdentifiers.%d.member: %s is not the ARN of a log group, without :* at its end.", i+1, identifier)
		}
		if err := g.reached(ctx); err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	for _, names := range []struct {
		member string
		list   []string
	}{{"logStreamNames", in.LogStreamNames}, {"logStreamNamePrefixes", in.LogStreamNamePrefixes}} {
		for i := range names.list {
			if err := checkStreamName(&names.list[i], fmt.Sprintf("%s.%d.member", names.member, i+1)); err != nil {
				return nil, err
			}
		}
	}
	return groups, nil
}

// run gives the events of the session.
func (t *tail) run(ctx context.Context, yield func(types.StartLiveTailResponseStream, error) bool) {
	began := t.service.now()
	if !yield(&types.StartLiveTailResponseStreamMemberSessionStart{Value: t.start}, nil) {
		return
	}
	for t.service.sleep(ctx, tailEvery) {
		if t.service.now().Sub(began) >= maxTailTime {
			text := "The Live Tail session has timed out after 3 hours."
			yield(nil, &types.SessionTimeoutException{Message: &text})
			return
		}
		update, err := t.update(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		if !yield(&types.StartLiveTailResponseStreamMemberSessionUpdate{Value: update}, nil) {
			return
		}
	}
}

// update is what came in since the update before.
func (t *tail) update(ctx context.Context) (types.LiveTailSessionUpdate, error) {
	var s sample
	for i := range t.groups {
		g := &t.groups[i]
		err := g.follower.Next(ctx, func(e events.Event) {
			stream := state.StreamOf(e.Stream)
			if !t.wantsStream(stream) || t.pattern != nil && !t.pattern.Match(e.Message) {
				return
			}
			s.add(len(e.Message), func() types.LiveTailSessionLogEvent {
				return types.LiveTailSessionLogEvent{
					LogGroupIdentifier: &g.name, LogStreamName: &stream, Message: aws.String(string(e.Message)),
					Timestamp: aws.Int64(e.Time), IngestionTime: aws.Int64(e.Ingested),
				}
			})
		})
		if err != nil {
			return types.LiveTailSessionUpdate{}, err
		}
	}
	slices.SortStableFunc(s.kept, func(a, b types.LiveTailSessionLogEvent) int { return cmp.Compare(*a.Timestamp, *b.Timestamp) })
	if s.kept == nil {
		s.kept = []types.LiveTailSessionLogEvent{}
	}
	return types.LiveTailSessionUpdate{SessionMetadata: &types.LiveTailSessionMetadata{Sampled: s.every > 1}, SessionResults: s.kept}, nil
}

func (t *tail) wantsStream(name string) bool {
	switch {
	case t.in.LogStreamNames != nil:
		return slices.Contains(t.in.LogStreamNames, name)
	case t.in.LogStreamNamePrefixes != nil:
		return slices.ContainsFunc(t.in.LogStreamNamePrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
	}
	return true
}

// A sample is an even part of what is added to it: all as long as that is not too
// much, then every second, every fourth and so on.
type sample struct {
	kept  []types.LiveTailSessionLogEvent
	every int // 0 and 1: all
	added int
	bytes int
}

func (s *sample) add(size int, event func() types.LiveTailSessionLogEvent) {
	s.every = max(s.every, 1)
	s.added++
	if (s.added-1)%s.every != 0 {
		return
	}
	s.kept = append(s.kept, event())
	for s.bytes += size; len(s.kept) > maxTailEvents || s.bytes > maxTailBytes && len(s.kept) > 1; s.every *= 2 {
		half := s.kept[:0]
		s.bytes = 0
		for i, e := range s.kept {
			if i%2 == 0 {
				half = append(half, e)
				s.bytes += len(*e.Message)
			}
		}
		s.kept = half
	}
}

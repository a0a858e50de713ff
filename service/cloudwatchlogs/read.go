package cloudwatchlogs

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"tocsin/core/pattern"
	"tocsin/store/events"
	"tocsin/store/state"
)

// Bounds of a page of events. [API]
const (
	readPage  = 10_000
	readBytes = 1 << 20
)

// backwardFrom is since when FilterLogEvents goes backward: the start of 2024. [API]
const backwardFrom = 1_704_067_200_000

// A view is what is there to read of a log group, for one request.
type view struct {
	group state.LogGroup
	// streams are the names that events of the streams asked for are stored under;
	// nil for those of all streams but the hidden ones.
	streams []string
	hidden  map[string]bool
}

// look reads what is there of a group, of some streams, or of those whose names
// begin with a prefix, or of all.
func (s *Service) look(ctx context.Context, g groupName, names []string, prefix *string) (v view, err error) {
	err = s.state.View(ctx, func(tx *state.Tx) error {
		if v.group, err = g.read(ctx, tx); err != nil {
			return err
		}
		switch {
		case names != nil:
			v.streams, err = storedAs(ctx, tx, v.group.ID, names)
		case prefix != nil:
			v.streams, err = storedWith(ctx, tx, v.group.ID, *prefix)
		default:
			v.hidden, err = tx.HiddenStreams(ctx, v.group.ID)
		}
		return err
	})
	return v, err
}

// storedAs are the names that events of streams are stored under.
func storedAs(ctx context.Context, tx *state.Tx, group int64, names []string) (stored []string, err error) {
	for _, name := range names {
		stream, err := tx.LogStream(ctx, group, name)
		if err != nil {
			return nil, otherwise(err, noStream())
		}
		stored = append(stored, state.StreamStoredAs(name, stream.Generation))
	}
	return stored, nil
}

// storedWith is storedAs for all streams whose names begin with a prefix; not nil
// when there is none.
func storedWith(ctx context.Context, tx *state.Tx, group int64, prefix string) ([]string, error) {
	all, err := tx.LogStreams(ctx, group)
	stored := []string{}
	for _, stream := range all {
		if strings.HasPrefix(stream.Name, prefix) {
			stored = append(stored, state.StreamStoredAs(stream.Name, stream.Generation))
		}
	}
	return stored, err
}

// query is a query for the events of the view that the group still keeps.
func (s *Service) query(v *view, from, to *int64) events.Query {
	q := events.Query{Group: v.group.ID, Streams: v.streams, From: aws.ToInt64(from), To: math.MaxInt64, Bytes: readBytes}
	if to != nil {
		q.To = *to
	}
	if days := v.group.RetentionDays; days > 0 {
		q.From = max(q.From, s.now().AddDate(0, 0, -days).UnixMilli())
	}
	return q
}

// checkTimes checks the times between which events are read.
func checkTimes(from, to *int64) error {
	if from != nil && *from < 0 {
		return constraint(*from, "startTime", "Member must have value greater than or equal to 0")
	}
	if to != nil && *to < 0 {
		return constraint(*to, "endTime", "Member must have value greater than or equal to 0")
	}
	return nil
}

// GetLogEvents reads the events of a stream, a page in either direction from where
// the token says. Its tokens stay the same at the end.
func (s *Service) GetLogEvents(ctx context.Context, in *cloudwatchlogs.GetLogEventsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.GetLogEventsOutput, error) {
	limit, err := checkLimit(in.Limit, readPage, readPage)
	if err != nil {
		return nil, err
	}
	if err := checkTimes(in.StartTime, in.EndTime); err != nil {
		return nil, err
	}
	if err := checkStreamName(in.LogStreamName, "logStreamName"); err != nil {
		return nil, err
	}
	g, err := either(ctx, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	forward, after := aws.ToBool(in.StartFromHead), ""
	at := place{time: aws.ToInt64(in.StartTime)} // where an empty page stands
	if in.NextToken != nil {
		var ok bool
		if at, forward, ok = parseToken(*in.NextToken); !ok {
			return nil, badToken()
		}
		after = events.Token(at.time, at.id, forward)
	}
	v, err := s.look(ctx, g, []string{*in.LogStreamName}, nil)
	if err != nil {
		return nil, err
	}
	q := s.query(&v, in.StartTime, in.EndTime)
	if in.EndTime != nil {
		q.To-- // the end is not of it
	}
	q.Limit, q.OldestFirst, q.After = limit, forward, after
	page, err := s.events.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	if !forward {
		slices.Reverse(page.Events)
	}
	first, last := at, at
	if n := len(page.Events); n > 0 {
		first, last = placeOf(page.Events[0]), placeOf(page.Events[n-1])
	}
	out := &cloudwatchlogs.GetLogEventsOutput{
		Events: []types.OutputLogEvent{}, NextForwardToken: aws.String(tokenOf(last, true)), NextBackwardToken: aws.String(tokenOf(first, false)),
	}
	for _, e := range page.Events {
		out.Events = append(out.Events, types.OutputLogEvent{
			Timestamp: aws.Int64(e.Time), Message: aws.String(string(e.Message)), IngestionTime: aws.Int64(e.Ingested),
		})
	}
	return out, nil
}

// FilterLogEvents reads the events of all streams of a group, or of some, that a
// pattern matches.
func (s *Service) FilterLogEvents(ctx context.Context, in *cloudwatchlogs.FilterLogEventsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	limit, err := checkLimit(in.Limit, readPage, readPage)
	if err != nil {
		return nil, err
	}
	if err := checkTimes(in.StartTime, in.EndTime); err != nil {
		return nil, err
	}
	if err := checkStreams(in.LogStreamNames, in.LogStreamNamePrefix); err != nil {
		return nil, err
	}
	p, err := parsePattern(in.FilterPattern, false)
	if err != nil {
		return nil, err
	}
	forward := in.StartFromHead == nil || *in.StartFromHead
	if !forward && in.StartTime != nil && *in.StartTime < backwardFrom {
		return nil, invalid("startFromHead can only be false when startTime is on or after January 1, 2024 00:00:00 UTC.")
	}
	after := ""
	if in.NextToken != nil {
		at, direction, ok := parseToken(*in.NextToken)
		if !ok {
			return nil, badToken()
		}
		forward, after = direction, events.Token(at.time, at.id, direction)
	}
	g, err := either(ctx, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	v, err := s.look(ctx, g, in.LogStreamNames, in.LogStreamNamePrefix)
	if err != nil {
		return nil, err
	}
	q := s.query(&v, in.StartTime, in.EndTime)
	q.Pattern, q.Limit, q.OldestFirst, q.After = p, limit, forward, after
	out := &cloudwatchlogs.FilterLogEventsOutput{Events: []types.FilteredLogEvent{}, SearchedLogStreams: []types.SearchedLogStream{}}
	if v.streams != nil && len(v.streams) == 0 {
		return out, nil
	}
	page, err := s.events.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, e := range page.Events {
		if v.hidden[e.Stream] {
			continue
		}
		out.Events = append(out.Events, types.FilteredLogEvent{
			EventId: aws.String(events.Number(e.Time, e.ID)), Timestamp: aws.Int64(e.Time), IngestionTime: aws.Int64(e.Ingested),
			LogStreamName: aws.String(state.StreamOf(e.Stream)), Message: aws.String(string(e.Message)),
		})
	}
	if page.Next != "" {
		out.NextToken = aws.String(tokenOf(placeOf(page.Events[len(page.Events)-1]), forward))
	}
	return out, nil
}

// checkStreams checks by what streams are selected.
func checkStreams(names []string, prefix *string) error {
	if names != nil && prefix != nil {
		return invalid("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.")
	}
	if prefix != nil {
		return checkStreamName(prefix, "logStreamNamePrefix")
	}
	if names != nil && len(names) == 0 {
		return constraint("[]", "logStreamNames", "Member must have length greater than or equal to 1")
	}
	if len(names) > 100 {
		return invalid("1 validation error detected: Value at 'logStreamNames' failed to satisfy constraint: Member must have length less than or equal to 100")
	}
	for i := range names {
		if err := checkStreamName(&names[i], fmt.Sprintf("logStreamNames.%d.member", i+1)); err != nil {
			return err
		}
	}
	return nil
}

// parsePattern reads the pattern of a search; nil for all events. FilterLogEvents does
// not tell what is wrong with it [R CAP-FP]; a Live Tail does [R].
func parsePattern(text *string, why bool) (*pattern.Pattern, error) {
	if text == nil || *text == "" {
		return nil, nil
	}
	p, err := pattern.Parse(*text)
	var syntax *pattern.SyntaxError
	switch {
	case errors.As(err, &syntax) && why:
		return nil, invalid("Invalid filter pattern: %s", syntax.Message)
	case err != nil:
		return nil, invalid("Invalid filter pattern")
	}
	return p, nil
}

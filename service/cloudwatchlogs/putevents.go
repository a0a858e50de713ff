package cloudwatchlogs

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"tocsin/store/state"
)

// Bounds of PutLogEvents. [API]
const (
	maxBatchEvents = 10_000
	maxBatchBytes  = 1 << 20
	eventOverhead  = 26 // bytes that each event counts besides its message
	maxEventBytes  = 1 << 20
	maxBatchSpan   = 24 * time.Hour
	maxAhead       = 2 * time.Hour
	maxAge         = 14 * 24 * time.Hour
)

// PutLogEvents puts events into a stream. Those that are too old or too new are
// passed over, and told of. Sequence tokens are of no account any more; nothing
// is known of entities, so one that is given is told to be refused.
func (s *Service) PutLogEvents(ctx context.Context, in *cloudwatchlogs.PutLogEventsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutLogEventsOutput, error) {
	g, err := named(ctx, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	if err := checkStreamName(in.LogStreamName, "logStreamName"); err != nil {
		return nil, err
	}
	if err := checkBatch(in.LogEvents); err != nil {
		return nil, err
	}
	now := s.now()
	var group state.LogGroup
	err = s.state.View(ctx, func(tx *state.Tx) error {
		if group, err = g.read(ctx, tx); err != nil {
			return err
		}
		_, err = tx.LogStream(ctx, group.ID, *in.LogStreamName)
		return otherwise(err, noStream())
	})
	if err != nil {
		return nil, err
	}
	accepted, rejected := accept(in.LogEvents, now, group.RetentionDays)
	if n := len(accepted); n > 0 {
		if *accepted[n-1].Timestamp-*accepted[0].Timestamp > maxBatchSpan.Milliseconds() {
			return nil, invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
		}
		list := make([]Event, n)
		for i, e := range accepted {
			list[i] = Event{Time: *e.Timestamp, Message: []byte(*e.Message)}
		}
		if err := s.put(ctx, group.ID, *in.LogStreamName, list); err != nil {
			return nil, otherwise(err, noGroup())
		}
	}
	out := &cloudwatchlogs.PutLogEventsOutput{NextSequenceToken: aws.String(sequenceToken(now.UnixMilli())), RejectedLogEventsInfo: rejected}
	if in.Entity != nil {
		out.RejectedEntityInfo = &types.RejectedEntityInfo{ErrorType: types.EntityRejectionErrorTypeUnsupportedLogGroupType}
	}
	return out, nil
}

// sequenceToken has the form that clients of old may look for.
func sequenceToken(at int64) string { return fmt.Sprintf("%056d", at) }

// checkBatch checks events but for how old they are.
func checkBatch(list []types.InputLogEvent) error {
	switch {
	case list == nil:
		return missing("logEvents")
	case len(list) == 0:
		return constraint("[]", "logEvents", "Member must have length greater than or equal to 1")
	case len(list) > maxBatchEvents:
		return invalid("1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have length less than or equal to %d", maxBatchEvents)
	}
	size := 0
	for i, e := range list {
		member := func(name string) string { return fmt.Sprintf("logEvents.%d.member.%s", i+1, name) }
		switch {
		case e.Timestamp == nil:
			return missing(member("timestamp"))
		case *e.Timestamp < 0:
			return constraint(*e.Timestamp, member("timestamp"), "Member must have value greater than or equal to 0")
		case e.Message == nil:
			return missing(member("message"))
		case *e.Message == "":
			return constraint("", member("message"), "Member must have length greater than or equal to 1")
		case len(*e.Message)+eventOverhead > maxEventBytes:
			return invalid("Log event too large: %d bytes exceeds limit of %d", len(*e.Message)+eventOverhead, maxEventBytes)
		}
		size += len(*e.Message) + eventOverhead
	}
	if size > maxBatchBytes {
		return invalid("Upload too large: %d bytes exceeds limit of %d", size, maxBatchBytes)
	}
	for i := range list[1:] {
		if *list[i].Timestamp > *list[i+1].Timestamp {
			return invalid("Log events in a single PutLogEvents request must be in chronological order.")
		}
	}
	return nil
}

// accept are the events, of those in the order of their times, that are neither too
// old nor too new, and what is told of the others: nil when there are none.
//
// UNSURE: that expired is told only of events that are not too old as well.
func accept(list []types.InputLogEvent, now time.Time, retentionDays int) ([]types.InputLogEvent, *types.RejectedLogEventsInfo) {
	before := func(t time.Time) (n int) {
		for n < len(list) && *list[n].Timestamp < t.UnixMilli() {
			n++
		}
		return n
	}
	tooOld, tooNew := before(now.Add(-maxAge)), before(now.Add(maxAhead+time.Millisecond))
	expired := 0
	if retentionDays > 0 {
		expired = before(now.AddDate(0, 0, -retentionDays))
	}
	var rejected types.RejectedLogEventsInfo
	if tooOld > 0 {
		rejected.TooOldLogEventEndIndex = aws.Int32(int32(tooOld))
	}
	if expired > tooOld {
		rejected.ExpiredLogEventEndIndex = aws.Int32(int32(expired))
	}
	if tooNew < len(list) {
		rejected.TooNewLogEventStartIndex = aws.Int32(int32(tooNew))
	}
	accepted := list[max(tooOld, expired):tooNew]
	if len(accepted) == len(list) {
		return accepted, nil
	}
	return accepted, &rejected
}

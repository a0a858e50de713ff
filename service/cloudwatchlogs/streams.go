package cloudwatchlogs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"tocsin/store/state"
)

// CreateLogStream makes a stream in a group.
func (s *Service) CreateLogStream(ctx context.Context, in *cloudwatchlogs.CreateLogStreamInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.CreateLogStreamOutput, error) {
	if err := checkStreamName(in.LogStreamName, "logStreamName"); err != nil {
		return nil, err
	}
	err := s.change(ctx, in.LogGroupName, func(tx *state.Tx, g state.LogGroup) error {
		return tx.CreateLogStream(ctx, g.ID, *in.LogStreamName, s.now())
	})
	if errors.Is(err, state.ErrChanged) {
		err = exists("The specified log stream already exists")
	}
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.CreateLogStreamOutput{}, nil
}

// DeleteLogStream deletes a stream with its events.
func (s *Service) DeleteLogStream(ctx context.Context, in *cloudwatchlogs.DeleteLogStreamInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DeleteLogStreamOutput, error) {
	if err := checkStreamName(in.LogStreamName, "logStreamName"); err != nil {
		return nil, err
	}
	err := s.change(ctx, in.LogGroupName, func(tx *state.Tx, g state.LogGroup) error {
		return otherwise(tx.DeleteLogStream(ctx, g.ID, *in.LogStreamName), noStream())
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.DeleteLogStreamOutput{}, nil
}

// DescribeLogStreams lists the streams of a group, by name or by the time of their
// newest events.
func (s *Service) DescribeLogStreams(ctx context.Context, in *cloudwatchlogs.DescribeLogStreamsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogStreamsOutput, error) {
	limit, err := checkLimit(in.Limit, describePage, describePage)
	if err != nil {
		return nil, err
	}
	if err := checkEnum(in.OrderBy, "orderBy", types.OrderBy("").Values()); err != nil {
		return nil, err
	}
	byTime := in.OrderBy == types.OrderByLastEventTime
	if in.LogStreamNamePrefix != nil {
		if byTime {
			return nil, invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
		}
		if err := checkStreamName(in.LogStreamNamePrefix, "logStreamNamePrefix"); err != nil {
			return nil, err
		}
	}
	g, err := either(ctx, in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	var all []state.LogStream
	err = s.state.View(ctx, func(tx *state.Tx) error {
		found, err := g.read(ctx, tx)
		if err != nil {
			return err
		}
		all, err = tx.LogStreams(ctx, found.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(s state.LogStream) bool { return !strings.HasPrefix(s.Name, aws.ToString(in.LogStreamNamePrefix)) })
	page, next, err := streamsPage(all, in.NextToken, limit, byTime, aws.ToBool(in.Descending))
	if err != nil {
		return nil, err
	}
	out := &cloudwatchlogs.DescribeLogStreamsOutput{LogStreams: []types.LogStream{}, NextToken: next}
	for _, one := range page {
		out.LogStreams = append(out.LogStreams, describeStream(g, one))
	}
	return out, nil
}

// streamsPage puts streams, which are in the order of their names, into the one
// asked for, and gives a page of them.
func streamsPage(all []state.LogStream, token *string, limit int, byTime, descending bool) ([]state.LogStream, *string, error) {
	key := func(s state.LogStream) string { return s.Name }
	if byTime {
		// Whole numbers of one length are in the order of their texts.
		key = func(s state.LogStream) string { return fmt.Sprintf("%020d %s", s.Last, s.Name) }
		slices.SortFunc(all, func(a, b state.LogStream) int {
			return cmp.Or(cmp.Compare(a.Last, b.Last), cmp.Compare(a.Name, b.Name))
		})
	}
	if descending {
		slices.Reverse(all)
	}
	page, next, ok := pageOf(all, token, limit, descending, key)
	if !ok {
		return nil, nil, badToken()
	}
	return page, next, nil
}

func describeStream(g groupName, s state.LogStream) types.LogStream {
	out := types.LogStream{
		LogStreamName: &s.Name, CreationTime: aws.Int64(s.Created.UnixMilli()), Arn: aws.String(g.ARN() + ":log-stream:" + s.Name),
		//lint:ignore SA1019 AWS still answers it, as 0
		StoredBytes: aws.Int64(0),
	}
	if s.Ingested != 0 {
		out.FirstEventTimestamp, out.LastEventTimestamp, out.LastIngestionTime = &s.First, &s.Last, &s.Ingested
		out.UploadSequenceToken = aws.String(sequenceToken(s.Ingested))
	}
	return out
}

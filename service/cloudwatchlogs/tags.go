package cloudwatchlogs

import (
	"context"
	"maps"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"tocsin/store/state"
)

// Bounds of tags. [API]
const (
	maxTags     = 50
	maxTagKey   = 128 // characters
	maxTagValue = 256
)

func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return invalid("1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to %d", maxTags)
	}
	for key, value := range tags {
		switch n := utf8.RuneCountInString(key); {
		case n == 0 || n > maxTagKey:
			return invalid("1 validation error detected: Value at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to %d, Member must have length greater than or equal to 1]", maxTagKey)
		case utf8.RuneCountInString(value) > maxTagValue:
			return invalid("1 validation error detected: Value at 'tags' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to %d]", maxTagValue)
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return invalid("Tag keys that begin with aws: are reserved for AWS.")
		}
	}
	return nil
}

// tagged is the log group whose ARN, without :*, is given.
func (s *Service) tagged(ctx context.Context, arn *string) (groupName, error) {
	if arn == nil {
		return groupName{}, missing("resourceArn")
	}
	g, rest, ok := parseARN(*arn)
	switch {
	case strings.HasPrefix(*arn, "arn:") && !ok && strings.Contains(*arn, ":destination:"):
		return g, notFound("The specified resource does not exist.")
	case !ok || rest != "":
		return g, invalid("The specified resource ARN is invalid: it is the one of a log group, without :* at its end.")
	}
	return g, g.reached(ctx)
}

// tag sets tags of a log group.
func (s *Service) tag(ctx context.Context, g groupName, tags map[string]string) error {
	if tags == nil {
		return missing("tags")
	}
	if len(tags) == 0 {
		return constraint("{}", "tags", "Member must have length greater than or equal to 1")
	}
	if err := checkTags(tags); err != nil {
		return err
	}
	return s.changeGroup(ctx, g, func(tx *state.Tx, g state.LogGroup) error {
		has, err := tx.Tags(ctx, g.ARN())
		if err != nil {
			return err
		}
		maps.Copy(has, tags)
		if len(has) > maxTags {
			text, arn := "The resource has too many tags: it may have 50.", g.ARN()
			return &types.TooManyTagsException{Message: &text, ResourceName: &arn}
		}
		return tx.Tag(ctx, g.ARN(), tags)
	})
}

// untag takes tags of a log group away.
func (s *Service) untag(ctx context.Context, g groupName, keys []string, member string) error {
	if keys == nil {
		return missing(member)
	}
	return s.changeGroup(ctx, g, func(tx *state.Tx, g state.LogGroup) error { return tx.Untag(ctx, g.ARN(), keys...) })
}

// tags are those of a log group.
func (s *Service) tags(ctx context.Context, g groupName) (tags map[string]string, err error) {
	err = s.state.View(ctx, func(tx *state.Tx) error {
		found, err := g.read(ctx, tx)
		if err != nil {
			return err
		}
		tags, err = tx.Tags(ctx, found.ARN())
		return err
	})
	return tags, err
}

// TagResource sets tags of a log group.
func (s *Service) TagResource(ctx context.Context, in *cloudwatchlogs.TagResourceInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.TagResourceOutput, error) {
	g, err := s.tagged(ctx, in.ResourceArn)
	if err == nil {
		err = s.tag(ctx, g, in.Tags)
	}
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.TagResourceOutput{}, nil
}

// UntagResource takes tags of a log group away.
func (s *Service) UntagResource(ctx context.Context, in *cloudwatchlogs.UntagResourceInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.UntagResourceOutput, error) {
	g, err := s.tagged(ctx, in.ResourceArn)
	if err == nil {
		err = s.untag(ctx, g, in.TagKeys, "tagKeys")
	}
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.UntagResourceOutput{}, nil
}

// ListTagsForResource tells the tags of a log group.
func (s *Service) ListTagsForResource(ctx context.Context, in *cloudwatchlogs.ListTagsForResourceInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.ListTagsForResourceOutput, error) {
	g, err := s.tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	tags, err := s.tags(ctx, g)
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.ListTagsForResourceOutput{Tags: tags}, nil
}

// TagLogGroup is what TagResource was before.
func (s *Service) TagLogGroup(ctx context.Context, in *cloudwatchlogs.TagLogGroupInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.TagLogGroupOutput, error) {
	g, err := named(ctx, in.LogGroupName)
	if err == nil {
		err = s.tag(ctx, g, in.Tags)
	}
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.TagLogGroupOutput{}, nil
}

// UntagLogGroup is what UntagResource was before.
func (s *Service) UntagLogGroup(ctx context.Context, in *cloudwatchlogs.UntagLogGroupInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.UntagLogGroupOutput, error) {
	g, err := named(ctx, in.LogGroupName)
	if err == nil {
		err = s.untag(ctx, g, in.Tags, "tags")
	}
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.UntagLogGroupOutput{}, nil
}

// ListTagsLogGroup is what ListTagsForResource was before.
func (s *Service) ListTagsLogGroup(ctx context.Context, in *cloudwatchlogs.ListTagsLogGroupInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.ListTagsLogGroupOutput, error) {
	g, err := named(ctx, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	tags, err := s.tags(ctx, g)
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.ListTagsLogGroupOutput{Tags: tags}, nil
}

package cloudtrail

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"tocsin/service"
	"tocsin/store/state"
)

// The bounds of tags, in characters [API Reference, AddTags].
const (
	maxTags      = 50
	maxTagKey    = 128
	maxTagValue  = 256
	maxTagLookup = 20
)

func checkTags(list []types.Tag) (map[string]string, error) {
	tags := map[string]string{}
	for _, t := range list {
		key := value(t.Key)
		_, twice := tags[key]
		switch {
		case key == "" || utf8.RuneCountInString(key) > maxTagKey || utf8.RuneCountInString(value(t.Value)) > maxTagValue:
			return nil, &types.InvalidTagParameterException{Message: text("Tag key %.40q is not valid: a key has 1 to %d characters, a value at most %d.", key, maxTagKey, maxTagValue)}
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, &types.InvalidTagParameterException{Message: text("Tag key %q is not valid: keys that begin with aws: are AWS's own.", key)}
		case twice:
			return nil, &types.InvalidTagParameterException{Message: text("Tag key %q is given twice.", key)}
		}
		tags[key] = value(t.Value)
	}
	if len(tags) > maxTags {
		return nil, tooManyTags()
	}
	return tags, nil
}

func tooManyTags() error {
	return &types.TagsLimitExceededException{Message: text("The number of tags per resource has exceeded the permitted amount. Currently, the limit is %d.", maxTags)}
}

// tagged checks that there is a trail or channel of that ARN.
func tagged(ctx context.Context, tx *state.Tx, in state.Scope, id string) error {
	a, ok := parseARN(id)
	if !ok {
		return &types.CloudTrailARNInvalidException{Message: text("Invalid ARN %.200s: expected the ARN of a trail or channel.", id)}
	}
	if a.kind == "channel" {
		_, err := findChannel(ctx, tx, in, id)
		return err
	}
	if a.kind != "trail" {
		return &types.ResourceTypeNotSupportedException{Message: text("Resources of the kind %s are not supported.", a.kind)}
	}
	if a.Region != in.Region {
		return &types.CloudTrailARNInvalidException{Message: text("Region in ARN is wrong, you can only access resources in region %s.", in.Region)}
	}
	_, err := Trails.Get(ctx, tx, a.Scope, a.name)
	found, err := state.Exists(err)
	if err == nil && (!found || a.Account != in.Account) {
		return &types.ResourceNotFoundException{Message: text("Unknown trail: %s for the user: %s", id, in.Account)}
	}
	return err
}

// AddTags sets tags of a trail or channel.
func (s *Service) AddTags(ctx context.Context, in *cloudtrail.AddTagsInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.AddTagsOutput, error) {
	c, id := service.CallerOf(ctx), value(in.ResourceId)
	tags, err := checkTags(in.TagsList)
	if err != nil {
		return nil, err
	}
	err = s.o.State.Update(ctx, func(tx *state.Tx) error {
		if err := tagged(ctx, tx, c.Scope, id); err != nil {
			return err
		}
		if err := tx.Tag(ctx, id, tags); err != nil {
			return err
		}
		all, err := tx.Tags(ctx, id)
		if err == nil && len(all) > maxTags {
			err = tooManyTags()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &cloudtrail.AddTagsOutput{}, nil
}

// RemoveTags takes tags away by their keys.
func (s *Service) RemoveTags(ctx context.Context, in *cloudtrail.RemoveTagsInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.RemoveTagsOutput, error) {
	c, id := service.CallerOf(ctx), value(in.ResourceId)
	keys := make([]string, len(in.TagsList))
	for i, t := range in.TagsList {
		if keys[i] = value(t.Key); keys[i] == "" {
			return nil, &types.InvalidTagParameterException{Message: text("A tag to remove needs a key.")}
		}
	}
	err := s.o.State.Update(ctx, func(tx *state.Tx) error {
		if err := tagged(ctx, tx, c.Scope, id); err != nil {
			return err
		}
		return tx.Untag(ctx, id, keys...)
	})
	if err != nil {
		return nil, err
	}
	return &cloudtrail.RemoveTagsOutput{}, nil
}

// ListTags tells the tags of trails and channels.
func (s *Service) ListTags(ctx context.Context, in *cloudtrail.ListTagsInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.ListTagsOutput, error) {
	c := service.CallerOf(ctx)
	if len(in.ResourceIdList) == 0 || len(in.ResourceIdList) > maxTagLookup {
		return nil, &types.InvalidParameterException{Message: text("ResourceIdList takes 1 to %d ARNs, not %d.", maxTagLookup, len(in.ResourceIdList))}
	}
	if value(in.NextToken) != "" {
		return nil, &types.InvalidTokenException{Message: text("The token is not valid: there are no further pages.")}
	}
	out := &cloudtrail.ListTagsOutput{}
	err := s.o.State.View(ctx, func(tx *state.Tx) error {
		for _, id := range in.ResourceIdList {
			if err := tagged(ctx, tx, c.Scope, id); err != nil {
				return err
			}
			tags, err := tx.Tags(ctx, id)
			if err != nil {
				return err
			}
			one := types.ResourceTag{ResourceId: text("%s", id), TagsList: []types.Tag{}}
			for key, v := range tags {
				one.TagsList = append(one.TagsList, types.Tag{Key: &key, Value: &v})
			}
			slices.SortFunc(one.TagsList, func(a, b types.Tag) int { return strings.Compare(*a.Key, *b.Key) })
			out.ResourceTagList = append(out.ResourceTagList, one)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

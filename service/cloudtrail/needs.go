package cloudtrail

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"tocsin/core/policy"
	"tocsin/service"
)

var _ service.Authorizer = (*Service)(nil)

// Needs implements service.Authorizer [Service Authorization Reference, CloudTrail].
// The tags that trails and channels have are condition keys of what is about them.
func (s *Service) Needs(ctx context.Context, operation string, input any) ([]service.Need, error) {
	return service.Tagged(ctx, s.o.State, needsOf(service.CallerOf(ctx), operation, input))
}

func needsOf(c service.Caller, operation string, input any) []service.Need {
	need := service.Need{Action: "cloudtrail:" + operation, Resource: "*"}
	of := func(name *string) []service.Need {
		if need.Resource = value(name); !strings.HasPrefix(need.Resource, "arn:") {
			need.Resource = trailARN(c.Scope, need.Resource)
		}
		return []service.Need{need}
	}
	channel := func(id *string) []service.Need {
		if need.Resource = value(id); !strings.HasPrefix(need.Resource, "arn:") {
			need.Resource = "arn:" + c.Partition + ":cloudtrail:" + c.Region + ":" + c.Account + ":channel/" + need.Resource
		}
		return []service.Need{need}
	}
	switch in := input.(type) {
	case *cloudtrail.CreateTrailInput:
		need.Context = tagContext(in.TagsList, true)
		all := of(in.Name)
		if len(in.TagsList) > 0 {
			all = append(all, service.Need{Action: "cloudtrail:AddTags", Resource: need.Resource, Context: need.Context})
		}
		return append(all, passing(in.CloudWatchLogsRoleArn)...)
	case *cloudtrail.UpdateTrailInput:
		return append(of(in.Name), passing(in.CloudWatchLogsRoleArn)...)
	case *cloudtrail.DeleteTrailInput:
		return of(in.Name)
	case *cloudtrail.GetTrailInput:
		return of(in.Name)
	case *cloudtrail.GetTrailStatusInput:
		return of(in.Name)
	case *cloudtrail.StartLoggingInput:
		return of(in.Name)
	case *cloudtrail.StopLoggingInput:
		return of(in.Name)
	case *cloudtrail.PutEventSelectorsInput:
		return of(in.TrailName)
	case *cloudtrail.GetEventSelectorsInput:
		return of(in.TrailName)
	case *cloudtrail.PutInsightSelectorsInput:
		return of(in.TrailName)
	case *cloudtrail.GetInsightSelectorsInput:
		return of(in.TrailName)
	case *cloudtrail.AddTagsInput:
		need.Context = tagContext(in.TagsList, true)
		return of(in.ResourceId)
	case *cloudtrail.RemoveTagsInput:
		need.Context = tagContext(in.TagsList, false)
		return of(in.ResourceId)
	case *cloudtrail.ListTagsInput:
		var all []service.Need
		for _, id := range in.ResourceIdList {
			all = append(all, service.Need{Action: need.Action, Resource: id})
		}
		if len(all) == 0 {
			all = append(all, need)
		}
		return all
	case *cloudtrail.CreateChannelInput:
		need.Context = tagContext(in.Tags, true)
		if len(in.Tags) == 0 {
			return []service.Need{need}
		}
		return []service.Need{need, {Action: "cloudtrail:AddTags", Resource: need.Resource, Context: need.Context}}
	case *cloudtrail.GetChannelInput:
		return channel(in.Channel)
	case *cloudtrail.DeleteChannelInput:
		return channel(in.Channel)
	default: // what is about no resource
		return []service.Need{need}
	}
}

// passing is what it takes to give CloudTrail a role [CloudTrail User Guide,
// "Granting custom permissions for CloudTrail users"].
func passing(role *string) []service.Need {
	if value(role) == "" {
		return nil
	}
	return []service.Need{{Action: "iam:PassRole", Resource: *role, Context: policy.Context{"iam:PassedToService": {Principal}}}}
}

// tagContext are the condition keys of tags in a request.
func tagContext(tags []types.Tag, values bool) policy.Context {
	keys := policy.Context{}
	for _, t := range tags {
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], value(t.Key))
		if values {
			keys["aws:RequestTag/"+value(t.Key)] = []string{value(t.Value)}
		}
	}
	return keys
}

package cloudwatch

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/store/state"
)

// Needs tells what a call must be allowed to do (Service Authorization Reference,
// Amazon CloudWatch). Nothing of CloudWatch has a policy of its own. The tags that
// alarms, mute rules and dashboards have are condition keys of what is about them.
func (s *Service) Needs(ctx context.Context, operation string, input any) ([]service.Need, error) {
	return service.Tagged(ctx, s.o.State, needsOf(scope(ctx), operation, input))
}

func needsOf(at state.Scope, operation string, input any) []service.Need {
	need := func(resources ...string) []service.Need {
		var out []service.Need
		for _, r := range resources {
			out = append(out, service.Need{Action: "cloudwatch:" + operation, Resource: r})
		}
		return out
	}
	switch in := input.(type) {
	case *cloudwatch.PutMetricDataInput:
		out := need("*")
		out[0].Context = policy.Context{"cloudwatch:namespace": {aws.ToString(in.Namespace)}}
		return out
	case *cloudwatch.PutMetricAlarmInput:
		actions := slices.Concat(in.AlarmActions, in.OKActions, in.InsufficientDataActions)
		return putNeeds(need(alarmARN(at, aws.ToString(in.AlarmName))), in.Tags, policy.Context{"cloudwatch:AlarmActions": actions})
	case *cloudwatch.PutCompositeAlarmInput:
		actions := slices.Concat(in.AlarmActions, in.OKActions, in.InsufficientDataActions)
		return putNeeds(need(alarmARN(at, aws.ToString(in.AlarmName))), in.Tags, policy.Context{"cloudwatch:AlarmActions": actions})
	case *cloudwatch.PutLogAlarmInput:
		actions := slices.Concat(in.AlarmActions, in.OKActions, in.InsufficientDataActions)
		out := putNeeds(need(alarmARN(at, aws.ToString(in.AlarmName))), in.Tags, policy.Context{"cloudwatch:AlarmActions": actions})
		if c := in.ScheduledQueryConfiguration; c != nil {
			out = append(out, service.Need{
				Action: "iam:PassRole", Resource: aws.ToString(c.ScheduledQueryRoleARN), Context: policy.Context{"iam:PassedToService": {"cloudwatch.amazonaws.com"}},
			})
		}
		return out
	case *cloudwatch.DescribeAlarmsInput:
		return need(alarmARNs(at, in.AlarmNames)...)
	case *cloudwatch.DeleteAlarmsInput:
		return need(alarmARNs(at, in.AlarmNames)...)
	case *cloudwatch.EnableAlarmActionsInput:
		return need(alarmARNs(at, in.AlarmNames)...)
	case *cloudwatch.DisableAlarmActionsInput:
		return need(alarmARNs(at, in.AlarmNames)...)
	case *cloudwatch.DescribeAlarmHistoryInput:
		if in.AlarmName == nil {
			return need(alarmARN(at, "*"))
		}
		return need(alarmARN(at, *in.AlarmName))
	case *cloudwatch.DescribeAlarmContributorsInput:
		return need(alarmARN(at, aws.ToString(in.AlarmName)))
	case *cloudwatch.SetAlarmStateInput:
		return need(alarmARN(at, aws.ToString(in.AlarmName)))
	case *cloudwatch.PutAlarmMuteRuleInput:
		resources := []string{muteRuleARN(at, aws.ToString(in.Name))}
		if in.MuteTargets != nil && len(in.MuteTargets.AlarmNames) > 0 {
			resources = append(resources, alarmARNs(at, in.MuteTargets.AlarmNames)...)
		}
		return putNeeds(need(resources...), in.Tags, nil)
	case *cloudwatch.GetAlarmMuteRuleInput:
		return need(muteRuleARN(at, aws.ToString(in.AlarmMuteRuleName)))
	case *cloudwatch.DeleteAlarmMuteRuleInput:
		return need(muteRuleARN(at, aws.ToString(in.AlarmMuteRuleName)))
	case *cloudwatch.PutDashboardInput:
		return putNeeds(need(dashboardARN(at, aws.ToString(in.DashboardName))), in.Tags, nil)
	case *cloudwatch.GetDashboardInput:
		return need(dashboardARN(at, aws.ToString(in.DashboardName)))
	case *cloudwatch.DeleteDashboardsInput:
		var arns []string
		for _, name := range in.DashboardNames {
			arns = append(arns, dashboardARN(at, name))
		}
		if len(arns) == 0 {
			arns = append(arns, dashboardARN(at, "*"))
		}
		return need(arns...)
	case *cloudwatch.TagResourceInput:
		return tagNeeds(need(aws.ToString(in.ResourceARN)), in.Tags, nil)
	case *cloudwatch.UntagResourceInput:
		return tagNeeds(need(aws.ToString(in.ResourceARN)), nil, in.TagKeys)
	case *cloudwatch.ListTagsForResourceInput:
		return need(aws.ToString(in.ResourceARN))
	}
	return need("*") // what is about metrics, and lists without names
}

// alarmARNs are the ARNs of the caller's alarms of these names, of all without any.
func alarmARNs(at state.Scope, names []string) []string {
	if len(names) == 0 {
		return []string{alarmARN(at, "*")}
	}
	var out []string
	for _, name := range names {
		out = append(out, alarmARN(at, name))
	}
	return out
}

// putNeeds adds to what creating a thing needs the condition keys, and the right to
// tag it when tags come with it.
func putNeeds(needs []service.Need, tags []types.Tag, keys policy.Context) []service.Need {
	for i := range needs {
		needs[i].Context = policy.Context{}
		for key, values := range keys {
			if len(values) > 0 {
				needs[i].Context[key] = values
			}
		}
	}
	if len(tags) == 0 {
		return needs
	}
	needs = tagNeeds(needs, tags, nil)
	tagging := needs[0]
	tagging.Action, tagging.Context = "cloudwatch:TagResource", nil
	return append(needs, tagNeeds([]service.Need{tagging}, tags, nil)...)
}

// tagNeeds adds the condition keys of tags that a request sets or takes away.
func tagNeeds(needs []service.Need, tags []types.Tag, keys []string) []service.Need {
	for i := range needs {
		if needs[i].Context == nil {
			needs[i].Context = policy.Context{}
		}
		for _, t := range tags {
			needs[i].Context["aws:RequestTag/"+aws.ToString(t.Key)] = []string{aws.ToString(t.Value)}
			needs[i].Context["aws:TagKeys"] = append(needs[i].Context["aws:TagKeys"], aws.ToString(t.Key))
		}
		if len(keys) > 0 {
			needs[i].Context["aws:TagKeys"] = keys
		}
	}
	return needs
}

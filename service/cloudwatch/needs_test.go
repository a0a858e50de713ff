package cloudwatch_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/cloudwatch"
)

var _ service.Authorizer = (*cloudwatch.Service)(nil)

func TestNeeds(t *testing.T) {
	b, s := newBench(t)
	arn := func(name string) string { return arnPrefix + name }
	topics := []string{"arn:aws:sns:eu-central-1:123456789012:t", "arn:aws:sns:eu-central-1:123456789012:u"}
	tags := []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
	tagged := policy.Context{"aws:RequestTag/k": {"v"}, "aws:TagKeys": {"k"}}
	for _, c := range []struct {
		operation string
		input     any
		want      []service.Need
	}{
		{"PutMetricData", &api.PutMetricDataInput{Namespace: aws.String("App")}, []service.Need{
			{Action: "cloudwatch:PutMetricData", Resource: "*", Context: policy.Context{"cloudwatch:namespace": {"App"}}},
		}},
		{"GetMetricData", &api.GetMetricDataInput{}, []service.Need{{Action: "cloudwatch:GetMetricData", Resource: "*"}}},
		{"PutMetricAlarm", &api.PutMetricAlarmInput{AlarmName: aws.String("a"), AlarmActions: topics[:1], OKActions: topics[1:], Tags: tags}, []service.Need{
			{Action: "cloudwatch:PutMetricAlarm", Resource: arn("a"), Context: policy.Context{
				"cloudwatch:AlarmActions": topics, "aws:RequestTag/k": {"v"}, "aws:TagKeys": {"k"},
			}},
			{Action: "cloudwatch:TagResource", Resource: arn("a"), Context: tagged},
		}},
		{"PutCompositeAlarm", &api.PutCompositeAlarmInput{AlarmName: aws.String("a")}, []service.Need{
			{Action: "cloudwatch:PutCompositeAlarm", Resource: arn("a"), Context: policy.Context{}},
		}},
		{"PutLogAlarm", &api.PutLogAlarmInput{AlarmName: aws.String("a"), ScheduledQueryConfiguration: &types.ScheduledQueryConfiguration{ScheduledQueryRoleARN: aws.String("arn:aws:iam::123456789012:role/r")}}, []service.Need{
			{Action: "cloudwatch:PutLogAlarm", Resource: arn("a"), Context: policy.Context{}},
			{Action: "iam:PassRole", Resource: "arn:aws:iam::123456789012:role/r", Context: policy.Context{"iam:PassedToService": {"cloudwatch.amazonaws.com"}}},
		}},
		{"DescribeAlarms", &api.DescribeAlarmsInput{}, []service.Need{{Action: "cloudwatch:DescribeAlarms", Resource: arn("*")}}},
		{"DeleteAlarms", &api.DeleteAlarmsInput{AlarmNames: []string{"a", "b"}}, []service.Need{
			{Action: "cloudwatch:DeleteAlarms", Resource: arn("a")}, {Action: "cloudwatch:DeleteAlarms", Resource: arn("b")},
		}},
		{"SetAlarmState", &api.SetAlarmStateInput{AlarmName: aws.String("a")}, []service.Need{{Action: "cloudwatch:SetAlarmState", Resource: arn("a")}}},
		{"PutAlarmMuteRule", &api.PutAlarmMuteRuleInput{Name: aws.String("m"), MuteTargets: &types.MuteTargets{AlarmNames: []string{"a"}}}, []service.Need{
			{Action: "cloudwatch:PutAlarmMuteRule", Resource: "arn:aws:cloudwatch:eu-central-1:123456789012:alarm-mute-rule:m", Context: policy.Context{}},
			{Action: "cloudwatch:PutAlarmMuteRule", Resource: arn("a"), Context: policy.Context{}},
		}},
		{"DeleteDashboards", &api.DeleteDashboardsInput{DashboardNames: []string{"d"}}, []service.Need{
			{Action: "cloudwatch:DeleteDashboards", Resource: "arn:aws:cloudwatch::123456789012:dashboard/d"},
		}},
		{"UntagResource", &api.UntagResourceInput{ResourceARN: aws.String(arn("a")), TagKeys: []string{"k"}}, []service.Need{
			{Action: "cloudwatch:UntagResource", Resource: arn("a"), Context: policy.Context{"aws:TagKeys": {"k"}}},
		}},
	} {
		got, err := s.Needs(b.world.Context(t), c.operation, c.input)
		if err != nil {
			t.Fatal(err)
		}
		same(t, c.want, got)
	}
}

// The tags that a thing has decide, so that what is protected by one stays so.
func TestNeedsTellTheTagsOfAThing(t *testing.T) {
	b, s := newBench(t)
	ctx := b.world.Context(t)
	tags := []types.Tag{{Key: aws.String("keep"), Value: aws.String("yes")}}
	for _, name := range []string{"tagged", "plain"} {
		in := watch(name, "Requests")
		if name == "tagged" {
			in.Tags = tags
		}
		must[*api.PutMetricAlarmOutput](t)(s.PutMetricAlarm(ctx, in))
	}
	must[*api.PutDashboardOutput](t)(s.PutDashboard(ctx, &api.PutDashboardInput{DashboardName: aws.String("tagged"), DashboardBody: aws.String(`{"widgets":[]}`), Tags: tags}))
	const key = "aws:ResourceTag/keep"
	for _, c := range []struct {
		operation string
		input     any
		want      [][]string // of each need, what it tells of the tag
	}{
		{"DeleteAlarms", &api.DeleteAlarmsInput{AlarmNames: []string{"plain", "tagged"}}, [][]string{nil, {"yes"}}},
		{"SetAlarmState", &api.SetAlarmStateInput{AlarmName: aws.String("tagged")}, [][]string{{"yes"}}},
		{"DisableAlarmActions", &api.DisableAlarmActionsInput{AlarmNames: []string{"tagged"}}, [][]string{{"yes"}}},
		{"PutMetricAlarm", &api.PutMetricAlarmInput{AlarmName: aws.String("tagged")}, [][]string{{"yes"}}},
		{"PutMetricAlarm", &api.PutMetricAlarmInput{AlarmName: aws.String("new"), Tags: tags}, [][]string{nil, nil}},
		{"UntagResource", &api.UntagResourceInput{ResourceARN: aws.String(arnPrefix + "tagged"), TagKeys: []string{"keep"}}, [][]string{{"yes"}}},
		{"PutAlarmMuteRule", &api.PutAlarmMuteRuleInput{Name: aws.String("m"), MuteTargets: &types.MuteTargets{AlarmNames: []string{"tagged"}}}, [][]string{nil, {"yes"}}},
		{"DeleteDashboards", &api.DeleteDashboardsInput{DashboardNames: []string{"tagged"}}, [][]string{{"yes"}}},
	} {
		needs, err := s.Needs(ctx, c.operation, c.input)
		if err != nil {
			t.Fatal(err)
		}
		var got [][]string
		for _, n := range needs {
			got = append(got, n.Context[key])
		}
		same(t, c.want, got)
	}
}

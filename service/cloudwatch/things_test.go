package cloudwatch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

func TestMuteRules(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		now := b.world.Now() // Wednesday noon
		put := func(name, expression, duration string, alarms ...string) error {
			_, err := b.PutAlarmMuteRule(b.ctx, &api.PutAlarmMuteRuleInput{
				Name: &name, Rule: &types.Rule{Schedule: &types.Schedule{Expression: &expression, Duration: &duration, Timezone: aws.String("Europe/Berlin")}},
				MuteTargets: &types.MuteTargets{AlarmNames: alarms}, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String(name)}},
			})
			return err
		}
		for _, err := range []error{
			put("night", "cron(0 2 * * *)", "PT4H", "a", "b"),
			put("once", "at(2026-07-01T13:30)", "PT1H", "a"), // 11:30 UTC
			put("over", "at(2026-06-01T13:30)", "PT1H", "b"),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		arn := "arn:aws:cloudwatch:eu-central-1:123456789012:alarm-mute-rule:"
		got := must[*api.GetAlarmMuteRuleOutput](t)(b.GetAlarmMuteRule(b.ctx, &api.GetAlarmMuteRuleInput{AlarmMuteRuleName: aws.String("night")}))
		same(t, &api.GetAlarmMuteRuleOutput{
			Name: aws.String("night"), AlarmMuteRuleArn: aws.String(arn + "night"), Status: "SCHEDULED", MuteType: aws.String("RECURRING"),
			Rule:                 &types.Rule{Schedule: &types.Schedule{Expression: aws.String("cron(0 2 * * *)"), Duration: aws.String("PT4H"), Timezone: aws.String("Europe/Berlin")}},
			LastUpdatedTimestamp: &now, MuteTargets: &types.MuteTargets{AlarmNames: []string{"a", "b"}},
		}, got)
		list := func(in api.ListAlarmMuteRulesInput) string {
			var out []string
			for {
				page := must[*api.ListAlarmMuteRulesOutput](t)(b.ListAlarmMuteRules(b.ctx, &in))
				for _, r := range page.AlarmMuteRuleSummaries {
					out = append(out, strings.TrimPrefix(*r.AlarmMuteRuleArn, arn)+" "+string(r.Status)+" "+*r.MuteType)
				}
				if in.NextToken = page.NextToken; in.NextToken == nil {
					return strings.Join(out, ", ")
				}
			}
		}
		same(t, "night SCHEDULED RECURRING, once ACTIVE ONE_TIME, over EXPIRED ONE_TIME", list(api.ListAlarmMuteRulesInput{MaxRecords: aws.Int32(1)}))
		same(t, "once ACTIVE ONE_TIME", list(api.ListAlarmMuteRulesInput{AlarmName: aws.String("a"), Statuses: []types.AlarmMuteRuleStatus{"ACTIVE", "EXPIRED"}}))
		for want, err := range map[string]error{
			`ValidationError: Rule.Schedule: a duration is written like PT4H or P2DT12H, not "4h"`:        put("x", "cron(0 2 * * *)", "4h"),
			`ValidationError: Rule.Schedule: a schedule is cron(...) or at(...), not "daily"`:             put("x", "daily", "PT1H"),
			"ValidationError: 1 validation error detected: Value '' at 'name' failed to satisfy constrai": put("", "cron(0 2 * * *)", "PT4H"),
		} {
			if got := fault(err); !strings.HasPrefix(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		tags := must[*api.ListTagsForResourceOutput](t)(b.ListTagsForResource(b.ctx, &api.ListTagsForResourceInput{ResourceARN: aws.String(arn + "once")}))
		same(t, []types.Tag{{Key: aws.String("k"), Value: aws.String("once")}}, tags.Tags)
		for range 2 {
			must[*api.DeleteAlarmMuteRuleOutput](t)(b.DeleteAlarmMuteRule(b.ctx, &api.DeleteAlarmMuteRuleInput{AlarmMuteRuleName: aws.String("once")}))
		}
		_, err := b.GetAlarmMuteRule(b.ctx, &api.GetAlarmMuteRuleInput{AlarmMuteRuleName: aws.String("once")})
		if got := fault(err); got != "ResourceNotFoundException: There is no alarm mute rule with the name once" {
			t.Error(got)
		}
	})
}

func TestDashboards(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		put := func(name, body string) error {
			_, err := b.PutDashboard(b.ctx, &api.PutDashboardInput{DashboardName: &name, DashboardBody: &body})
			return err
		}
		for _, name := range []string{"b", "a-1", "a-2"} {
			if err := put(name, `{"widgets":[]}`); err != nil {
				t.Fatal(err)
			}
		}
		b.world.Advance(time.Minute)
		if err := put("b", `{"widgets": []}`); err != nil {
			t.Fatal(err)
		}
		got := must[*api.GetDashboardOutput](t)(b.GetDashboard(b.ctx, &api.GetDashboardInput{DashboardName: aws.String("b")}))
		if *got.DashboardArn != "arn:aws:cloudwatch::123456789012:dashboard/b" || *got.DashboardBody != `{"widgets": []}` {
			t.Errorf("%+v", got)
		}
		list := func(prefix string) (out []string) {
			found := must[*api.ListDashboardsOutput](t)(b.ListDashboards(b.ctx, &api.ListDashboardsInput{DashboardNamePrefix: &prefix}))
			for _, d := range found.DashboardEntries {
				out = append(out, fmt.Sprint(*d.DashboardName, " ", *d.Size, " ", b.world.Now().Sub(*d.LastModified)))
			}
			return out
		}
		same(t, []string{"a-1 14 1m0s", "a-2 14 1m0s", "b 15 0s"}, list(""))
		same(t, []string{"a-1 14 1m0s", "a-2 14 1m0s"}, list("a"))
		if got := fault(put("a b", "{}")); !strings.HasPrefix(got, "InvalidParameterInput: The dashboard is invalid: The value a b for field DashboardName") {
			t.Error(got)
		}
		if got := fault(put("a", "[1]")); got != "InvalidParameterInput: The dashboard is invalid: The field DashboardBody must be a valid JSON object" {
			t.Error(got)
		}
		_, err := b.DeleteDashboards(b.ctx, &api.DeleteDashboardsInput{DashboardNames: []string{"b", "none"}})
		if got := fault(err); got != "ResourceNotFound: Dashboard none does not exist" {
			t.Error(got)
		}
		must[*api.DeleteDashboardsOutput](t)(b.DeleteDashboards(b.ctx, &api.DeleteDashboardsInput{DashboardNames: []string{"b", "a-1"}}))
		same(t, []string{"a-2 14 1m0s"}, list(""))
		_, err = b.GetDashboard(b.ctx, &api.GetDashboardInput{DashboardName: aws.String("b")})
		if got := fault(err); got != "ResourceNotFound: Dashboard b does not exist" {
			t.Error(got)
		}
	})
}

func TestTags(t *testing.T) {
	told(t, func(t *testing.T, b *bench) {
		b.putAlarm(t, watch("a", "m"))
		b.composite(t, "c", "TRUE")
		tag := func(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }
		for _, name := range []string{"a", "c"} {
			arn := arnPrefix + name
			list := func() []types.Tag {
				return must[*api.ListTagsForResourceOutput](t)(b.ListTagsForResource(b.ctx, &api.ListTagsForResourceInput{ResourceARN: &arn})).Tags
			}
			same(t, []types.Tag{}, list())
			must[*api.TagResourceOutput](t)(b.TagResource(b.ctx, &api.TagResourceInput{ResourceARN: &arn, Tags: []types.Tag{tag("b", "1"), tag("a", "1")}}))
			must[*api.TagResourceOutput](t)(b.TagResource(b.ctx, &api.TagResourceInput{ResourceARN: &arn, Tags: []types.Tag{tag("b", "2"), tag("c", "")}}))
			must[*api.UntagResourceOutput](t)(b.UntagResource(b.ctx, &api.UntagResourceInput{ResourceARN: &arn, TagKeys: []string{"a", "none"}}))
			same(t, []types.Tag{tag("b", "2"), tag("c", "")}, list())
			var many []types.Tag
			for i := range 49 {
				many = append(many, tag(fmt.Sprint("k", i), ""))
			}
			_, err := b.TagResource(b.ctx, &api.TagResourceInput{ResourceARN: &arn, Tags: many})
			if got := fault(err); got != "InvalidParameterValue: A resource has at most 50 tags." {
				t.Error(got)
			}
		}
		for arn, want := range map[string]string{
			arnPrefix + "none": "ResourceNotFoundException: There is no resource with the ARN " + arnPrefix + "none",
			"arn:aws:cloudwatch:eu-central-1:999999999999:alarm:a": "InvalidParameterValue: The value arn:aws:cloudwatch:eu-central-1:999999999999:alarm:a for parameter ResourceARN is invalid: " +
				"it is the ARN of no alarm, alarm mute rule or dashboard of this account and Region.",
		} {
			_, err := b.TagResource(b.ctx, &api.TagResourceInput{ResourceARN: &arn, Tags: []types.Tag{tag("a", "b")}})
			if got := fault(err); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		must[*api.DeleteAlarmsOutput](t)(b.DeleteAlarms(b.ctx, &api.DeleteAlarmsInput{AlarmNames: []string{"a"}}))
		b.putAlarm(t, watch("a", "m"))
		out := must[*api.ListTagsForResourceOutput](t)(b.ListTagsForResource(b.ctx, &api.ListTagsForResourceInput{ResourceARN: aws.String(arnPrefix + "a")}))
		if len(out.Tags) != 0 {
			t.Errorf("a new alarm has the tags of an old one: %+v", out.Tags)
		}
	})
}

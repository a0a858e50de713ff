package audit

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/core/alarm"
)

// muteRules bounds how many mute rules are read one by one.
const muteRules = 20

// readMutes reads the rules that mute alarms now or later. A listing does not say
// which alarms, so each rule is asked for.
func (r *reader) readMutes(ctx context.Context, set *AlarmSet) {
	place := placeText(set.Account, set.Region)
	q := question{"cloudwatch:ListAlarmMuteRules", place, set.Account, set.Region}
	c := r.at(ctx, set.Account, set.Region).CloudWatch
	in := &cloudwatch.ListAlarmMuteRulesInput{
		Statuses: []cwtypes.AlarmMuteRuleStatus{cwtypes.AlarmMuteRuleStatusActive, cwtypes.AlarmMuteRuleStatusScheduled}, MaxRecords: aws.Int32(100),
	}
	var arns []string
	var pages pages
	for {
		out := ask(ctx, r, q, c != nil, func(code string) bool {
			set.MutesRead = unknownOperation(code)
			return set.MutesRead
		}, func() (*cloudwatch.ListAlarmMuteRulesOutput, error) { return c.ListAlarmMuteRules(ctx, in) })
		if out == nil {
			return
		}
		for _, s := range out.AlarmMuteRuleSummaries {
			arns = append(arns, aws.ToString(s.AlarmMuteRuleArn))
		}
		more, err := pages.more(out.NextToken)
		if err != nil {
			r.note(q, err)
			return
		}
		if !more {
			break
		}
		in.NextToken = out.NextToken
	}
	set.MutesRead = true
	for i, arn := range arns {
		if i == muteRules {
			r.note(q, fmt.Errorf("there are %d rules, of which %d are read", len(arns), muteRules))
			set.MutesRead = false
			return
		}
		m, ok := r.readMute(ctx, set, c, arn)
		if !ok {
			set.MutesRead = false
			continue
		}
		set.Mutes = append(set.Mutes, m)
	}
}

// unknownOperation tells whether a server does not have an operation at all, so
// that it has nothing of what that would tell.
func unknownOperation(code string) bool {
	return code == "InvalidAction" || code == "UnknownOperationException" || code == "UnknownOperation" || code == "NotImplemented"
}

func (r *reader) readMute(ctx context.Context, set *AlarmSet, c CloudWatch, arn string) (Mute, bool) {
	q := question{"cloudwatch:GetAlarmMuteRule", arn, set.Account, set.Region}
	_, name, _ := strings.Cut(arn, ":alarm-mute-rule:")
	out := ask(ctx, r, q, c != nil, nil, func() (*cloudwatch.GetAlarmMuteRuleOutput, error) {
		return c.GetAlarmMuteRule(ctx, &cloudwatch.GetAlarmMuteRuleInput{AlarmMuteRuleName: aws.String(name)})
	})
	if out == nil {
		return Mute{}, false
	}
	m := Mute{Mute: alarm.Mute{Name: name, Start: moment(out.StartDate), Expire: moment(out.ExpireDate)}, answer: out}
	if out.MuteTargets != nil {
		m.Alarms = out.MuteTargets.AlarmNames
	}
	if out.Rule == nil || out.Rule.Schedule == nil {
		m.Odd = "the answer has no schedule"
		return m, true
	}
	s := out.Rule.Schedule
	zone, err := time.LoadLocation(aws.ToString(s.Timezone))
	if err == nil {
		m.Schedule, err = alarm.ParseSchedule(aws.ToString(s.Expression), aws.ToString(s.Duration), zone)
	}
	if err != nil {
		m.Odd = firstLine(err.Error())
	}
	return m, true
}

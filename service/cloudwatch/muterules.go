package cloudwatch

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/core/alarm"
	"tocsin/store/state"
)

// Limits of mute rules (CloudWatch API Reference, PutAlarmMuteRule).
const (
	maxMuteName        = 255
	maxMuteDescription = 1024
	maxMuteTargets     = 100
)

func muteRuleARN(in state.Scope, name string) string {
	return "arn:" + in.Partition + ":cloudwatch:" + in.Region + ":" + in.Account + ":alarm-mute-rule:" + name
}

// PutAlarmMuteRule creates a mute rule or replaces the one of that name, which keeps
// its tags. Alarms need not exist.
func (s *Service) PutAlarmMuteRule(ctx context.Context, in *cloudwatch.PutAlarmMuteRuleInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.PutAlarmMuteRuleOutput, error) {
	at, now := scope(ctx), s.now()
	rule, err := muteRule(in, now)
	if err != nil {
		return nil, err
	}
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	err = s.update(ctx, func(tx *state.Tx) error {
		row, err := state.MuteRules.Get(ctx, tx, at, rule.Name)
		created := errors.Is(err, state.ErrNotFound)
		if err != nil && !created {
			return err
		}
		if created {
			row = state.Resource[state.MuteRule]{Scope: at, Name: rule.Name, Created: now}
			if err := tx.Tag(ctx, muteRuleARN(at, rule.Name), tags); err != nil {
				return err
			}
		}
		row.Value = rule
		_, err = state.MuteRules.Put(ctx, tx, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatch.PutAlarmMuteRuleOutput{}, nil
}

// muteRule is the rule that a request describes, checked. UNSURE about the texts.
func muteRule(in *cloudwatch.PutAlarmMuteRuleInput, now time.Time) (r state.MuteRule, err error) {
	switch name := aws.ToString(in.Name); {
	case in.Name == nil:
		return r, unset("name")
	case name == "":
		return r, constraint(name, "name", "Member must have length greater than or equal to 1")
	case utf8.RuneCountInString(name) > maxMuteName:
		return r, constraint(name, "name", "Member must have length less than or equal to 255")
	case utf8.RuneCountInString(aws.ToString(in.Description)) > maxMuteDescription:
		return r, constraint(*in.Description, "description", "Member must have length less than or equal to 1024")
	case in.Rule == nil:
		return r, unset("rule")
	case in.Rule.Schedule == nil:
		return r, unset("rule.schedule")
	case in.StartDate != nil && in.ExpireDate != nil && !in.StartDate.Before(*in.ExpireDate):
		return r, validation("StartDate must be before ExpireDate.")
	}
	schedule := *in.Rule.Schedule
	r = state.MuteRule{
		Name: *in.Name, Description: aws.ToString(in.Description),
		Expression: aws.ToString(schedule.Expression), Duration: aws.ToString(schedule.Duration), Timezone: aws.ToString(schedule.Timezone),
		Start: millis(in.StartDate), Expire: millis(in.ExpireDate), Updated: now.UnixMilli(),
	}
	if in.MuteTargets != nil {
		r.Alarms = in.MuteTargets.AlarmNames
	}
	if len(r.Alarms) > maxMuteTargets {
		return r, constraint(itoa(len(r.Alarms))+" names", "muteTargets.alarmNames", "Member must have length less than or equal to 100")
	}
	if _, err := r.Mute(); err != nil {
		return r, validation("Rule.Schedule: %v", err)
	}
	return r, nil
}

// GetAlarmMuteRule is one mute rule.
func (s *Service) GetAlarmMuteRule(ctx context.Context, in *cloudwatch.GetAlarmMuteRuleInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetAlarmMuteRuleOutput, error) {
	at, name := scope(ctx), aws.ToString(in.AlarmMuteRuleName)
	var row state.Resource[state.MuteRule]
	err := s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		row, err = state.MuteRules.Get(ctx, tx, at, name)
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return nil, noMuteRule(at, name)
	}
	if err != nil {
		return nil, err
	}
	r := row.Value
	m, err := r.Mute()
	if err != nil {
		return nil, err
	}
	out := &cloudwatch.GetAlarmMuteRuleOutput{
		Name: aws.String(r.Name), AlarmMuteRuleArn: aws.String(muteRuleARN(at, r.Name)), Description: set(r.Description),
		Rule: &types.Rule{Schedule: &types.Schedule{
			Expression: aws.String(r.Expression), Duration: aws.String(r.Duration), Timezone: set(r.Timezone),
		}},
		StartDate: date(r.Start), ExpireDate: date(r.Expire), LastUpdatedTimestamp: date(r.Updated),
		Status: types.AlarmMuteRuleStatus(m.Status(s.now())), MuteType: aws.String(muteType(m)),
	}
	if len(r.Alarms) > 0 {
		out.MuteTargets = &types.MuteTargets{AlarmNames: r.Alarms}
	}
	return out, nil
}

func noMuteRule(at state.Scope, name string) error {
	return &types.ResourceNotFoundException{
		Message:    aws.String("There is no alarm mute rule with the name " + name),
		ResourceId: aws.String(muteRuleARN(at, name)), ResourceType: aws.String("alarm-mute-rule"),
	}
}

func muteType(m alarm.Mute) string {
	if m.Schedule.Recurring() {
		return "RECURRING"
	}
	return "ONE_TIME"
}

// mutePlace is where ListAlarmMuteRules goes on: behind that name.
type mutePlace struct {
	After string `json:"n"`
}

// ListAlarmMuteRules lists mute rules by name.
func (s *Service) ListAlarmMuteRules(ctx context.Context, in *cloudwatch.ListAlarmMuteRulesInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.ListAlarmMuteRulesOutput, error) {
	at := scope(ctx)
	limit, err := pageSize(in.MaxRecords, 50, 100)
	if err != nil {
		return nil, err
	}
	from, err := place[mutePlace](in.NextToken)
	if err != nil {
		return nil, err
	}
	for _, status := range in.Statuses {
		if !slices.Contains(status.Values(), status) {
			return nil, constraint(string(status), "statuses", "Member must satisfy enum value set: [SCHEDULED, ACTIVE, EXPIRED]")
		}
	}
	var rows []state.Resource[state.MuteRule]
	err = s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		rows, err = state.MuteRules.All(ctx, tx, at)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &cloudwatch.ListAlarmMuteRulesOutput{AlarmMuteRuleSummaries: []types.AlarmMuteRuleSummary{}}
	last := ""
	for _, row := range rows {
		m, err := row.Value.Mute()
		if err != nil {
			return nil, err
		}
		status := types.AlarmMuteRuleStatus(m.Status(s.now()))
		if row.Name <= from.After || in.AlarmName != nil && !slices.Contains(m.Alarms, *in.AlarmName) ||
			len(in.Statuses) > 0 && !slices.Contains(in.Statuses, status) {
			continue
		}
		if len(out.AlarmMuteRuleSummaries) == limit {
			out.NextToken = token(mutePlace{last})
			break
		}
		last = row.Name
		out.AlarmMuteRuleSummaries = append(out.AlarmMuteRuleSummaries, types.AlarmMuteRuleSummary{
			AlarmMuteRuleArn: aws.String(muteRuleARN(at, row.Name)), Status: status, MuteType: aws.String(muteType(m)),
			ExpireDate: date(row.Value.Expire), LastUpdatedTimestamp: date(row.Value.Updated),
		})
	}
	return out, nil
}

// DeleteAlarmMuteRule removes a mute rule. UNSURE: one that is not there is no error.
func (s *Service) DeleteAlarmMuteRule(ctx context.Context, in *cloudwatch.DeleteAlarmMuteRuleInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.DeleteAlarmMuteRuleOutput, error) {
	at, name := scope(ctx), aws.ToString(in.AlarmMuteRuleName)
	err := s.update(ctx, func(tx *state.Tx) error {
		if _, err := state.Exists(state.MuteRules.Delete(ctx, tx, at, name)); err != nil {
			return err
		}
		return tx.DropTags(ctx, muteRuleARN(at, name))
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatch.DeleteAlarmMuteRuleOutput{}, nil
}

func millis(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return t.UnixMilli()
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// date is a time that is shown only when it is set.
func date(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	return aws.Time(instant(ms))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

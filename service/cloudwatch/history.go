package cloudwatch

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/core/alarm"
	"tocsin/store/state"
)

// historyPlace is where DescribeAlarmHistory goes on: behind the item with that id.
type historyPlace struct {
	After int64 `json:"h"`
}

// DescribeAlarmHistory lists what became of one alarm or of all, newest first
// unless ScanBy says otherwise; of metric alarms unless AlarmTypes does.
func (s *Service) DescribeAlarmHistory(ctx context.Context, in *cloudwatch.DescribeAlarmHistoryInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmHistoryOutput, error) {
	q, err := historyQuery(ctx, in)
	if err != nil {
		return nil, err
	}
	out := &cloudwatch.DescribeAlarmHistoryOutput{AlarmHistoryItems: []types.AlarmHistoryItem{}}
	if in.AlarmContributorId != nil {
		return out, nil // there are none
	}
	var items []state.StoredHistoryItem
	err = s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		items, err = tx.History(ctx, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	if page := q.Limit - 1; len(items) > page {
		items = items[:page]
		out.NextToken = token(historyPlace{items[page-1].ID})
	}
	for _, item := range items {
		out.AlarmHistoryItems = append(out.AlarmHistoryItems, types.AlarmHistoryItem{
			AlarmName: aws.String(item.AlarmName), AlarmType: types.AlarmType(item.AlarmType), Timestamp: aws.Time(item.Timestamp),
			HistoryItemType: types.HistoryItemType(item.Type), HistorySummary: aws.String(item.Summary), HistoryData: aws.String(item.Data),
		})
	}
	return out, nil
}

func historyQuery(ctx context.Context, in *cloudwatch.DescribeAlarmHistoryInput) (q state.HistoryQuery, err error) {
	at := scope(ctx)
	q = state.HistoryQuery{Scope: at, ItemType: string(in.HistoryItemType), From: aws.ToTime(in.StartDate), To: aws.ToTime(in.EndDate)}
	if in.AlarmName != nil {
		q.ARN = alarmARN(at, *in.AlarmName)
	}
	sections, err := alarmTypes(in.AlarmTypes)
	if err != nil {
		return q, err
	}
	for section, name := range []string{alarm.MetricAlarm, alarm.LogAlarm, alarm.CompositeAlarm} {
		if sections[section] {
			q.AlarmTypes = append(q.AlarmTypes, name)
		}
	}
	switch in.HistoryItemType {
	case "", types.HistoryItemTypeAction, types.HistoryItemTypeConfigurationUpdate, types.HistoryItemTypeStateUpdate,
		types.HistoryItemTypeAlarmContributorAction, types.HistoryItemTypeAlarmContributorStateUpdate:
	default:
		return q, constraint(string(in.HistoryItemType), "historyItemType",
			"Member must satisfy enum value set: [Action, AlarmContributorAction, AlarmContributorStateUpdate, ConfigurationUpdate, StateUpdate]")
	}
	switch in.ScanBy {
	case "", types.ScanByTimestampDescending:
	case types.ScanByTimestampAscending:
		q.OldestFirst = true
	default:
		return q, constraint(string(in.ScanBy), "scanBy", "Member must satisfy enum value set: [TimestampDescending, TimestampAscending]")
	}
	limit, err := pageSize(in.MaxRecords, 50, 100)
	if err != nil {
		return q, err
	}
	from, err := place[historyPlace](in.NextToken)
	q.Limit, q.After = limit+1, from.After
	return q, err
}

// configured is the history item of a composite alarm's definition, which was
// created, updated or deleted. It was not recorded. UNSURE
func configured(c alarm.Composite, what string, at time.Time) alarm.HistoryItem {
	data := map[string]any{"version": "1.0", "type": map[string]string{"created": "Create", "updated": "Update", "deleted": "Delete"}[what]}
	data[what+"Alarm"] = map[string]any{
		"alarmName": c.Name, "alarmArn": c.ARN, "alarmRule": c.Rule.Text, "actionsEnabled": c.ActionsEnabled,
		"alarmActions": list(c.AlarmActions), "okactions": list(c.OKActions), "insufficientDataActions": list(c.InsufficientDataActions),
	}
	text, err := json.Marshal(data)
	if err != nil {
		panic(err) // maps of texts
	}
	return alarm.HistoryItem{
		AlarmName: c.Name, AlarmType: alarm.CompositeAlarm, Timestamp: at, Type: alarm.ConfigurationUpdate,
		Summary: fmt.Sprintf("Alarm %q %s", c.Name, what), Data: string(text),
	}
}

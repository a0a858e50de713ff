package alarm

import (
	"encoding/json"
	"time"
	"unicode/utf8"
)

// What AlarmType and HistoryItemType say.
const (
	MetricAlarm    = "MetricAlarm"
	CompositeAlarm = "CompositeAlarm"
	LogAlarm       = "LogAlarm"

	StateUpdate         = "StateUpdate"
	Action              = "Action"
	ConfigurationUpdate = "ConfigurationUpdate"
)

// A HistoryItem is one item of an alarm's history, as DescribeAlarmHistory
// returns it. It outlives the alarm.
type HistoryItem struct {
	AlarmName string
	AlarmType string
	Timestamp time.Time
	Type      string // HistoryItemType
	Summary   string // at most 255 characters
	Data      string // a JSON object
}

const maxSummary = 255

func historyItem(name, alarmType, itemType, summary string, at time.Time, data any) HistoryItem {
	if utf8.RuneCountInString(summary) > maxSummary {
		summary = string([]rune(summary)[:maxSummary])
	}
	return HistoryItem{name, alarmType, at, itemType, summary, encode(data)}
}

type stateData struct {
	StateValue      State           `json:"stateValue"`
	StateReason     string          `json:"stateReason"`
	StateReasonData json.RawMessage `json:"stateReasonData,omitempty"`
}

// StateUpdated is the history item of a state that took another value. The
// reason data stands in it as an object, not as a string.
func StateUpdated(name, alarmType string, before, after Record) HistoryItem {
	return historyItem(name, alarmType, StateUpdate,
		"Alarm updated from "+string(before.State)+" to "+string(after.State), after.Updated,
		struct {
			Version  string    `json:"version"`
			OldState stateData `json:"oldState"`
			NewState stateData `json:"newState"`
		}{
			"1.0",
			stateData{before.State, before.Reason, embedded(before.ReasonData)},
			stateData{after.State, after.Reason, embedded(after.ReasonData)},
		})
}

// An ActionResult is what came of one action.
type ActionResult struct {
	Resource     string    // the ARN acted on
	StateUpdated time.Time // when the state changed that it is for
	Published    string    // the message sent, empty if none was
	Error        string    // why it failed, empty if it did not
	// MuteWindowEnd is when the mute window ended that held the action back; zero for none.
	MuteWindowEnd time.Time
}

// ActionDone is the history item of an action at at.
func ActionDone(name, alarmType string, r ActionResult, at time.Time) HistoryItem {
	data := struct {
		ActionState            string  `json:"actionState"`
		StateUpdateTimestamp   int64   `json:"stateUpdateTimestamp"`
		NotificationResource   string  `json:"notificationResource"`
		PublishedMessage       *string `json:"publishedMessage"`
		Error                  *string `json:"error"`
		MuteWindowEndTimestamp *int64  `json:"muteWindowEndTimestamp"`
	}{
		ActionState:          "Succeeded",
		StateUpdateTimestamp: r.StateUpdated.UnixMilli(),
		NotificationResource: r.Resource,
		PublishedMessage:     orNull(r.Published),
		Error:                orNull(r.Error),
	}
	summary := "Successfully executed action " + r.Resource
	if r.Error != "" {
		data.ActionState, summary = "Failed", "Failed to execute action "+r.Resource
	}
	if !r.MuteWindowEnd.IsZero() {
		end := r.MuteWindowEnd.UnixMilli() // UNSURE: milliseconds, like the other time
		data.MuteWindowEndTimestamp = &end
	}
	return historyItem(name, alarmType, Action, summary, at, data)
}

// configuration is an alarm as history items of its definition show it. The
// order was recorded in 2022 without the members that are left out when unset;
// their places are UNSURE.
type configuration struct {
	AlarmName                          string            `json:"alarmName"`
	AlarmDescription                   string            `json:"alarmDescription,omitempty"`
	AlarmARN                           string            `json:"alarmArn"`
	AlarmConfigurationUpdatedTimestamp timestamp         `json:"alarmConfigurationUpdatedTimestamp"`
	Namespace                          string            `json:"namespace,omitempty"`
	MetricName                         string            `json:"metricName,omitempty"`
	Statistic                          string            `json:"statistic,omitempty"`
	ExtendedStatistic                  string            `json:"extendedStatistic,omitempty"`
	Period                             int               `json:"period,omitempty"`
	Unit                               string            `json:"unit,omitempty"`
	Dimensions                         []noticeDimension `json:"dimensions"`
	Threshold                          *double           `json:"threshold,omitempty"`
	ThresholdMetricID                  string            `json:"thresholdMetricId,omitempty"`
	ComparisonOperator                 Operator          `json:"comparisonOperator,omitempty"`
	EvaluationPeriods                  int               `json:"evaluationPeriods"`
	DatapointsToAlarm                  int               `json:"datapointsToAlarm,omitempty"`
	TreatMissingData                   TreatMissingData  `json:"treatMissingData,omitempty"`
	EvaluateLowSampleCountPercentile   LowSampleCount    `json:"evaluateLowSampleCountPercentile,omitempty"`
	StateValue                         State             `json:"stateValue"`
	StateUpdatedTimestamp              timestamp         `json:"stateUpdatedTimestamp"`
	ActionsEnabled                     bool              `json:"actionsEnabled"`
	AlarmActions                       []string          `json:"alarmActions"`
	InsufficientDataActions            []string          `json:"insufficientDataActions"`
	OKActions                          []string          `json:"okactions"`
}

func configurationOf(a Alarm, r Record) *configuration {
	c := &configuration{
		AlarmName: a.Name, AlarmDescription: a.Description, AlarmARN: a.ARN,
		AlarmConfigurationUpdatedTimestamp: timestamp(a.ConfigurationUpdated),
		Namespace:                          a.Namespace, MetricName: a.MetricName,
		Statistic: a.Statistic.String(), Period: a.Period, Unit: a.Unit,
		Dimensions:        noticeDimensions(a.Dimensions),
		ThresholdMetricID: a.ThresholdMetricID, ComparisonOperator: a.ComparisonOperator,
		EvaluationPeriods: a.EvaluationPeriods, DatapointsToAlarm: a.DatapointsToAlarm,
		TreatMissingData:                 a.TreatMissingData,
		EvaluateLowSampleCountPercentile: a.EvaluateLowSampleCountPercentile,
		StateValue:                       r.State, StateUpdatedTimestamp: timestamp(r.Updated),
		ActionsEnabled: a.ActionsEnabled, AlarmActions: list(a.AlarmActions),
		InsufficientDataActions: list(a.InsufficientDataActions), OKActions: list(a.OKActions),
	}
	if a.ThresholdMetricID == "" {
		c.Threshold = pointer(a.Threshold)
	}
	if a.Statistic.Extended() {
		c.Statistic, c.ExtendedStatistic = "", c.Statistic
	}
	return c
}

// Created, Updated and Deleted are the history items of a metric alarm's
// definition at at, with the record that the alarm has or had.
//
// UNSURE: only the one of a creation was recorded.
func Created(a Alarm, r Record, at time.Time) HistoryItem {
	return configured(a, at, "created", configurationData{Type: "Create", Created: configurationOf(a, r)})
}

// Updated is described at Created.
func Updated(a Alarm, r Record, at time.Time) HistoryItem {
	return configured(a, at, "updated", configurationData{Type: "Update", Updated: configurationOf(a, r)})
}

// Deleted is described at Created.
func Deleted(a Alarm, r Record, at time.Time) HistoryItem {
	return configured(a, at, "deleted", configurationData{Type: "Delete", Deleted: configurationOf(a, r)})
}

type configurationData struct {
	Version string         `json:"version"`
	Type    string         `json:"type"`
	Created *configuration `json:"createdAlarm,omitempty"`
	Updated *configuration `json:"updatedAlarm,omitempty"`
	Deleted *configuration `json:"deletedAlarm,omitempty"`
}

func configured(a Alarm, at time.Time, what string, data configurationData) HistoryItem {
	data.Version = "1.0"
	return historyItem(a.Name, MetricAlarm, ConfigurationUpdate, `Alarm "`+a.Name+`" `+what, at, data)
}

package ring_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/alarm"
	"tocsin/core/evidence"
	"tocsin/core/metric"
	"tocsin/core/topic"
	"tocsin/store/state"
)

// TestRing is the whole way of one alarm: events come in, it rings at once, tells
// who did what, and leaves ALARM when AWS's would.
func TestRing(t *testing.T) {
	onBoth(t, func(t *testing.T, db *state.DB) {
		w := newWorld(t, db, nil)
		f := w.filter("root-usage", nil)
		a := w.alarm("root-usage", nil)
		arn := a.Definition.ARN
		if next := w.tick(start); !next.IsZero() {
			t.Errorf("without data it is due at %s", next)
		}
		if got := w.stored(arn).Record; got.State != alarm.OK {
			t.Errorf("the first evaluation: %+v", got)
		}

		now := start.Add(10*time.Minute + 30*time.Second)
		m := a.Definition.Metric()
		began := now.Add(-20 * time.Second)
		w.events(f, m, began,
			evidence.Event{Name: "ConsoleLogin", Source: "signin.amazonaws.com", Principal: "root", Region: "us-east-1"},
			evidence.Event{Name: "CreateUser", Source: "iam.amazonaws.com", Principal: "root", Region: "us-east-1"},
			evidence.Event{Name: "CreateUser", Source: "iam.amazonaws.com", Principal: "root", Region: "us-east-1"})
		if next := w.tick(now); !next.Equal(start.Add(11 * time.Minute)) {
			t.Errorf("due next at %s", next)
		}

		got := w.stored(arn).Record
		want := alarm.Record{
			State: alarm.InAlarm, Updated: now, Transitioned: now, ReasonData: got.ReasonData,
			Reason: "Threshold Crossed: 1 datapoint [3.0 (14/09/26 12:06:00)] was greater than or equal to the threshold (1.0).",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		out := w.outbox()
		if len(out) != 1 || w.told != 1 {
			t.Fatalf("%d messages, told %d times", len(out), w.told)
		}
		p := out[0]
		notice := alarm.Notice{Metric: &a.Definition, From: alarm.OK, To: got}
		if diff := cmp.Diff(state.Publication{
			Kind: topic.Notification, Alarm: arn, Summary: p.Summary, ChainStart: began.UnixMilli() + 1,
			Message: topic.Message{
				ID: p.Message.ID, TopicARN: topicARN, Subject: `ALARM: "root-usage" in EU (Frankfurt)`, Published: now,
				Default: notice.JSON(), Bodies: map[topic.Protocol]string{topic.SMS: notice.SMS(), topic.Email: notice.Email()},
				Attributes: map[string]topic.Attribute{"severity": {Type: "String", Value: "high"}}, // for filter policies
			},
		}, p); diff != "" {
			t.Error(diff)
		}
		var s evidence.Summary
		if err := json.Unmarshal(p.Summary, &s); err != nil {
			t.Fatal(err)
		}
		if len(s.Newest) != 3 || s.Newest[0].Name != "CreateUser" {
			t.Errorf("newest: %+v", s.Newest)
		}
		s.Newest = nil
		if diff := cmp.Diff(evidence.Summary{
			Alarm: "root-usage", AlarmARN: arn, Title: "Title of root-usage", Severity: "high",
			State: "ALARM", Previous: "OK", Reason: got.Reason, At: now,
			From: start.Add(6 * time.Minute), To: start.Add(11 * time.Minute), Count: 3,
			Principals: []evidence.Count{{Text: "root", Count: 3}},
			Actions:    []evidence.Count{{Text: "iam:CreateUser", Count: 2}, {Text: "signin:ConsoleLogin", Count: 1}},
			Regions:    []evidence.Count{{Text: "us-east-1", Count: 3}},
			Command:    "tocsin search --since 2026-09-14T12:06:00Z --until 2026-09-14T12:11:00Z root-usage",
		}, s); diff != "" {
			t.Error(diff)
		}

		w.run(start.Add(11*time.Minute), start.Add(time.Hour))
		var items []string
		for _, h := range w.history(arn) {
			items = append(items, h.Timestamp.Format("15:04:05 ")+h.Type+": "+h.Summary)
		}
		if diff := cmp.Diff([]string{
			"12:00:00 StateUpdate: Alarm updated from INSUFFICIENT_DATA to OK",
			"12:10:30 StateUpdate: Alarm updated from OK to ALARM",
			"12:10:30 Action: Successfully executed action " + topicARN,
			"12:26:00 StateUpdate: Alarm updated from ALARM to OK",
		}, items); diff != "" {
			t.Error(diff)
		}
		if h := w.history(arn)[2]; !strings.Contains(h.Data, `"publishedMessage":"{\"default\":`) {
			t.Error(h.Data)
		}
		rings := w.rings(a)
		at := func(minute int) int64 { return start.Add(time.Duration(minute) * time.Minute).UnixMilli() }
		if diff := cmp.Diff([]state.Ring{{ID: rings[0].ID, Alarm: a.ID, From: at(11), To: at(26), Told: now.UnixMilli()}}, rings); diff != "" {
			t.Error(diff)
		}
		if got := w.stored(arn); got.Due != state.MaxTime || got.EvaluatedTo != at(26) {
			t.Errorf("due %d, evaluated to %d", got.Due, got.EvaluatedTo)
		}
		if len(w.outbox()) != 0 {
			t.Error("there are no actions for OK")
		}
		if got := w.Stats(); got.Changes != 3 || got.Published != 1 || got.Failed+got.Overtaken+got.Unfit+got.Late != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// TestActions: what an action comes to.
func TestActions(t *testing.T) {
	w := newWorld(t, sqlite(t), nil)
	const missing, lambda = "arn:aws:sns:eu-central-1:123456789012:gone", "arn:aws:lambda:eu-central-1:123456789012:function:f"
	const closed, locked = "arn:aws:sns:eu-central-1:123456789012:closed", "arn:aws:sns:eu-central-1:123456789012:locked"
	w.update(func(ctx context.Context, tx *state.Tx) error {
		settings, err := topic.TopicSettings{}.Set("KmsMasterKeyId", "alias/aws/sns")
		if err != nil {
			return err
		}
		if err := tx.PutTopic(ctx, state.Topic{ARN: locked, Owner: scope.Account, Settings: settings, Created: start}); err != nil {
			return err
		}
		return tx.PutTopic(ctx, state.Topic{ARN: closed, Owner: scope.Account, Created: start, Policy: `{"Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"SNS:Publish","Resource":"` + closed + `"}]}`})
	})
	a := w.alarm("several", func(a *state.Alarm) {
		a.Definition.AlarmActions = []string{missing, topicARN, closed, lambda, topicARN + ":0b6a3a5e-6a0a-4c43-9d0b-6f2f4f0f7d13"}
		a.Definition.OKActions = []string{locked, topicARN}
	})
	silent := w.alarm("silent", func(a *state.Alarm) { a.Definition.ActionsEnabled = false })
	odd := w.alarm("od\u00e9"+strings.Repeat("n", 100), nil)
	w.tick(start)
	if got := w.subjects(); len(got) != 1 || got[0] != `OK: "several" in EU (Frankfurt)` {
		t.Errorf("the way to OK told %q", got)
	}
	now := start.Add(10 * time.Minute)
	for _, a := range []state.Alarm{a, silent, odd} {
		w.count(a.Definition.MetricName, now, 1)
	}
	w.tick(now)
	if got := w.subjects(); len(got) != 2 {
		t.Errorf("told %q", got)
	}
	var failed []string
	for _, h := range w.history(a.Definition.ARN) {
		if strings.HasPrefix(h.Summary, "Failed") {
			var data struct{ Error string }
			if err := json.Unmarshal([]byte(h.Data), &data); err != nil {
				t.Fatal(err)
			}
			failed = append(failed, h.Summary+": "+data.Error)
		}
	}
	if diff := cmp.Diff([]string{
		"Failed to execute action " + locked + ": CloudWatch Alarms does not have authorization to access the SNS topic encryption key.",
		"Failed to execute action " + missing + ": there is no topic " + missing + "; create it, or take it out of the alarm's actions",
		"Failed to execute action " + closed + ": Resource: " + a.Definition.ARN + " is not authorized to perform: SNS:Publish on resource: " + closed,
		"Failed to execute action " + lambda + ": tocsin acts on SNS topics only, and " + lambda + " is none",
		"Failed to execute action " + topicARN + ":0b6a3a5e-6a0a-4c43-9d0b-6f2f4f0f7d13: tocsin acts on SNS topics only, and " + topicARN + ":0b6a3a5e-6a0a-4c43-9d0b-6f2f4f0f7d13 is none",
	}, failed); diff != "" {
		t.Error(diff)
	}
	if got := strings.Count(w.log.String(), "an action of an alarm could not be run"); got != 5 {
		t.Errorf("the log was told of %d failures", got)
	}
	if got := w.stored(silent.Definition.ARN).Record.State; got != alarm.InAlarm {
		t.Errorf("without actions: %s", got)
	}
	if got := len(w.history(silent.Definition.ARN)); got != 2 {
		t.Errorf("without actions: %d items", got)
	}
}

// TestLateAndRepeated: the messages of what comes late, and of what goes on.
func TestLateAndRepeated(t *testing.T) {
	w := newWorld(t, sqlite(t), nil)
	f := w.filter("late", nil)
	a := w.alarm("late", func(a *state.Alarm) {
		a.Extra.Repeat = state.Repeat{Mode: state.RepeatOnNewEvents, Every: time.Minute}
	})
	w.tick(start)
	now := start.Add(3*time.Hour + 10*time.Second)
	w.events(f, a.Definition.Metric(), now.Add(-2*time.Hour), evidence.Event{Name: "late"})
	w.run(now, now.Add(50*time.Minute))
	now = start.Add(4*time.Hour + 10*time.Second)
	w.events(f, a.Definition.Metric(), now, evidence.Event{Name: "first"})
	w.tick(now)
	w.events(f, a.Definition.Metric(), now.Add(time.Minute), evidence.Event{Name: "more"}, evidence.Event{Name: "more"})
	w.run(now.Add(30*time.Second), now.Add(time.Hour))

	var got []string
	for _, p := range w.outbox() {
		var s evidence.Summary
		if err := json.Unmarshal(p.Summary, &s); err != nil {
			t.Fatal(err)
		}
		line := s.At.Format("15:04:05 ") + s.Previous + ">" + s.State + " " + s.From.Format("15:04-") + s.To.Format("15:04")
		for _, e := range s.Newest {
			line += " " + e.Name
		}
		if s.Late {
			line += " late"
		}
		if s.Repeated {
			line += " repeated"
		}
		got = append(got, line)
	}
	if diff := cmp.Diff([]string{
		"15:00:10 OK>ALARM 12:56-13:16 late late",
		"16:00:10 OK>ALARM 15:56-16:01 first",
		"16:00:10 ALARM>ALARM 16:01-16:02 more more repeated",
	}, got); diff != "" {
		t.Error(diff)
	}
}

// TestDimensions: an alarm on a metric with dimensions shows the events that have
// them, as far as an event tells.
func TestDimensions(t *testing.T) {
	w := newWorld(t, sqlite(t), nil)
	f := w.filter("split", func(d *metric.Definition) {
		d.Transformations[0].Dimensions = []metric.Dimension{{Name: "Who", Value: "$.userIdentity.arn"}, {Name: "Bucket", Value: "$.requestParameters.bucketName"}}
		d.SystemFields = []string{metric.AccountField}
	})
	w.filter("whole", func(d *metric.Definition) { d.Transformations[0].MetricName = "split" })
	dimensions := []metric.Dimension{{Name: "Bucket", Value: "b"}, {Name: "Who", Value: "alice"}, {Name: metric.AccountField, Value: "1"}}
	a := w.alarm("split", func(a *state.Alarm) { a.Definition.Dimensions = dimensions })
	w.tick(start)
	now := start.Add(time.Hour)
	w.events(f, a.Definition.Metric(), now,
		evidence.Event{Name: "hers", Principal: "alice", Account: "1"},
		evidence.Event{Name: "his", Principal: "bob", Account: "1"},
		evidence.Event{Name: "elsewhere", Principal: "alice", Account: "2"})
	w.tick(now)
	out := w.outbox()
	if len(out) != 1 {
		t.Fatalf("%d messages", len(out))
	}
	var s evidence.Summary
	if err := json.Unmarshal(out[0].Summary, &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Newest) != 1 || s.Newest[0].Name != "hers" {
		t.Errorf("%+v", s.Newest)
	}
}

// TestUnfit: an alarm that cannot be judged is told to the log once and keeps no
// other from ringing.
func TestUnfit(t *testing.T) {
	w := newWorld(t, sqlite(t), nil)
	math := w.alarm("math", func(a *state.Alarm) {
		a.Definition.Namespace, a.Definition.MetricName, a.Definition.Statistic = "", "", metric.Statistic{}
		a.Definition.Metrics = []alarm.MetricQuery{
			{ID: "m", Metric: &alarm.MetricStat{Namespace: "CIS", MetricName: "good", Stat: "Sum", Period: 300}},
			{ID: "e", Expression: "m * n", ReturnData: true},
		}
	})
	broken := w.alarm("broken", func(a *state.Alarm) { a.Definition.Period = 0 })
	w.alarm("good", nil)
	w.tick(start)
	for i := range 5 {
		now := start.Add(time.Duration(i+1) * time.Minute)
		w.count("broken", now, 1)
		w.count("good", now, 1)
		w.tick(now)
	}
	if got := w.subjects(); len(got) != 1 {
		t.Errorf("told %q", got)
	}
	for _, a := range []state.Alarm{math, broken} {
		if got := w.stored(a.Definition.ARN); got.Record.State != alarm.InsufficientData || got.Due == state.MaxTime {
			t.Errorf("%s: %s, due %d", a.Definition.Name, got.Record.State, got.Due)
		}
		if n := strings.Count(w.log.String(), a.Definition.ARN); n != 1 {
			t.Errorf("the log tells of %s %d times:\n%s", a.Definition.Name, n, w.log.String())
		}
	}
	// Mended, it is judged by all that came meanwhile.
	broken.Definition.Period = 300
	w.update(func(ctx context.Context, tx *state.Tx) error {
		_, _, err := tx.PutAlarm(ctx, broken)
		return err
	})
	w.tick(start.Add(6 * time.Minute))
	if got := w.stored(broken.Definition.ARN).Record.State; got != alarm.InAlarm {
		t.Errorf("mended: %s", got)
	}
}

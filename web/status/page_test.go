package status

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/core/alarm"
	"tocsin/core/metric"
	"tocsin/core/topic"
	"tocsin/store/state"
)

var pageTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// hostile is what somebody may put into a log to reach who reads the page.
const hostile = `"><script>alert(1)</script>`

// filled is a database with something of everything the page shows.
func filled(t *testing.T) *state.DB {
	t.Helper()
	db := empty(t)
	ctx := t.Context()
	scope := state.Scope{Partition: "aws", Account: "111122223333", Region: "eu-central-1"}
	err := db.Update(ctx, func(tx *state.Tx) error {
		group, err := tx.EnsureLogGroup(ctx, state.LogGroup{Scope: scope, Name: "aws-cloudtrail-logs", RetentionDays: 365, Created: pageTime})
		if err != nil {
			return err
		}
		if _, err := tx.AddBlock(ctx, state.Block{LogGroup: group.ID, First: pageTime.Add(-time.Hour).UnixMilli(), Last: pageTime.UnixMilli(), Events: 12345, RawBytes: 20e6, Size: 3e6, Body: []byte("x")}); err != nil {
			return err
		}
		for i, name := range []string{"root-usage", "unauthorized-api-calls", "iam-policy-changes", "console-sign-in-without-mfa", "cloudtrail-changes", "s3-bucket-policy-changes"} {
			if err := addAlarm(ctx, tx, scope, name, i); err != nil {
				return err
			}
		}
		if _, err := tx.AddMarks(ctx, []state.Mark{
			{Source: "dir:/var/log/trail", Key: "a.json.gz", Version: "1", Account: "111122223333", Region: "eu-central-1", Last: pageTime.Add(-4 * time.Minute).UnixMilli(), Events: 12000, At: pageTime.Add(-2 * time.Minute)},
			{Source: "dir:/var/log/trail", Key: hostile, Version: "1", Account: "444455556666", Region: "us-east-1", Last: pageTime.Add(-26 * time.Hour).UnixMilli(), Events: 345, At: pageTime.Add(-25 * time.Hour)},
		}); err != nil {
			return err
		}
		return addDeliveries(ctx, tx)
	})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func empty(t *testing.T) *state.DB {
	t.Helper()
	db, err := state.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "tocsin.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func addAlarm(ctx context.Context, tx *state.Tx, scope state.Scope, name string, i int) error {
	arn := alarm.ARN("aws", scope.Region, scope.Account, name)
	a, _, err := tx.PutAlarm(ctx, state.Alarm{Scope: scope, Definition: alarm.Alarm{
		Name: name, ARN: arn, ActionsEnabled: i != 5, AlarmActions: []string{topicARN}, Namespace: "CISBenchmark", MetricName: name,
		Statistic: metric.MustStatistic("Sum"), Period: 300, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: "GreaterThanOrEqualToThreshold",
	}, Record: alarm.NewRecord(pageTime.Add(-48 * time.Hour)), Extra: state.AlarmExtra{Title: "Ensure that " + name + " is monitored", Severity: "high"}})
	if err != nil {
		return err
	}
	for h := range 24 {
		if (h+i)%(i+2) == 0 && i < 4 {
			points := state.Points{Scope: scope, Metric: a.Definition.Metric(), Unit: "None", Points: []metric.Point{{Time: pageTime.Add(-time.Duration(h) * time.Hour).UnixMilli(), Samples: metric.Of(1, 1, float64(h))}}}
			if err := tx.AddPoints(ctx, []state.Points{points}); err != nil {
				return err
			}
		}
	}
	if i > 3 {
		return nil
	}
	r := alarm.Record{State: alarm.OK, Reason: "Threshold Crossed: 1 datapoint [0.0 (01/03/26 11:50:00)] was not greater than or equal to the threshold (1.0).", Updated: pageTime.Add(-time.Hour), Transitioned: pageTime.Add(-time.Hour)}
	if i < 2 {
		r = alarm.Record{State: alarm.InAlarm, Reason: hostile + " Threshold Crossed: 1 datapoint [7.0 (01/03/26 11:54:00)] was greater than or equal to the threshold (1.0).", Updated: pageTime, Transitioned: pageTime.Add(-time.Duration(i*7+1) * time.Minute)}
	}
	return tx.SetAlarmRecord(ctx, arn, r)
}

const topicARN = "arn:aws:sns:eu-central-1:111122223333:security"

func addDeliveries(ctx context.Context, tx *state.Tx) error {
	if err := tx.PutTopic(ctx, state.Topic{ARN: topicARN, Owner: "111122223333", Created: pageTime}); err != nil {
		return err
	}
	endpoints := []struct {
		protocol topic.Protocol
		endpoint string
	}{{"email", "security@example.com"}, {"slack", "https://hooks.example.com/secret"}, {"https", "https://example.com/" + hostile}}
	var arns []string
	for i, e := range endpoints {
		arn := fmt.Sprintf("%s:%d", topicARN, i)
		arns = append(arns, arn)
		if err := tx.PutSubscription(ctx, state.Subscription{Subscription: topic.Subscription{ARN: arn, TopicARN: topicARN, Protocol: e.protocol, Endpoint: e.endpoint, Confirmed: i != 2}, Created: pageTime}); err != nil {
			return err
		}
	}
	message := topic.Message{ID: "11111111-2222-3333-4444-555555555555", TopicARN: topicARN, Subject: `ALARM: "root-usage" in EU (Frankfurt) ` + hostile, Default: "x", Published: pageTime}
	if err := tx.Publish(ctx, state.Publication{Message: message, Kind: topic.Notification}); err != nil {
		return err
	}
	if _, err := tx.LeasePublications(ctx, "me", pageTime, pageTime.Add(time.Minute), 10); err != nil {
		return err
	}
	if err := tx.Spread(ctx, "me", message.ID, arns, pageTime.Add(-3*time.Second)); err != nil {
		return err
	}
	jobs, err := tx.LeaseDeliveries(ctx, "me", pageTime, pageTime.Add(time.Minute), 10, 10)
	if err != nil {
		return err
	}
	for i, j := range jobs {
		d := j.Delivery
		d.Attempts, d.Status, d.Last, d.Next = 1, []state.DeliveryStatus{state.Delivered, state.Pending, state.Dead}[i], "250 OK "+hostile, pageTime.Add(20*time.Second)
		if err := tx.FinishAttempt(ctx, "me", state.Attempt{Delivery: d.ID, Number: 1, At: pageTime, Answer: "delivered", Detail: d.Last}, d); err != nil {
			return err
		}
	}
	return nil
}

func show(t *testing.T, db *state.DB) string {
	t.Helper()
	p := New(Options{
		State: db, Now: func() time.Time { return pageTime }, Version: "1.0.0", Account: "111122223333",
		Redact: func(p topic.Protocol, endpoint string) string {
			if p == "slack" {
				return "slack:hooks.example.com"
			}
			return endpoint
		},
		Sources: func() []Source {
			return []Source{
				{Name: "dir:/var/log/trail", Since: pageTime, Given: 1234, Waiting: -1},
				{Name: "s3://example-trail/AWSLogs", Since: pageTime.Add(-time.Hour), Problem: "AccessDenied: not yours " + hostile, Given: 3, Failed: 1, Waiting: 4},
			}
		},
	})
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy: %q", policy)
	}
	text := w.Body.String()
	if name := os.Getenv("TOCSIN_SHOW"); name != "" { // to look at, see docs/serve.md
		if err := os.WriteFile(filepath.Join(name, t.Name()+".html"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return text
}

func TestPage(t *testing.T) {
	text := show(t, filled(t))
	for _, want := range []string{
		"2 alarms ring", "(2) tocsin", "root-usage", "1 minute ago", "actions are off", "12,345", "security@example.com", "slack:hooks.example.com",
		"waits for confirmation", "1 delivered", "1 on their way", "1 given up", "AccessDenied: not yours", "4 wait", "kept for 365 days", "NO DATA",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(text, "<script") || strings.Contains(text, "/secret") {
		t.Error("the page holds a script or a secret")
	}
	if strings.Index(text, "root-usage") > strings.Index(text, "iam-policy-changes") {
		t.Error("what rings does not come first")
	}
}

// What is made at the endpoint is shown beside the alarms of packs: composite
// alarms, alarms on metric math, and what keeps any of them from being heard.
func TestPageOfAlarmsMadeAtTheEndpoint(t *testing.T) {
	db := filled(t)
	scope := state.Scope{Partition: "aws", Account: "111122223333", Region: "us-east-1"}
	rang := alarm.Record{State: alarm.InAlarm, Reason: "arn:... transitioned to ALARM", Updated: pageTime, Transitioned: pageTime}
	err := db.Update(t.Context(), func(tx *state.Tx) error {
		for name, suppression := range map[string]alarm.Suppression{"either": {}, "held": {By: alarm.SuppressedByAlarm}} {
			rule, err := alarm.ParseRule(`ALARM("doubled")`)
			if err != nil {
				return err
			}
			c := state.CompositeAlarm{
				Definition: alarm.Composite{Name: name, Description: "one of them", ARN: alarm.ARN("aws", scope.Region, scope.Account, name), Rule: rule, ActionsEnabled: true, AlarmActions: []string{topicARN}},
				Record:     rang, Suppression: suppression,
			}
			if _, err := state.CompositeAlarms.Put(t.Context(), tx, state.Resource[state.CompositeAlarm]{Scope: scope, Name: name, Value: c}); err != nil {
				return err
			}
		}
		_, _, err := tx.PutAlarm(t.Context(), state.Alarm{Scope: scope, Record: rang, Definition: alarm.Alarm{
			Name: "doubled", ARN: alarm.ARN("aws", scope.Region, scope.Account, "doubled"), ActionsEnabled: true,
			Metrics: []alarm.MetricQuery{{ID: "e", Expression: "m*2", ReturnData: true}}, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: "GreaterThanOrEqualToThreshold",
		}})
		if err != nil {
			return err
		}
		rule := state.MuteRule{Name: "quiet", Alarms: []string{"either", "root-usage"}, Expression: "at(2026-03-01T11:30)", Duration: "PT1H"}
		_, err = state.MuteRules.Put(t.Context(), tx, state.Resource[state.MuteRule]{Scope: scope, Name: rule.Name, Value: rule})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := show(t, db)
	for _, want := range []string{
		"5 alarms ring",
		"<td class=\"wrap\">either<small>composite alarm · one of them · muted until 2026-03-01 12:30:00 UTC · 111122223333 us-east-1</small>",
		"held<small>composite alarm · one of them · actions are suppressed",
		"doubled<small>metric math · tells nobody · 111122223333 us-east-1</small></td>\n<td class=\"wide\"></td>\n<td class=\"n\"></td>",
		"security@example.com<small>of security</small>",
		"kept for 365 days · 111122223333 eu-central-1",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if n := strings.Count(text, "muted until"); n != 1 {
		t.Errorf("%d alarms are muted: a rule counts in its own account and Region only", n)
	}
}

func TestEmptyPage(t *testing.T) {
	text := show(t, empty(t))
	for _, want := range []string{"Nobody is told", "There are none.", "No log file has come in yet.", "Nobody is subscribed."} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestPageIsOnlyRead(t *testing.T) {
	w := httptest.NewRecorder()
	New(Options{Now: time.Now}).ServeHTTP(w, httptest.NewRequest("POST", "/", nil))
	if w.Code != 405 {
		t.Errorf("status %d", w.Code)
	}
}

func TestPageWithoutDatabase(t *testing.T) {
	db, err := state.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "tocsin.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	New(Options{State: db, Now: time.Now}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 503 || !strings.Contains(w.Body.String(), "wait in their sources") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

// Names of files that tell accounts without end made a page without end.
func TestPageOfAccountsWithoutEndIsBounded(t *testing.T) {
	db := empty(t)
	var marks []state.Mark
	for i := range maxFiles + 7 {
		marks = append(marks, state.Mark{Source: "s", Key: fmt.Sprint(i), Account: fmt.Sprintf("%012d", i), Region: "eu-central-1", At: pageTime})
	}
	err := db.Update(t.Context(), func(tx *state.Tx) error {
		_, err := tx.AddMarks(t.Context(), marks)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := show(t, db)
	if n := strings.Count(text, "eu-central-1"); n != maxFiles || !strings.Contains(text, "and 7 more") {
		t.Errorf("%d accounts are shown, and that there are more: %v", n, strings.Contains(text, "and 7 more"))
	}
}

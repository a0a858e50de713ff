package alarm

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/metric"
	"tocsin/internal/corpus"
)

func rootUsage() (Alarm, Record) {
	a := Alarm{
		Name: "root-usage", Description: "root account was used",
		ARN:            ARN("aws", "us-east-1", "111122223333", "root-usage"),
		ActionsEnabled: true, AlarmActions: []string{"arn:aws:sns:us-east-1:111122223333:security"},
		Namespace: "CISBenchmark", MetricName: "RootUsage", Statistic: metric.MustStatistic("Sum"),
		Period: 300, EvaluationPeriods: 1, Threshold: 1,
		ComparisonOperator: GreaterThanOrEqualToThreshold, TreatMissingData: NotBreaching,
		ConfigurationUpdated: time.Date(2026, 9, 14, 11, 0, 2, 115e6, time.UTC),
	}
	v := Evaluate(a, OK, []Datapoint{{Timestamp: time.Date(2026, 9, 14, 11, 13, 0, 0, time.UTC), Value: 1, SampleCount: 1}})
	r, _ := Record{State: OK}.Apply(a, v, time.Date(2026, 9, 14, 11, 18, 44, 401e6, time.UTC))
	return a, r
}

// TestNoticeDocument has the specification's model document, to the byte.
func TestNoticeDocument(t *testing.T) {
	a, r := rootUsage()
	want := `{"AlarmName":"root-usage","AlarmDescription":"root account was used","AWSAccountId":"111122223333","AlarmConfigurationUpdatedTimestamp":"2026-09-14T11:00:02.115+0000","NewStateValue":"ALARM","NewStateReason":"Threshold Crossed: 1 datapoint [1.0 (14/09/26 11:13:00)] was greater than or equal to the threshold (1.0).","StateChangeTime":"2026-09-14T11:18:44.401+0000","Region":"US East (N. Virginia)","AlarmArn":"arn:aws:cloudwatch:us-east-1:111122223333:alarm:root-usage","OldStateValue":"OK","ActionExecutedAfterMuteWindow":false,"OKActions":[],"AlarmActions":["arn:aws:sns:us-east-1:111122223333:security"],"InsufficientDataActions":[],"Trigger":{"MetricName":"RootUsage","Namespace":"CISBenchmark","StatisticType":"Statistic","Statistic":"SUM","Unit":null,"Dimensions":[],"Period":300,"EvaluationPeriods":1,"ComparisonOperator":"GreaterThanOrEqualToThreshold","Threshold":1.0,"TreatMissingData":"notBreaching","EvaluateLowSampleCountPercentile":""}}`
	n := Notice{Metric: &a, From: OK, To: r}
	if diff := cmp.Diff(want, n.JSON()); diff != "" {
		t.Error(diff)
	}
	if got := n.Subject(); got != `ALARM: "root-usage" in US East (N. Virginia)` || n.SMS() != got {
		t.Errorf("subject %s, SMS %s", got, n.SMS())
	}
	var message map[string]string
	if err := json.Unmarshal([]byte(n.Message()), &message); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"default": n.JSON(), "sms": n.SMS(), "email": n.Email()}, message); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(n.Message(), `{"default":"{\"AlarmName\"`) || strings.Contains(n.Message(), `\u003e`) {
		t.Errorf("message %.60s", n.Message())
	}
}

// TestRecordedNotices reads messages recorded from AWS into an alarm and writes
// them again: the same members with the same values come out, in the same order
// where the recording kept it.
func TestRecordedNotices(t *testing.T) {
	dir := filepath.Join(corpus.Dir(t), "fixtures/notifications")
	for _, name := range []string{
		"aws-lambda-go-cloudwatch-alarm-sns-payload-multiple-metrics.json",
		"aws-lambda-go-cloudwatch-alarm-sns-payload-single-metric.json",
		"notify-slack-cloudwatch_alarm.json",
	} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		var event struct {
			Records []struct{ Sns struct{ Message string } }
		}
		if err := json.Unmarshal(text, &event); err != nil || len(event.Records) != 1 {
			t.Fatalf("%s: %v", name, err)
		}
		t.Run(name, func(t *testing.T) { roundTrip(t, event.Records[0].Sns.Message, true) })
	}

	text, err := os.ReadFile(filepath.Join(dir, "aws-recorded-alarms-and-metric-filters.json"))
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]struct {
		Content map[string]json.RawMessage `json:"recorded-content"`
	}
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	found := 0
	for test, content := range recorded {
		for part, message := range content.Content {
			if strings.HasSuffix(part, "sqs-msg") {
				found++
				t.Run(filepath.Base(test)+"/"+part, func(t *testing.T) { roundTrip(t, string(message), false) })
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d recorded messages", found)
	}
}

// roundTrip makes an alarm of a notice's document and compares the document
// that the alarm makes. The recordings' masks for dates and names stand for
// themselves; members that came to the message later are left out of the
// comparison where a recording is older.
func roundTrip(t *testing.T, message string, ordered bool) {
	t.Helper()
	var m struct {
		AlarmName, AlarmDescription, NewStateReason, Region, AlarmArn string
		NewStateValue, OldStateValue                                  State
		OKActions, AlarmActions, InsufficientDataActions              []string
		Trigger                                                       struct {
			MetricName, Namespace, StatisticType, Statistic string
			Unit                                            *string
			Dimensions                                      []struct{ Value, Name string }
			Period, EvaluationPeriods, DatapointsToAlarm    int
			ComparisonOperator                              Operator
			Threshold                                       float64
			TreatMissingData                                TreatMissingData
			EvaluateLowSampleCountPercentile                LowSampleCount
			Metrics                                         []struct {
				Expression, Id, Label string //nolint:revive // AWS's spelling
				ReturnData            bool
				MetricStat            *struct {
					Metric struct {
						Dimensions            []struct{ Value, Name string }
						MetricName, Namespace string
					}
					Period int
					Stat   string
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(message), &m); err != nil {
		t.Fatal(err)
	}
	tr := m.Trigger
	a := Alarm{
		Name: m.AlarmName, Description: m.AlarmDescription, ARN: m.AlarmArn,
		OKActions: m.OKActions, AlarmActions: m.AlarmActions, InsufficientDataActions: m.InsufficientDataActions,
		Namespace: tr.Namespace, MetricName: tr.MetricName, Period: tr.Period, EvaluationPeriods: tr.EvaluationPeriods,
		DatapointsToAlarm: tr.DatapointsToAlarm, Threshold: tr.Threshold, ComparisonOperator: tr.ComparisonOperator,
		TreatMissingData: tr.TreatMissingData, EvaluateLowSampleCountPercentile: tr.EvaluateLowSampleCountPercentile,
	}
	for _, d := range tr.Dimensions {
		a.Dimensions = append(a.Dimensions, metric.Dimension{Name: d.Name, Value: d.Value})
	}
	if tr.Unit != nil {
		a.Unit = *tr.Unit
	}
	for _, st := range []string{"SampleCount", "Average", "Sum", "Minimum", "Maximum"} {
		if upperSnake(metric.MustStatistic(st)) == tr.Statistic {
			a.Statistic = metric.MustStatistic(st)
		}
	}
	for _, q := range tr.Metrics {
		query := MetricQuery{ID: q.Id, Expression: q.Expression, Label: q.Label, ReturnData: q.ReturnData}
		if s := q.MetricStat; s != nil {
			query.Metric = &MetricStat{Namespace: s.Metric.Namespace, MetricName: s.Metric.MetricName, Period: s.Period, Stat: s.Stat}
			for _, d := range s.Metric.Dimensions {
				query.Metric.Dimensions = append(query.Metric.Dimensions, metric.Dimension{Name: d.Name, Value: d.Value})
			}
		}
		a.Metrics = append(a.Metrics, query)
	}
	n := Notice{Metric: &a, From: m.OldStateValue, To: Record{State: m.NewStateValue, Reason: m.NewStateReason}}

	// What cannot be told from a recording, because it is masked or was not there yet.
	skip := []string{
		"Region", "AWSAccountId", "AlarmArn", "StateChangeTime", "AlarmConfigurationUpdatedTimestamp",
		"ActionExecutedAfterMuteWindow", "OKActions", "AlarmActions", "InsufficientDataActions",
	}
	want, got := document(t, message), document(t, n.JSON())
	for _, member := range skip {
		if _, ok := got[member]; !ok {
			t.Errorf("no %s in our document", member)
		}
		if member != "OKActions" && member != "AlarmActions" && member != "InsufficientDataActions" || want[member] == nil {
			delete(want, member)
			delete(got, member)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if ordered {
		if diff := cmp.Diff(members(t, message, skip), members(t, n.JSON(), skip)); diff != "" {
			t.Errorf("order of members: %s", diff)
		}
	}
}

func document(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber() // so that 1 and 1.0 differ
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}

// members are the names of all members in the order of the text.
func members(t *testing.T, text string, skip []string) []string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", " "); err != nil {
		t.Fatal(err)
	}
	var names []string
lines:
	for _, line := range strings.Split(b.String(), "\n") {
		name, _, ok := strings.Cut(strings.TrimSpace(line), `": `)
		if !ok || !strings.HasPrefix(name, `"`) {
			continue
		}
		for _, s := range skip {
			if name == `"`+s {
				continue lines
			}
		}
		names = append(names, name)
	}
	return names
}

// TestHeadlines: how long and foreign names are cut (recorded for us-east-1).
func TestHeadlines(t *testing.T) {
	digits := strings.Repeat("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 7)
	for _, c := range []struct{ name, subject, sms string }{
		{
			"an-alarm-whose-name-says-what-it-is-for-" + digits,
			`ALARM: "an-alarm-whose-name-says-what-it-is-for-ABCDEFGHIJKLMNOPQRSTUVW..." in US East (N. Virginia)`,
			`ALARM: "an-alarm-whose-name-says-what-it-is-for-ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGHIJK..." in US East (N. Virginia)`,
		},
		{
			"unicode-" + strings.Repeat("界é", 60),
			`ALARM: "unicode-_" in US East (N. Virginia)`,
			`ALARM: "unicode-_" in US East (N. Virginia)`,
		},
		{"a_é_b", `ALARM: "a___b" in US East (N. Virginia)`, `ALARM: "a___b" in US East (N. Virginia)`},
		{"", `ALARM: "" in US East (N. Virginia)`, `ALARM: "" in US East (N. Virginia)`},
	} {
		n := Notice{Metric: &Alarm{Name: c.name, ARN: ARN("aws", "us-east-1", "1", "x")}, To: Record{State: InAlarm}}
		if n.Subject() != c.subject || n.SMS() != c.sms {
			t.Errorf("subject %s\nSMS     %s", n.Subject(), n.SMS())
		}
		if len(n.Subject()) > 100 {
			t.Errorf("a subject of %d characters", len(n.Subject()))
		}
	}
}

// TestEmails compares with testdata/email, one file for each kind of alarm.
func TestEmails(t *testing.T) {
	a, r := rootUsage()
	single := a
	single.Dimensions = []metric.Dimension{{Name: "InstanceId", Value: "abc"}, {Name: "B", Value: "c"}}
	single.Name, single.OKActions = "root usage", []string{"arn:one", "arn:two"}

	math := a
	math.Namespace, math.MetricName, math.Statistic, math.Period = "", "", metric.Statistic{}, 60
	math.EvaluationPeriods, math.DatapointsToAlarm = 3, 2
	math.Metrics = []MetricQuery{
		{ID: "m1", Metric: &MetricStat{Namespace: "n", MetricName: "m", Period: 60, Stat: "Sum"}},
		{ID: "e1", Expression: "m1 + 0", Label: "errors", ReturnData: true, Period: 60},
	}

	c := composite(t, `ALARM("root-usage")`)
	c.ARN, c.Description = ARN("aws", "eu-west-1", "111122223333", "c"), "any of them"
	child := Child{ARN("aws", "eu-west-1", "111122223333", "root-usage"), InAlarm, r.Updated}
	cr, _ := c.ChildChanged(Record{State: OK}, func(string) Child { return child }, child, r.Updated)

	for name, n := range map[string]Notice{
		"metric":    {Metric: &single, From: OK, To: r},
		"math":      {Metric: &math, From: InsufficientData, To: r},
		"composite": {Composite: &c, From: OK, To: cr, Triggering: []Child{child}},
	} {
		want, err := os.ReadFile(filepath.Join("testdata/email", name+".txt"))
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(string(want), n.Email()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}

	wantJSON := `{"AlarmName":"c","AlarmDescription":"any of them","AWSAccountId":"111122223333","NewStateValue":"ALARM","NewStateReason":"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:root-usage transitioned to ALARM at Monday 14 September, 2026 11:18:44 UTC","StateChangeTime":"2026-09-14T11:18:44.401+0000","Region":"EU (Ireland)","AlarmArn":"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:c","OKActions":[],"AlarmActions":[],"InsufficientDataActions":[],"ActionExecutedAfterMuteWindow":true,"OldStateValue":"OK","AlarmRule":"ALARM(\"root-usage\")","TriggeringChildren":[{"Arn":"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:root-usage","State":{"Value":"ALARM","Timestamp":"2026-09-14T11:18:44.401+0000"}}]}`
	n := Notice{Composite: &c, From: OK, To: cr, Triggering: []Child{child}, AfterMuteWindow: true}
	if diff := cmp.Diff(wantJSON, n.JSON()); diff != "" {
		t.Error(diff)
	}
	wantTrigger := `"Trigger":{"Period":60,"EvaluationPeriods":3,"DatapointsToAlarm":2,"ComparisonOperator":"GreaterThanOrEqualToThreshold","Threshold":1.0,"TreatMissingData":"notBreaching","EvaluateLowSampleCountPercentile":"","Metrics":[{"Id":"m1","MetricStat":{"Metric":{"Dimensions":[],"MetricName":"m","Namespace":"n"},"Period":60,"Stat":"Sum"},"ReturnData":false},{"Expression":"m1 + 0","Id":"e1","Label":"errors","ReturnData":true,"Period":60}]}}`
	if got := (Notice{Metric: &math, From: OK, To: r}).JSON(); !strings.HasSuffix(got, wantTrigger) {
		t.Error(got)
	}
	percentile := a
	percentile.Statistic = metric.MustStatistic("p90")
	if got := (Notice{Metric: &percentile, From: OK, To: r}).JSON(); !strings.Contains(got, `"StatisticType":"ExtendedStatistic","ExtendedStatistic":"p90","Unit":null`) {
		t.Error(got)
	}
	if got := upperSnake(metric.MustStatistic("SampleCount")); got != "SAMPLE_COUNT" {
		t.Error(got)
	}
}

package audit_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tocsin/audit"
	"tocsin/core/control"
	"tocsin/core/pattern"
)

// needed are the questions without whose answers no alarm of the benchmark can be
// said to reach anybody.
var needed = []string{
	"cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors", "logs:DescribeMetricFilters",
	"cloudwatch:DescribeAlarms", "cloudwatch:ListAlarmMuteRules", "sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:GetSubscriptionAttributes",
}

// rootUsage is one alarm and the controls on trails: enough to see what an answer does.
var rootUsage = slices.DeleteFunc(controls(), func(c control.Control) bool { return c.Kind == control.Alarm && c.ID != "root-usage" })

// small is the healthy account with one filter and one alarm.
func small(t testing.TB) map[string]any {
	answers := healthy(t)
	for _, c := range controls() {
		if c.Kind != control.Alarm || c.ID == "root-usage" {
			continue
		}
		for _, list := range []string{"filters", "alarms"} {
			if err := apply(answers, "del "+list+"|"+c.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	return answers
}

// leaves are the paths of all values in an answer, members that hold others included.
func leaves(v any, at []string, visit func(path []string)) {
	if len(at) > 0 {
		visit(slices.Clone(at))
	}
	switch v := v.(type) {
	case map[string]any:
		for k, m := range v {
			leaves(m, append(at, k), visit)
		}
	case []any:
		for i, m := range v {
			leaves(m, append(at, fmt.Sprint(i)), visit)
		}
	}
}

// idle are the members without which root-usage holds all the same.
var idle = []string{
	"Name", "HomeRegion", "IsOrganizationTrail", "IncludeGlobalServiceEvents", "LogFileValidationEnabled", "HasCustomEventSelectors", "S3BucketName",
	"KmsKeyId", "CloudWatchLogsRoleArn", "StartLoggingTime", "LatestDeliveryTime", "TrailARN", "DataResources", "Type", "Values",
	"ExcludeManagementEventSources", "filterName", "logGroupName", "creationTime", "AlarmArn", "TreatMissingData", "StateValue", "StateUpdatedTimestamp",
	"CompositeAlarms", "AlarmHistoryItems", "AlarmMuteRuleSummaries", "TopicArn", "Owner", "SubscriptionsConfirmed", "SubscriptionsPending", "Protocol", "Endpoint",
	"SubscriptionArn", "PendingConfirmation", "RawMessageDelivery", "cloudwatch:DescribeAlarmHistory",
}

// Each member of each answer is left out once: what matters must not go unnoticed.
func TestMissingMembers(t *testing.T) {
	var paths [][]string
	leaves(small(t), nil, func(path []string) { paths = append(paths, path) })
	for _, path := range paths {
		answers := small(t)
		if _, err := change(answers, path, func(any) any { return nil }); err != nil {
			t.Fatal(err)
		}
		last := path[len(path)-1]
		bucket := strings.HasPrefix(path[0], "s3:")
		history := path[0] == "cloudwatch:DescribeAlarmHistory"
		inData := slices.Contains(path, "DataResources")
		// SubscriptionArn and TrailARN matter in lists, and are told twice elsewhere.
		twice := (last == "SubscriptionArn" && path[0] == "sns:ListSubscriptionsByTopic") || (last == "TrailARN" && path[0] == "cloudtrail:DescribeTrails")
		harmless := bucket || history || inData || slices.Contains(idle, last) && !twice
		a := read(t, answers)
		for _, f := range audit.Judge(&a, rootUsage, control.Newest) {
			if f.Control == "root-usage" && (f.Status == audit.Passed) != harmless {
				t.Errorf("without %s: root-usage is %s: %s", strings.Join(path, "|"), f.Status, f.Summary)
			}
		}
	}
}

// odd are values that an answer should not have.
var odd = []any{nil, "", "arn:aws:sns:us-east-1:111122223333:security", "arn:::::", json.Number("1e999"), strings.Repeat("x", 5000), []any{"", nil, map[string]any{}}, "x", "\x00'\"${", -1.0, 1e300, 0.0, true, false, []any{}, map[string]any{}, []any{nil}, "2026-03-02T11:57:00Z", "arn:aws:sns:::", "{ $.a = 1 }", "ALARM(a) OR"}

// mutate changes a few values of the answers, by the numbers of the fuzzer.
func mutate(answers map[string]any, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 7))
	for range 1 + r.IntN(4) {
		var paths [][]string
		leaves(answers, nil, func(path []string) { paths = append(paths, path) })
		slices.SortFunc(paths, slices.Compare)
		if len(paths) == 0 {
			return
		}
		value := odd[r.IntN(len(odd))]
		if _, err := change(answers, paths[r.IntN(len(paths))], func(any) any { return value }); err != nil {
			return // a path that an earlier change took away
		}
	}
}

// rich is small with one of everything that an answer can have beside.
func rich(t testing.TB) map[string]any {
	answers := small(t)
	for _, line := range []string{
		`text topic|KmsMasterKeyId alias/alarms`,
		`set kms:DescribeKey|111122223333/us-east-1/alias/alarms {"KeyMetadata":{"KeyState":"Enabled","KeyManager":"CUSTOMER","Arn":"arn:aws:kms:us-east-1:111122223333:key/1"}}`,
		`set kms:GetKeyPolicy|arn:aws:kms:us-east-1:111122223333:key/1 {"Policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"cloudwatch.amazonaws.com\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}]}"}`,
		`set cloudwatch:ListAlarmMuteRules|111122223333/us-east-1|AlarmMuteRuleSummaries [{"AlarmMuteRuleArn":"arn:aws:cloudwatch:us-east-1:111122223333:alarm-mute-rule:works","Status":"ACTIVE"}]`,
		`set cloudwatch:GetAlarmMuteRule|works {"Name":"works","MuteTargets":{"AlarmNames":["other"]},"Rule":{"Schedule":{"Expression":"cron(0 2 * * *)","Duration":"PT4H","Timezone":"UTC"}}}`,
		`set filters|root-usage|fieldSelectionCriteria "@aws.account = \"111122223333\""`,
		`set filters|root-usage|metricTransformations|0|defaultValue 0`,
		`add filters {"filterName":"by-name","filterPattern":"{ $.userIdentity.type = \"Root\" }","metricTransformations":[{"metricName":"n","metricNamespace":"N","metricValue":"$.eventVersion","unit":"Count","dimensions":{"Name":"$.eventName"}}]}`,
		`add alarms {"AlarmName":"by-name","ActionsEnabled":true,"AlarmActions":["arn:aws:sns:us-east-1:111122223333:security"],"Namespace":"N","MetricName":"n","Dimensions":[{"Name":"Name","Value":"ConsoleLogin"}],"ExtendedStatistic":"p90","Period":60,"EvaluationPeriods":2,"DatapointsToAlarm":1,"Threshold":0.5,"ComparisonOperator":"GreaterThanThreshold","StateValue":"OK","WarmUpConfiguration":{"WarmUpPeriodDurationInMinutes":5},"EvaluationState":"PARTIAL_DATA"}`,
		`add alarms {"AlarmName":"math","ActionsEnabled":true,"AlarmActions":["arn:aws:sns:us-east-1:111122223333:security"],"Metrics":[{"Id":"m1","MetricStat":{"Metric":{"Namespace":"CISBenchmark","MetricName":"root_usage_metric"},"Period":300,"Stat":"Sum"},"ReturnData":false},{"Id":"e1","Expression":"FILL(m1, 0) * 2","ReturnData":true}],"EvaluationPeriods":1,"Threshold":1,"ComparisonOperator":"GreaterThanOrEqualToThreshold","StateValue":"OK"}`,
		`add composed {"AlarmName":"any","AlarmArn":"arn:aws:cloudwatch:us-east-1:111122223333:alarm:any","ActionsEnabled":true,"AlarmActions":["arn:aws:sns:us-east-1:111122223333:security"],"AlarmRule":"ALARM(\"root-usage\") AND NOT ALARM(math)","ActionsSuppressor":"by-name","ActionsSuppressorWaitPeriod":60,"ActionsSuppressorExtensionPeriod":60,"StateValue":"OK"}`,
		`set cloudwatch:DescribeAlarms|111122223333/us-east-1|LogAlarms [{"AlarmName":"q","ActionsEnabled":true,"AlarmActions":["x"],"ScheduledQueryConfiguration":{"QueryString":"filter userIdentity.type = 'Root'","LogGroupIdentifiers":["cloudtrail"]}}]`,
		`text sub|FilterPolicy {"NewStateValue":["ALARM"]}`, `text sub|FilterPolicyScope MessageBody`, `set subs|0|Protocol "https"`,
		`add history {"AlarmName":"root-usage","Timestamp":"2026-03-01T10:00:00Z","HistorySummary":"Failed to execute action arn:aws:sns:us-east-1:111122223333:other","HistoryData":"{}"}`,
	} {
		if err := apply(answers, line); err != nil {
			t.Fatal(err)
		}
	}
	return answers
}

// FuzzAnswers: answers with missing and odd members never panic, and what could
// not be read never is PASSED.
func FuzzAnswers(f *testing.F) {
	for seed := range uint64(60) {
		f.Add(seed, byte(seed))
	}
	bases := []map[string]any{small(f), rich(f)}
	f.Fuzz(func(t *testing.T, seed uint64, denied byte) {
		answers := clone(bases[seed%2])
		mutate(answers, seed)
		action := ""
		if int(denied) < 8*len(needed) {
			action = needed[int(denied)%len(needed)]
			delete(answers, action)
		}
		a := read(t, answers)
		for _, finding := range audit.Judge(&a, rootUsage, control.Newest) {
			switch finding.Status {
			case audit.Passed:
				if action != "" && finding.Control == "root-usage" {
					t.Errorf("seed %d: PASSED without %s", seed, action)
				}
			case audit.Failed, audit.Warning, audit.NotAvailable:
				if finding.Summary == "" {
					t.Errorf("seed %d: %s is %s and does not say why", seed, finding.Control, finding.Status)
				}
			default:
				t.Errorf("status %q", finding.Status)
			}
		}
	})
}

// FuzzPatterns: whatever a filter's pattern is, a control of which it misses an
// example is not PASSED by it alone.
func FuzzPatterns(f *testing.F) {
	for _, c := range control.Builtin().Controls {
		if c.Kind == control.Alarm {
			f.Add(c.Pattern)
		}
		for _, text := range c.Texts {
			f.Add(text.Pattern)
		}
	}
	base := small(f)
	f.Fuzz(func(t *testing.T, text string) {
		answers := clone(base)
		if _, err := change(answers, steps("filters|root-usage|filterPattern"), func(any) any { return text }); err != nil {
			t.Fatal(err)
		}
		a := read(t, answers)
		all := controls()
		for i, finding := range audit.Judge(&a, all, control.Newest) {
			if all[i].Kind != control.Alarm || finding.Status != audit.Passed {
				continue
			}
			if miss := missed(t, text, &all[i]); miss != "" {
				t.Errorf("%s is PASSED by %s, which misses the example %s", finding.Control, text, miss)
			}
		}
	})
}

// missed is an example of the control that the pattern does not match, of those
// about its own calls.
func missed(t *testing.T, text string, c *control.Control) string {
	t.Helper()
	p, err := pattern.Parse(text)
	if err != nil {
		return "all: " + err.Error()
	}
	for _, e := range c.Examples.Match {
		var r struct{ EventSource, EventName string }
		if err := json.Unmarshal(e.Event, &r); err != nil {
			t.Fatal(err)
		}
		if len(c.Events) > 0 && !slices.Contains(c.Events, r.EventSource+":"+r.EventName) {
			continue
		}
		if !p.Match(e.Event) {
			return e.Name
		}
	}
	return ""
}

// What the fuzzer spoils holds before.
func TestRichHolds(t *testing.T) {
	a := read(t, rich(t))
	for _, f := range audit.Judge(&a, rootUsage, control.Newest) {
		if f.Status != audit.Passed {
			t.Errorf("%s is %s: %s", f.Control, f.Status, f.Summary)
		}
	}
}

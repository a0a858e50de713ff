package audit_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"tocsin/audit"
	"tocsin/core/control"
)

// words splits a command line as a POSIX shell does, as far as mends are quoted.
func words(line string) []string {
	var out []string
	var b strings.Builder
	open, in := false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case in && c == '\'':
			in = false
		case in:
			b.WriteByte(c)
		case c == '\'':
			in, open = true, true
		case c == '\\':
			i++
			b.WriteByte(line[i])
		case c == ' ':
			if open || b.Len() > 0 {
				out = append(out, b.String())
			}
			b.Reset()
			open = false
		default:
			b.WriteByte(c)
		}
	}
	if open || b.Len() > 0 {
		out = append(out, b.String())
	}
	return out
}

// An order is a command of the AWS CLI: its name and its options.
type order struct {
	name    string
	options map[string][]string
}

func parseOrder(t *testing.T, line string) order {
	t.Helper()
	w := words(line)
	if len(w) < 3 || w[0] != "aws" {
		t.Fatalf("no command: %s", line)
	}
	o := order{w[1] + " " + w[2], map[string][]string{}}
	last := ""
	for _, word := range w[3:] {
		if strings.HasPrefix(word, "--") {
			last = strings.TrimPrefix(word, "--")
			o.options[last] = []string{}
			continue
		}
		o.options[last] = append(o.options[last], word)
	}
	return o
}

func (o order) get(name string) string { return strings.Join(o.options[name], " ") }

func (o order) parsed(t *testing.T, name string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(o.get(name)), &v); err != nil {
		t.Fatalf("%s --%s: %v in %s", o.name, name, err, o.get(name))
	}
	return v
}

// put puts a value where a path leads, members on the way included.
func put(t *testing.T, answers map[string]any, value any, path ...string) {
	t.Helper()
	if _, err := change(answers, path, func(any) any { return value }); err != nil {
		t.Fatal(err)
	}
}

// replace puts an item into a list in place of the one of the same name.
func replace(t *testing.T, answers map[string]any, key string, item map[string]any, path ...string) {
	t.Helper()
	if _, err := change(answers, path, func(was any) any {
		list, _ := was.([]any)
		list = slices.DeleteFunc(slices.Clone(list), func(v any) bool { m, _ := v.(map[string]any); return m[key] == item[key] })
		return append(list, item)
	}); err != nil {
		t.Fatal(err)
	}
}

// obey does to the answers what the command would do to the account.
func obey(t *testing.T, answers map[string]any, o order) {
	t.Helper()
	region := o.get("region")
	place := account + "/" + region
	number := func(name string) float64 {
		n, err := strconv.ParseFloat(o.get(name), 64)
		if err != nil {
			t.Fatalf("%s --%s: %v", o.name, name, err)
		}
		return n
	}
	arns := func(name string) []any {
		var list []any
		for _, arn := range o.options[name] {
			list = append(list, arn)
		}
		return list
	}
	switch o.name {
	case "logs put-metric-filter":
		replace(t, answers, "filterName", map[string]any{
			"filterName": o.get("filter-name"), "filterPattern": o.get("filter-pattern"), "metricTransformations": o.parsed(t, "metric-transformations"),
		}, "logs:DescribeMetricFilters", "arn:aws:logs:"+region+":"+account+":log-group:"+o.get("log-group-name"), "metricFilters")
	case "logs create-log-group":
		put(t, answers, map[string]any{}, "logs:DescribeMetricFilters", "arn:aws:logs:"+region+":"+account+":log-group:"+o.get("log-group-name"))
	case "cloudwatch put-metric-alarm":
		replace(t, answers, "AlarmName", map[string]any{
			"AlarmName": o.get("alarm-name"), "AlarmArn": "arn:aws:cloudwatch:" + region + ":" + account + ":alarm:" + o.get("alarm-name"),
			"ActionsEnabled": true, "AlarmActions": arns("alarm-actions"), "OKActions": arns("ok-actions"), "Namespace": o.get("namespace"),
			"MetricName": o.get("metric-name"), "Statistic": o.get("statistic"), "Period": number("period"), "EvaluationPeriods": number("evaluation-periods"),
			"Threshold": number("threshold"), "ComparisonOperator": o.get("comparison-operator"), "TreatMissingData": o.get("treat-missing-data"), "StateValue": "OK",
		}, "cloudwatch:DescribeAlarms", place, "MetricAlarms")
	case "cloudwatch enable-alarm-actions":
		kind := "MetricAlarms"
		if all, _ := answers["cloudwatch:DescribeAlarms"].(map[string]any)[place].(map[string]any)["MetricAlarms"].([]any); index(all, o.get("alarm-names")) < 0 {
			kind = "CompositeAlarms"
		}
		put(t, answers, true, "cloudwatch:DescribeAlarms", place, kind, o.get("alarm-names"), "ActionsEnabled")
	case "cloudtrail start-logging":
		put(t, answers, true, "cloudtrail:GetTrailStatus", o.get("name"), "IsLogging")
	case "cloudtrail update-trail":
		for option, member := range map[string]string{
			"include-global-service-events": "IncludeGlobalServiceEvents",
			"is-multi-region-trail":         "IsMultiRegionTrail", "enable-log-file-validation": "LogFileValidationEnabled",
			"kms-key-id": "KmsKeyId", "cloud-watch-logs-log-group-arn": "CloudWatchLogsLogGroupArn",
		} {
			if values, has := o.options[option]; has && len(values) == 0 {
				put(t, answers, true, append(steps("trail"), member)...)
			} else if has {
				put(t, answers, values[0], append(steps("trail"), member)...)
			}
		}
		if o.get("cloud-watch-logs-role-arn") != "" {
			put(t, answers, "2026-03-02T11:59:00Z", append(steps("status"), "LatestCloudWatchLogsDeliveryTime")...)
			put(t, answers, nil, append(steps("status"), "LatestCloudWatchLogsDeliveryError")...)
		}
	case "cloudtrail put-event-selectors":
		put(t, answers, map[string]any{"AdvancedEventSelectors": o.parsed(t, "advanced-event-selectors")}, "cloudtrail:GetEventSelectors", o.get("trail-name"))
	case "sns set-topic-attributes":
		put(t, answers, o.get("attribute-value"), "sns:GetTopicAttributes", o.get("topic-arn"), "Attributes", o.get("attribute-name"))
	case "sns set-subscription-attributes":
		put(t, answers, o.get("attribute-value"), "sns:GetSubscriptionAttributes", o.get("subscription-arn"), "Attributes", o.get("attribute-name"))
	case "sns create-topic":
		arn := "arn:aws:sns:" + region + ":" + account + ":" + o.get("name")
		put(t, answers, map[string]any{"Attributes": map[string]any{"Policy": `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"SNS:Publish","Resource":"` + arn + `","Condition":{"StringEquals":{"AWS:SourceOwner":"` + account + `"}}}]}`}}, "sns:GetTopicAttributes", arn)
	case "sns subscribe": // and somebody confirms
		arn := o.get("topic-arn") + ":new"
		replace(t, answers, "SubscriptionArn", map[string]any{"SubscriptionArn": arn, "Protocol": o.get("protocol"), "Endpoint": o.get("notification-endpoint")},
			"sns:ListSubscriptionsByTopic", o.get("topic-arn"), "Subscriptions")
		put(t, answers, map[string]any{"Attributes": map[string]any{"PendingConfirmation": "false"}}, "sns:GetSubscriptionAttributes", arn)
	case "s3api put-public-access-block":
		put(t, answers, map[string]any{"PublicAccessBlockConfiguration": map[string]any{"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true}},
			"s3:GetBucketPublicAccessBlock", o.get("bucket"))
	case "s3api put-bucket-logging":
		put(t, answers, o.parsed(t, "bucket-logging-status"), "s3:GetBucketLogging", o.get("bucket"))
	default:
		t.Fatalf("unknown command %s", o.name)
	}
}

// unmendable are accounts that no command of ours can mend.
var unmendable = []string{
	"no-trail", "managed-key", "key-policy-without-cloudwatch", "policy-that-denies", // told in words
	"organization-trail-log-group-in-another-account", "organization-trail-unreadable", "auditors-on-the-trail-of-an-organization", // another account's
	"action-failed", "action-failed-before-and-not-all-is-read", "action-of-another-kind-failed-before", // the path says what fails
	"muted-for-good", "deny-to-everybody-but-one", // somebody wanted it so
}

// TestMends does what the mends of the failed findings say, again and again, until
// nothing that can be mended is FAILED.
func TestMends(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "accounts", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if !slices.Contains(unmendable, f.Name) {
				t.Run(f.Name, func(t *testing.T) { testMends(t, string(f.Data)) })
			}
		}
	}
}

func testMends(t *testing.T, text string) {
	answers := healthy(t)
	var regions []string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if rest, ok := strings.CutPrefix(line, "regions "); ok {
			regions = strings.Fields(rest)
			continue
		}
		if line == "" || strings.ContainsRune("#>+-", rune(line[0])) || strings.HasPrefix(line, "version ") {
			continue
		}
		if err := apply(answers, line); err != nil {
			t.Fatal(err)
		}
	}
	var last []string
	for range 5 {
		a := read(t, answers, regions...)
		done := map[string]bool{}
		last = nil
		for _, f := range audit.Judge(&a, controls(), control.Newest) {
			if f.Status != audit.Failed {
				continue
			}
			last = append(last, f.Control+": "+f.Summary)
			if f.Mend == nil {
				continue
			}
			for _, line := range f.Mend.CLI {
				if !done[line] {
					done[line] = true
					obey(t, answers, parseOrder(t, line))
				}
			}
		}
		if len(last) == 0 {
			return
		}
	}
	t.Errorf("still FAILED after all mends: %s", strings.Join(last, "\n"))
}

package audit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"tocsin/core/alarm"
	"tocsin/core/control"
	"tocsin/core/quote"
)

// mend is what would mend the link that broke, in the account's own names; nil
// where nothing can be said beyond the link's text.
func (j *judge) mend(c *control.Control, f *Finding, l Link) *Mend {
	switch l.problem {
	case noFilter, filterNarrow, filterCriteria, filterValue, filterDefault:
		return j.mendFilter(c, f, l)
	case noAlarm, alarmSettings, alarmWithoutAction:
		return j.mendAlarm(c, f, l)
	case alarmShared:
		return j.mendShared(c, f, l)
	case alarmActionsOff:
		return j.mendActionsOff(f)
	case alarmMuted:
		return &Mend{Text: "take the alarm out of the mute rule, or wait until that is over"}
	case topicDenies:
		return &Mend{Text: "take out of the policy of topic " + l.Name + " what denies CloudWatch to publish"}
	case topicGone, topicPolicy, topicKey, nobodyConfirmed, filterPolicy:
		return j.mendTopic(f, l)
	case bucketPublic, bucketLogging:
		return j.mendBucket(l)
	case nothing:
		return nil
	}
	return j.mendTrail(f, l)
}

// place is the account and Region in which the alarm chain of a finding lives.
func (j *judge) place(f *Finding) (group LogGroup, region string) {
	for _, l := range f.Path {
		if l.Kind != LogGroupLink {
			continue
		}
		if g := j.account.group(l.of); g != nil {
			return *g, arnPart(g.ARN, 3)
		}
	}
	if len(j.account.LogGroups) > 0 {
		g := j.account.LogGroups[0]
		return g, arnPart(g.ARN, 3)
	}
	return LogGroup{}, j.account.Region
}

// groupOf is the ARN of the log group in which the finding's chain lives.
func (j *judge) groupOf(f *Finding) string {
	g, _ := j.place(f)
	return g.ARN
}

// metricOf is the metric on the finding's path, or the control's own.
func metricOf(c *control.Control, f *Finding) (namespace, name string) {
	for _, l := range f.Path {
		if l.Kind == MetricLink && l.Rank == Holds {
			if i := strings.LastIndex(l.Name, "/"); i > 0 {
				return l.Name[:i], l.Name[i+1:]
			}
		}
	}
	return c.Namespace, c.Metric
}

// topicFor is a topic of the account that alarms publish to already: one that was
// read, or the one that most alarms of the Region have.
func (j *judge) topicFor(region string) string {
	for _, t := range j.account.Topics {
		if arnPart(t.ARN, 3) == region && !t.Gone {
			return t.ARN
		}
	}
	uses, most := map[string]int{}, ""
	for _, set := range j.account.Alarms {
		for i := range set.Metric {
			for _, arn := range set.Metric[i].AlarmActions {
				if arnPart(arn, 2) != "sns" || arnPart(arn, 3) != region {
					continue
				}
				if uses[arn]++; uses[arn] > uses[most] {
					most = arn
				}
			}
		}
	}
	return cmp.Or(most, fmt.Sprintf("arn:%s:sns:%s:%s:security-alarms", j.account.Partition, region, j.account.ID))
}

// mendFilter puts the control's pattern into the filter, whose metric stays.
// PutMetricFilter replaces everything, so what is to stay is said again.
func (j *judge) mendFilter(c *control.Control, f *Finding, l Link) *Mend {
	group, region := j.place(f)
	name, text := c.ID, c.Pattern
	for _, p := range f.Path {
		if p.Kind == FilterLink && p.Name != "" {
			name = p.Name
		}
	}
	namespace, metric := metricOf(c, f)
	to := map[string]any{"metricNamespace": namespace, "metricName": metric, "metricValue": "1"}
	inner := "namespace = " + quote.HCL(namespace) + "\n    name      = " + quote.HCL(metric) + "\n    value     = \"1\""
	for _, have := range group.Filters {
		if have.Name != name || len(have.Metrics) == 0 || have.Metrics[0].Name == "" {
			continue
		}
		if (l.problem == filterValue || l.problem == filterDefault) && have.Pattern != nil {
			text = *have.Pattern
		}
		m := have.Metrics[0]
		to["metricNamespace"], to["metricName"] = m.Namespace, m.Name
		inner = "namespace = " + quote.HCL(m.Namespace) + "\n    name      = " + quote.HCL(m.Name) + "\n    value     = \"1\""
		if m.Default != nil && l.problem != filterDefault {
			to["defaultValue"] = *m.Default
			inner += fmt.Sprintf("\n    default_value = %q", strconv.FormatFloat(*m.Default, 'g', -1, 64))
		}
		if m.Unit != "" {
			to["unit"] = m.Unit
			inner += "\n    unit = " + quote.HCL(m.Unit)
		}
	}
	m := &Mend{Text: "give filter " + name + " the control's pattern"}
	if l.problem == filterValue {
		m.Text = "let filter " + name + " publish 1 for each event, without dimensions"
	}
	if l.problem == filterDefault {
		m.Text = "let filter " + name + " publish nothing for other events"
	}
	m.CLI = []string{command("logs", "put-metric-filter", "--region", region, "--log-group-name", group.Name(), "--filter-name", name,
		"--filter-pattern", text, "--metric-transformations", jsonText([]map[string]any{to}))}
	m.Terraform = block("aws_cloudwatch_log_metric_filter", name, "name", quote.HCL(name), "log_group_name", quote.HCL(group.Name()), "pattern", quote.HCL(text),
		"metric_transformation", "{\n    "+inner+"\n  }")
	if l.problem == noFilter {
		ring := j.alarm(c, nil, c.ID, namespace, metric, region)
		m.Text = "make the metric filter and its alarm"
		m.CLI, m.Terraform = append(m.CLI, ring.CLI...), m.Terraform+"\n"+ring.Terraform
	}
	return m
}

// mendShared gives a filter whose metric another one floods a metric of its own,
// and puts the alarm on that.
func (j *judge) mendShared(c *control.Control, f *Finding, l Link) *Mend {
	group, region := j.place(f)
	namespace, metric := c.Namespace, c.Metric
	if has, name := metricOf(c, f); has == namespace && name == metric {
		metric += "_alone"
	}
	m := j.alarm(c, j.alarmNamed(l.Name), l.Name, namespace, metric, region)
	m.Text = "let the filter publish to a metric of its own, and the alarm watch that"
	for _, p := range f.Path {
		for i := range group.Filters {
			have := &group.Filters[i]
			if p.Kind != FilterLink || have.Name != p.Name || have.Pattern == nil {
				continue
			}
			to := map[string]any{"metricNamespace": namespace, "metricName": metric, "metricValue": "1"}
			m.CLI = append([]string{command("logs", "put-metric-filter", "--region", region, "--log-group-name", group.Name(), "--filter-name", have.Name,
				"--filter-pattern", *have.Pattern, "--metric-transformations", jsonText([]map[string]any{to}))}, m.CLI...)
			m.Terraform = block("aws_cloudwatch_log_metric_filter", have.Name, "name", quote.HCL(have.Name), "log_group_name", quote.HCL(group.Name()), "pattern", quote.HCL(*have.Pattern),
				"metric_transformation", "{\n    namespace = "+quote.HCL(namespace)+"\n    name      = "+quote.HCL(metric)+"\n    value     = \"1\"\n  }") + "\n" + m.Terraform
		}
	}
	return m
}

func (j *judge) mendAlarm(c *control.Control, f *Finding, l Link) *Mend {
	_, region := j.place(f)
	namespace, metric := metricOf(c, f)
	var have *MetricAlarm
	name := c.ID
	for _, p := range f.Path {
		if p.Kind == AlarmLink && p.Name != "" {
			name = p.Name
			have = j.alarmNamed(name)
		}
	}
	if l.problem == alarmSettings && have != nil && have.State == alarm.InAlarm && l.Rank == Restricted {
		return nil // its settings are good: what keeps it in ALARM has to end
	}
	m := j.alarm(c, have, name, namespace, metric, region)
	switch l.problem {
	case noAlarm:
		m.Text = "make an alarm on the metric"
	case alarmWithoutAction:
		m.Text = "give alarm " + name + " a topic to publish to"
	default:
		m.Text = "give alarm " + name + " settings that one event crosses"
	}
	return m
}

func (j *judge) alarmNamed(name string) *MetricAlarm {
	for i := range j.account.Alarms {
		for k := range j.account.Alarms[i].Metric {
			if m := &j.account.Alarms[i].Metric[k]; m.Name == name {
				return m
			}
		}
	}
	return nil
}

// alarm is the alarm that the benchmark asks for, on a metric. PutMetricAlarm
// replaces everything: what the alarm that is there, if any, has besides stays.
func (j *judge) alarm(c *control.Control, have *MetricAlarm, name, namespace, metric, region string) *Mend {
	s := control.DefaultSettings()
	if c.Statistic != "" {
		s = c.Settings
	}
	period, threshold, periods := strconv.Itoa(s.Period), strconv.FormatFloat(s.Threshold, 'g', -1, 64), strconv.Itoa(max(1, s.EvaluationPeriods))
	words := []string{
		"cloudwatch", "put-metric-alarm", "--region", region, "--alarm-name", name, "--namespace", namespace, "--metric-name", metric,
		"--statistic", s.Statistic, "--period", period, "--evaluation-periods", periods, "--threshold", threshold,
		"--comparison-operator", s.Comparison, "--treat-missing-data", s.TreatMissingData,
	}
	pairs := []string{
		"alarm_name", quote.HCL(name), "namespace", quote.HCL(namespace), "metric_name", quote.HCL(metric), "statistic", quote.HCL(s.Statistic), "period", period,
		"evaluation_periods", periods, "threshold", threshold, "comparison_operator", quote.HCL(s.Comparison), "treat_missing_data", quote.HCL(s.TreatMissingData),
	}
	actions := []string{j.topicFor(region)}
	if have != nil {
		words = append(words, "--alarm-description", have.Description)
		if have.Description != "" {
			pairs = append(pairs, "alarm_description", quote.HCL(have.Description))
		}
		if len(have.AlarmActions) > 0 {
			actions = have.AlarmActions
		}
		words, pairs = withActions(words, pairs, "--ok-actions", "ok_actions", have.OKActions)
		words, pairs = withActions(words, pairs, "--insufficient-data-actions", "insufficient_data_actions", have.InsufficientDataActions)
	}
	words, pairs = withActions(words, pairs, "--alarm-actions", "alarm_actions", actions)
	return &Mend{CLI: []string{command(words...)}, Terraform: block("aws_cloudwatch_metric_alarm", name, pairs...)}
}

func withActions(words, pairs []string, option, argument string, arns []string) ([]string, []string) {
	if len(arns) == 0 {
		return words, pairs
	}
	var quoted []string
	for _, arn := range arns {
		quoted = append(quoted, quote.HCL(arn))
	}
	return append(append(words, option), arns...), append(pairs, argument, "["+strings.Join(quoted, ", ")+"]")
}

func (j *judge) mendActionsOff(f *Finding) *Mend {
	_, region := j.place(f)
	name := ""
	for _, l := range f.Path {
		if l.Kind == AlarmLink || l.Kind == CompositeLink {
			name = l.Name
		}
	}
	return &Mend{
		Text:      "switch the actions of alarm " + name + " on",
		CLI:       []string{command("cloudwatch", "enable-alarm-actions", "--region", region, "--alarm-names", name)},
		Terraform: "# in the resource of alarm " + quote.HCL(name) + ":\nactions_enabled = true\n",
	}
}

func (j *judge) mendTopic(f *Finding, l Link) *Mend {
	arn := l.Name
	for _, p := range f.Path {
		if p.Kind == TopicLink {
			arn = p.Name
		}
	}
	region, owner := arnPart(arn, 3), arnPart(arn, 4)
	set := func(name, value string) string {
		return command("sns", "set-topic-attributes", "--region", region, "--topic-arn", arn, "--attribute-name", name, "--attribute-value", value)
	}
	switch l.problem {
	case topicGone:
		name := arn[strings.LastIndex(arn, ":")+1:]
		return &Mend{
			Text: "make the topic, and subscribe somebody to it", CLI: []string{command("sns", "create-topic", "--region", region, "--name", name)},
			Terraform: block("aws_sns_topic", name, "name", quote.HCL(name)),
		}
	case topicPolicy:
		text := j.withPublish(arn, cmp.Or(arnPart(j.groupOf(f), 4), owner))
		return &Mend{
			Text: "let CloudWatch publish to the topic", CLI: []string{set("Policy", text)},
			Terraform: block("aws_sns_topic_policy", arn[strings.LastIndex(arn, ":")+1:], "arn", quote.HCL(arn), "policy", quote.HCL(text)),
		}
	case topicKey:
		return &Mend{
			Text: "encrypt the topic with a key of your own whose policy lets cloudwatch.amazonaws.com do kms:Decrypt and kms:GenerateDataKey*, or not at all",
			CLI:  []string{command("sns", "set-topic-attributes", "--region", region, "--topic-arn", arn, "--attribute-name", "KmsMasterKeyId") + " --attribute-value ''"},
		}
	case filterPolicy:
		for _, t := range j.account.Topics {
			for _, s := range t.Subscriptions {
				if t.ARN == arn && hasFilter(s.Attributes) {
					return &Mend{Text: "let the subscription receive the alarm's notices", CLI: []string{command("sns", "set-subscription-attributes", "--region", region,
						"--subscription-arn", s.ARN, "--attribute-name", "FilterPolicy", "--attribute-value", "{}")}}
				}
			}
		}
	}
	return &Mend{
		Text: "subscribe somebody, who then has to follow the link in the confirmation",
		CLI:  []string{command("sns", "subscribe", "--region", region, "--topic-arn", arn, "--protocol", "email", "--notification-endpoint", "security@example.com")},
		Terraform: block("aws_sns_topic_subscription", arn[strings.LastIndex(arn, ":")+1:], "topic_arn", quote.HCL(arn), "protocol", quote.HCL("email"),
			"endpoint", quote.HCL("security@example.com")),
	}
}

// withPublish is the topic's policy with a statement that lets the account's alarms publish.
func (j *judge) withPublish(arn, owner string) string {
	document := map[string]any{"Version": "2012-10-17"}
	if t := j.account.topic(arn); t != nil && t.Attributes["Policy"] != "" {
		var have map[string]any
		if json.Unmarshal([]byte(t.Attributes["Policy"]), &have) == nil && have != nil {
			document = have
		}
	}
	var statements []any
	switch s := document["Statement"].(type) {
	case []any:
		statements = s
	case map[string]any:
		statements = []any{s}
	}
	document["Statement"] = append(statements, map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"Service": "cloudwatch.amazonaws.com"},
		"Action": "sns:Publish", "Resource": arn, "Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": owner}},
	})
	return jsonText(document)
}

func (j *judge) mendBucket(l Link) *Mend {
	if l.problem == bucketLogging {
		return &Mend{
			Text: "log the access to the bucket into another one", CLI: []string{command("s3api", "put-bucket-logging", "--bucket", l.Name, "--bucket-logging-status",
				jsonText(map[string]any{"LoggingEnabled": map[string]string{"TargetBucket": l.Name + "-access", "TargetPrefix": l.Name + "/"}}))},
			Terraform: block("aws_s3_bucket_logging", l.Name, "bucket", quote.HCL(l.Name), "target_bucket", quote.HCL(l.Name+"-access"), "target_prefix", quote.HCL(l.Name+"/")),
		}
	}
	return &Mend{
		Text: "block public access to the bucket",
		CLI: []string{command("s3api", "put-public-access-block", "--bucket", l.Name, "--public-access-block-configuration",
			"BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true")},
		Terraform: block("aws_s3_bucket_public_access_block", l.Name, "bucket", quote.HCL(l.Name), "block_public_acls", "true",
			"block_public_policy", "true", "ignore_public_acls", "true", "restrict_public_buckets", "true"),
	}
}

// jsonText writes what the functions here put together, which always can be written.
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "{}"
	}
	return string(b)
}

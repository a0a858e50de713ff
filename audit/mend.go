package audit

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"tocsin/core/control"
)

// mend is what would mend the link that broke, in the account's own names; nil
// where nothing can be said beyond the link's text.
func (j *judge) mend(c *control.Control, f *Finding, l Link) *Mend {
	switch l.problem {
	case noFilter, filterNarrow, filterCriteria, filterValue:
		return j.mendFilter(c, f, l)
	case noAlarm, alarmSettings, alarmWithoutAction:
		return j.mendAlarm(c, f, l)
	case alarmActionsOff:
		return j.mendActionsOff(f)
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
		for _, g := range j.account.LogGroups {
			if g.Name() == l.Name {
				return g, arnPart(g.ARN, 3)
			}
		}
	}
	if len(j.account.LogGroups) > 0 {
		g := j.account.LogGroups[0]
		return g, arnPart(g.ARN, 3)
	}
	return LogGroup{}, j.account.Region
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

// topicFor is a topic of the account that alarms use already.
func (j *judge) topicFor(region string) string {
	for _, t := range j.account.Topics {
		if arnPart(t.ARN, 3) == region && !t.Gone {
			return t.ARN
		}
	}
	return fmt.Sprintf("arn:%s:sns:%s:%s:security-alarms", j.account.Partition, region, j.account.ID)
}

func (j *judge) mendFilter(c *control.Control, f *Finding, l Link) *Mend {
	group, region := j.place(f)
	name := l.Name
	if name == "none" || name == "" {
		name = c.ID
	}
	namespace, metric := metricOf(c, f)
	m := &Mend{Text: "give filter " + name + " the control's pattern"}
	m.CLI = []string{command("logs", "put-metric-filter", "--region", region, "--log-group-name", group.Name(), "--filter-name", name,
		"--filter-pattern", c.Pattern, "--metric-transformations",
		jsonText([]map[string]string{{"metricNamespace": namespace, "metricName": metric, "metricValue": "1"}}))}
	m.Terraform = block("aws_cloudwatch_log_metric_filter", name, "name", hcl(name), "log_group_name", hcl(group.Name()), "pattern", hcl(c.Pattern),
		"metric_transformation", fmt.Sprintf("{\n    namespace = %s\n    name      = %s\n    value     = \"1\"\n  }", hcl(namespace), hcl(metric)))
	if l.problem == noFilter {
		alarm := j.alarm(c, c.ID, namespace, metric, region)
		m.Text = "make the metric filter and its alarm"
		m.CLI, m.Terraform = append(m.CLI, alarm.CLI...), m.Terraform+"\n"+alarm.Terraform
	}
	return m
}

func (j *judge) mendAlarm(c *control.Control, f *Finding, l Link) *Mend {
	_, region := j.place(f)
	namespace, metric := metricOf(c, f)
	name := c.ID
	for _, p := range f.Path {
		if p.Kind == AlarmLink && p.Name != "none" {
			name = p.Name
		}
	}
	m := j.alarm(c, name, namespace, metric, region)
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

// alarm is the alarm that the benchmark asks for, on a metric.
func (j *judge) alarm(c *control.Control, name, namespace, metric, region string) *Mend {
	s := control.DefaultSettings()
	if c.Statistic != "" {
		s = c.Settings
	}
	topic := j.topicFor(region)
	period, threshold, periods := strconv.Itoa(s.Period), strconv.FormatFloat(s.Threshold, 'g', -1, 64), strconv.Itoa(max(1, s.EvaluationPeriods))
	return &Mend{
		CLI: []string{command("cloudwatch", "put-metric-alarm", "--region", region, "--alarm-name", name, "--namespace", namespace, "--metric-name", metric,
			"--statistic", s.Statistic, "--period", period, "--evaluation-periods", periods, "--threshold", threshold,
			"--comparison-operator", s.Comparison, "--treat-missing-data", s.TreatMissingData, "--alarm-actions", topic)},
		Terraform: block("aws_cloudwatch_metric_alarm", name, "alarm_name", hcl(name), "namespace", hcl(namespace), "metric_name", hcl(metric),
			"statistic", hcl(s.Statistic), "period", period, "evaluation_periods", periods, "threshold", threshold,
			"comparison_operator", hcl(s.Comparison), "treat_missing_data", hcl(s.TreatMissingData), "alarm_actions", "["+hcl(topic)+"]"),
	}
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
		Terraform: "# in the resource of alarm " + hcl(name) + ":\nactions_enabled = true\n",
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
	_, place := j.place(f)
	if place == "" {
		place = region
	}
	set := func(name, value string) string {
		return command("sns", "set-topic-attributes", "--region", region, "--topic-arn", arn, "--attribute-name", name, "--attribute-value", value)
	}
	switch l.problem {
	case topicGone:
		name := arn[strings.LastIndex(arn, ":")+1:]
		return &Mend{
			Text: "make the topic, and subscribe somebody to it", CLI: []string{command("sns", "create-topic", "--region", region, "--name", name)},
			Terraform: block("aws_sns_topic", name, "name", hcl(name)),
		}
	case topicPolicy:
		text := j.withPublish(arn, owner)
		return &Mend{
			Text: "let CloudWatch publish to the topic", CLI: []string{set("Policy", text)},
			Terraform: block("aws_sns_topic_policy", arn[strings.LastIndex(arn, ":")+1:], "arn", hcl(arn), "policy", hcl(text)),
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
		Terraform: block("aws_sns_topic_subscription", arn[strings.LastIndex(arn, ":")+1:], "topic_arn", hcl(arn), "protocol", hcl("email"),
			"endpoint", hcl("security@example.com")),
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
		"Sid": "CloudWatchAlarms", "Effect": "Allow", "Principal": map[string]any{"Service": "cloudwatch.amazonaws.com"},
		"Action": "sns:Publish", "Resource": arn, "Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": owner}},
	})
	return jsonText(document)
}

func (j *judge) mendBucket(l Link) *Mend {
	if l.problem == bucketLogging {
		return &Mend{
			Text: "log the access to the bucket into another one", CLI: []string{command("s3api", "put-bucket-logging", "--bucket", l.Name, "--bucket-logging-status",
				jsonText(map[string]any{"LoggingEnabled": map[string]string{"TargetBucket": l.Name + "-access", "TargetPrefix": l.Name + "/"}}))},
			Terraform: block("aws_s3_bucket_logging", l.Name, "bucket", hcl(l.Name), "target_bucket", hcl(l.Name+"-access"), "target_prefix", hcl(l.Name+"/")),
		}
	}
	return &Mend{
		Text: "block public access to the bucket",
		CLI: []string{command("s3api", "put-public-access-block", "--bucket", l.Name, "--public-access-block-configuration",
			"BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true")},
		Terraform: block("aws_s3_bucket_public_access_block", l.Name, "bucket", hcl(l.Name), "block_public_acls", "true",
			"block_public_policy", "true", "ignore_public_acls", "true", "restrict_public_buckets", "true"),
	}
}

func (j *judge) mendTrail(f *Finding, l Link) *Mend {
	t := j.trailOf(f)
	if t == nil {
		return &Mend{Text: "make a multi-Region trail that delivers to a log group", CLI: []string{
			command("cloudtrail", "create-trail", "--region", j.account.Region, "--name", "organization-log", "--s3-bucket-name", "BUCKET", "--is-multi-region-trail", "--enable-log-file-validation"),
			command("cloudtrail", "start-logging", "--region", j.account.Region, "--name", "organization-log"),
		}, Terraform: block("aws_cloudtrail", "main", "name", hcl("organization-log"), "s3_bucket_name", hcl("BUCKET"),
			"is_multi_region_trail", "true", "enable_log_file_validation", "true")}
	}
	update := func(words ...string) []string {
		return []string{command(append([]string{"cloudtrail", "update-trail", "--region", t.HomeRegion, "--name", t.ARN}, words...)...)}
	}
	in := "# in the resource of trail " + hcl(t.Name) + ":\n"
	switch l.problem {
	case trailStopped:
		return &Mend{Text: "start the trail", CLI: []string{command("cloudtrail", "start-logging", "--region", t.HomeRegion, "--name", t.ARN)}, Terraform: in + "enable_logging = true\n"}
	case trailSingleRegion:
		return &Mend{Text: "make the trail log all Regions", CLI: update("--is-multi-region-trail"), Terraform: in + "is_multi_region_trail = true\n"}
	case trailWithoutGroup, trailDelivery:
		group := t.LogGroup
		if group == "" {
			group = fmt.Sprintf("arn:%s:logs:%s:%s:log-group:cloudtrail", j.account.Partition, t.HomeRegion, t.Account())
		}
		role := fmt.Sprintf("arn:%s:iam::%s:role/cloudtrail-to-logs", j.account.Partition, t.Account())
		return &Mend{
			Text:      "let the trail deliver to a log group, with a role that may do logs:CreateLogStream and logs:PutLogEvents there",
			CLI:       update("--cloud-watch-logs-log-group-arn", group+":*", "--cloud-watch-logs-role-arn", role),
			Terraform: in + "cloud_watch_logs_group_arn = " + hcl(group+":*") + "\ncloud_watch_logs_role_arn  = " + hcl(role) + "\n",
		}
	case trailValidation:
		return &Mend{Text: "let the trail make digest files", CLI: update("--enable-log-file-validation"), Terraform: in + "enable_log_file_validation = true\n"}
	case trailKey:
		return &Mend{Text: "encrypt the trail's log files with a key whose policy lets CloudTrail use it", CLI: update("--kms-key-id", "KEY"), Terraform: in + "kms_key_id = \"KEY\"\n"}
	case selectorsNarrow, dataEvents:
		return mendSelectors(t, l.problem == dataEvents, in)
	}
	return nil
}

func mendSelectors(t *Trail, data bool, in string) *Mend {
	management := map[string]any{"Name": "Management events", "FieldSelectors": []any{map[string]any{"Field": "eventCategory", "Equals": []string{"Management"}}}}
	all := []any{management}
	text := in + "advanced_event_selector {\n  field_selector {\n    field  = \"eventCategory\"\n    equals = [\"Management\"]\n  }\n}\n"
	if data {
		all = append(all, map[string]any{"Name": "S3 objects", "FieldSelectors": []any{
			map[string]any{"Field": "eventCategory", "Equals": []string{"Data"}},
			map[string]any{"Field": "resources.type", "Equals": []string{"AWS::S3::Object"}},
		}})
		text += "advanced_event_selector {\n  field_selector {\n    field  = \"eventCategory\"\n    equals = [\"Data\"]\n  }\n  field_selector {\n    field  = \"resources.type\"\n    equals = [\"AWS::S3::Object\"]\n  }\n}\n"
	}
	return &Mend{Text: "select all of these events", Terraform: text, CLI: []string{command("cloudtrail", "put-event-selectors", "--region", t.HomeRegion,
		"--trail-name", t.ARN, "--advanced-event-selectors", jsonText(all))}}
}

// trailOf is the trail on the finding's path.
func (j *judge) trailOf(f *Finding) *Trail {
	for _, l := range f.Path {
		if l.Kind != TrailLink {
			continue
		}
		for i := range j.account.Trails {
			if t := &j.account.Trails[i]; t.Name == l.Name || t.ARN == l.Name {
				return t
			}
		}
	}
	return nil
}

// jsonText writes what the functions here put together, which always can be written.
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "{}"
	}
	return string(b)
}

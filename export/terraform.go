package export

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"tocsin/core/quote"
)

// Terraform writes the plan as one file, which terraform fmt leaves as it is. It
// has no provider block: account and Region are those of the configuration that
// it is put into, or of the environment.
func Terraform(p *Plan) string {
	var b strings.Builder
	head(&b, p, "terraform")
	b.WriteString(requirements)
	terraformVariables(&b, p)
	if p.Trail != nil {
		terraformTrail(&b, p)
	}
	if p.mends() {
		terraformMend(&b, p)
	} else {
		terraformControls(&b, p)
	}
	terraformTopic(&b, p)
	terraformSteps(&b, p)
	return b.String()
}

// head is the comment at the top: what this is, and what has to be known.
func head(b *strings.Builder, p *Plan, form string) {
	comment(b, "", p.Title+", written by tocsin export "+form+".")
	for _, n := range p.Notes {
		b.WriteString("#\n")
		comment(b, "", n)
	}
}

const requirements = `
terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}
`

func terraformVariables(b *strings.Builder, p *Plan) {
	if p.asksForLogGroup() || p.Trail != nil {
		what := "Name of the log group that the trail delivers to."
		if p.Trail != nil {
			what = "Name of the log group that the trail is to deliver to."
		}
		pairs := []pair{{"description", quote.HCL(what)}, {"type", "string"}, {"nullable", "false"}}
		if p.LogGroup != "" {
			pairs = append(pairs, pair{"default", quote.HCL(p.LogGroup)})
		}
		block(b, `variable "log_group_name"`, pairs)
	}
	if p.Topic != "" {
		var mails []string
		for _, s := range p.Subscribers {
			if s.Topic == "" && s.Protocol == "email" {
				mails = append(mails, s.Endpoint)
			}
		}
		block(b, `variable "notification_emails"`, []pair{
			{"description", quote.HCL("Who is mailed when an alarm rings. Each has to follow the link in the mail that asks for a confirmation.")},
			{"type", "set(string)"},
			{"nullable", "false"},
			{"default", hclList(mails)},
		})
	}
	if p.Trail != nil {
		block(b, `variable "log_retention_days"`, []pair{
			{"description", quote.HCL("How many days the log group keeps events. The bucket keeps them all.")},
			{"type", "number"},
			{"nullable", "false"},
			{"default", strconv.Itoa(p.Trail.Retention)},
		})
		block(b, `variable "force_destroy"`, []pair{
			{"description", quote.HCL("Whether terraform destroy may delete the trail's bucket with the log files in it.")},
			{"type", "bool"},
			{"nullable", "false"},
			{"default", "false"},
		})
	}
}

// block writes a block that has arguments only.
func block(b *strings.Builder, head string, pairs []pair) {
	fmt.Fprintf(b, "\n%s {\n", head)
	writePairs(b, "  ", pairs)
	b.WriteString("}\n")
}

// logGroup is the expression for the plan's log group. Filters hang on the group
// itself where the plan makes it.
func (p *Plan) logGroup() string {
	if p.Trail != nil {
		return "aws_cloudwatch_log_group.trail.name"
	}
	return "var.log_group_name"
}

// asksForLogGroup tells whether some filter is in the plan's log group.
func (p *Plan) asksForLogGroup() bool {
	for i := range p.Filters {
		if p.Filters[i].LogGroup == "" {
			return true
		}
	}
	return false
}

// mends tells whether the plan is about an account as it is, instead of new resources alone.
func (p *Plan) mends() bool { return p.Account != "" }

// terraformControls writes the controls as data, and one resource each for their
// filters and alarms.
func terraformControls(b *strings.Builder, p *Plan) {
	if len(p.Filters) == 0 {
		return
	}
	same := shared(p)
	alarmOf := map[string]*Alarm{}
	for i := range p.Alarms {
		alarmOf[p.Alarms[i].Key] = &p.Alarms[i]
	}
	b.WriteString("\nlocals {\n  # An alarm each, which rings when a filter counts an event that matches the pattern.\n  controls = {\n")
	var rest []*Filter
	first := true
	for i := range p.Filters {
		f := &p.Filters[i]
		a := alarmOf[f.Key]
		if a == nil {
			rest = append(rest, f)
			continue
		}
		if !first {
			b.WriteString("\n")
		}
		first = false
		comment(b, "    ", f.Notes...)
		fmt.Fprintf(b, "    %s = {\n", hclKey(f.Key))
		writePairs(b, "      ", append([]pair{
			{"description", quote.HCL(a.Description)}, {"pattern", quote.HCL(f.Pattern)}, {"metric", quote.HCL(f.Metric)},
		}, same.own(a, f)...))
		b.WriteString("    }\n")
	}
	b.WriteString("  }\n")
	if len(rest) > 0 {
		b.WriteString("\n  # What the texts above miss, counted in the same metrics.\n  rest = {\n")
		for i, f := range rest {
			if i > 0 {
				b.WriteString("\n")
			}
			fmt.Fprintf(b, "    %s = {\n", hclKey(strings.TrimSuffix(f.Key, restSuffix)))
			writePairs(b, "      ", []pair{{"pattern", quote.HCL(f.Pattern)}})
			b.WriteString("    }\n")
		}
		b.WriteString("  }\n")
	}
	b.WriteString("}\n")
	terraformResources(b, p, same, len(rest) > 0)
}

// hclKey is a key of an object: bare where it may be.
func hclKey(key string) string {
	if bareKey.MatchString(key) && key != "for" && key != "null" && key != "true" && key != "false" {
		return key
	}
	return quote.HCL(key)
}

var bareKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

func terraformResources(b *strings.Builder, p *Plan, same settings, rest bool) {
	filter := func(name, each, key, pattern, metric, namespace, value string) {
		fmt.Fprintf(b, "\nresource \"aws_cloudwatch_log_metric_filter\" %q {\n  for_each = %s\n\n", name, each)
		writePairs(b, "  ", []pair{{"name", key}, {"log_group_name", p.logGroup()}, {"pattern", pattern}})
		b.WriteString("\n  metric_transformation {\n")
		writePairs(b, "    ", []pair{{"name", metric}, {"namespace", namespace}, {"value", value}})
		b.WriteString("  }\n}\n")
	}
	key := `"` + p.Prefix + `-${each.key}"`
	filter("control", "local.controls", key, "each.value.pattern", "each.value.metric", same.of("namespace"), same.of("value"))
	const transformation = "aws_cloudwatch_log_metric_filter.control[each.key].metric_transformation[0]."
	if rest {
		filter("rest", "local.rest", `"`+p.Prefix+`-${each.key}`+restSuffix+`"`, "each.value.pattern", transformation+"name", transformation+"namespace", transformation+"value")
	}
	fmt.Fprintf(b, "\nresource \"aws_cloudwatch_metric_alarm\" \"control\" {\n  for_each = local.controls\n\n")
	writePairs(b, "  ", []pair{
		{"alarm_name", key},
		{"alarm_description", "each.value.description"},
		{"namespace", transformation + "namespace"},
		{"metric_name", transformation + "name"},
		{"statistic", same.of("statistic")},
		{"extended_statistic", same.of("extended_statistic")},
		{"period", same.of("period")},
		{"evaluation_periods", same.of("evaluation_periods")},
		{"datapoints_to_alarm", same.of("datapoints_to_alarm")},
		{"comparison_operator", same.of("comparison_operator")},
		{"threshold", same.of("threshold")},
		{"treat_missing_data", same.of("treat_missing_data")},
		{"alarm_actions", "[aws_sns_topic.notices.arn]"},
	})
	b.WriteString("}\n")
}

// settings are the arguments of alarms and filters that have the same value in
// all of a plan; those that differ are told with each control.
type settings struct {
	names  []string
	values map[string]string // "" for one that differs
	used   map[string]bool
}

// shared finds what all alarms of a plan have in common.
func shared(p *Plan) settings {
	s := settings{values: map[string]string{}, used: map[string]bool{}}
	for i := range p.Alarms {
		for k := range p.Filters {
			if p.Filters[k].Key != p.Alarms[i].Key {
				continue
			}
			for _, arg := range arguments(&p.Alarms[i], &p.Filters[k]) {
				had, known := s.values[arg.name]
				switch {
				case !known:
					s.names = append(s.names, arg.name)
					s.values[arg.name] = arg.value
				case had != arg.value:
					s.values[arg.name] = ""
				}
				s.used[arg.name] = s.used[arg.name] || arg.value != "null"
			}
		}
	}
	return s
}

// of is the expression for an argument, "" for one that nothing uses.
func (s settings) of(name string) string {
	switch {
	case !s.used[name]:
		return ""
	case s.values[name] == "":
		return "each.value." + name
	}
	return s.values[name]
}

// own are the arguments that have to be told with the control.
func (s settings) own(a *Alarm, f *Filter) []pair {
	var all []pair
	for _, arg := range arguments(a, f) {
		if s.used[arg.name] && s.values[arg.name] == "" {
			all = append(all, arg)
		}
	}
	return all
}

// arguments are the settings of an alarm and its filter, null for what is not set.
func arguments(a *Alarm, f *Filter) []pair {
	statistic, extended := quote.HCL(a.Statistic), "null"
	if !plainStatistics[a.Statistic] {
		statistic, extended = extended, statistic
	}
	datapoints := "null"
	if a.DatapointsToAlarm > 0 {
		datapoints = strconv.Itoa(a.DatapointsToAlarm)
	}
	return []pair{
		{"namespace", quote.HCL(f.Namespace)},
		{"value", quote.HCL(f.Value)},
		{"statistic", statistic},
		{"extended_statistic", extended},
		{"period", strconv.Itoa(a.Period)},
		{"evaluation_periods", strconv.Itoa(a.EvaluationPeriods)},
		{"datapoints_to_alarm", datapoints},
		{"comparison_operator", quote.HCL(a.Comparison)},
		{"threshold", number(a.Threshold)},
		{"treat_missing_data", quote.HCL(a.TreatMissingData)},
	}
}

// plainStatistics are those that are no percentiles and the like.
var plainStatistics = map[string]bool{"Sum": true, "Average": true, "Minimum": true, "Maximum": true, "SampleCount": true}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// terraformTopic writes the plan's own topic, who may publish to it and who is told.
func terraformTopic(b *strings.Builder, p *Plan) {
	if p.Topic == "" {
		return
	}
	caller := ""
	if p.Trail == nil {
		caller = "\ndata \"aws_caller_identity\" \"current\" {}\n"
	}
	fmt.Fprintf(b, `
resource "aws_sns_topic" "notices" {
  name = %s
}
%s
data "aws_iam_policy_document" "notices" {
  statement {
    sid       = "AllowAlarmsToPublish"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.notices.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_sns_topic_policy" "notices" {
  arn    = aws_sns_topic.notices.arn
  policy = data.aws_iam_policy_document.notices.json
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.notification_emails

  topic_arn = aws_sns_topic.notices.arn
  protocol  = "email"
  endpoint  = each.value
}
`, quote.HCL(p.Topic), caller)
	for _, s := range p.Subscribers {
		if s.Topic != "" || s.Protocol == "email" {
			continue
		}
		pairs := []pair{{"topic_arn", "aws_sns_topic.notices.arn"}, {"protocol", quote.HCL(s.Protocol)}, {"endpoint", quote.HCL(s.Endpoint)}}
		if s.Protocol == "sqs" {
			b.WriteString("\n# The queue's own policy has to let the topic send.")
		}
		block(b, fmt.Sprintf("resource \"aws_sns_topic_subscription\" %q", label(s.Key)), pairs)
	}
	b.WriteString("\noutput \"topic_arn\" {\n  description = \"Topic that the alarms publish to.\"\n  value       = aws_sns_topic.notices.arn\n}\n")
}

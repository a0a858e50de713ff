package export

import (
	"fmt"
	"strconv"
	"strings"

	"tocsin/core/quote"
)

// terraformMend writes what an account lacks, and what it has as it ought to be
// with an import block that takes it over.
func terraformMend(b *strings.Builder, p *Plan) {
	for _, t := range p.Renewed {
		block(b, fmt.Sprintf("resource \"aws_sns_topic\" %q", label(t.Key)), []pair{{"name", quote.HCL(t.Name())}})
	}
	for _, t := range p.Policies {
		imported(b, "aws_sns_topic_policy", t.Key, t.Topic)
		block(b, fmt.Sprintf("resource \"aws_sns_topic_policy\" %q", label(t.Key)), []pair{{"arn", quote.HCL(t.Topic)}, {"policy", "jsonencode(" + hclJSON(t.Policy) + ")"}})
	}
	renewed := map[string]string{}
	for _, t := range p.Renewed {
		renewed[t.ARN] = "aws_sns_topic." + label(t.Key) + ".arn"
	}
	for _, s := range p.Subscribers {
		if s.Topic == "" {
			continue
		}
		arn := renewed[s.Topic]
		if arn == "" {
			arn = quote.HCL(s.Topic)
		}
		if s.Protocol == "sqs" {
			b.WriteString("\n# The queue's own policy has to let the topic send.")
		}
		block(b, fmt.Sprintf("resource \"aws_sns_topic_subscription\" %q", label(s.Key)), []pair{{"topic_arn", arn}, {"protocol", quote.HCL(s.Protocol)}, {"endpoint", quote.HCL(s.Endpoint)}})
	}
	for i := range p.Filters {
		terraformFilter(b, p, &p.Filters[i])
	}
	for i := range p.Alarms {
		terraformAlarm(b, &p.Alarms[i], renewed)
	}
}

// terraformSteps tells as comments what has to be changed where it is managed.
func terraformSteps(b *strings.Builder, p *Plan) {
	if len(p.Steps) > 0 {
		b.WriteString("\n# What Terraform can only change where it manages the resource. tocsin export cli does all of it.\n")
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		b.WriteString("#\n")
		comment(b, "", s.Control+": "+s.Text)
		text := s.Terraform
		if text == "" {
			text = s.command()
		}
		for line := range strings.Lines(text) {
			b.WriteString("#   " + strings.TrimRight(plain(strings.TrimRight(line, "\n")), " ") + "\n")
		}
	}
}

// imported writes an import block.
func imported(b *strings.Builder, kind, key, id string) {
	block(b, "import", []pair{{"to", kind + "." + label(key)}, {"id", quote.HCL(id)}})
}

func terraformFilter(b *strings.Builder, p *Plan, f *Filter) {
	if f.Exists {
		imported(b, "aws_cloudwatch_log_metric_filter", f.Key, f.LogGroup+":"+f.Name)
	}
	group := quote.HCL(f.LogGroup)
	if f.LogGroup == "" {
		group = p.logGroup()
	}
	b.WriteString("\n")
	comment(b, "", f.Notes...)
	fmt.Fprintf(b, "resource \"aws_cloudwatch_log_metric_filter\" %q {\n", label(f.Key))
	writePairs(b, "  ", []pair{{"name", quote.HCL(f.Name)}, {"log_group_name", group}, {"pattern", quote.HCL(f.Pattern)}})
	b.WriteString("\n  metric_transformation {\n")
	pairs := []pair{{"name", quote.HCL(f.Metric)}, {"namespace", quote.HCL(f.Namespace)}, {"value", quote.HCL(f.Value)}}
	if f.Default != nil {
		pairs = append(pairs, pair{"default_value", quote.HCL(number(*f.Default))})
	}
	if f.Unit != "" {
		pairs = append(pairs, pair{"unit", quote.HCL(f.Unit)})
	}
	writePairs(b, "    ", pairs)
	b.WriteString("  }\n}\n")
}

func terraformAlarm(b *strings.Builder, a *Alarm, renewed map[string]string) {
	if a.Exists {
		imported(b, "aws_cloudwatch_metric_alarm", a.Key, a.Name)
	}
	pairs := []pair{{"alarm_name", quote.HCL(a.Name)}}
	if a.Description != "" {
		pairs = append(pairs, pair{"alarm_description", quote.HCL(a.Description)})
	}
	pairs = append(pairs, pair{"namespace", quote.HCL(a.Namespace)}, pair{"metric_name", quote.HCL(a.Metric)})
	statistic := "statistic"
	if !plainStatistics[a.Statistic] {
		statistic = "extended_statistic"
	}
	pairs = append(pairs, pair{statistic, quote.HCL(a.Statistic)}, pair{"period", strconv.Itoa(a.Period)}, pair{"evaluation_periods", strconv.Itoa(a.EvaluationPeriods)})
	if a.DatapointsToAlarm > 0 {
		pairs = append(pairs, pair{"datapoints_to_alarm", strconv.Itoa(a.DatapointsToAlarm)})
	}
	pairs = append(pairs, pair{"comparison_operator", quote.HCL(a.Comparison)}, pair{"threshold", number(a.Threshold)}, pair{"treat_missing_data", quote.HCL(a.TreatMissingData)})
	if a.Unit != "" {
		pairs = append(pairs, pair{"unit", quote.HCL(a.Unit)})
	}
	actions := a.Actions
	if a.Notify {
		actions = append(actions[:len(actions):len(actions)], "")
	}
	for _, l := range []struct {
		name string
		arns []string
	}{{"alarm_actions", actions}, {"ok_actions", a.OKActions}, {"insufficient_data_actions", a.NoDataActions}} {
		if len(l.arns) > 0 {
			pairs = append(pairs, pair{l.name, arnList(l.arns, renewed)})
		}
	}
	b.WriteString("\n")
	comment(b, "", a.Notes...)
	fmt.Fprintf(b, "resource \"aws_cloudwatch_metric_alarm\" %q {\n", label(a.Key))
	writePairs(b, "  ", pairs)
	b.WriteString("}\n")
}

// arnList writes ARNs, "" for the plan's own topic, a renewed topic as the resource that it is.
func arnList(arns []string, renewed map[string]string) string {
	var all []string
	for _, arn := range arns {
		switch {
		case arn == "":
			all = append(all, "aws_sns_topic.notices.arn")
		case renewed[arn] != "":
			all = append(all, renewed[arn])
		default:
			all = append(all, quote.HCL(arn))
		}
	}
	return "[" + strings.Join(all, ", ") + "]"
}

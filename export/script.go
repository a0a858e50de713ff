package export

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Script writes the plan as a bash script of AWS CLI commands that may run again:
// what is there already is left or made equal.
func Script(p *Plan) string {
	var b strings.Builder
	b.WriteString("#!/usr/bin/env bash\n")
	head(&b, p, "cli")
	b.WriteString("#\n")
	if p.mends() {
		comment(&b, "", "The credentials are those of AWS_PROFILE and the like. It may run again: what is there is left or made equal.")
	} else {
		comment(&b, "", "Account and Region are those of AWS_PROFILE, AWS_REGION and the like. It may run again: what is there is left or made equal.")
	}
	b.WriteString("\nset -euo pipefail\nexport AWS_PAGER=''\n")
	if p.Account != "" {
		scriptPlace(&b, p)
	}
	if p.asksForLogGroup() || p.Trail != nil {
		if p.LogGroup == "" {
			b.WriteString("\nlog_group=${LOG_GROUP:?set LOG_GROUP to the name of the log group that the trail delivers to}\n")
		} else {
			fmt.Fprintf(&b, "\nlog_group=${LOG_GROUP:-%s}\n", sh(p.LogGroup))
		}
	}
	if (p.Trail != nil || p.Topic != "") && !p.mends() {
		b.WriteString("\naccount=$(aws sts get-caller-identity --query=Account --output=text)\n")
	}
	if p.Trail != nil {
		scriptTrail(&b, p.Trail)
	}
	if p.Topic != "" {
		fmt.Fprintf(&b, "\n# The topic that the alarms publish to\n\n")
		fmt.Fprintf(&b, "topic=$(%s)\n", command("sns create-topic", option{name: "name", value: p.Topic}, option{name: "query", value: "TopicArn"}, option{name: "output", value: "text"}))
		b.WriteString("policy=$(\n  cat <<JSON\n" + topicPolicy + "JSON\n)\n")
		b.WriteString(command("sns set-topic-attributes", option{name: "topic-arn", raw: `"$topic"`}, option{name: "attribute-name", value: "Policy"}, option{name: "attribute-value", raw: `"$policy"`}) + "\n")
	}
	scriptMend(&b, p)
	scriptSubscribers(&b, p)
	if len(p.Filters) > 0 {
		b.WriteString("\n# Metric filters\n")
		for i := range p.Filters {
			b.WriteString("\n")
			comment(&b, "", p.Filters[i].Notes...)
			b.WriteString(filterCommand(&p.Filters[i]) + "\n")
		}
	}
	if len(p.Alarms) > 0 {
		b.WriteString("\n# Alarms\n")
		for i := range p.Alarms {
			b.WriteString("\n")
			comment(&b, "", p.Alarms[i].Notes...)
			b.WriteString(alarmCommand(&p.Alarms[i]) + "\n")
		}
	}
	return b.String()
}

// topicPolicy lets the alarms of the account publish.
const topicPolicy = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "AllowAlarmsToPublish",
      "Effect": "Allow",
      "Principal": {"Service": "cloudwatch.amazonaws.com"},
      "Action": "sns:Publish",
      "Resource": "$topic",
      "Condition": {"StringEquals": {"aws:SourceAccount": "$account"}}
    }
  ]
}
`

// scriptPlace refuses another account than the one that was audited, and sets the Region.
func scriptPlace(b *strings.Builder, p *Plan) {
	fmt.Fprintf(b, "export AWS_REGION=%[1]s AWS_DEFAULT_REGION=%[1]s\n", sh(p.Region))
	fmt.Fprintf(b, `
account=$(aws sts get-caller-identity --query=Account --output=text)
if [[ $account != %[1]s ]]; then
  echo %[2]s"$account" >&2
  exit 1
fi
`, sh(p.Account), sh("this mends account "+p.Account+", and the credentials are those of account "))
}

func filterCommand(f *Filter) string {
	group := option{name: "log-group-name", value: f.LogGroup}
	if f.LogGroup == "" {
		group = option{name: "log-group-name", raw: `"$log_group"`}
	}
	to := map[string]any{"metricNamespace": f.Namespace, "metricName": f.Metric, "metricValue": f.Value}
	if f.Default != nil {
		to["defaultValue"] = *f.Default
	}
	if f.Unit != "" {
		to["unit"] = f.Unit
	}
	return command("logs put-metric-filter", group, option{name: "filter-name", value: f.Name}, option{name: "filter-pattern", value: f.Pattern},
		option{name: "metric-transformations", value: jsonText([]any{to})})
}

func alarmCommand(a *Alarm) string {
	statistic := option{name: "statistic", value: a.Statistic}
	if !plainStatistics[a.Statistic] {
		statistic.name = "extended-statistic"
	}
	all := []option{
		{name: "alarm-name", value: a.Name},
	}
	if a.Description != "" {
		all = append(all, option{name: "alarm-description", value: a.Description})
	}
	all = append(all, option{name: "namespace", value: a.Namespace}, option{name: "metric-name", value: a.Metric}, statistic,
		option{name: "period", value: strconv.Itoa(a.Period)}, option{name: "evaluation-periods", value: strconv.Itoa(a.EvaluationPeriods)})
	if a.DatapointsToAlarm > 0 {
		all = append(all, option{name: "datapoints-to-alarm", value: strconv.Itoa(a.DatapointsToAlarm)})
	}
	if a.Unit != "" {
		all = append(all, option{name: "unit", value: a.Unit})
	}
	all = append(all, option{name: "comparison-operator", value: a.Comparison}, option{name: "threshold", value: number(a.Threshold)},
		option{name: "treat-missing-data", value: a.TreatMissingData})
	actions := a.Actions
	if a.Notify {
		actions = append(slices.Clone(actions), "")
	}
	all = arns(all, "alarm-actions", actions)
	all = arns(all, "ok-actions", a.OKActions)
	all = arns(all, "insufficient-data-actions", a.NoDataActions)
	return command("cloudwatch put-metric-alarm", all...)
}

// arns adds an option that holds a list, as JSON unless it is the plan's topic
// alone, which is "" in it.
func arns(all []option, name string, list []string) []option {
	switch {
	case len(list) == 0:
		return all
	case len(list) == 1 && list[0] == "":
		return append(all, option{name: name, raw: `"$topic"`})
	case len(list) == 1:
		return append(all, option{name: name, value: list[0]})
	}
	var words []string
	for _, arn := range list {
		if arn == "" {
			words = append(words, `"$topic"`)
		} else {
			words = append(words, sh(arn))
		}
	}
	return append(all, option{name: name, raw: strings.Join(words, " "), list: true})
}

// subscribeFunction subscribes whoever is not subscribed yet: a second call would
// ask for a confirmation again.
const subscribeFunction = `
# subscribe TOPIC PROTOCOL ENDPOINT, unless it is subscribed already
subscribe() {
  local had
  had=$(aws sns list-subscriptions-by-topic --topic-arn="$1" --query='Subscriptions[].[Protocol, Endpoint]' --output=text)
  if [[ $'\n'$had$'\n' != *$'\n'"$2"$'\t'"$3"$'\n'* ]]; then
    aws sns subscribe --topic-arn="$1" --protocol="$2" --notification-endpoint="$3" >/dev/null
  fi
}
`

func scriptSubscribers(b *strings.Builder, p *Plan) {
	if len(p.Subscribers) == 0 {
		return
	}
	b.WriteString("\n# Who is told. Those with mail addresses have to follow the link in the mail that asks for a confirmation.\n")
	b.WriteString(subscribeFunction + "\n")
	for _, s := range p.Subscribers {
		topic := `"$topic"`
		if s.Topic != "" {
			topic = sh(s.Topic)
		}
		if s.Protocol == "sqs" {
			comment(b, "", "The queue's own policy has to let the topic send.")
		}
		fmt.Fprintf(b, "subscribe %s %s %s\n", topic, sh(s.Protocol), sh(s.Endpoint))
	}
}

package alarm

import (
	"fmt"
	"net/url"
	"strings"
)

// maxEmailChildren is how many triggering children an e-mail lists.
const maxEmailChildren = 10

// Email is the text of an e-mail, as AWS words and lays it out.
func (n Notice) Email() string {
	h := n.head()
	region, date := RegionName(h.region), longDate(n.To.Updated)
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	detail := func(label, value string) { line("- %-28s%s", label+":", value) }

	if n.Composite != nil {
		line(`You are receiving this email because your Amazon CloudWatch Alarm "%s" in the %s region has transitioned to %s state on %s, because "%s".`,
			h.name, region, n.To.State, date, n.To.Reason)
	} else {
		line(`You are receiving this email because your Amazon CloudWatch Alarm "%s" in the %s region has entered the %s state, because "%s" at "%s".`,
			h.name, region, n.To.State, n.To.Reason, date)
	}
	line("\nView this alarm in the AWS Management Console:\n%s", consoleLink(h))

	line("\nAlarm Details:")
	detail("Name", h.name)
	detail("Description", h.description)
	detail("State Change", string(n.From)+" -> "+string(n.To.State))
	if n.Composite != nil {
		detail("Alarm Rule", n.Composite.Rule.Text)
	}
	detail("Reason for State Change", n.To.Reason)
	detail("Timestamp", date)
	detail("AWS Account", h.account)
	detail("Alarm Arn", h.arn)

	if n.Composite != nil {
		n.emailChildren(line)
	} else {
		emailMetric(*n.Metric, line, detail)
	}
	line("\nState Change Actions:")
	line("- OK: %s", actionList(h.okActions))
	line("- ALARM: %s", actionList(h.alarmActions))
	line("- INSUFFICIENT_DATA: %s", actionList(h.insufficientDataActions))
	return b.String()
}

func (n Notice) emailChildren(line func(string, ...any)) {
	line("\nTriggering children (max. %d):", maxEmailChildren)
	for _, c := range n.Triggering[:min(len(n.Triggering), maxEmailChildren)] {
		line("- %s   %-20s%s", c.ARN, c.State, longDate(c.Since))
	}
}

func emailMetric(a Alarm, line func(string, ...any), detail func(label, value string)) {
	threshold := double(a.Threshold).String()
	if a.ThresholdMetricID != "" {
		threshold = a.ThresholdMetricID // UNSURE
	}
	line("\nThreshold:")
	// The blank at the end of this line is AWS's.
	line("- The alarm is in the ALARM state when the metric is %s %s for at least %d of the last %d period(s) of %d seconds. ",
		a.ComparisonOperator, threshold, a.needed(), a.EvaluationPeriods, a.Period)
	if len(a.Metrics) > 0 {
		line("\nMonitored Metrics:")
		for _, q := range a.Metrics {
			if q.ReturnData {
				detail("MetricExpression", q.Expression)
				detail("MetricLabel", q.Label)
			}
		}
		return
	}
	wide := func(label, value string) { line("- %-37s%s", label+":", value) }
	unit := a.Unit
	if unit == "" {
		unit = "not specified"
	}
	var dimensions []string
	for _, d := range a.Dimensions {
		dimensions = append(dimensions, fmt.Sprintf("[%s = %s]", d.Name, d.Value))
	}
	line("\nMonitored Metric:")
	wide("MetricNamespace", a.Namespace)
	wide("MetricName", a.MetricName)
	wide("Dimensions", strings.Join(dimensions, ", "))
	wide("Period", fmt.Sprintf("%d seconds", a.Period))
	wide("Statistic", a.Statistic.String())
	wide("Unit", unit)
	wide("TreatMissingData", string(a.treat()))
	line("")
}

// consoleLink leads to the alarm in the AWS console. UNSURE outside the
// commercial Regions.
func consoleLink(h head) string {
	name := strings.ReplaceAll(url.QueryEscape(h.name), "+", "%20")
	return fmt.Sprintf("https://%s.console.aws.amazon.com/cloudwatch/deeplink.js?region=%s#alarmsV2:alarm/%s", h.region, h.region, name)
}

func actionList(arns []string) string {
	if len(arns) == 0 {
		return ""
	}
	return "[" + strings.Join(arns, ", ") + "]"
}

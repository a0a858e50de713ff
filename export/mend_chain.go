package export

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tocsin/audit"
	"tocsin/core/control"
)

// filter plans a filter with what a mend says. One that does its work for another
// control is not replaced: it gets another one beside it.
func (m *mender) filter(f *Finding, c *control.Control, one call) error {
	var to []struct {
		MetricNamespace, MetricName, MetricValue, Unit string
		DefaultValue                                   *float64
	}
	if err := json.Unmarshal([]byte(one.of("metric-transformations")), &to); err != nil || len(to) != 1 {
		return fmt.Errorf("a mend without a metric transformation: %.80q", one.of("metric-transformations"))
	}
	planned := Filter{
		Key: c.ID, Name: one.of("filter-name"), LogGroup: one.of("log-group-name"), Pattern: one.of("filter-pattern"),
		Namespace: to[0].MetricNamespace, Metric: to[0].MetricName, Value: to[0].MetricValue, Default: to[0].DefaultValue, Unit: to[0].Unit,
		Exists: f.link(audit.FilterLink) == one.of("filter-name"),
	}
	var had struct {
		FilterPattern          string
		FieldSelectionCriteria string
		ApplyOnTransformedLogs bool
	}
	known := planned.Exists && f.answer("logs:DescribeMetricFilters", planned.Name, &had)
	if known && withoutControls(had.FilterPattern) == planned.Pattern {
		planned.Pattern = had.FilterPattern // with its line breaks, which a command cannot show
	}
	if !planned.Exists {
		planned.Name = m.named(c.ID)
	}
	everything := f.drowned()
	rest := ""
	if planned.Pattern == c.Pattern {
		k, err := choose(c, auditors[m.options.Compat], m.probes)
		if err != nil {
			return err
		}
		if k.apart {
			planned.Notes = append(planned.Notes, auditors[m.options.Compat]+" accepts only a text that matches nearly everything, so this one it will not accept.")
		} else {
			planned.Pattern, planned.Notes, rest = k.text, k.notes, k.rest
		}
		if k.alike && !planned.Exists {
			planned.Metric = planned.Name
		}
	}
	switch {
	case planned.Exists && m.form == ForCloudFormation:
		planned.Notes = append(planned.Notes, "Beside filter "+planned.Name+": "+f.problemOf(audit.FilterLink)+".")
		m.beside(f, c, &planned, everything)
	case m.form == ForTerraform && (had.FieldSelectionCriteria != "" || had.ApplyOnTransformedLogs):
		planned.Notes = append(planned.Notes, "Beside filter "+planned.Name+", which looks at selected or transformed events: that is no argument of the resource.")
		m.beside(f, c, &planned, everything)
	case planned.Exists && m.usedElsewhere(f, planned.Name):
		planned.Notes = append(planned.Notes, "Beside filter "+planned.Name+", which is for another control.")
		m.beside(f, c, &planned, everything)
	}
	if !slices.ContainsFunc(m.plan.Filters, func(had Filter) bool { return had.Key == planned.Key }) {
		m.plan.Filters = append(m.plan.Filters, planned)
		if rest != "" {
			planned.Key, planned.Name = planned.Key+restSuffix, m.named(c.ID+restSuffix)
			planned.Pattern, planned.Notes, planned.Exists = rest, []string{"What the text above misses."}, false
			m.plan.Filters = append(m.plan.Filters, planned)
		}
	}
	return nil
}

// problemOf is what a finding says of the link of a kind.
func (f *Finding) problemOf(kind string) string {
	for _, l := range f.Path {
		if l.Kind == kind && l.State != "holds" && l.Text != "" {
			return l.Text
		}
	}
	return "it does not do what the control asks for"
}

// beside makes of a filter that would replace one a new one that feeds the same
// metric, or a metric of its own where the other one drowns it.
func (m *mender) beside(f *Finding, c *control.Control, planned *Filter, drowned bool) {
	planned.Name, planned.Exists = m.named(c.ID), false
	if !drowned {
		return
	}
	planned.Namespace, planned.Metric = c.Namespace, m.named(c.ID)
	a := Alarm{Key: c.ID, Name: m.named(c.ID), Description: description(c, m.options.Version), Settings: c.Settings}
	a.Namespace, a.Metric = planned.Namespace, planned.Metric
	if topic := f.link(audit.TopicLink); topic != "" {
		a.Actions = []string{topic}
	} else {
		m.notify(&a)
	}
	m.addAlarm(c, a)
}

// drowned tells whether a finding is about a filter that matches nearly everything.
func (f *Finding) drowned() bool { return strings.Contains(f.Summary, "matches nearly every event") }

// usedElsewhere tells whether a filter does its work for another control. One that
// matches nearly everything does it for none, but is meant for one of them.
func (m *mender) usedElsewhere(f *Finding, name string) bool {
	if f.drowned() {
		return m.owner(name) != f.Control
	}
	for i := range m.findings {
		if o := &m.findings[i]; o.Control != f.Control && o.Status != audit.Failed && slices.Contains(o.Filters, name) {
			return true
		}
	}
	return slices.ContainsFunc(m.plan.Filters, func(had Filter) bool { return had.Exists && had.Name == name && had.Key != f.Control })
}

// owner is the control for which a filter that matches nearly everything is meant:
// the one whose pattern's words it has most of.
func (m *mender) owner(name string) string {
	var best string
	most := 0
	for i := range m.findings {
		f := &m.findings[i]
		var had struct{ FilterPattern string }
		c, ok := m.pack.Control(f.Control)
		if !ok || !f.Broken() || f.link(audit.FilterLink) != name || !f.answer("logs:DescribeMetricFilters", name, &had) {
			continue
		}
		shared := 1
		words := wordForm.FindAllString(c.Pattern, -1)
		slices.Sort(words)
		for _, word := range slices.Compact(words) {
			if strings.Contains(had.FilterPattern, word) {
				shared++
			}
		}
		if shared > most {
			best, most = f.Control, shared
		}
	}
	return best
}

// wordForm are words that are long enough to mean something.
var wordForm = regexp.MustCompile(`[A-Za-z]{6,}`)

// alarm plans an alarm with what a mend says.
func (m *mender) alarm(f *Finding, c *control.Control, one call) error {
	threshold, err := strconv.ParseFloat(one.of("threshold"), 64)
	if err != nil {
		return fmt.Errorf("a mend with a threshold that is no number: %.40q", one.of("threshold"))
	}
	a := Alarm{
		Key: c.ID, Name: one.of("alarm-name"), Description: one.of("alarm-description"),
		Settings: control.Settings{
			Namespace: one.of("namespace"), Metric: one.of("metric-name"), Statistic: one.of("statistic"),
			Period: atoi(one.of("period"), 300), EvaluationPeriods: atoi(one.of("evaluation-periods"), 1),
			Threshold: threshold, Comparison: one.of("comparison-operator"), TreatMissingData: one.of("treat-missing-data"),
		},
		Actions: one.options["alarm-actions"], OKActions: one.options["ok-actions"], NoDataActions: one.options["insufficient-data-actions"],
		Exists: f.link(audit.AlarmLink) == one.of("alarm-name"),
	}
	if !a.Exists {
		a.Name, a.Description = m.named(c.ID), description(c, m.options.Version)
		if at := slices.IndexFunc(m.plan.Filters, func(had Filter) bool { return had.Key == c.ID && !had.Exists }); at >= 0 {
			a.Namespace, a.Metric = m.plan.Filters[at].Namespace, m.plan.Filters[at].Metric
		}
	}
	for _, arn := range slices.Concat(a.Actions, a.OKActions, a.NoDataActions) {
		if !strings.HasPrefix(arn, "arn:") {
			return fmt.Errorf("a mend with an action that is no ARN: %.80q", arn)
		}
	}
	if i := slices.IndexFunc(a.Actions, m.madeUp); i >= 0 {
		a.Actions = slices.Delete(slices.Clone(a.Actions), i, i+1)
		m.notify(&a)
	}
	m.addAlarm(c, a)
	return nil
}

// madeUp tells whether a topic is one that a mend only suggests.
func (m *mender) madeUp(arn string) bool {
	return strings.HasSuffix(arn, ":security-alarms") && !m.topics[arn]
}

// notify lets an alarm publish to a topic of its Region that works for another
// control, or to the plan's own.
func (m *mender) notify(a *Alarm) {
	for i := range m.findings {
		f := &m.findings[i]
		if topic := f.link(audit.TopicLink); f.Status == audit.Passed && topic != "" && regionOf(topic) == m.plan.Region {
			a.Actions = append(a.Actions, topic)
			return
		}
	}
	a.Notify = true
	m.ownTopic()
}

// regionOf is the Region of an ARN, "" for a text that is none.
func regionOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[3]
	}
	return ""
}

// ownTopic gives the plan a topic under a name that no topic of the account has.
func (m *mender) ownTopic() {
	if m.plan.Topic != "" {
		return
	}
	name := topicName(m.plan.Prefix)
	m.plan.Topic = name
	for n := 2; m.hasTopic(m.plan.Topic); n++ {
		m.plan.Topic = name + "-" + strconv.Itoa(n)
	}
}

func (m *mender) hasTopic(name string) bool {
	for arn := range m.topics {
		if strings.HasSuffix(arn, ":"+name) {
			return true
		}
	}
	return false
}

// addAlarm plans an alarm, for CloudFormation beside one that exists.
func (m *mender) addAlarm(c *control.Control, a Alarm) {
	if a.Exists && m.form == ForCloudFormation {
		a.Notes = append(a.Notes, "Beside alarm "+a.Name+".")
		a.Name, a.Exists = m.named(c.ID), false
	}
	same := func(had Alarm) bool { return had.Key == a.Key || had.Exists && a.Exists && had.Name == a.Name }
	if !slices.ContainsFunc(m.plan.Alarms, same) {
		m.plan.Alarms = append(m.plan.Alarms, a)
	}
}

// alarmAnswered is an alarm as the account described it, with its actions switched
// on; false for one that has more than a plan can say.
func alarmAnswered(f *Finding, name string) (Alarm, bool) {
	var d struct {
		AlarmName, AlarmDescription, Namespace, MetricName, Statistic, ExtendedStatistic, ComparisonOperator, TreatMissingData, Unit string
		EvaluateLowSampleCountPercentile, ThresholdMetricId                                                                          string
		Period, EvaluationPeriods, DatapointsToAlarm                                                                                 int
		Threshold                                                                                                                    *float64
		AlarmActions, OKActions, InsufficientDataActions                                                                             []string
		Dimensions, Metrics                                                                                                          []any
	}
	notARN := func(arn string) bool { return !strings.HasPrefix(arn, "arn:") }
	if !f.answer("cloudwatch:DescribeAlarms", name, &d) || slices.ContainsFunc(slices.Concat(d.AlarmActions, d.OKActions, d.InsufficientDataActions), notARN) || d.MetricName == "" || d.Threshold == nil || len(d.Dimensions)+len(d.Metrics) > 0 ||
		d.EvaluateLowSampleCountPercentile != "" || d.ThresholdMetricId != "" {
		return Alarm{}, false
	}
	statistic := d.Statistic
	if statistic == "" {
		statistic = d.ExtendedStatistic
	}
	missing := d.TreatMissingData
	if missing == "" {
		missing = "missing"
	}
	return Alarm{
		Name: d.AlarmName, Description: d.AlarmDescription, Unit: d.Unit,
		Settings: control.Settings{
			Namespace: d.Namespace, Metric: d.MetricName, Statistic: statistic, Period: d.Period, EvaluationPeriods: d.EvaluationPeriods,
			DatapointsToAlarm: d.DatapointsToAlarm, Threshold: *d.Threshold, Comparison: d.ComparisonOperator, TreatMissingData: missing,
		},
		Actions: d.AlarmActions, OKActions: d.OKActions, NoDataActions: d.InsufficientDataActions, Exists: true,
	}, true
}

// later plans what mends the links behind the one that broke first, as far as the
// path shows them.
func (m *mender) later(f *Finding, c *control.Control) {
	for i, l := range f.Path {
		if i <= f.Broke || l.State != "broken" {
			continue
		}
		switch l.Kind {
		case audit.AlarmLink:
			if l.Name != "" {
				continue
			}
			at := slices.IndexFunc(m.plan.Filters, func(had Filter) bool { return had.Key == c.ID })
			if at < 0 {
				continue
			}
			a := Alarm{Key: c.ID, Name: m.named(c.ID), Description: description(c, m.options.Version), Settings: c.Settings}
			a.Namespace, a.Metric = m.plan.Filters[at].Namespace, m.plan.Filters[at].Metric
			m.notify(&a)
			m.addAlarm(c, a)
		case audit.ActionLink:
			if a, ok := alarmAnswered(f, f.link(audit.AlarmLink)); ok {
				a.Key = c.ID
				if len(a.Actions) == 0 {
					m.notify(&a)
				}
				m.addAlarm(c, a)
			}
		case audit.SubscriptionLink:
			if l.Name == "" && f.link(audit.TopicLink) != "" {
				m.subscribeAll(f.link(audit.TopicLink))
			}
		}
	}
}

// withoutControls is a text as a command of a mend shows it.
func withoutControls(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, text)
}

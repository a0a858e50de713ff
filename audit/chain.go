package audit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"tocsin/core/alarm"
	"tocsin/core/control"
	"tocsin/core/metric"
)

// stuckAfter is how long an alarm may be in ALARM before it counts as mute.
const stuckAfter = 24 * time.Hour

func quoted(text string) json.RawMessage {
	b, err := json.Marshal(text)
	if err != nil {
		return nil // no text of Go's fails to be written
	}
	return b
}

// downstream judges what comes after a match of the filter: its metric, the best
// alarm on it, the best action of that, topic and subscription.
func (j *judge) downstream(r *reading, match []control.Example, noisy bool) []Link {
	if len(r.Metrics) == 0 {
		return []Link{{Kind: MetricLink, Rank: Broken, problem: filterValue, Text: "filter " + r.Name + " publishes no metric"}}
	}
	var best []Link
	for _, m := range r.Metrics {
		links := j.metricChain(r, m, match, noisy)
		if best == nil || worst(links) < worst(best) {
			best = links
		}
	}
	return best
}

func (j *judge) metricChain(r *reading, m FilterMetric, match []control.Example, noisy bool) []Link {
	a := j.account
	l := Link{Kind: MetricLink, Name: m.Namespace + "/" + m.Name}
	if len(m.Fields) > 0 {
		// CloudWatch Logs API Reference, PutMetricFilter.
		l.notes = append(l.notes, "CloudWatch Logs may disable filter "+r.Name+" when it makes 1,000 values of its dimensions within an hour")
	}
	value, lacks, ok := m.valueOf(r, match)
	switch {
	case m.Name == "" || m.Namespace == "":
		l.Rank, l.Text = Unknown, "the answer does not name the metric"
		return []Link{l}
	case !ok:
		l.Rank, l.problem, l.Text = Broken, filterValue, "the metric value "+m.Value+" is no number, and no event of the control has such a field"
		return []Link{l}
	case lacks != "":
		l.Rank, l.problem, l.Text = Broken, filterValue, "the metric value "+m.Value+" is a field that some events do not have, such as the example "+lacks
		return []Link{l}
	}
	set := a.alarms(r.account, r.region)
	if set == nil || !set.Read && len(set.Metric) == 0 {
		return []Link{l, {Kind: AlarmLink, Rank: Unknown, Text: "the alarms are " + a.unread("cloudwatch:DescribeAlarms", placeText(r.account, r.region))}}
	}
	var best []Link
	sets := []*AlarmSet{set}
	for _, observer := range a.Observers {
		if o := a.alarms(observer, r.region); o != nil && observer != r.account {
			sets = append(sets, o)
		}
	}
	unread := ""
	for _, set := range sets {
		for i := range set.Metric {
			if links := j.alarmChain(r, m, value, set, &set.Metric[i], noisy); links != nil && (best == nil || closer(links, best)) {
				best = links
			}
		}
		if !set.Read && unread == "" {
			unread = a.unread("cloudwatch:DescribeAlarms", placeText(set.Account, set.Region))
		}
	}
	if best == nil || worst(best) == Broken && unread != "" {
		if unread != "" {
			return []Link{l, {Kind: AlarmLink, Rank: Unknown, Text: "the alarms are " + unread}}
		}
		if by := set.queries(m); by != "" {
			return []Link{l, {Kind: AlarmLink, Name: by, Rank: Unknown, Text: "it finds its metrics by a query, which is not judged"}}
		}
		return []Link{l, {
			Kind: AlarmLink, Rank: Broken, problem: noAlarm, Text: "no alarm watches " + l.Name + a.nearMiss(m, r),
			notes: notObserved(a),
		}}
	}
	return append([]Link{l}, best...)
}

// notObserved is what is worth knowing where no account that observes this one was
// asked for its alarms.
func notObserved(a *Account) []string {
	if len(a.Observers) > 0 {
		return nil
	}
	return []string{"an alarm of another account that observes this one is not seen from here"}
}

// queries is an alarm that looks for metrics by a query or search in which the
// namespace or the name of this one occurs.
func (set *AlarmSet) queries(m FilterMetric) string {
	for i := range set.Metric {
		for _, q := range set.Metric[i].Metrics {
			text := strings.ToUpper(q.Expression)
			if (strings.Contains(text, "SELECT ") || strings.Contains(text, "SEARCH(")) && (strings.Contains(q.Expression, m.Name) || strings.Contains(q.Expression, m.Namespace)) {
				return set.Metric[i].Name
			}
		}
	}
	return ""
}

// closer tells whether a chain is better than another: by its worst link, and of
// two broken ones by how far it gets.
func closer(a, b []Link) bool {
	if worst(a) != worst(b) {
		return worst(a) < worst(b)
	}
	return worst(a) == Broken && firstBroken(a) > firstBroken(b)
}

func firstBroken(links []Link) int {
	return slices.IndexFunc(links, func(l Link) bool { return l.Rank == Broken })
}

// nearMiss tells of an alarm that nearly watches the metric.
func (a *Account) nearMiss(m FilterMetric, r *reading) string {
	for _, set := range a.Alarms {
		for i := range set.Metric {
			for _, id := range set.Metric[i].inputs() {
				switch name := set.Metric[i].Name; {
				case id[1] == m.Name && id[0] == m.Namespace:
					return fmt.Sprintf("; alarm %s watches it in %s", name, set.Region)
				case id[1] == m.Name:
					return fmt.Sprintf("; alarm %s watches %s/%s, another namespace", name, id[0], id[1])
				case id[0] == m.Namespace && strings.EqualFold(id[1], m.Name):
					return fmt.Sprintf("; alarm %s watches %s, which differs in case", name, id[1])
				}
			}
		}
	}
	return ""
}

// alarmChain judges one alarm and what follows; nil when it watches another metric.
func (j *judge) alarmChain(r *reading, m FilterMetric, value float64, set *AlarmSet, ma *MetricAlarm, noisy bool) []Link {
	a := j.account
	if !ma.watches(set.Account, r.account, m) || r.only != "" && r.only != ma.Name {
		return nil
	}
	l := Link{Kind: AlarmLink, Name: ma.Name, evidence: evidence("cloudwatch:DescribeAlarms", ma.Name, ma.answer)}
	var ring ringing
	if def, ok := ma.simple(m); ok {
		if err := ma.sound(def); err != nil {
			l.Rank, l.Text = Unknown, "its definition cannot be read: "+firstLine(err.Error())
		} else {
			l, ring = j.ringLink(l, r, m, def, value, ma, noisy)
		}
	} else {
		l, ring = j.mathLink(l, r, m, value, ma, noisy)
	}
	links := []Link{j.quietLink(l, r, m, ma)}
	l = links[0]
	if l.Rank == Broken {
		return links
	}
	from, reason := alarm.OK, "Threshold Crossed" // of an alarm that is not judged
	if ring.events > 0 {
		from, reason = ring.first.From, ring.first.Verdict.Reason(ma.Alarm)
	}
	next := a.reach(ringer{
		name: ma.Name, arn: ma.ARN, account: set.Account, region: set.Region, enabled: ma.Enabled, actions: ma.AlarmActions, set: set,
		notice: alarm.Notice{Metric: &ma.Alarm, From: from, To: alarm.Record{State: alarm.InAlarm, Reason: reason, Updated: a.At, Transitioned: a.At}},
	})
	if worst(next) > Holds {
		if by := a.composites(set, ma.Name, ma.ARN, from, 0); by != nil && (closer(by, next) || len(ma.AlarmActions) == 0) {
			next = by
		}
	}
	return append(links, next...)
}

// ringLink judges whether one event rings the alarm.
func (j *judge) ringLink(l Link, r *reading, m FilterMetric, def alarm.Alarm, value float64, ma *MetricAlarm, noisy bool) (Link, ringing) {
	fail := func(rank Rank, text string, args ...any) Link {
		l.Rank, l.problem, l.Text = rank, alarmSettings, fmt.Sprintf(text, args...)
		return l
	}
	if text, rank := j.account.dimensionsFit(r, m, def); rank != Holds {
		l = fail(rank, "%s", text)
		if len(m.Dimensions)+len(r.SystemFields) > 0 {
			l.problem = filterValue // the benchmark's metric has no dimensions
		}
		if rank == Broken {
			return l, ringing{}
		}
	}
	unit := m.Unit
	if unit == "" {
		unit = metric.None
	}
	if def.Unit != "" && def.Unit != unit {
		return fail(Broken, "it asks for the unit %s and the filter publishes %s: it never gets data", def.Unit, unit), ringing{}
	}
	defaults := j.defaults[r.feed(m)]
	ring := tryBoth(len(defaults) > 0, func(busy bool) ringing {
		if !busy {
			return try(def, value, nil)
		}
		return try(def, value, valuesOf(defaults))
	})
	settings := fmt.Sprintf("%s %s %v, %d of %d periods of %d s, missing data %s", def.Statistic, def.ComparisonOperator, def.Threshold,
		cmp.Or(def.DatapointsToAlarm, def.EvaluationPeriods), def.EvaluationPeriods, def.Period, orMissing(def.TreatMissingData))
	l = judgeRinging(l, ring, value, settings, noisy)
	if l.Rank == Broken {
		if m.Default != nil && *m.Default > 0 {
			l.problem = filterDefault
			l.Text += fmt.Sprintf("; every other event of the log group publishes %v", *m.Default)
		} else if other := stifles(r, def, value, defaults); other != nil {
			l.problem = alarmShared
			l.Text += fmt.Sprintf("; filter %s publishes %v to the same metric for every event that it does not match", other.filter.Name, other.value)
		}
		return l, ring
	}
	if def.Period >= 3600 {
		l.notes = append(l.notes, fmt.Sprintf("alarm %s stays in ALARM for %d s after an event: others in that time ring nothing", ma.Name, def.Period))
	}
	return l, ring
}

// stifles is the default value of another filter on the metric without which an
// alarm would ring that does not.
func stifles(r *reading, def alarm.Alarm, value float64, defaults []byDefault) *byDefault {
	for i, d := range defaults {
		if d.filter.is(r.Filter) {
			continue
		}
		if try(def, value, valuesOf(slices.Delete(slices.Clone(defaults), i, i+1))).events == 1 {
			return &defaults[i]
		}
	}
	return nil
}

// judgeRinging says in the link what it takes to ring an alarm with these settings.
func judgeRinging(l Link, ring ringing, value float64, settings string, noisy bool) Link {
	fail := func(rank Rank, text string, args ...any) Link {
		l.Rank, l.problem, l.Text = rank, alarmSettings, fmt.Sprintf(text, args...)
		return l
	}
	switch {
	case ring.events == 0 && ring.quiet == alarm.InAlarm:
		return fail(Broken, "it is in ALARM while nothing happens, so that no event rings it (%s)", settings)
	case ring.events == 0 && value <= 0:
		l = fail(Broken, "no number of events rings it, for each publishes %v (%s)", value, settings)
		l.problem = filterValue
		return l
	case ring.events == 0:
		return fail(Broken, "no number of events rings it (%s)", settings)
	case !ring.again:
		return fail(Broken, "it rings once and then stays in ALARM, so that no later event rings it (%s)", settings)
	case ring.events > 1 || ring.spread > 1:
		rank := Broken
		if noisy {
			rank = Restricted
		}
		period := int(ring.period.Seconds())
		if ring.spread > 1 {
			return fail(rank, "one event does not ring it: it takes %d in each of %d periods of %d s (%s)", ring.events, ring.spread, period, settings)
		}
		return fail(rank, "one event does not ring it: it takes %d within %d s (%s)", ring.events, period, settings)
	}
	return l
}

// worsen gives the link a rank and says why, if it has no such rank or a worse one yet.
func (l *Link) worsen(rank Rank, p problem, text string, args ...any) {
	if rank > l.Rank {
		l.Rank, l.problem, l.Text = rank, p, fmt.Sprintf(text, args...)
	}
}

// What an alarm comes to that one metric keeps in ALARM, always or often.
const (
	neverLeaves = "it never leaves ALARM"
	oftenThere  = "it is often in ALARM already, and then another event tells nobody"
)

// noisyLink says which other filters keep an alarm from ringing by feeding a metric
// that it reads.
func (j *judge) noisyLink(l Link, r *reading, f feed, metric, always, often string) Link {
	for _, n := range j.noise[f] {
		switch {
		case n.filter.is(r.Filter):
		case n.calls == nil:
			l.worsen(Broken, alarmShared, "filter %s feeds %s with nearly every event, so that %s", n.filter.Name, metric, always)
		default:
			l.worsen(Restricted, alarmShared, "filter %s feeds %s with what happens all day, such as %s: %s", n.filter.Name, metric, n.calls[0], often)
		}
	}
	return l
}

// quietLink says what keeps a sound alarm from ringing: what it is in now, what
// else feeds its metric, whether it is evaluated at all.
func (j *judge) quietLink(l Link, r *reading, m FilterMetric, ma *MetricAlarm) Link {
	a := j.account
	l = j.noisyLink(l, r, r.feed(m), "the same metric", neverLeaves, oftenThere)
	switch cwtypes.EvaluationState(ma.Evaluation) {
	case "":
	case cwtypes.EvaluationStateEvaluationError:
		l.worsen(Broken, alarmSettings, "CloudWatch cannot evaluate it: its EvaluationState is %s", ma.Evaluation)
	default:
		l.worsen(Restricted, nothing, "its EvaluationState is %s: CloudWatch has not all the data", ma.Evaluation)
	}
	if ma.State == alarm.InAlarm && !ma.Since.IsZero() && a.At.Sub(ma.Since) > stuckAfter {
		l.worsen(Restricted, alarmSettings, "it is in ALARM since %s: until it leaves, another event tells nobody", ma.Since.Format(time.RFC3339))
	}
	if ma.WarmUp.After(a.At) {
		l.worsen(Restricted, nothing, "it is warming up until %s and does not act before", ma.WarmUp.Format(time.RFC3339))
	}
	return l
}

func orMissing(t alarm.TreatMissingData) alarm.TreatMissingData {
	if t == "" {
		return alarm.Missing
	}
	return t
}

// dimensionsFit tells whether the alarm looks at the very metric that the filter
// feeds: the same names of dimensions, and values that do not leave events out.
func (a *Account) dimensionsFit(r *reading, m FilterMetric, def alarm.Alarm) (string, Rank) {
	feeds := slices.Sorted(slices.Values(append(slices.Clone(m.Dimensions), r.SystemFields...)))
	var asks []string
	for _, d := range def.Dimensions {
		asks = append(asks, d.Name)
	}
	slices.Sort(asks)
	if !slices.Equal(feeds, asks) {
		return fmt.Sprintf("it watches dimensions [%s], and the filter publishes [%s]: it never gets data", strings.Join(asks, " "), strings.Join(feeds, " ")), Broken
	}
	for _, d := range def.Dimensions {
		if _, field := m.Fields[d.Name]; field || d.Name == metric.AccountField && d.Value == a.ID {
			continue // what a field's value leaves out is the narrowed pattern's to say
		}
		return fmt.Sprintf("it only sees events with %s %s", d.Name, d.Value), Restricted
	}
	return "", Holds
}

package control

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tocsin/core/alarm"
	"tocsin/core/event"
	"tocsin/core/metric"
	"tocsin/core/pattern"
)

// Limits of the API, in the order of PutMetricFilter and PutMetricAlarm.
const (
	maxName        = 255 // of metrics and namespaces, in bytes
	maxMetricValue = 100
	day            = 24 * 60 * 60
	maxWindow      = 7 * day // Period x EvaluationPeriods of an alarm whose period is an hour or more
)

// A control's id becomes part of the names of filters and alarms, of command
// lines and of addresses.
var idForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

var (
	kinds       = []Kind{Alarm, Trail, Account}
	assessments = []string{"scored", "automated", "manual"}
	categories  = []string{"management", "data", "networkActivity", "insight"}
	comparisons = []string{"GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"}
	missing     = []string{"missing", "ignore", "breaching", "notBreaching"}
)

// Validate reports what would keep the pack from working as Problems: patterns
// that do not parse, settings that CloudWatch refuses, names used twice, examples
// that the pattern judges otherwise than they are filed. nil is a sound pack.
func (p *Pack) Validate() error {
	var ps Problems
	if p.validate(&ps); len(ps) > 0 {
		return ps
	}
	return nil
}

func (p *Pack) validate(ps *Problems) {
	at := event.Members("controls")
	if len(p.Controls) == 0 {
		ps.add(at, "the pack has no controls: give it one with an id, a title and a pattern")
	}
	first := map[string]int{}
	for i := range p.Controls {
		c := &p.Controls[i]
		here := element(at, i)
		if j, taken := first[c.ID]; taken && c.ID != "" {
			ps.add(member(here, "id"), "the id %q is taken by controls[%d]", c.ID, j)
		} else {
			first[c.ID] = i
		}
		c.check(here, ps)
	}
}

func (c *Control) check(at event.Path, ps *Problems) {
	switch {
	case c.ID == "":
		ps.add(member(at, "id"), "the control has no id")
	case len(c.ID) > maxName || !idForm.MatchString(c.ID):
		ps.add(member(at, "id"), "%q is no id: use lower-case letters and digits, with single hyphens between", c.ID)
	}
	if strings.TrimSpace(c.Title) == "" {
		ps.add(member(at, "title"), "the control has no title")
	}
	oneOf(ps, member(at, "kind"), c.Kind, kinds)
	if c.EventCategory != "" {
		oneOf(ps, member(at, "eventCategory"), c.EventCategory, categories)
	}
	if c.Kind == Alarm {
		if p := parse(c.Pattern, member(at, "pattern"), ps); p != nil {
			c.Examples.check(p, at, ps)
		}
		c.Settings.check(at, ps)
	} else if c.Pattern != "" {
		ps.add(member(at, "pattern"), "a control of kind %s has no pattern", c.Kind)
	}
	for _, v := range slices.Sorted(maps.Keys(c.CIS)) {
		here := member(member(at, "cis"), string(v))
		oneOf(ps, here, v, Versions())
		oneOf(ps, member(here, "assessment"), c.CIS[v].Assessment, assessments)
		oneOf(ps, member(here, "level"), c.CIS[v].Level, []int{1, 2})
	}
	c.checkTexts(member(at, "texts"), ps)
	for i, d := range c.Demands {
		here := element(member(at, "demands"), i)
		if d.Auditor == "" {
			ps.add(member(here, "auditor"), "the demand names no auditor")
		}
		oneOf(ps, member(here, "how"), d.How, pattern.Hows())
		if _, ok := c.Text(d.Text); !ok && d.How != pattern.Unsatisfiable {
			ps.add(member(here, "text"), "there is no text %q", d.Text)
		}
	}
}

func parse(text string, at event.Path, ps *Problems) *pattern.Pattern {
	if strings.TrimSpace(text) == "" {
		ps.add(at, "the control has no pattern: say which events it is about, such as { $.eventName = DeleteTrail }")
		return nil
	}
	p, err := pattern.Parse(text)
	if err != nil {
		ps.add(at, "%w", err)
		return nil
	}
	return p
}

func oneOf[T comparable](ps *Problems, at event.Path, value T, known []T) {
	if !slices.Contains(known, value) {
		words := make([]string, len(known))
		for i, k := range known {
			words[i] = fmt.Sprint(k)
		}
		ps.add(at, "unknown value %v: want one of %s", value, strings.Join(words, ", "))
	}
}

func (s *Settings) check(at event.Path, ps *Problems) {
	checkName(s.Metric, "metric", ":*$", member(at, "metric"), ps)
	checkName(s.Namespace, "namespace", "*$", member(at, "namespace"), ps)
	if strings.HasPrefix(s.Namespace, "AWS/") {
		ps.add(member(at, "namespace"), "namespaces that begin with AWS/ are reserved")
	}
	if err := s.MetricValue.check(); err != nil {
		ps.add(member(at, "metricValue"), "%w", err)
	}
	if _, err := metric.ParseStatistic(s.Statistic); err != nil {
		ps.add(member(at, "statistic"), "%w", err)
	}
	if !alarm.IsPeriod(s.Period) {
		ps.add(member(at, "period"), "%d is no period: want 10, 20, 30 or a multiple of 60 seconds", s.Period)
	}
	if math.IsNaN(s.Threshold) || math.IsInf(s.Threshold, 0) {
		ps.add(member(at, "threshold"), "want a number, not %v", s.Threshold)
	}
	oneOf(ps, member(at, "comparison"), s.Comparison, comparisons)
	oneOf(ps, member(at, "treatMissingData"), s.TreatMissingData, missing)
	window := maxWindow
	if s.Period < 3600 {
		window = day
	}
	switch {
	case s.EvaluationPeriods < 1:
		ps.add(member(at, "evaluationPeriods"), "want at least 1, not %d", s.EvaluationPeriods)
	case s.Period > 0 && s.EvaluationPeriods > window/s.Period:
		ps.add(member(at, "evaluationPeriods"), "%d periods of %d seconds are longer than %d hours, the most that an alarm of this period looks at",
			s.EvaluationPeriods, s.Period, window/3600)
	}
	if s.DatapointsToAlarm < 0 || s.DatapointsToAlarm > max(s.EvaluationPeriods, 1) {
		ps.add(member(at, "datapointsToAlarm"), "want 1 to %d, the number of evaluation periods, not %d", max(s.EvaluationPeriods, 1), s.DatapointsToAlarm)
	}
}

func checkName(name, what, refused string, at event.Path, ps *Problems) {
	switch {
	case name == "":
		ps.add(at, "the %s has no name", what)
	case len(name) > maxName:
		ps.add(at, "the name of the %s has %d bytes, at most %d are allowed", what, len(name), maxName)
	case strings.HasPrefix(name, ":") || strings.ContainsAny(name, refused):
		ps.add(at, "%q is no name of a %s: it must not hold any of %s", name, what, strings.Join(strings.Split(refused, ""), " "))
	}
}

func (v MetricValue) check() error {
	text := string(v)
	switch {
	case len(text) > maxMetricValue:
		return fmt.Errorf("the value has %d bytes, at most %d are allowed", len(text), maxMetricValue)
	case strings.HasPrefix(text, "$."):
		path, err := pattern.ParseSelector(text)
		if err == nil && path.Wild() {
			err = fmt.Errorf("%s selects any number of values: name the one that holds the number", text)
		}
		return err
	case strings.HasPrefix(text, "$") && len(text) > 1:
		return nil // a column of a space-delimited pattern
	}
	if f, err := strconv.ParseFloat(text, 64); err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("want a number or a selector such as $.additionalEventData.bytesTransferredOut, not %q", text)
	}
	return nil
}

func (e *Examples) check(p *pattern.Pattern, at event.Path, ps *Problems) {
	at = member(at, "examples")
	named := map[string]bool{}
	for _, group := range []struct {
		name     string
		examples []Example
		want     bool
	}{{"match", e.Match, true}, {"noMatch", e.NoMatch, false}} {
		for i, x := range group.examples {
			here := element(member(at, group.name), i)
			switch {
			case x.Name == "":
				ps.add(member(here, "name"), "the example has no name")
			case named[x.Name]:
				ps.add(member(here, "name"), "the name %q is taken by another example", x.Name)
			}
			named[x.Name] = true
			switch {
			case !event.Valid(x.Event):
				ps.add(member(here, "event"), "the example has no event")
			case p.Match(x.Event) && !group.want:
				ps.add(member(here, "event"), "the pattern matches this event, which is listed under noMatch")
			case !p.Match(x.Event) && group.want:
				ps.add(member(here, "event"), "the pattern does not match this event, which is listed under match%s", because(p, x.Event))
			}
		}
	}
}

// because names the terms that would have to hold for the pattern to match.
func because(p *pattern.Pattern, message []byte) string {
	var b strings.Builder
	for _, j := range pattern.Explain(p, message).NearestMiss {
		b.WriteString("; " + j.Text + ": " + j.Why)
	}
	return b.String()
}

func (c *Control) checkTexts(at event.Path, ps *Problems) {
	named := map[string]bool{}
	for i, t := range c.Texts {
		here := element(at, i)
		switch {
		case t.Name == "":
			ps.add(member(here, "name"), "the text has no name")
		case named[t.Name]:
			ps.add(member(here, "name"), "the name %q is taken by another text", t.Name)
		}
		named[t.Name] = true
		for j, v := range t.CIS {
			oneOf(ps, element(member(here, "cis"), j), v, Versions())
		}
		if t.Invalid {
			continue
		}
		if p := parse(t.Pattern, member(here, "pattern"), ps); p != nil {
			c.checkDiffers(p, t, here, ps)
		}
	}
}

// checkDiffers holds a text against the examples: it must judge those that it
// names in Differs otherwise than the control does, and all others alike.
func (c *Control) checkDiffers(p *pattern.Pattern, t Text, at event.Path, ps *Problems) {
	known := map[string]bool{}
	judge := func(examples []Example, want bool) {
		for _, x := range examples {
			known[x.Name] = true
			differs := p.Match(x.Event) != want
			if stated := slices.Contains(t.Differs, x.Name); differs && !stated {
				ps.add(at, "the text judges the example %q otherwise than the control: name it in differs", x.Name)
			} else if !differs && stated {
				ps.add(member(at, "differs"), "the text judges the example %q as the control does", x.Name)
			}
		}
	}
	judge(c.Examples.Match, true)
	judge(c.Examples.NoMatch, false)
	for i, name := range t.Differs {
		if !known[name] {
			ps.add(element(member(at, "differs"), i), "there is no example %q", name)
		}
	}
}

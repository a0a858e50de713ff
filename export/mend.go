package export

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tocsin/audit"
	"tocsin/core/control"
)

// Form is what a plan is made for, as far as that matters to it.
type Form int

// The forms.
const (
	ForTerraform Form = iota
	ForCloudFormation
	ForScript
)

// A mender makes a plan out of findings.
type mender struct {
	plan     *Plan
	options  *Options
	form     Form
	findings []Finding
	pack     *control.Pack
	probes   []json.RawMessage
	who      []Subscriber
	// topics are those that some finding saw, taken the names of filters and alarms.
	topics, taken map[string]bool
	// needsTrail are controls that hang on a trail that is not there.
	needsTrail []*control.Control
}

// Mend is the plan of what mends the findings, all of one account, in the
// account's own names. What cannot be mended by it is told in the plan's notes.
// CloudFormation takes nothing over that it did not make: there, a filter or an
// alarm that would be replaced gets a better one beside it.
func Mend(findings []Finding, o Options, form Form) (*Plan, error) {
	if len(findings) == 0 {
		return nil, errors.New("there are no findings")
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	who, err := o.subscribers()
	if err != nil {
		return nil, err
	}
	place, err := placeOf(findings, o.Warnings)
	if err != nil {
		return nil, err
	}
	findings = slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Account != place.account })
	m := &mender{
		plan:    &Plan{Title: "The mend of what an audit found in account " + place.account, Prefix: o.Prefix, Account: place.account, Region: place.region},
		options: &o, form: form, findings: findings, pack: control.Builtin(), probes: everyday(), who: who,
		topics: map[string]bool{}, taken: map[string]bool{},
	}
	if place.region != "" {
		m.plan.Title += ", " + place.region
	}
	for i := range findings {
		for _, l := range findings[i].Path {
			switch l.Kind {
			case audit.TopicLink:
				m.topics[l.Name] = true
			case audit.FilterLink, audit.AlarmLink, audit.CompositeLink:
				m.taken[l.Name] = true
			}
		}
		for _, name := range findings[i].Filters {
			m.taken[name] = true
		}
	}
	for i := range findings {
		if err := m.mend(&findings[i]); err != nil {
			return nil, fmt.Errorf("control %s: %w", findings[i].Control, err)
		}
	}
	m.newTrail()
	if m.plan.Topic != "" {
		m.subscribeAll("")
	}
	m.finish()
	return m.plan, nil
}

// named is the name of something new for a control, which nothing has yet.
func (m *mender) named(key string) string {
	name := m.plan.named(key)
	for n := 2; m.taken[name]; n++ {
		name = m.plan.named(key + "-" + strconv.Itoa(n))
	}
	return name
}

type place struct{ account, region string }

// placeOf is where the findings are to be mended, those of warnings if they are. There
// may be only one place: the forms are for one account and Region each.
func placeOf(findings []Finding, warnings bool) (place, error) {
	var all []place
	for i := range findings {
		if f := &findings[i]; f.Broken() && f.Mend != nil && (warnings || f.Status == audit.Failed) {
			all = addPlace(all, place{f.Account, f.chainRegion()})
		}
	}
	if len(all) == 0 { // nothing is to be mended, anywhere
		all = addPlace(all, place{findings[0].Account, findings[0].Region})
	}
	switch {
	case len(all) > 1:
		var names []string
		for _, p := range all {
			names = append(names, strings.TrimSpace(p.account+" "+p.region))
		}
		return place{}, fmt.Errorf("the findings are of several places, and what mends them is for one: %s", strings.Join(names, ", "))
	case all[0].account == "":
		return place{}, errors.New("the findings name no account")
	}
	all[0].region = cmp.Or(all[0].region, findings[0].Region)
	return all[0], nil
}

// addPlace adds a place unless it is known. One without a Region, such as that of
// a bucket's settings, is any of its account.
func addPlace(all []place, p place) []place {
	for i, had := range all {
		if had.account == p.account && (had.region == p.region || had.region == "" || p.region == "") {
			all[i].region = cmp.Or(had.region, p.region)
			return all
		}
	}
	return append(all, p)
}

func (m *mender) note(text string) {
	if !slices.Contains(m.plan.Notes, text) {
		m.plan.Notes = append(m.plan.Notes, text)
	}
}

// mend plans what mends one finding.
func (m *mender) mend(f *Finding) error {
	switch {
	case f.Status == audit.NotAvailable:
		m.note("Not judged, and so not mended: " + f.Control + ": " + f.Summary)
		return nil
	case !f.Broken():
		return nil
	case f.Status == audit.Warning && !m.options.Warnings:
		m.note("Left as it is, for somebody may have meant it, unless --control names it: " + f.Control + ": " + f.Summary)
		return nil
	case f.Mend == nil:
		m.note("Not mended: " + f.Control + ": " + f.Summary)
		return nil
	}
	var calls []call
	for _, command := range f.Mend.CLI {
		c, err := readCall(command)
		if err != nil {
			m.note("Not mended: " + f.Control + ": " + err.Error())
			return nil
		}
		calls = append(calls, c)
	}
	if len(calls) == 0 {
		m.note("Not mended: " + f.Control + ": " + f.Summary + ": " + f.Mend.Text)
		return nil
	}
	if f.Benchmark != "" {
		m.options.Version = f.Benchmark
	}
	c, _ := m.pack.Control(f.Control)
	if c == nil {
		c = &control.Control{ID: f.Control, Title: f.Title}
	}
	if calls[0].operation == "cloudtrail create-trail" {
		m.needsTrail = append(m.needsTrail, c)
		return nil
	}
	if slices.ContainsFunc(calls, func(c call) bool { return c.operation == "logs create-log-group" }) {
		m.note("Not mended, as the chain has to move to another log group: " + f.Control + ": " + f.Summary)
		return nil
	}
	for _, one := range calls {
		if err := m.apply(f, c, one); err != nil {
			return err
		}
	}
	m.later(f, c)
	return nil
}

// apply plans one call of a mend.
func (m *mender) apply(f *Finding, c *control.Control, one call) error {
	switch one.operation {
	case "logs put-metric-filter":
		return m.filter(f, c, one)
	case "cloudwatch put-metric-alarm":
		return m.alarm(f, c, one)
	case "cloudwatch enable-alarm-actions":
		name := one.of("alarm-names")
		if a, ok := alarmAnswered(f, name); ok {
			a.Key = c.ID
			m.addAlarm(c, a)
			return nil
		}
		m.step(f, one)
	case "sns create-topic":
		arn := f.link(audit.TopicLink)
		if arn == "" || !strings.HasSuffix(arn, ":"+one.of("name")) {
			return fmt.Errorf("a mend that makes another topic than the one that is gone: %.80q", one.of("name"))
		}
		if !slices.ContainsFunc(m.plan.Renewed, func(t RenewedTopic) bool { return t.ARN == arn }) {
			m.plan.Renewed = append(m.plan.Renewed, RenewedTopic{Key: "topic-" + keyOf(one.of("name")), ARN: arn})
		}
		m.subscribeAll(arn)
	case "sns subscribe":
		m.subscribeAll(one.of("topic-arn"))
	case "sns set-topic-attributes":
		if one.of("attribute-name") != "Policy" {
			m.note(f.Control + ": " + f.Summary + ". Decide which: " + f.Mend.Text + ".")
			return nil
		}
		m.policy(one.of("topic-arn"), one.of("attribute-value"))
	case "s3api put-bucket-logging":
		m.note("Not mended, as it takes a bucket for the access logs: " + f.Control + ": " + f.Summary)
	case "cloudtrail update-trail":
		if one.of("kms-key-id") != "" || one.of("cloud-watch-logs-role-arn") != "" {
			m.note("Not mended, as it takes a decision: " + f.Control + ": " + f.Summary + ": " + f.Mend.Text)
			return nil
		}
		m.step(f, one)
	default:
		m.step(f, one)
	}
	return nil
}

// step plans a call that only the script can make.
func (m *mender) step(f *Finding, one call) {
	s := Step{Text: f.Mend.Text, Control: f.Control, Terraform: f.Mend.Terraform, operation: one.operation}
	for _, name := range optionOrder(one) {
		if len(one.options[name]) == 0 {
			s.options = append(s.options, option{name: name, bare: true})
		}
		switch values := one.options[name]; {
		case len(values) > 1, operations[one.operation][name] < 0 && strings.HasPrefix(strings.Join(values, ""), "["):
			// An option that is given twice counts once, and what begins like a list is read as one.
			s.options = append(s.options, option{name: name, value: jsonText(values)})
		case len(values) == 1:
			s.options = append(s.options, option{name: name, value: values[0]})
		}
	}
	if !slices.ContainsFunc(m.plan.Steps, func(had Step) bool { return had.command() == s.command() }) {
		m.plan.Steps = append(m.plan.Steps, s)
	}
}

// optionOrder are the options but for the Region, which the script sets.
func optionOrder(one call) []string {
	var all []string
	for name := range one.options {
		if name != "region" {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	slices.Reverse(all) // what a thing is called comes before what becomes of it, more often than not
	return all
}

// policy plans the policy of a topic that is there.
func (m *mender) policy(arn, text string) {
	for i := range m.plan.Policies {
		if m.plan.Policies[i].Topic == arn {
			return // each finding has the whole policy
		}
	}
	if !json.Valid([]byte(text)) {
		m.note("Not mended, as the mend's policy is no JSON: topic " + arn)
		return
	}
	m.plan.Policies = append(m.plan.Policies, TopicPolicy{Key: "policy-" + keyOf(arn[strings.LastIndexByte(arn, ':')+1:]), Topic: arn, Policy: text})
}

// subscribeAll plans to tell everybody by a topic, "" for the plan's own.
func (m *mender) subscribeAll(arn string) {
	if len(m.who) == 0 {
		if arn != "" {
			m.note("Nobody is told by topic " + arn + ": name with --email who is to be.")
		} else if m.form == ForScript {
			m.note("Nobody is told by the new topic: name with --email who is to be.")
		}
		return
	}
	for _, s := range m.who {
		s.Topic = arn
		if arn != "" {
			s.Key += "-" + keyOf(arn[strings.LastIndexByte(arn, ':')+1:])
		}
		if !slices.ContainsFunc(m.plan.Subscribers, func(had Subscriber) bool { return had.Topic == s.Topic && had.Endpoint == s.Endpoint }) {
			m.plan.Subscribers = append(m.plan.Subscribers, s)
		}
	}
}

// keyOf makes a key of any name.
func keyOf(name string) string {
	key := strings.Trim(strings.ReplaceAll(label(name), "_", "-"), "-")
	if key == "" {
		return "x"
	}
	return key
}

// newTrail makes the chain of those that hang on a trail that is not there.
func (m *mender) newTrail() {
	if len(m.needsTrail) == 0 {
		return
	}
	var ids []string
	for _, c := range m.needsTrail {
		ids = append(ids, c.ID)
	}
	if !m.options.Trail {
		m.note("Not mended, as there is no trail: " + strings.Join(ids, ", ") + ". With --with-trail it is made too.")
		return
	}
	m.plan.LogGroup = m.options.LogGroup
	m.plan.addTrail(slices.ContainsFunc(m.needsTrail, func(c *control.Control) bool {
		return c.EventCategory == "data" || strings.HasPrefix(c.ID, "s3-data-events-")
	}))
	for _, c := range m.needsTrail {
		if c.Kind != control.Alarm || c.Pattern == "" {
			continue
		}
		k, err := choose(c, auditors[m.options.Compat], m.probes)
		if err != nil {
			k = choice{text: c.Pattern}
		}
		m.ownTopic()
		m.plan.add(c, k, m.options)
	}
}

// finish says what holds for the whole plan.
func (m *mender) finish() {
	p := m.plan
	if len(p.Filters)+len(p.Alarms)+len(p.Policies)+len(p.Renewed)+len(p.Subscribers)+len(p.Steps) == 0 && p.Trail == nil {
		m.note("There is nothing here to apply.")
		return
	}
	switch m.form {
	case ForTerraform:
		if p.exists() {
			m.note("The import blocks take over what is in the account already: look at the plan before you apply it. Where another configuration has a resource, change it there as this one shows, and leave it out here.")
		}
	case ForCloudFormation:
		if slices.ContainsFunc(p.Filters, func(f Filter) bool { return len(f.Notes) > 0 }) || slices.ContainsFunc(p.Alarms, func(a Alarm) bool { return len(a.Notes) > 0 }) {
			m.note("A stack does not take over what it did not make: what is wrong in the account stays, and gets what works beside it. It may be deleted afterwards.")
		}
	}
	m.note("Audit again afterwards: behind the link that broke first there may be another one.")
}

// exists tells whether the plan changes something that is in the account.
func (p *Plan) exists() bool {
	return len(p.Policies) > 0 || slices.ContainsFunc(p.Filters, func(f Filter) bool { return f.Exists }) ||
		slices.ContainsFunc(p.Alarms, func(a Alarm) bool { return a.Exists })
}

func atoi(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return otherwise
}

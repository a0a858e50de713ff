package audit

import (
	"fmt"
	"slices"
	"strings"

	"tocsin/core/control"
	"tocsin/core/pattern"
)

// noisy are the controls on which the benchmark itself lets an account raise the
// threshold: one event is not yet a sign of anything.
var noisy = map[string]bool{"unauthorized-api-calls": true, "console-auth-failures": true}

// A judge keeps what was found out once for all controls.
type judge struct {
	account  *Account
	version  control.Version
	readings []reading
	noise    map[feed][]noise
	defaults map[feed][]byDefault
	// Of the control that is being judged: the examples that it must catch, and the
	// patterns that it allows.
	match      []control.Example
	wanted     []*pattern.Pattern
	deliveries map[string]delivery
}

// Judge judges an account by controls, those of a version of the benchmark by what
// that version names, and gives a finding for each in order.
func Judge(a *Account, controls []control.Control, v control.Version) []Finding {
	j := &judge{account: a, version: v, deliveries: map[string]delivery{}}
	for i := range a.LogGroups {
		for k := range a.LogGroups[i].Filters {
			j.readings = append(j.readings, readPattern(&a.LogGroups[i].Filters[k]))
		}
	}
	j.noise, j.defaults = noiseOf(j.readings), defaultsOf(j.readings)
	var findings []Finding
	for i := range controls {
		findings = append(findings, j.judge(&controls[i]))
	}
	return findings
}

func (j *judge) judge(c *control.Control) Finding {
	f := Finding{
		Account: j.account.ID, Region: j.account.Region, Control: c.ID, Title: c.Title, CIS: c.CIS, SecurityHub: c.SecurityHub,
		Severity: c.Severity, Broke: -1,
	}
	if item, ok := c.CIS[j.version]; ok {
		f.Benchmark, f.Item = j.version, item.ID
	}
	switch {
	case c.Kind == control.Account:
		f.Status, f.Summary = NotAvailable, "this audit does not ask for it: "+c.Check
	case j.trailsUnread():
		f.Status, f.Summary = NotAvailable, "the trails are "+j.account.unread("cloudtrail:DescribeTrails", "*")
	case c.Kind == control.Trail:
		j.judgeTrails(c, &f)
	default:
		j.judgeAlarm(c, &f)
	}
	j.finish(c, &f)
	return f
}

// trailsUnread tells whether the trails could not be listed where the audit asks
// for them.
func (j *judge) trailsUnread() bool { return j.account.trailsUnread(j.account.Region) }

func (a *Account) trailsUnread(region string) bool {
	return slices.ContainsFunc(a.Missing, func(m Missing) bool { return m.Action == "cloudtrail:DescribeTrails" && m.Region == region })
}

// finish draws from the path what the finding says: the first broken link, the
// evidence, the mend.
func (j *judge) finish(c *control.Control, f *Finding) {
	for i, l := range f.Path {
		f.Evidence = append(f.Evidence, l.evidence...)
		for _, n := range l.notes {
			f.Remarks = append(f.Remarks, Remark{About: "note", Text: n})
		}
		if f.Broke < 0 && l.Rank != Holds && statusOf(l.Rank) == f.Status {
			f.Broke = i
		}
	}
	if f.Broke < 0 {
		return
	}
	l := f.Path[f.Broke]
	if f.Summary == "" {
		f.Summary = l.sentence()
	}
	f.Mend = j.mend(c, f, l)
}

// A candidate is a filter that may do the control's work, with its chain.
type candidate struct {
	*reading
	own  Link // the filter itself: criteria, always, never
	down []Link
}

func (j *judge) judgeAlarm(c *control.Control, f *Finding) {
	parts, beside := j.partsOf(c)
	match, noMatch := examplesOf(c, j.version)
	j.match, j.wanted = match, wantedBy(c, j.version)
	if len(parts) == 0 {
		f.Status, f.Summary = NotAvailable, "the control's own pattern cannot be taken apart"
		return
	}
	candidates := j.candidates(c, parts, match)
	var worstOne *verdict
	var used []*pattern.Pattern
	for _, pt := range parts {
		v := j.judgePart(pt, candidates)
		for _, g := range v.gaps[:min(shownGaps, len(v.gaps))] {
			f.Missed = append(f.Missed, g.text())
		}
		if more := len(v.gaps) - shownGaps; more > 0 {
			f.Missed = append(f.Missed, fmt.Sprintf("%s in %d more cases", pt.name, more))
		}
		if worstOne == nil || v.rank > worstOne.rank {
			worstOne = &v
		}
	}
	for i := range candidates {
		if !slices.Contains(f.Filters, candidates[i].Name) {
			f.Filters = append(f.Filters, candidates[i].Name)
		}
		if candidates[i].pattern != nil && candidates[i].own.Rank != Broken {
			used = append(used, candidates[i].pattern)
		}
	}
	f.Status = statusOf(worstOne.rank)
	f.Path = j.path(c, worstOne, candidates, f)
	f.Meaning = j.meaning(c, parts, used, candidates)
	j.remarks(c, f, candidates, parts, beside, noMatch)
	if by := j.logAlarm(c, parts); f.Status == Failed && by != "" {
		f.Status, f.Broke = NotAvailable, -1
		f.Summary = "alarm " + by + " queries the log group for such events: what a query finds is not judged"
	}
	if f.Status == Failed && c.ID == "organizations-changes" && j.member() {
		f.Status, f.Broke = NotAvailable, -1
		f.Summary = "the management account of the organization records these calls, and this account is a member: audit it there"
	}
}

// member tells whether the account belongs to an organization of another, as far
// as its trails show.
func (j *judge) member() bool {
	return slices.ContainsFunc(j.account.Trails, func(t Trail) bool { return t.Organization && t.Account() != j.account.ID })
}

func (j *judge) candidates(c *control.Control, parts []part, match []control.Example) []candidate {
	var all []candidate
	for i := range j.readings {
		r := &j.readings[i]
		if !r.about(parts, match) && !(r.always && r.meant(c, parts)) {
			continue
		}
		for _, one := range j.narrowed(r) {
			k := candidate{reading: one, own: j.own(one)}
			k.down = j.downstream(one, match, noisy[c.ID] || c.Threshold > 1)
			all = append(all, k)
		}
	}
	return all
}

// own is the link of a filter by itself, before its pattern is compared.
func (j *judge) own(r *reading) Link {
	l := Link{Kind: FilterLink, Name: r.Name, evidence: evidence("logs:DescribeMetricFilters", r.Name, r.answer)}
	switch {
	case r.always:
		l.Rank, l.problem, l.Text = Broken, filterNarrow, "it matches nearly every event, so that its alarm never leaves ALARM"
	case r.Transformed:
		l.Rank, l.Text = Unknown, "it looks at events as the log group's transformer leaves them, which is not judged"
	case r.Criteria != "":
		l.Rank, l.Text = criteria(r.Criteria, j.account.ID, r.region)
		if l.Rank != Holds {
			l.problem = filterCriteria
		}
	}
	if names := r.everyday(j.wanted); l.Rank == Holds && len(names) > 0 {
		l.Rank, l.problem = Restricted, filterNarrow
		l.Text = "it also matches what happens all day, such as " + strings.Join(names[:min(3, len(names))], ", ") + ": its alarm is often in ALARM already, and then another event tells nobody"
	}
	return l
}

// decisive is the candidate that says most of a part: one that catches it all, or
// the first.
func decisive(pt part, by []*candidate) *candidate {
	for _, k := range by {
		if pt.world.matches(k.pattern) == yes {
			return k
		}
	}
	return by[0]
}

// unreadGroups tells whether the part may arrive in a log group whose filters
// could not be read.
func (j *judge) unreadGroups(pt part) (bool, []Link) {
	for _, g := range j.account.LogGroups {
		if g.Read {
			continue
		}
		if d := j.deliver(pt, g.ARN); d.rank < Broken {
			return true, append(slices.Clone(d.links), Link{
				Kind: FilterLink, Rank: Unknown, Text: "the filters of the log group in account " + arnPart(g.ARN, 4) + " are " + j.account.unread("logs:DescribeMetricFilters", g.ARN),
			})
		}
	}
	return false, nil
}

func (j *judge) deliver(pt part, group string) delivery {
	key := strings.Join([]string{group, pt.source, pt.event, pt.eventType, pt.category, fmt.Sprint(pt.reads, pt.writes), pt.region}, "|")
	d, ok := j.deliveries[key]
	if !ok {
		d = j.account.deliver(pt, group)
		j.deliveries[key] = d
	}
	return d
}

// meaning is the relation of the filters together to the control.
func (j *judge) meaning(c *control.Control, parts []part, used []*pattern.Pattern, candidates []candidate) Meaning {
	if len(used) == 0 {
		for _, k := range candidates {
			if k.always {
				return Everyday
			}
		}
		for i := range j.readings {
			if r := &j.readings[i]; r.never && r.meant(c, parts) {
				return Never
			}
		}
		return Unrelated
	}
	for _, pt := range parts {
		if len(gapsOf(pt, used, nil)) > 0 {
			return Narrower
		}
	}
	_, noMatch := examplesOf(c, j.version)
	for _, k := range candidates {
		if k.pattern != nil && len(k.extra(j.wanted, parts, noMatch)) > 0 {
			return Wider
		}
	}
	return Equal
}

// wantedBy are the patterns that a control allows: its own and the version's.
func wantedBy(c *control.Control, v control.Version) []*pattern.Pattern {
	var all []*pattern.Pattern
	if p, err := pattern.Parse(c.Pattern); err == nil {
		all = append(all, p)
	}
	if p := printedPattern(c, v); p != nil && !common(p) {
		all = append(all, p)
	}
	return all
}

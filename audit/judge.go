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
	account    *Account
	version    control.Version
	readings   []reading
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

func (j *judge) trailsUnread() bool {
	_, missing := j.account.missing("cloudtrail:DescribeTrails", "*")
	return missing
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
		f.Summary = l.Kind + " " + l.Name + ": " + l.Text
	}
	f.Mend = j.mend(c, f, l)
}

// A candidate is a filter that may do the control's work, with its chain.
type candidate struct {
	*reading
	own  Link // the filter itself: criteria, always, never
	down []Link
}

// A verdict is what becomes of one part.
type verdict struct {
	part part
	rank Rank
	gaps []gap
	// by is the candidate that decides, nil where there is none.
	by *candidate
	// unread is the link that keeps the verdict from being worse, of a log group
	// that could not be read.
	unread []Link
}

func (j *judge) judgeAlarm(c *control.Control, f *Finding) {
	parts, beside := partsOf(c, j.version)
	match, noMatch := examplesOf(c, j.version)
	if len(parts) == 0 {
		f.Status, f.Summary = NotAvailable, "the control's own pattern cannot be taken apart"
		return
	}
	candidates := j.candidates(c, parts, match)
	var worstOne *verdict
	var used []*pattern.Pattern
	for _, pt := range parts {
		v := j.judgePart(pt, candidates)
		for _, g := range v.gaps {
			f.Missed = append(f.Missed, g.text())
		}
		if worstOne == nil || v.rank > worstOne.rank {
			worstOne = &v
		}
	}
	for i := range candidates {
		f.Filters = append(f.Filters, candidates[i].Name)
		if candidates[i].pattern != nil && candidates[i].own.Rank != Broken {
			used = append(used, candidates[i].pattern)
		}
	}
	f.Status = statusOf(worstOne.rank)
	f.Path = j.path(c, worstOne, candidates, f)
	f.Meaning = j.meaning(c, parts, used, candidates)
	j.remarks(c, f, candidates, parts, beside, noMatch)
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
		k := candidate{reading: r, own: j.own(r)}
		k.down = j.account.downstream(r, match, noisy[c.ID] || c.Threshold > 1)
		all = append(all, k)
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
		l.Rank, l.Text = Unknown, "it looks at transformed events, and "+j.account.unread("logs:GetTransformer", r.logGroup)
	case r.Criteria != "":
		l.Rank, l.Text = criteria(r.Criteria, j.account.ID)
		if l.Rank != Holds {
			l.problem = filterCriteria
		}
	}
	return l
}

// judgePart finds the least rank at which the filters together catch the part.
func (j *judge) judgePart(pt part, candidates []candidate) verdict {
	v := verdict{part: pt, rank: Broken, gaps: []gap{{part: pt, whole: true}}}
	ranks := make([]Rank, len(candidates))
	for i, k := range candidates {
		ranks[i] = max(j.deliver(pt, k.logGroup).rank, k.own.Rank, worst(k.down))
	}
	unread, unreadLinks := j.unreadGroups(pt)
	for level := Holds; level <= Broken; level++ {
		if level == Unknown && unread && v.rank > Unknown {
			v.rank, v.unread, v.gaps = Unknown, unreadLinks, nil
			return v
		}
		var patterns []*pattern.Pattern
		var by []*candidate
		for i := range candidates {
			if ranks[i] <= level && candidates[i].pattern != nil && !candidates[i].always {
				patterns, by = append(patterns, candidates[i].pattern), append(by, &candidates[i])
			}
		}
		if len(patterns) == 0 {
			continue
		}
		gaps := gapsOf(pt, patterns)
		got := level
		for _, g := range gaps {
			switch {
			case g.unsure:
				got = max(got, Unknown)
			case g.exclusion():
				got = max(got, Restricted)
			default:
				got = Broken
			}
		}
		if got < v.rank || v.by == nil || level == Broken && v.rank == Broken {
			v.by = decisive(pt, by)
			if got < v.rank || got == Broken {
				v.gaps = gaps
			}
			v.rank = got
		}
		if got <= level {
			break
		}
	}
	if v.rank == Broken && len(v.gaps) == 0 {
		v.gaps = []gap{{part: pt, whole: true}} // a filter catches it, and nobody hears of it
	}
	return v
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
				Kind: FilterLink, Name: "?", Rank: Unknown, Text: "the filters of the log group in account " + arnPart(g.ARN, 4) + " are " + j.account.unread("logs:DescribeMetricFilters", g.ARN),
			})
		}
	}
	return false, nil
}

func (j *judge) deliver(pt part, group string) delivery {
	key := strings.Join([]string{group, pt.source, pt.event, pt.eventType, pt.category, fmt.Sprint(pt.reads, pt.writes)}, "|")
	d, ok := j.deliveries[key]
	if !ok {
		d = j.account.deliver(pt, group)
		j.deliveries[key] = d
	}
	return d
}

// path is the chain that decides the worst part.
func (j *judge) path(c *control.Control, v *verdict, candidates []candidate, f *Finding) []Link {
	switch {
	case v.unread != nil:
		return v.unread
	case v.by != nil:
		l := v.by.own
		j.describe(&l, v, f)
		links := append(slices.Clone(j.deliver(v.part, v.by.logGroup).links), l)
		return append(links, v.by.down...)
	}
	for i := range candidates { // those that match nearly everything
		return append(append(slices.Clone(j.deliver(v.part, candidates[i].logGroup).links), candidates[i].own), candidates[i].down...)
	}
	links := j.bestDelivery(v.part)
	if links[0].problem == noTrail {
		return links
	}
	l := Link{Kind: FilterLink, Name: "none", Rank: Broken, problem: noFilter, Text: "no metric filter of the log group catches " + v.part.name}
	if len(f.Missed) > 1 {
		l.Text += fmt.Sprintf(" and %d more", len(f.Missed)-1)
	}
	for i := range j.readings {
		r := &j.readings[i]
		parts, _ := partsOf(c, j.version)
		if !r.meant(c, parts) {
			continue
		}
		l.Name, l.problem = r.Name, filterNarrow
		l.evidence = evidence("logs:DescribeMetricFilters", r.Name, r.answer)
		switch {
		case r.bad != "":
			l.Text = "its pattern cannot be read: " + firstLine(r.bad)
			if r.Pattern == nil {
				l.Rank, f.Status = Unknown, NotAvailable
			}
		case r.never:
			l.Text = "no event can match its pattern"
		default:
			l.Text = "its pattern matches no event of the control"
		}
		break
	}
	return append(links, l)
}

// describe says in the filter's link what the filters leave out.
func (j *judge) describe(l *Link, v *verdict, f *Finding) {
	if len(v.gaps) == 0 || l.Rank == Broken {
		return
	}
	filters := "it misses "
	if len(f.Filters) > 1 {
		filters = "together with the control's other filters it misses "
	}
	open := slices.DeleteFunc(slices.Clone(v.gaps), func(g gap) bool {
		return g.whole && v.by != nil && v.by.pattern != nil && v.part.world.matches(v.by.pattern) == yes
	})
	if len(open) == 0 {
		return // the filter catches it; what comes after is to blame
	}
	rank := Broken
	if !slices.ContainsFunc(open, func(g gap) bool { return !g.exclusion() }) {
		rank = Restricted
		filters = strings.Replace(filters, "misses", "leaves out", 1)
	} else if !slices.ContainsFunc(open, func(g gap) bool { return !g.unsure && !g.exclusion() }) {
		rank = Unknown
	}
	l.Rank, l.problem = max(l.Rank, rank), filterNarrow
	shown := f.Missed[:min(3, len(f.Missed))]
	l.Text = filters + strings.Join(shown, ", ")
	if more := len(f.Missed) - len(shown); more > 0 {
		l.Text += fmt.Sprintf(" and %d more", more)
	}
}

// bestDelivery is the way into the log group that holds best for the part, or why
// there is none.
func (j *judge) bestDelivery(pt part) []Link {
	var best []Link
	for _, t := range j.account.Trails {
		if t.LogGroup == "" {
			continue
		}
		if d := j.deliver(pt, t.LogGroup); best == nil || d.rank < worst(best) {
			best = d.links
		}
	}
	if best != nil {
		return best
	}
	for i := range j.account.Trails {
		t := &j.account.Trails[i]
		return []Link{j.account.trailLink(t), j.account.groupLink(t)}
	}
	return []Link{{Kind: TrailLink, Name: "none", Rank: Broken, problem: noTrail, Text: "there is no trail"}}
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
		if len(gapsOf(pt, used)) > 0 {
			return Narrower
		}
	}
	_, noMatch := examplesOf(c, j.version)
	wanted := j.wanted(c)
	for _, k := range candidates {
		if k.pattern != nil && len(k.extra(wanted, parts, noMatch)) > 0 {
			return Wider
		}
	}
	return Equal
}

// wanted are the patterns that the control allows: its own and the version's.
func (j *judge) wanted(c *control.Control) []*pattern.Pattern {
	var all []*pattern.Pattern
	if p, err := pattern.Parse(c.Pattern); err == nil {
		all = append(all, p)
	}
	if p := printedPattern(c, j.version); p != nil && !common(p) {
		all = append(all, p)
	}
	return all
}

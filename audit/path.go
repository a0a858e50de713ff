package audit

import (
	"fmt"
	"slices"
	"strings"

	"tocsin/core/control"
)

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
	l := Link{Kind: FilterLink, Rank: Broken, problem: noFilter, Text: "no metric filter of the log group catches " + v.part.name}
	if class := j.classOf(links); class != "" && class != "STANDARD" {
		l.problem, l.Text = noClass, "the log group is of the class "+class+", which has no metric filters"
		return append(links, l)
	}
	if len(f.Missed) > 1 {
		l.Text += fmt.Sprintf(" and %d more", len(f.Missed)-1)
	}
	for i := range j.readings {
		r := &j.readings[i]
		parts, _ := j.partsOf(c)
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

// classOf is the class of the log group on the path, where it was asked for.
func (j *judge) classOf(links []Link) string {
	for _, l := range links {
		if g := j.account.group(l.of); l.Kind == LogGroupLink && g != nil {
			return g.Class
		}
	}
	return ""
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
	if !slices.ContainsFunc(open, func(g gap) bool { return !g.exclusion }) {
		rank = Restricted
		filters = strings.Replace(filters, "misses", "leaves out", 1)
	} else if !slices.ContainsFunc(open, func(g gap) bool { return !g.unsure && !g.exclusion }) {
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
		return []Link{j.account.trailLink(t, ""), j.account.groupLink(t)}
	}
	return []Link{{Kind: TrailLink, Rank: Broken, problem: noTrail, Text: "there is no trail"}}
}

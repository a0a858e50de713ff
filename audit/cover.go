package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// quietLimit is how long a trail may deliver nothing to its log group and still
// count as alive [CIS, "CloudTrail trails are integrated with CloudWatch Logs"].
const quietLimit = 24 * time.Hour

// newTrail is how young logging is where no delivery proves nothing yet.
const newTrail = time.Hour

// delivers tells whether the trail has put log files into its bucket lately, so
// that bucket and key let it.
func (t *Trail) delivers(now time.Time) bool {
	return t.Status != nil && t.Status.Error == "" && now.Sub(t.Status.Delivered) < quietLimit
}

// trailLink judges a trail without regard to what it selects, for the events of a
// Region or, where that is "", of all of them.
func (a *Account) trailLink(t *Trail, region string) Link {
	l := Link{Kind: TrailLink, Name: t.Name, of: t.ARN, evidence: evidence("cloudtrail:DescribeTrails", t.ARN, t.answer)}
	if l.Name == "" {
		l.Name = t.ARN
	}
	fail := func(rank Rank, p problem, text string, args ...any) Link {
		l.Rank, l.problem, l.Text = rank, p, fmt.Sprintf(text, args...)
		return l
	}
	if t.Status == nil {
		return fail(Unknown, nothing, "%s", a.unread("cloudtrail:GetTrailStatus", t.ARN))
	}
	l.evidence = append(l.evidence, evidence("cloudtrail:GetTrailStatus", t.ARN, t.Status.answer)...)
	switch {
	case t.Status.Logging == nil:
		return fail(Unknown, nothing, "the answer does not say whether it is logging")
	case !*t.Status.Logging:
		return fail(Broken, trailStopped, "it is stopped")
	case t.MultiRegion == nil:
		return fail(Unknown, nothing, "the answer does not say whether it is multi-Region")
	case !*t.MultiRegion && region == t.HomeRegion && len(a.Regions) == 0:
		return fail(Restricted, trailSingleRegion, "it logs %s alone, where these events are; the benchmark asks for a trail of all Regions", t.HomeRegion)
	case !*t.MultiRegion && region == t.HomeRegion:
		return fail(Restricted, trailSingleRegion, "it logs %s alone: only trails in all Regions in use (%s) together make up for one of all Regions, which the benchmark asks for",
			t.HomeRegion, strings.Join(a.Regions, ", "))
	case !*t.MultiRegion:
		return fail(Broken, trailSingleRegion, "it logs %s alone", t.HomeRegion)
	}
	return l
}

// groupLink judges a trail's delivery to its log group.
func (a *Account) groupLink(t *Trail) Link {
	l := Link{Kind: LogGroupLink, Name: t.LogGroup, of: t.LogGroup}
	if t.LogGroup == "" {
		l.Rank, l.problem, l.Text = Broken, trailWithoutGroup, "trail "+t.Name+" delivers to no log group"
		return l
	}
	if _, name, ok := strings.Cut(t.LogGroup, ":log-group:"); ok {
		l.Name = name
	}
	if owner := arnPart(t.LogGroup, 4); owner != a.ID {
		l.Text = "in account " + owner
	}
	if g := a.group(t.LogGroup); g != nil && g.Gone {
		l.Rank, l.problem, l.Text = Broken, trailDelivery, "there is no such log group"
		return l
	}
	if t.Status == nil {
		return l // the trail's link says so
	}
	quiet := a.At.Sub(t.Status.LogsDelivered)
	switch {
	case t.Status.LogsDelivered.IsZero() && t.Status.LogsError != "":
		l.Rank, l.Text = Broken, "nothing was ever delivered: "+t.Status.LogsError
	case t.Status.LogsDelivered.IsZero() && a.At.Sub(t.Status.Started) < newTrail:
		l.Rank, l.Text = Restricted, "nothing was delivered yet, and the trail has just begun"
	case t.Status.LogsDelivered.IsZero():
		l.Rank, l.Text = Broken, "nothing was ever delivered"
	case quiet > quietLimit:
		l.Rank, l.Text = Broken, "nothing was delivered since "+t.Status.LogsDelivered.Format(time.RFC3339)
		if t.Status.LogsError != "" {
			l.Text += ": " + t.Status.LogsError
		}
	case t.Status.LogsError != "":
		l.Rank, l.Text = Restricted, "the last delivery error is "+t.Status.LogsError
	}
	if l.Rank == Broken {
		l.problem = trailDelivery
	}
	return l
}

// selects is what the selectors of trails say of one half of a part.
type selects struct {
	truth truth
	// unsaid is what an answer does not say, so that the truth is not known.
	unsaid string
	// without are restrictions of those that come near, each as text.
	without []string
}

func (s selects) rank() Rank {
	if s.truth != yes && s.unsaid != "" {
		return Unknown
	}
	return [...]Rank{no: Broken, maybe: Restricted, yes: Holds}[s.truth]
}

// selected tells whether the selectors let the events of a part pass, reads or
// writes, whether or not they are of a session in the console.
func (s *Selectors) selected(pt part, reads bool) selects {
	pt.console = "true"
	inside := s.selectedIn(pt, reads)
	pt.console = "false"
	if outside := s.selectedIn(pt, reads); outside.rank() > inside.rank() {
		return outside
	}
	return inside
}

// selectedIn is selected for sessions in the console, or for the others.
func (s *Selectors) selectedIn(pt part, reads bool) selects {
	best := selects{}
	if len(s.Basic) > 0 && len(s.Advanced) > 0 {
		return selects{unsaid: "the answer has selectors of both kinds, which a trail cannot have"}
	}
	better := func(n selects) {
		if n.unsaid == "" {
			n.unsaid = best.unsaid
		}
		if n.truth == yes {
			n.unsaid = ""
		}
		if n.truth > best.truth {
			best = n
		} else if n.truth == best.truth {
			best.without = append(best.without, n.without...)
		}
		best.unsaid = n.unsaid
	}
	for _, b := range s.Basic {
		better(b.selected(pt, reads))
	}
	for _, a := range s.Advanced {
		better(a.selected(pt, reads))
	}
	return best
}

func (b BasicSelector) selected(pt part, reads bool) selects {
	half := b.ReadWriteType == "All" || reads && b.ReadWriteType == "ReadOnly" || !reads && b.ReadWriteType == "WriteOnly"
	if b.ReadWriteType == "" {
		return selects{unsaid: "the answer does not say which ReadWriteType a selector has"}
	}
	if !half {
		return selects{without: []string{"ReadWriteType is " + b.ReadWriteType}}
	}
	if pt.category == "Data" {
		return b.selectedData(pt)
	}
	switch {
	case b.Management == nil:
		return selects{unsaid: "the answer does not say whether a selector has IncludeManagementEvents"}
	case !*b.Management:
		return selects{without: []string{"IncludeManagementEvents is false"}}
	case len(b.ExcludedSources) == 0:
		return selects{truth: yes}
	case pt.source == "":
		return selects{truth: maybe, without: []string{"events of " + strings.Join(b.ExcludedSources, " and ") + " are left out"}}
	case slices.Contains(b.ExcludedSources, pt.source):
		return selects{without: []string{"ExcludeManagementEventSources has " + pt.source}}
	}
	return selects{truth: yes}
}

func (b BasicSelector) selectedData(pt part) selects {
	some := false
	for i, kind := range b.DataType {
		if kind != "AWS::S3::Object" || pt.source != "s3.amazonaws.com" && pt.source != "" {
			continue
		}
		if rest, ok := strings.CutPrefix(b.DataARN[i], "arn:"); ok {
			if _, rest, _ = strings.Cut(rest, ":"); rest == "s3" || rest == "s3:::" {
				return selects{truth: yes}
			}
		}
		some = true
	}
	if some {
		return selects{truth: maybe, without: []string{"only some buckets are selected"}}
	}
	return selects{without: []string{"no data events are selected"}}
}

// selected: fields of one selector are joined by and. A selector's Name means nothing.
func (a AdvancedSelector) selected(pt part, reads bool) selects {
	all := selects{truth: yes}
	category := false
	for _, f := range a.Fields {
		t := f.about(pt, reads)
		if f.Field == "eventCategory" {
			category = true
		}
		if t == maybe && f.narrows() {
			t = no // it leaves out everything that nobody thought of
		}
		if t < all.truth {
			all.truth, all.without = t, nil
		}
		if t == all.truth && t != yes {
			all.without = append(all.without, f.text())
		}
	}
	if !category {
		return selects{without: []string{"a selector has no eventCategory"}}
	}
	return all
}

// about is the truth of one field of a selector for a part.
func (f FieldSelector) about(pt part, reads bool) truth {
	switch f.Field {
	case "eventCategory":
		return f.of(pt.category)
	case "readOnly":
		return f.of(fmt.Sprint(reads))
	case "eventSource":
		return f.of(pt.source)
	case "eventName":
		return f.of(pt.event)
	case "eventType":
		return f.of(pt.eventType)
	case "sessionCredentialFromConsole":
		return f.of(pt.console)
	case "resources.type":
		if pt.source == "s3.amazonaws.com" {
			return f.of("AWS::S3::Object")
		}
	}
	return maybe
}

// narrows tells a field that says what is logged from one that says what is left out.
func (f FieldSelector) narrows() bool { return len(f.Equals)+len(f.StartsWith)+len(f.EndsWith) > 0 }

// of is the truth of the field for a value; "" is any value.
func (f FieldSelector) of(value string) truth {
	if value == "" {
		return maybe
	}
	any := func(list []string, is func(string, string) bool) bool {
		return slices.ContainsFunc(list, func(v string) bool { return is(value, v) })
	}
	same := func(a, b string) bool { return a == b }
	wanted := len(f.Equals)+len(f.StartsWith)+len(f.EndsWith) == 0 ||
		any(f.Equals, same) || any(f.StartsWith, strings.HasPrefix) || any(f.EndsWith, strings.HasSuffix)
	if !wanted || any(f.NotEquals, same) || any(f.NotStartsWith, strings.HasPrefix) || any(f.NotEndWith, strings.HasSuffix) {
		return no
	}
	return yes
}

// text says what the field lets pass.
func (f FieldSelector) text() string {
	var parts []string
	for _, p := range []struct {
		word   string
		values []string
	}{
		{"is", f.Equals},
		{"starts with", f.StartsWith},
		{"ends with", f.EndsWith},
		{"is not", f.NotEquals},
		{"does not start with", f.NotStartsWith},
		{"does not end with", f.NotEndWith},
	} {
		if len(p.values) > 0 {
			parts = append(parts, p.word+" "+strings.Join(p.values, ", "))
		}
	}
	return "only where " + f.Field + " " + strings.Join(parts, " and ")
}

// A delivery is how the events of a part come into a log group, or why they do not.
type delivery struct {
	rank  Rank
	links []Link // trail, event selectors, log group
}

// deliver judges how the events of a part come into the log group by the trails
// that deliver there, several together.
func (a *Account) deliver(pt part, group string) delivery {
	type way struct {
		delivery
		halves [2]selects // writes, reads
	}
	var found []way
	for i := range a.Trails {
		t := &a.Trails[i]
		if t.LogGroup != group {
			continue
		}
		trail, lg := a.trailLink(t, pt.region), a.groupLink(t)
		w := way{delivery: delivery{links: []Link{trail, {Kind: SelectorLink, Name: t.Name}, lg}}}
		if t.Selectors == nil {
			w.links[1].Rank, w.links[1].Text = Unknown, a.unread("cloudtrail:GetEventSelectors", t.ARN)
			w.halves = [2]selects{{truth: yes}, {truth: yes}}
		} else {
			w.halves = [2]selects{t.Selectors.selected(pt, false), t.Selectors.selected(pt, true)}
			w.links[1].evidence = evidence("cloudtrail:GetEventSelectors", t.ARN, t.Selectors.answer)
		}
		if t.GlobalEvents != nil && !*t.GlobalEvents && (global(pt.source) || pt.source == "") {
			left := selects{truth: no, without: []string{"IncludeGlobalServiceEvents is false"}}
			if pt.source == "" {
				left.truth = maybe
			}
			for half := range w.halves {
				if w.halves[half].truth > left.truth {
					w.halves[half] = left
				}
			}
		}
		w.rank = worst(w.links)
		found = append(found, w)
	}
	if len(found) == 0 {
		return delivery{rank: Broken, links: []Link{{Kind: TrailLink, Rank: Broken, problem: noTrail, Text: "no trail delivers here"}}}
	}
	need := []int{}
	if pt.writes {
		need = append(need, 0)
	}
	if pt.reads {
		need = append(need, 1)
	}
	out := delivery{}
	for _, half := range need {
		// The best trail for this half: first by what it selects and how it holds.
		best, bestRank := 0, Broken+1
		for i, w := range found {
			rank := max(w.rank, w.halves[half].rank())
			if rank < bestRank || rank == bestRank && w.rank < found[best].rank {
				best, bestRank = i, rank
			}
		}
		w := found[best]
		links := slices.Clone(w.links)
		if s := w.halves[half]; s.truth != yes && s.unsaid != "" {
			links[1].Rank, links[1].Text = Unknown, s.unsaid
		} else if s.truth != yes && links[1].Rank < Unknown {
			links[1].Rank = [...]Rank{no: Broken, maybe: Restricted}[s.truth]
			links[1].problem = selectorsNarrow
			links[1].Text = [...]string{"write", "read"}[half] + " events are not logged: "
			if s.truth == maybe {
				links[1].Text = ""
			}
			links[1].Text += strings.Join(s.without, "; ")
			if len(s.without) == 0 {
				links[1].Text = "it has no event selectors"
			}
		}
		if rank := worst(links); len(out.links) == 0 || rank > out.rank {
			out = delivery{rank: rank, links: links}
		}
	}
	return out
}

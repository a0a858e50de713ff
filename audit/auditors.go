package audit

import (
	"fmt"
	"slices"

	"tocsin/core/control"
)

// chainRemarks tells which auditors will not follow the chain that decides, though
// they accept the texts of its filters. What each looks at stands in the comments;
// the sources are the tools' own code and guides, as of 2026.
func (j *judge) chainRemarks(c *control.Control, f *Finding, candidates []candidate) {
	var knows []string
	for _, d := range c.Demands {
		knows = append(knows, d.Auditor)
	}
	say := func(text string, auditors ...string) {
		for _, who := range auditors {
			complains := slices.ContainsFunc(f.Remarks, func(r Remark) bool { return r.About == "auditor" && r.Auditor == who })
			if slices.Contains(knows, who) && !complains {
				f.Remarks = append(f.Remarks, Remark{About: "auditor", Auditor: who, Text: who + " will not accept this chain: " + text})
			}
		}
	}
	for _, l := range f.Path {
		switch l.Kind {
		case TrailLink:
			if t := j.trailOf(f); t != nil {
				j.trailRemarks(t, say)
			}
		case CompositeLink:
			// Both join the metric alarm's own actions with subscriptions.
			say("it looks for a topic at the metric's alarm, not at composite alarm "+l.Name, "Steampipe", "Elastic")
		case TopicLink:
			if arnPart(l.Name, 4) != j.account.ID {
				say("it gives a warning where the topic is in another account", "Security Hub")
			}
		case FilterLink:
			// Both compare the alarm's metric name with the name of the filter.
			for i := range candidates {
				if k := &candidates[i]; k.Name == l.Name && !slices.ContainsFunc(k.Metrics, func(m FilterMetric) bool { return m.Name == k.Name }) {
					say(fmt.Sprintf("it looks for an alarm on a metric that has the filter's name, %s", k.Name), "Trivy", "Elastic")
				}
			}
		}
	}
}

func (j *judge) trailRemarks(t *Trail, say func(text string, auditors ...string)) {
	if t.Account() != j.account.ID {
		// The one gives members of an organization no result for its trail; the
		// other looks for the log group in the member's account.
		say("the trail belongs to account "+t.Account(), "Security Hub", "Prowler", "Steampipe")
	}
	if t.MultiRegion != nil && !*t.MultiRegion {
		say("it wants one trail of all Regions", "Security Hub", "Steampipe", "Elastic")
	}
	if t.Selectors == nil {
		return
	}
	if len(t.Selectors.Advanced) > 0 {
		say("it reads basic event selectors alone, and trail "+t.Name+" has advanced ones", "Steampipe", "Elastic")
		return
	}
	if !slices.ContainsFunc(t.Selectors.Basic, func(b BasicSelector) bool {
		return b.ReadWriteType == "All" && b.Management != nil && *b.Management
	}) {
		say("it wants one selector of all management events, reads and writes", "Security Hub", "Steampipe", "Elastic")
	}
}

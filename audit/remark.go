package audit

import (
	"slices"
	"strings"

	"tocsin/core/control"
	"tocsin/core/pattern"
)

// remarks adds what is worth knowing beside the status: what filters match
// beyond the control, what other versions name, and which auditors will not accept
// the texts.
func (j *judge) remarks(c *control.Control, f *Finding, candidates []candidate, parts, beside []part, noMatch []control.Example) {
	var patterns []*pattern.Pattern
	for _, k := range candidates {
		if k.pattern == nil {
			continue
		}
		patterns = append(patterns, k.pattern)
		if k.always {
			continue
		}
		if extra := k.extra(j.wanted, parts, noMatch); len(extra) > 0 {
			shown := extra[:min(5, len(extra))]
			f.Remarks = append(f.Remarks, Remark{About: "wider", Text: "filter " + k.Name + " matches more than the control names: " + strings.Join(shown, ", ")})
		}
	}
	if len(patterns) == 0 {
		return
	}
	for _, pt := range beside {
		if len(gapsOf(pt, patterns, nil)) > 0 && pt.event != "" && slices.Contains(c.Events, pt.source+":"+pt.event) {
			f.Remarks = append(f.Remarks, Remark{About: "beside", Text: "other versions of the benchmark name " + pt.name + " too"})
		}
	}
	for _, d := range c.AuditorDemands() {
		f.Remarks = append(f.Remarks, auditorRemark(d, patterns)...)
	}
	j.chainRemarks(c, f, candidates)
	j.noteHistory(f)
	j.noteTwice(f, candidates)
}

// auditorRemark is what an auditor will say, unless one of the filters has a text
// that it accepts.
func auditorRemark(d pattern.Demand, patterns []*pattern.Pattern) []Remark {
	var first []pattern.Remark
	for _, p := range patterns {
		remarks := pattern.LintAuditors(p, []pattern.Demand{d})
		if len(remarks) == 0 {
			return nil
		}
		if first == nil {
			first = remarks
		}
	}
	var out []Remark
	for _, r := range first {
		out = append(out, Remark{About: "auditor", Auditor: d.Auditor, Text: r.Message, Remedy: r.Remedy})
	}
	return out
}

func (j *judge) noteHistory(f *Finding) {
	for _, set := range j.account.Alarms {
		if !set.HistoryRead && len(set.Metric) > 0 {
			f.Remarks = append(f.Remarks, Remark{About: "note", Text: "whether actions failed lately is " +
				j.account.unread("cloudwatch:DescribeAlarmHistory", placeText(set.Account, set.Region))})
		}
	}
}

// noteTwice tells of events that several trails bring into one log group, which
// count as often.
func (j *judge) noteTwice(f *Finding, candidates []candidate) {
	for _, g := range j.account.LogGroups {
		if !slices.ContainsFunc(candidates, func(k candidate) bool { return k.logGroup == g.ARN }) {
			continue
		}
		var whole []string
		for _, t := range j.account.Trails {
			any := part{category: "Management"}
			if t.LogGroup == g.ARN && t.Status != nil && t.Status.Logging != nil && *t.Status.Logging && t.Selectors != nil && t.Selectors.selected(any, false).truth == yes {
				whole = append(whole, t.Name)
			}
		}
		if len(whole) > 1 {
			f.Remarks = append(f.Remarks, Remark{About: "note", Text: "trails " + strings.Join(whole, " and ") + " deliver the same events to log group " + g.Name() + ": all counts are multiples"})
		}
	}
}

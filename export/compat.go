package export

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tocsin/core/control"
	"tocsin/core/pattern"
)

// auditors are the names of Options.Compat, with those that a pack's demands have.
var auditors = map[string]string{
	"cloudsploit": "CloudSploit",
	"elastic":     "Elastic",
	"prowler":     "Prowler",
	"scoutsuite":  "ScoutSuite",
	"securityhub": "Security Hub",
	"steampipe":   "Steampipe",
	"trivy":       "Trivy",
}

// Auditors are the names that Options.Compat may have, in order.
func Auditors() []string { return slices.Sorted(maps.Keys(auditors)) }

// namesAlike tells of auditors that look for an alarm whose metric is called as the
// filter is, instead of one on the filter's metric.
var namesAlike = map[string]bool{"Elastic": true, "Trivy": true}

// A choice is the text to give a control's filter.
type choice struct {
	text string
	// rest is what text misses of the control, "" for nothing: it needs another filter.
	rest string
	// apart says that text matches nearly everything, so that rest, which is the
	// whole control then, needs a metric and an alarm of its own.
	apart bool
	// alike says that the filter has to be called as its metric.
	alike bool
	notes []string
}

// choose finds a text for the control that the auditor accepts. auditor is the
// name in the pack's demands, "" for none.
func choose(c *control.Control, auditor string, probes []json.RawMessage) (choice, error) {
	demands := slices.DeleteFunc(c.AuditorDemands(), func(d pattern.Demand) bool { return d.Auditor != auditor })
	own, err := pattern.Parse(c.Pattern)
	if err != nil {
		return choice{}, fmt.Errorf("control %s: %w", c.ID, err)
	}
	is := choice{text: c.Pattern, alike: len(demands) > 0 && namesAlike[auditor]}
	if flaw := flawOf(c); flaw != "" {
		is.notes = append(is.notes, "As printed, with its flaw: "+flaw)
	}
	if len(pattern.LintAuditors(own, demands)) == 0 && !slices.ContainsFunc(demands, func(d pattern.Demand) bool { return d.How == pattern.EqualText && d.Text != own.Text }) {
		return is, nil
	}
	all := append(slices.Clone(probes), probesOf(c)...)
	var best *comparison
	for _, t := range c.Texts {
		p, err := pattern.Parse(t.Pattern)
		if err != nil || len(pattern.LintAuditors(p, demands)) > 0 {
			continue
		}
		k := compare(t, own, p, all)
		k.asked = slices.ContainsFunc(demands, func(d pattern.Demand) bool { return d.Text == t.Pattern })
		if best == nil || k.cost() < best.cost() {
			best = &k
		}
	}
	if best == nil {
		note := auditor + " accepts no text for this control."
		if n := demands[0].Note; n != "" {
			note = auditor + " accepts no text for this control: " + lowerFirst(n)
		}
		is.notes = append(is.notes, note)
		return is, nil
	}
	best.choose(&is, own, auditor)
	return is, nil
}

// flawOf is what is known to be wrong with the control's own pattern: packs that
// print a version's texts have it.
func flawOf(c *control.Control) string {
	for _, t := range c.Texts {
		if t.Pattern == c.Pattern {
			return t.Flaw
		}
	}
	return ""
}

// A comparison is how a text relates to the control's own pattern on events.
type comparison struct {
	control.Text
	parsed *pattern.Pattern
	// misses says that there is an event of the control that the text does not match.
	misses bool
	// asked says that the auditor compares with this very text. Whether it overlooks
	// other blanks is not certain of all that are said to.
	asked bool
	// always says that it matches nearly every event.
	always bool
}

func (k *comparison) cost() int {
	cost := 2 * len(k.Differs)
	if !k.asked {
		cost++
	}
	if k.misses {
		cost += 1_000
	}
	if k.always {
		cost += 1_000_000
	}
	return cost
}

// compare runs both patterns on records of all kinds.
func compare(t control.Text, own, p *pattern.Pattern, records []json.RawMessage) comparison {
	k := comparison{Text: t, parsed: p}
	matched := 0
	for _, r := range records {
		has := p.Match(r)
		if has {
			matched++
		}
		k.misses = k.misses || own.Match(r) && !has
	}
	k.always = 3*matched >= 2*len(records)
	return k
}

// choose makes the text the choice, with what is to be said of it.
func (k *comparison) choose(is *choice, own *pattern.Pattern, auditor string) {
	is.text = k.Pattern
	is.notes = []string{"The text that " + auditor + " accepts (" + k.From + ")."}
	switch {
	case k.always:
		is.rest, is.apart = own.Text, true
		is.notes = append(is.notes, "It matches nearly every event, so its alarm rings once and never again: the filter and the alarm beside it do the work.")
	case k.misses:
		is.rest = missing(own, k.parsed)
		is.notes = append(is.notes, "It misses events of the control: the filter beside it counts those in the same metric.")
	case len(k.Differs) > 0:
		is.notes = append(is.notes, "It counts more than the control asks for: "+strings.Join(words(k.Differs), ", ")+".")
	}
	if k.Flaw != "" && !k.always {
		is.notes = append(is.notes, k.Flaw)
	}
	if is.text == own.Text {
		is.notes = nil
	}
}

// missing is a pattern for what own matches and text does not: the alternatives
// that text does not have, where both are lists under the same conditions, or all of own.
func missing(own, text *pattern.Pattern) string {
	guards, mine, ok := list(own)
	theirGuards, theirs, also := list(text)
	if !ok || !also || !slices.Equal(guards, theirGuards) {
		return own.Text
	}
	left := slices.DeleteFunc(mine, func(m string) bool { return slices.Contains(theirs, m) })
	inner := "(" + strings.Join(left, ") || (") + ")"
	if len(guards) == 0 {
		return "{ " + inner + " }"
	}
	if len(left) > 1 {
		inner = "(" + inner + ")"
	}
	return "{ (" + strings.Join(guards, ") && (") + ") && " + inner + " }"
}

// list takes a pattern apart that is a list of alternatives, each one comparison,
// under further comparisons that all of them need.
func list(p *pattern.Pattern) (guards, alternatives []string, ok bool) {
	if p.Language != pattern.JSON {
		return nil, nil, false
	}
	needed := []pattern.Node{p.Condition}
	if and, is := p.Condition.(*pattern.And); is {
		needed = and.Nodes
	}
	for _, n := range needed {
		switch n := n.(type) {
		case *pattern.Comparison:
			guards = append(guards, n.String())
		case *pattern.Or:
			if alternatives != nil {
				return nil, nil, false
			}
			for _, m := range n.Nodes {
				c, is := m.(*pattern.Comparison)
				if !is {
					return nil, nil, false
				}
				alternatives = append(alternatives, c.String())
			}
		default:
			return nil, nil, false
		}
	}
	return guards, alternatives, alternatives != nil
}

// everyday are records of all controls, which tell what a text matches besides.
func everyday() []json.RawMessage {
	var all []json.RawMessage
	for _, c := range control.Builtin().Controls {
		for _, e := range append(slices.Clone(c.Examples.Match), c.Examples.NoMatch...) {
			all = append(all, e.Event)
		}
	}
	return all
}

// probesOf are records for each call that the control is about: its first example
// under other names.
func probesOf(c *control.Control) []json.RawMessage {
	var all []json.RawMessage
	for _, e := range append(slices.Clone(c.Examples.Match), c.Examples.NoMatch...) {
		all = append(all, e.Event)
	}
	for _, call := range c.Events {
		source, name, _ := strings.Cut(call, ":")
		record := map[string]any{}
		if len(c.Examples.Match) > 0 && json.Unmarshal(c.Examples.Match[0].Event, &record) != nil {
			continue // an example that is no object is refused by the pack
		}
		record["eventSource"], record["eventName"] = source, name
		if text, err := json.Marshal(record); err == nil {
			all = append(all, text)
		}
	}
	return all
}

// words are names with blanks instead of hyphens.
func words(names []string) []string {
	var all []string
	for _, n := range names {
		all = append(all, strings.ReplaceAll(n, "-", " "))
	}
	return all
}

func lowerFirst(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToLower(text[:1]) + text[1:]
}

package audit

import (
	"encoding/json"
	"slices"
	"strings"

	"tocsin/core/control"
	"tocsin/core/pattern"
)

// A part is one kind of event that a control names: a call by source and name,
// or what one alternative of its pattern describes.
type part struct {
	name     string
	world    world
	defining []*pattern.Comparison // those that make the part, to know a filter for it by
	// What a trail's selectors look at; "" is any.
	source, event, eventType string
	category                 string // Management or Data
	reads, writes            bool
	region                   string // "" is all Regions
	console                  string // whether the session is one of the console, for selectors
}

// waysOfControl bounds the alternatives of a control's own pattern.
const waysOfControl = 200

// partsOf are the events of an account that a control names in the version of the
// benchmark, and those that other versions or its pattern name beside them.
func (j *judge) partsOf(c *control.Control) (parts, beside []part) {
	p, err := pattern.Parse(c.Pattern)
	if err != nil || p.Language != pattern.JSON {
		return nil, nil
	}
	all, ok := ways(p.Condition, waysOfControl)
	if !ok {
		return nil, nil
	}
	printed := printedPattern(c, j.version)
	for _, way := range all {
		pt, named := partOf(c, way)
		pt.world = j.account.assume(pt, way)
		if !named || printed != nil && pt.world.matches(printed) == no {
			beside = append(beside, pt)
			continue
		}
		parts = append(parts, pt)
	}
	return parts, beside
}

// printedPattern is what the version prints for the control, nil for nothing.
func printedPattern(c *control.Control, v control.Version) *pattern.Pattern {
	text, ok := c.PatternOf(v)
	if !ok {
		return nil
	}
	p, err := pattern.Parse(text)
	if err != nil {
		return nil
	}
	return p
}

// partOf describes one alternative. Of a control that lists its events, one that
// is not among them is not named by it.
func partOf(c *control.Control, way []*pattern.Comparison) (part, bool) {
	pt := part{category: "Management", reads: true, writes: true}
	if c.EventCategory == "data" {
		pt.category = "Data"
	}
	var said []string
	for _, cmp := range way {
		text, isExact := exact(cmp)
		switch selector(cmp) {
		case "eventName":
			if isExact {
				pt.event = text
			}
		case "eventSource":
			if isExact {
				pt.source = text
			}
		}
		if cmp.Op == pattern.Equal {
			pt.defining = append(pt.defining, cmp)
			said = append(said, cmp.String())
		}
	}
	named := len(c.Events) == 0
	for _, e := range c.Events {
		source, name, _ := strings.Cut(e, ":")
		if name == pt.event && (pt.source == "" || pt.source == source) {
			named, pt.source, pt.name = true, source, e
			pt.reads = false // the calls that controls list change something
			pt.defining = slices.DeleteFunc(pt.defining, func(c *pattern.Comparison) bool { return selector(c) == "eventSource" })
			break
		}
	}
	if pt.name == "" {
		pt.name = strings.Join(said, " && ")
	}
	if pt.event == "ConsoleLogin" {
		pt.source, pt.reads = "signin.amazonaws.com", false
	}
	switch {
	case pt.event == "ConsoleLogin":
		pt.eventType = "AwsConsoleSignIn"
	case pt.event != "":
		pt.eventType = "AwsApiCall"
	}
	return pt, named
}

// assume is the world of a part: what its alternative says, and what is known of
// such events of the account besides.
func (a *Account) assume(pt part, way []*pattern.Comparison) world {
	w, _ := possible(world{}, way)
	add := func(c *pattern.Comparison) {
		if w.of(c) == maybe {
			w = w.with(c, true)
		}
	}
	if pt.source != "" {
		add(equals("eventSource", pt.source))
	}
	add(equals("eventCategory", pt.category))
	if pt.eventType != "" {
		add(equals("eventType", pt.eventType))
	}
	if !pt.reads {
		add(fact(`$.readOnly IS FALSE`))
	}
	if pt.category == "Management" {
		add(fact(`$.managementEvent IS TRUE`))
	}
	add(equals("recipientAccountId", a.ID))
	if region := globalRegions[a.Partition]; region != "" && global(pt.source) {
		add(equals("awsRegion", region))
	}
	if w.of(equals("userIdentity.type", "Root")) == yes {
		add(equals("userIdentity.accountId", a.ID))
		add(equals("userIdentity.arn", "arn:"+a.Partition+":iam::"+a.ID+":root"))
	}
	// Where a field has two values, not the one is the other.
	for _, two := range [][3]string{{"additionalEventData.MFAUsed", "Yes", "No"}, {"responseElements.ConsoleLogin", "Success", "Failure"}} {
		for i := 1; i <= 2; i++ {
			not := equals(two[0], two[i])
			not.Op = pattern.NotEqual
			if w.of(not) == yes {
				add(equals(two[0], two[3-i]))
			}
		}
	}
	return w
}

// examplesOf are the records that a control must catch in a version, and those
// that it must not.
func examplesOf(c *control.Control, v control.Version) (match, noMatch []control.Example) {
	printed := printedPattern(c, v)
	for _, e := range c.Examples.Match {
		if len(c.Events) > 0 && !slices.Contains(c.Events, callOf(e.Event)) || printed != nil && !printed.Match(e.Event) {
			continue
		}
		match = append(match, e)
	}
	for _, e := range c.Examples.NoMatch {
		if printed == nil || !printed.Match(e.Event) {
			noMatch = append(noMatch, e)
		}
	}
	return match, noMatch
}

// callOf is eventSource:eventName of a record.
func callOf(record json.RawMessage) string {
	var r struct{ EventSource, EventName string }
	if json.Unmarshal(record, &r) != nil {
		return ""
	}
	return r.EventSource + ":" + r.EventName
}

package alarm

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Composite is the definition of a composite alarm, with the members of
// PutCompositeAlarm.
type Composite struct {
	Name        string
	Description string
	ARN         string
	Rule        *Rule

	ActionsEnabled          bool
	OKActions               []string
	AlarmActions            []string
	InsufficientDataActions []string

	// ActionsSuppressor is the name or ARN of an alarm; empty for none.
	ActionsSuppressor string
	WaitPeriod        int // seconds; with ExtensionPeriod required with a suppressor
	ExtensionPeriod   int

	ConfigurationUpdated time.Time
}

// A Child is an alarm that a composite alarm's rule refers to, with its state
// and since when it is in it.
type Child struct {
	ARN   string
	State State
	Since time.Time
}

// ChildARN is the ARN of the alarm that a reference in c's rule means: a name
// is that of an alarm of the same account and Region.
func (c Composite) ChildARN(ref string) string {
	if strings.HasPrefix(ref, "arn:") {
		return ref
	}
	prefix, _, _ := strings.Cut(c.ARN, ":alarm:")
	return prefix + ":alarm:" + ref
}

// Actions are the ARNs to act on when the alarm goes over to state, whether or
// not actions are enabled or suppressed.
func (c Composite) Actions(state State) []string {
	return Alarm{OKActions: c.OKActions, AlarmActions: c.AlarmActions, InsufficientDataActions: c.InsufficientDataActions}.Actions(state)
}

// Validate checks the definition as PutCompositeAlarm does, except for the
// alarms that it refers to, for which see CheckRefs. An error is an *InvalidError.
func (c Composite) Validate() error {
	if err := checkName(c.Name); err != nil {
		return err
	}
	if err := maxLength(c.Description, "alarmDescription", maxDescription); err != nil {
		return err
	}
	if err := checkActions(c.OKActions, c.AlarmActions, c.InsufficientDataActions); err != nil {
		return err
	}
	for _, arn := range slices.Concat(c.OKActions, c.AlarmActions, c.InsufficientDataActions) {
		switch service := strings.Split(arn, ":")[2]; service {
		case "sns", "lambda", "ssm", "ssm-incidents":
		default:
			return refuse("A composite alarm acts on SNS, Lambda and Systems Manager only, not on %s.", arn)
		}
	}
	switch {
	case c.Rule == nil:
		return constraint("", "alarmRule", "Member must not be null")
	case c.WaitPeriod < 0 || c.ExtensionPeriod < 0:
		return refuse("ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod must not be negative.")
	case c.ActionsSuppressor == "" && (c.WaitPeriod > 0 || c.ExtensionPeriod > 0):
		return refuse("ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod need an ActionsSuppressor.")
	}
	return nil
}

// CheckRefs checks the alarms that the rule and the suppressor refer to, in
// AWS's words: they belong to the same account and Region, exist, and none is
// the alarm itself. Whether a longer cycle arises is for Cycle to say.
func (c Composite) CheckRefs(exists func(arn string) bool) error {
	region, account, _ := parseARN(c.ARN)
	refs := c.Rule.Refs()
	if c.ActionsSuppressor != "" {
		refs = append(refs, c.ActionsSuppressor)
	}
	var missing []string
	for _, ref := range refs {
		arn := c.ChildARN(ref)
		childRegion, childAccount, _ := parseARN(arn)
		switch {
		case childAccount != account:
			return refuse("A composite alarm cannot have a child relation with alarms from another AWS account")
		case childRegion != region:
			return refuse("Error in AlarmRule [Wrong ARN region, it was %s but %s was expected instead]", childRegion, region)
		case arn == c.ARN:
			return refuse("A composite alarm cannot have a child relation with itself via its AlarmRule, as it would introduce a circular dependency")
		case !exists(arn):
			missing = append(missing, arn)
		}
	}
	if len(missing) > 0 {
		return refuse("Could not save the composite alarm as alarms [%s] in the alarm rule do not exist", strings.Join(missing, ", "))
	}
	return nil
}

// Created is the record of the alarm when it was created at now. It went there
// from INSUFFICIENT_DATA, so that its history and actions begin with that.
func (c Composite) Created(child func(arn string) Child, now time.Time) Record {
	r, _ := c.reevaluate(NewRecord(now), child, now, nil, func(s State) string {
		return c.ARN + " was created and its alarm rule evaluates to " + string(s)
	})
	return r
}

// Updated is the record after the rule was replaced by c's, and whether the
// state took another value.
func (c Composite) Updated(r Record, child func(arn string) Child, now time.Time) (Record, bool) {
	return c.reevaluate(r, child, now, nil, func(s State) string {
		return c.ARN + " was updated and its new alarm rule evaluates to " + string(s)
	})
}

// ChildChanged is the record after one of the children took another state, and
// whether that changed the alarm's own. When it does not, nothing changes.
func (c Composite) ChildChanged(r Record, child func(arn string) Child, changed Child, now time.Time) (Record, bool) {
	return c.reevaluate(r, child, now, []Child{changed}, func(State) string {
		return fmt.Sprintf("%s transitioned to %s at %s", changed.ARN, changed.State, longDate(changed.Since))
	})
}

// reevaluate applies the rule. Triggering are the children to name in the reason
// data, or nil for those that the rule's outcome rests on.
func (c Composite) reevaluate(r Record, child func(arn string) Child, now time.Time, triggering []Child, reason func(State) string) (Record, bool) {
	lookup := func(ref string) State { return child(c.ChildARN(ref)).State }
	state := c.Rule.Eval(lookup)
	if state == r.State {
		return r, false
	}
	if triggering == nil {
		for _, ref := range c.Rule.Grounds(lookup) {
			triggering = append(triggering, child(c.ChildARN(ref)))
		}
	}
	return Record{State: state, Reason: reason(state), ReasonData: triggeringData(triggering), Updated: now, Transitioned: now}, true
}

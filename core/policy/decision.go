package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Verdict is what becomes of a request.
type Verdict uint8

const (
	ImplicitDeny Verdict = iota // nothing allows it
	ExplicitDeny                // a statement denies it
	Undecided                   // it depends on keys that are not known
	Allowed
)

var verdictNames = [...]string{
	ImplicitDeny: "implicitDeny", ExplicitDeny: "explicitDeny", Undecided: "undecided", Allowed: "allowed",
}

// String is the verdict as IAM's policy simulator names it, or "undecided".
func (v Verdict) String() string { return verdictNames[v] }

// A Decision is a verdict with its grounds.
type Decision struct {
	Verdict Verdict
	// Grounds are the statements that allow or deny; of an implicit deny the Allow
	// statements that would have been needed and missed, nearest first within
	// each layer; of an Undecided one those that may apply.
	Grounds []Ground
	// Lacking are the layers that did not allow, of an implicit deny.
	Lacking []Layer
}

// A Ground is what one statement says.
type Ground struct {
	Layer     Layer
	Policy    string // its name
	Statement int    // its place in the policy, from 0
	Sid       string
	Effect    Effect
	Applies   Truth
	Misses    []Miss // why it does not, or may not, apply
}

// those are the grounds that apply to a degree.
func those(all []Ground, t Truth) []Ground {
	var some []Ground
	for _, g := range all {
		if g.Applies == t {
			some = append(some, g)
		}
	}
	return some
}

// nearest orders statements by how little they miss: those about other actions
// and principals are farthest.
func nearest(grounds []Ground) []Ground {
	slices.SortStableFunc(grounds, func(a, b Ground) int { return cmp.Compare(a.distance(), b.distance()) })
	return grounds
}

func (g Ground) distance() int {
	far := 0
	for _, m := range g.Misses {
		switch m.Element {
		case "Condition":
			far++
		case "Resource", "NotResource":
			far += 100
		case "Principal", "NotPrincipal":
			far += 1000
		default:
			far += 10000
		}
	}
	return far
}

// Unknown are the keys that an undecided decision depends on, in order.
func (d Decision) Unknown() []string {
	if d.Verdict != Undecided {
		return nil
	}
	keys := map[string]bool{}
	for _, g := range d.Grounds {
		for _, m := range g.Misses {
			switch {
			case m.Variable != "":
				keys[m.Variable] = true
			case m.Why == Unknown:
				keys[m.Key] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// shown is how many near misses a text tells of each.
const shown = 3

// Text says the decision to people, a line for each ground.
func (d Decision) Text() string {
	var lines []string
	switch d.Verdict {
	case Allowed:
		lines = append(lines, "allowed")
	case ExplicitDeny:
		lines = append(lines, "denied")
	case Undecided:
		lines = append(lines, "depends on "+strings.Join(d.Unknown(), ", "))
	default:
		lines = append(lines, "not allowed")
		for _, layer := range d.Lacking {
			if !slices.ContainsFunc(d.Grounds, func(g Ground) bool { return g.Layer == layer }) {
				lines = append(lines, "  there is no "+layer.text()+" policy that allows anything")
			}
		}
	}
	for i, g := range d.Grounds {
		if i == shown && len(d.Grounds) > shown+1 {
			lines = append(lines, fmt.Sprintf("  and %d more", len(d.Grounds)-shown))
			break
		}
		lines = append(lines, "  "+g.Text())
	}
	return strings.Join(lines, "\n")
}

var layerTexts = [...]string{
	OrganizationLayer: "service control", ResourceLayer: "resource-based", IdentityLayer: "identity-based",
	BoundaryLayer: "boundary", SessionLayer: "session",
}

func (l Layer) text() string { return layerTexts[l] }

// Text says what the statement does or demands: `statement "Write" of bucket
// policy: aws:SourceArn must match ArnLike "arn:..."; the request has none`.
func (g Ground) Text() string {
	statement := fmt.Sprintf("statement %d", g.Statement+1)
	if g.Sid != "" {
		statement = fmt.Sprintf("statement %q", g.Sid)
	}
	if g.Policy != "" {
		statement += " of " + g.Policy
	}
	verb, verbs := "allow", "allows"
	if g.Effect == Deny {
		verb, verbs = "deny", "denies"
	}
	switch g.Applies {
	case Yes:
		return statement + " " + verbs + " it"
	case Maybe:
		verb = "may " + verb + " it"
	default:
		verb = "does not " + verb + " it"
	}
	var misses []string
	for _, m := range g.Misses {
		misses = append(misses, m.Text())
	}
	return statement + " " + verb + ": " + strings.Join(misses, "; ")
}

// Text says what the element demands and what the request has.
func (m Miss) Text() string {
	want := quoted(m.Want)
	if m.Element != "Condition" {
		text := m.Element + " is " + want + ", the request has " + quoted(m.Got)
		if m.Variable != "" {
			text += ", ${" + m.Variable + "} is " + m.Why.String()
		}
		return text
	}
	text := fmt.Sprintf("%s must satisfy %s %s", m.Key, m.Operator, want)
	switch m.Why {
	case Absent:
		return text + ", the request does not have it"
	case Unknown:
		return text + ", which is not known"
	case Unresolved:
		return text + ", and ${" + m.Variable + "} has no value"
	}
	return text + ", the request has " + quoted(m.Got)
}

func quoted(values []string) string {
	if len(values) == 0 {
		return "none"
	}
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = fmt.Sprintf("%q", v)
	}
	return strings.Join(all, " or ")
}

// Message is AWS's text for a request that is not allowed: User: arn:... is not
// authorized to perform: sns:Publish on resource: arn:... because no
// identity-based policy allows the sns:Publish action.
func (d Decision) Message(r Request) string {
	resource := r.Resource
	if strings.HasPrefix(strings.ToLower(r.Action), "s3:") {
		resource = `"` + resource + `"`
	}
	text := "User: " + r.Principal.Name() + " is not authorized to perform: " + r.Action + " on resource: " + resource
	switch {
	case d.Verdict == ExplicitDeny && len(d.Grounds) > 0:
		return text + " with an explicit deny in " + d.Grounds[0].Layer.called()
	case d.Verdict == ImplicitDeny && len(d.Lacking) > 0:
		return text + " because no " + strings.TrimPrefix(strings.TrimPrefix(d.Lacking[0].called(), "a "), "an ") +
			" allows the " + r.Action + " action"
	}
	return text
}

// called is the layer as AWS's refusals call it.
func (l Layer) called() string {
	switch l {
	case IdentityLayer:
		return "an identity-based policy"
	case BoundaryLayer:
		return "a permissions boundary"
	}
	return "a " + l.text() + " policy"
}

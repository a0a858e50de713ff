package pattern

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"tocsin/core/event"
	"tocsin/core/spell"
)

// A fieldKind is what a field of a CloudTrail record holds.
type fieldKind uint8

const (
	ofText fieldKind = iota
	ofBoolean
	ofBooleanText // "true" or "false", as a string
	ofNumber
	ofObject
	ofList
)

// A cloudTrailField is what is known of a field of CloudTrail records.
type cloudTrailField struct {
	kind fieldKind
	// always says that all records of the last years have the field.
	always bool
	// nullable says that the field is there in calls and often null.
	nullable bool
	// free says that the members of the object depend on the event.
	free bool
	// values are all that the field can be, when these are few.
	values []string
}

var (
	eventTypes    = []string{"AwsApiCall", "AwsServiceEvent", "AwsConsoleAction", "AwsConsoleSignIn", "AwsCloudTrailInsight", "AwsVpceEvent", "AwsVpceEvents"}
	categories    = []string{"Management", "Data", "Insight", "NetworkActivity"}
	identityTypes = []string{"Root", "IAMUser", "AssumedRole", "Role", "FederatedUser", "Directory", "AWSAccount", "AWSService", "IdentityCenterUser", "SAMLUser", "WebIdentityUser", "Unknown"}
	booleanTexts  = []string{"true", "false"}
)

// cloudTrailFields are the fields of a CloudTrail record by their names with
// dots, after the record reference of the CloudTrail user guide and real records.
var cloudTrailFields = map[string]cloudTrailField{
	"eventVersion":                 {always: true},
	"eventTime":                    {always: true},
	"eventSource":                  {always: true},
	"eventName":                    {always: true},
	"awsRegion":                    {always: true},
	"sourceIPAddress":              {always: true},
	"eventID":                      {always: true},
	"eventType":                    {always: true, values: eventTypes},
	"eventCategory":                {values: categories},
	"recipientAccountId":           {always: true},
	"userAgent":                    {},
	"errorCode":                    {},
	"errorMessage":                 {},
	"requestID":                    {},
	"sharedEventID":                {},
	"vpcEndpointId":                {},
	"vpcEndpointAccountId":         {},
	"apiVersion":                   {},
	"managementEvent":              {kind: ofBoolean},
	"readOnly":                     {kind: ofBoolean},
	"sessionCredentialFromConsole": {kind: ofBooleanText, values: booleanTexts},
	"requestParameters":            {kind: ofObject, nullable: true, free: true},
	"responseElements":             {kind: ofObject, nullable: true, free: true},
	"additionalEventData":          {kind: ofObject, free: true},
	"serviceEventDetails":          {kind: ofObject, free: true},
	"edgeDeviceDetails":            {kind: ofObject, free: true},
	"insightDetails":               {kind: ofObject, free: true},
	"eventContext":                 {kind: ofObject, free: true},
	"addendum":                     {kind: ofObject, free: true},
	"resources":                    {kind: ofList, free: true},

	"tlsDetails":                          {kind: ofObject},
	"tlsDetails.tlsVersion":               {},
	"tlsDetails.cipherSuite":              {},
	"tlsDetails.keyExchange":              {},
	"tlsDetails.clientProvidedHostHeader": {},

	"additionalEventData.MFAUsed":             {values: []string{"Yes", "No", "YES", "NO"}},
	"additionalEventData.MobileVersion":       {values: []string{"Yes", "No"}},
	"additionalEventData.LoginTo":             {},
	"additionalEventData.MFAIdentifier":       {},
	"additionalEventData.bytesTransferredIn":  {kind: ofNumber},
	"additionalEventData.bytesTransferredOut": {kind: ofNumber},
	"responseElements.ConsoleLogin":           {values: []string{"Success", "Failure"}},

	"userIdentity":                   {kind: ofObject, always: true},
	"userIdentity.type":              {values: identityTypes},
	"userIdentity.principalId":       {},
	"userIdentity.arn":               {},
	"userIdentity.accountId":         {},
	"userIdentity.accessKeyId":       {},
	"userIdentity.userName":          {},
	"userIdentity.invokedBy":         {},
	"userIdentity.identityProvider":  {},
	"userIdentity.credentialId":      {},
	"userIdentity.onBehalfOf":        {kind: ofObject, free: true},
	"userIdentity.inScopeOf":         {kind: ofObject, free: true},
	"userIdentity.invokedByDelegate": {kind: ofObject, free: true},

	"userIdentity.sessionContext":                             {kind: ofObject},
	"userIdentity.sessionContext.attributes":                  {kind: ofObject},
	"userIdentity.sessionContext.attributes.creationDate":     {},
	"userIdentity.sessionContext.attributes.mfaAuthenticated": {kind: ofBooleanText, values: booleanTexts},
	"userIdentity.sessionContext.sessionIssuer":               {kind: ofObject},
	"userIdentity.sessionContext.sessionIssuer.type":          {values: identityTypes},
	"userIdentity.sessionContext.sessionIssuer.principalId":   {},
	"userIdentity.sessionContext.sessionIssuer.arn":           {},
	"userIdentity.sessionContext.sessionIssuer.accountId":     {},
	"userIdentity.sessionContext.sessionIssuer.userName":      {},
	"userIdentity.sessionContext.webIdFederationData":         {kind: ofObject, free: true},
	"userIdentity.sessionContext.sourceIdentity":              {},
	"userIdentity.sessionContext.ec2RoleDelivery":             {},
	"userIdentity.sessionContext.assumedRoot":                 {},
}

// membersOf are the known members of a field, of the record itself for "".
func membersOf(name string) []string {
	if name != "" {
		name += "."
	}
	var members []string
	for _, f := range slices.Sorted(maps.Keys(cloudTrailFields)) {
		if rest, ok := strings.CutPrefix(f, name); ok && !strings.Contains(rest, ".") {
			members = append(members, rest)
		}
	}
	return members
}

// aboutCloudTrail tells whether a condition asks for a member of CloudTrail
// records, in any case of letters.
func aboutCloudTrail(n Node) bool {
	switch n := n.(type) {
	case *Or:
		return slices.ContainsFunc(n.Nodes, aboutCloudTrail)
	case *And:
		return slices.ContainsFunc(n.Nodes, aboutCloudTrail)
	}
	first := n.(*Comparison).Selector[0]
	return first.Kind == event.Member && slices.ContainsFunc(membersOf(""), func(m string) bool { return strings.EqualFold(m, first.Name) })
}

// field holds a comparison against what is known of its field.
func (l *linter) field(c *Comparison, s scope) {
	if !l.fieldExists(c) || !l.listsAreIndexed(c) {
		return
	}
	name := memberName(c.Selector)
	f, known := cloudTrailFields[name]
	if known && !l.kindFits(c, f) {
		return
	}
	l.knownValue(c, f)
	if c.Op == NotEqual && !f.always && !l.present(c, name, s) {
		remedy := &Or{Nodes: []Node{c.with(NotExists, Literal{}), c.with(NotEqual, c.Value)}}
		how := "not every event has it"
		switch {
		case name == "errorCode" || name == "errorMessage":
			how = "only failed calls have it"
		case name == "userIdentity.type":
			how = "events of the services themselves have none"
		}
		l.add("absent-field", Warning, c.Span, l.rewritten(c, remedy), "%s is false where %s is absent, and %s", c, c.Selector, how)
	}
}

// fieldExists remarks on a member that no record has.
func (l *linter) fieldExists(c *Comparison) bool {
	known := ""
	for i, step := range c.Selector {
		if step.Kind != event.Member {
			return true
		}
		members := membersOf(known)
		if slices.Contains(members, step.Name) {
			known = strings.TrimPrefix(known+"."+step.Name, ".")
			continue
		}
		closed := known == "" || !cloudTrailFields[known].free && cloudTrailFields[known].kind == ofObject
		near, ok := spell.Nearest(step.Name, members)
		if ok && (closed || strings.EqualFold(near, step.Name)) {
			better := slices.Clone(c.Selector)
			better[i].Name = near
			fixed := *c
			fixed.Selector = better
			l.add("unknown-field", Wrong, c.SelectorSpan, l.rewritten(c, &fixed), "no CloudTrail record has %s: did you mean %s?", c.Selector[:i+1], better[:i+1])
			return false
		}
		if closed {
			l.add("unknown-field", Warning, c.SelectorSpan, "", "no CloudTrail record is known to have %s", c.Selector[:i+1])
			return false
		}
		return true
	}
	return true
}

// listsAreIndexed remarks on a selector that goes through a list by a name. The
// items of requests to EC2 are lists wherever they occur.
func (l *linter) listsAreIndexed(c *Comparison) bool {
	for i, step := range c.Selector[:len(c.Selector)-1] {
		list := step.Kind == event.Member && (i == 0 && step.Name == "resources" || i > 0 && step.Name == "items")
		if !list || c.Selector[i+1].Kind != event.Member {
			continue
		}
		fixed := *c
		fixed.Selector = append(slices.Clone(c.Selector[:i+1]), event.Step{Kind: event.Each})
		fixed.Selector = append(fixed.Selector, c.Selector[i+1:]...)
		remedy := ""
		if !c.Selector.Wild() {
			remedy = l.rewritten(c, &fixed)
		}
		l.add("list-field", Wrong, c.SelectorSpan, remedy, "%s is a list, and a name finds nothing in a list: [*] means any of its elements, [0] the first", c.Selector[:i+1])
		return false
	}
	return true
}

// kindFits remarks on an operator that is never true of what the field holds.
func (l *linter) kindFits(c *Comparison, f cloudTrailField) bool {
	value := strings.ToLower(c.Value.Text)
	isBoolean := value == "true" || value == "false"
	switch {
	case f.kind == ofObject && c.Op != NotExists && (c.Op != IsNull || !f.nullable):
		l.add("whole-object", Wrong, c.Span, "", "%s is an object: it is compared by its members, such as %s.%s", c.Selector, c.Selector, firstOr(membersOf(memberName(c.Selector)), "name"))
	case f.kind == ofList && c.Op != NotExists:
		l.add("list-field", Wrong, c.Span, "", "%s is a list: [*] means any of its elements, [0] the first", c.Selector)
	case f.kind == ofBoolean && (c.Op == Equal || c.Op == NotEqual):
		remedy := ""
		if isBoolean {
			op := map[bool]Op{true: IsTrue, false: IsFalse}[(value == "true") == (c.Op == Equal)]
			remedy = l.rewritten(c, c.with(op, Literal{}))
		}
		l.add("boolean-field", Wrong, c.Span, remedy, "%s is true or false, and %s compares strings and numbers only: use IS TRUE or IS FALSE", c.Selector, c.Op)
	case f.kind != ofBoolean && (c.Op == IsTrue || c.Op == IsFalse):
		remedy, holds := "", "no boolean"
		if f.kind == ofBooleanText {
			remedy = l.rewritten(c, c.with(Equal, quotedLiteral(map[Op]string{IsTrue: "true", IsFalse: "false"}[c.Op])))
			holds = `the text "true" or "false"`
		}
		l.add("boolean-text-field", Wrong, c.Span, remedy, "%s holds %s, which %s never finds", c.Selector, holds, c.Op)
	case f.kind == ofText && ordering(c.Op):
		l.add("order-of-text", Wrong, c.Span, "", "%s is a string, and %s compares numbers only", c.Selector, c.Op)
	case c.Op == IsNull && !f.nullable:
		l.add("null-or-absent", Wrong, c.Span, l.rewritten(c, c.with(NotExists, Literal{})), "%s is never null: where it has no value it is absent, which NOT EXISTS finds", c.Selector)
	case c.Op == NotExists && f.nullable:
		l.add("null-or-absent", Warning, c.Span, l.rewritten(c, c.with(IsNull, Literal{})), "calls without %s have a null there, which IS NULL finds", c.Selector)
	case c.Op == NotExists && f.always:
		l.add("never-true", Wrong, c.Span, "", "every event has %s", c.Selector)
	default:
		return true
	}
	return false
}

func firstOr(names []string, otherwise string) string {
	if len(names) > 0 {
		return names[0]
	}
	return otherwise
}

// knownValue remarks on a value that the field never has.
func (l *linter) knownValue(c *Comparison, f cloudTrailField) {
	if len(f.values) == 0 || c.Op != Equal && c.Op != NotEqual || c.Value.Kind == Regexp {
		return
	}
	if slices.ContainsFunc(f.values, func(v string) bool { return c.Value.matches([]byte(v)) }) {
		return
	}
	remedy := ""
	near, ok := spell.Nearest(c.Value.Body, f.values)
	hint := "it is one of " + strings.Join(f.values, ", ")
	if ok {
		remedy = l.rewritten(c, c.with(c.Op, quotedLiteral(near)))
		hint = "did you mean " + strconv.Quote(near) + "?"
	}
	l.add("unknown-value", Wrong, c.Value.Span, remedy, "%s is never %s: %s", c.Selector, c.Value, hint)
}

// present tells whether the field is there whenever the rest of the scope holds.
func (l *linter) present(c *Comparison, name string, s scope) bool {
	for _, o := range s.with {
		switch {
		case o.Op == NotExists:
		case sameField(o, c) && o.Op != NotEqual:
			return true
		case len(o.Selector) > len(c.Selector) && c.Selector.Equal(o.Selector[:len(c.Selector)]):
			return true // of which a member is there
		case is(o, "eventName", "ConsoleLogin"):
			switch name {
			case "additionalEventData.MFAUsed", "additionalEventData.MobileVersion", "additionalEventData.LoginTo", "responseElements.ConsoleLogin", "userIdentity.type":
				return true
			}
		case name == "userIdentity.type" && (memberName(o.Selector) == "eventName" || memberName(o.Selector) == "errorCode") && o.Op == Equal:
			return true // it is about calls, and calls are made by somebody
		}
	}
	for _, n := range s.or {
		if o, ok := n.(*Comparison); ok && o.Op == NotExists && sameField(o, c) {
			return true
		}
	}
	return false
}

// is tells whether the comparison asks that a field be exactly this text.
func is(c *Comparison, field, text string) bool {
	exact, ok := c.Value.exactly()
	return c.Op == Equal && ok && exact == text && memberName(c.Selector) == field
}

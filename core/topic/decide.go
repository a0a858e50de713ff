package topic

import "strings"

// A Decision is what a filter policy says to a message. But for Accepted it is
// the reason under which SNS counts a message that was filtered out, in the
// metrics NumberOfNotificationsFilteredOut-<reason>.
type Decision string

const (
	Accepted              Decision = "Accepted"
	FilteredByAttributes  Decision = "MessageAttributes"
	FilteredNoAttributes  Decision = "NoMessageAttributes"
	FilteredBadAttributes Decision = "InvalidAttributes" // an attribute that the policy names is no JSON list though its type says so
	FilteredByBody        Decision = "MessageBody"
	FilteredInvalidBody   Decision = "InvalidMessageBody" // no JSON object

)

// Metric is the name of the CloudWatch metric that counts messages filtered out
// for this reason, besides NumberOfNotificationsFilteredOut. Accepted has none.
func (d Decision) Metric() string {
	if d == Accepted {
		return ""
	}
	return "NumberOfNotificationsFilteredOut-" + string(d)
}

// Decide tells whether a subscription with this policy gets the message over
// the protocol. In scope MessageBody the body is that of the protocol.
func (p FilterPolicy) Decide(m Message, to Protocol) Decision {
	switch {
	case p.IsZero():
		return Accepted
	case p.Scope() == MessageBody:
		return p.decideBody(m.Body(to))
	}
	return p.decideAttributes(m.Attributes)
}

func (p FilterPolicy) decideBody(body string) Decision {
	root, err := readJSON(body)
	switch {
	case err != nil || root.kind != objectKind:
		return FilteredInvalidBody
	case p.holds(root):
		return Accepted
	}
	return FilteredByBody
}

// decideAttributes looks at the attributes as members of an object. Binary
// attributes are as good as absent. [SNS guide]
func (p FilterPolicy) decideAttributes(attributes map[string]Attribute) Decision {
	if len(attributes) == 0 {
		return FilteredNoAttributes // also by {"exists":false} [SNS guide, key matching]
	}
	root := node{kind: objectKind}
	for _, w := range p.ways {
		for _, c := range w {
			a, ok := attributes[c.path]
			if _, known := root.member(c.path); known || !ok {
				continue
			}
			n, ok, err := a.node()
			switch {
			case err != nil:
				return FilteredBadAttributes
			case ok:
				root.names, root.items = append(root.names, c.path), append(root.items, n)
			}
		}
	}
	if p.holds(root) {
		return Accepted
	}
	return FilteredByAttributes
}

// node is the attribute as a filter policy sees it; false: not at all. A list
// that is none is an error.
func (a Attribute) node() (node, bool, error) {
	switch {
	case a.base() == "Binary":
		return node{}, false, nil
	case isList(a.Type):
		n, err := readJSON(a.Value)
		if err == nil && n.kind != arrayKind {
			err = errNoList
		}
		return n, true, err
	case a.base() == "Number":
		text := strings.TrimSpace(a.Value)
		return node{kind: numberKind, text: text, size: sizeOf(text)}, true, nil
	}
	return node{kind: textKind, text: a.Value}, true, nil
}

// isList tells whether values of a data type are JSON lists. The guide's page on
// numbers has a Number.Array besides.
func isList(dataType string) bool { return dataType == "String.Array" || dataType == "Number.Array" }

package events

import (
	"bytes"

	"tocsin/core/event"
)

// An Attribute is one that events can be looked up by.
type Attribute string

// The attributes of LookupEvents, and tocsin's own.
const (
	EventID      Attribute = "EventId"
	EventName    Attribute = "EventName"
	ReadOnly     Attribute = "ReadOnly" // true or false
	Username     Attribute = "Username"
	ResourceType Attribute = "ResourceType"
	// ResourceName is a resource's ARN, or what stands in it behind the account,
	// with or without the kind before it: of arn:aws:iam::111122223333:user/dev/ann
	// that is user/dev/ann, dev/ann and ann.
	ResourceName Attribute = "ResourceName"
	EventSource  Attribute = "EventSource"
	AccessKeyID  Attribute = "AccessKeyId"
	ErrorCode    Attribute = "ErrorCode"
	Account      Attribute = "AccountId"
	Region       Attribute = "AwsRegion"
	Address      Attribute = "SourceIPAddress"
	PrincipalARN Attribute = "PrincipalArn"
)

// attribute says where an attribute's values are.
type attribute struct {
	// column is that of a text, or one of readOnly, resources and eventID.
	column column
	leaf   int // in a segment
}

var attributes = map[Attribute]attribute{
	EventID:      {eventID, leafID},
	EventName:    {eventName, leafText + int(eventName)},
	ReadOnly:     {readOnly, leafReadOnly},
	Username:     {userName, leafText + int(userName)},
	ResourceType: {resources, leafType},
	ResourceName: {resources, leafARN},
	EventSource:  {eventSource, leafText + int(eventSource)},
	AccessKeyID:  {accessKeyID, leafText + int(accessKeyID)},
	ErrorCode:    {errorCode, leafText + int(errorCode)},
	Account:      {accountID, leafText + int(accountID)},
	Region:       {awsRegion, leafText + int(awsRegion)},
	Address:      {sourceIPAddress, leafText + int(sourceIPAddress)},
	PrincipalARN: {principalARN, leafText + int(principalARN)},
}

// holds tells whether a record has the value. It is what the attribute means.
func (a attribute) holds(r *record, value []byte) bool {
	switch a.column {
	case eventID:
		return r.hasID && bytes.Equal(r.idText, value)
	case readOnly:
		return r.readOnly != event.Absent && string(value) == flagText(r.readOnly)
	case resources:
		for _, one := range r.resources {
			if a.holdsResource(one, value) {
				return true
			}
		}
		return false
	default:
		return r.text[a.column] != nil && bytes.Equal(r.text[a.column], value)
	}
}

func (a attribute) holdsResource(r resource, value []byte) bool {
	if a.leaf == leafType {
		return r.kind != nil && bytes.Equal(r.kind, value)
	}
	return r.arn != nil && namedBy(r.arn, value)
}

// namedBy tells whether an ARN is that of the resource called name.
//
// UNSURE: LookupEvents takes names from requests and answers too, service by
// service; here they are those of the record's own resources.
func namedBy(arn, name []byte) bool {
	if bytes.Equal(arn, name) {
		return true
	}
	parts := bytes.SplitN(arn, []byte(":"), 6)
	if len(parts) < 6 || len(name) == 0 {
		return false
	}
	rest := parts[5]
	if bytes.Equal(rest, name) || bytes.Equal(rest[bytes.LastIndexByte(rest, '/')+1:], name) {
		return true
	}
	kind := bytes.IndexAny(rest, "/:")
	return kind >= 0 && bytes.Equal(rest[kind+1:], name)
}

// values calls visit with each value of the attribute that a record has, once,
// and with "" when it has none.
func (a attribute) values(r *record, visit func([]byte)) {
	switch a.column {
	case eventID:
		visit(r.idText)
	case readOnly:
		visit([]byte(flagText(r.readOnly)))
	case resources:
		texts := [][]byte{}
		for _, one := range r.resources {
			text := one.arn
			if a.leaf == leafType {
				text = one.kind
			}
			if text != nil && !containsText(texts, text) {
				texts = append(texts, text)
				visit(text)
			}
		}
		if len(texts) == 0 {
			visit(nil)
		}
	default:
		visit(r.text[a.column])
	}
}

func containsText(texts [][]byte, text []byte) bool {
	for _, t := range texts {
		if bytes.Equal(t, text) {
			return true
		}
	}
	return false
}

// flagText is how LookupEvents writes a flag; "" when there is none.
func flagText(k event.Kind) string {
	switch k {
	case event.True:
		return "true"
	case event.False:
		return "false"
	default:
		return ""
	}
}
